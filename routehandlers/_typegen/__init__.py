"""From routes to the text of a module that type checkers read: a value in, text out."""
