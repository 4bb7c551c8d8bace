"""Code and settings around a route: middleware, transforms, error files and instrumentation."""
