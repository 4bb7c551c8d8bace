"""Code that runs around a route: middleware, transforms, error files and instrumentation."""
