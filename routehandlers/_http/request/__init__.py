"""The request and what it is made of: path, host, body, and the parts that a cache key covers."""
