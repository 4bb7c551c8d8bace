"""Import and check the user's files at start, after discovery has found them."""
