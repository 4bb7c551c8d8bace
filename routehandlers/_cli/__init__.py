"""The command ``routehandlers``."""
