"""From what a handler returned or raised to a WSGI response."""
