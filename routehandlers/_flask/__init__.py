"""Routes inside of a Flask application."""
