"""What ``routehandlers.testing`` is made of."""
