"""Parts of ``routehandlers.testing``."""
