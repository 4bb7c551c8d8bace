"""What stands around a route: middleware, transforms, error files and instrumentation."""
