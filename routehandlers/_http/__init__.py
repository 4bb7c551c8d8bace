"""Messages: requests, responses and their parts, as values without an application."""
