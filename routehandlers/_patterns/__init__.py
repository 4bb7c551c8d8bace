"""Path patterns, destinations and conditions of Next's configuration, for redirects, rewrites and matchers."""
