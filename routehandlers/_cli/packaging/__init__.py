"""Support for ``check`` and ``typecheck``: wheels, and type checkers in folders with brackets."""
