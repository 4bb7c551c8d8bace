"""Make WSGI responses from the return values and exceptions of handlers."""
