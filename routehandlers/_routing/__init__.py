"""From folder names to a map of URLs: values only, no requests."""
