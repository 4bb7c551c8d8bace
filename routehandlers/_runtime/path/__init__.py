"""From a request to the path that it asks for, and to the route that answers it."""
