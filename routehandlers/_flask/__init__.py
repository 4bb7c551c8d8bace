"""Support for routes inside of a Flask application."""
