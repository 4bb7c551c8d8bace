"""The servers of ``routehandlers start``: the options that all take, and one module for each server."""
