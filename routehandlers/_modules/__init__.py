"""The user's files: found by discovery, imported and checked here."""
