"""Endpoints of paths: routes, cached routes, public files, and another application."""
