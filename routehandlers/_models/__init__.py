"""Adapters to the libraries that define models: what a model accepts, and what a value of it looks like as JSON."""
