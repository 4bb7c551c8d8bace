"""Applications in wheels, and type checkers over folders with brackets."""
