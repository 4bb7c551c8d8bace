"""The request and its parts: path, host, body, and the parts that a cache key covers."""
