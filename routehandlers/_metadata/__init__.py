"""Metadata files of a folder tree: check them, and render what their functions return."""
