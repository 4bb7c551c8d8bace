"""Generate the module that describes routes to type checkers. It takes values and returns text."""
