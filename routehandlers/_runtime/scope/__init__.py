"""State that lives as long as one request or one render."""
