"""What answers a path: a route, a cached route, a public file, or another application."""
