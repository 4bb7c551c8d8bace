"""From files to values, at start: the user's files, found by discovery, are imported and checked here."""
