"""The response and its parts: cookies, event streams, error documents and interrupts."""
