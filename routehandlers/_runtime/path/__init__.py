"""Find the path of a request and the route that answers it."""
