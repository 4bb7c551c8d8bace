"""``redis://``: entries and purges in Redis."""
