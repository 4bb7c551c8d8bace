"""Turn the result or the exception of a handler into a WSGI response."""
