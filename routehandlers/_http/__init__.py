"""Requests, responses and their parts, as values without an application."""
