"""The response and what it is made of: cookies, event streams, error documents and interrupts."""
