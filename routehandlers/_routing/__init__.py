"""Turn folder names into routes, and match paths to them. It uses values only, no requests."""
