"""Read the path of a request, and find its route."""
