"""Path patterns, destinations and conditions of Next's configuration, shared by redirects, rewrites and matchers."""
