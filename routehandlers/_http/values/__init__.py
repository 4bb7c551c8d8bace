"""Values that requests and responses share: URLs, JSON, encodings, the route context."""
