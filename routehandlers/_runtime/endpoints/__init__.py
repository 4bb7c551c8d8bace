"""Endpoints, which answer paths: a route, a cached route, a public file, or another application."""
