"""What a Flask application does for routes that live in it."""
