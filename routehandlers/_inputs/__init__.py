"""Inputs and responses that a handler declares by annotations: read, check, convert."""
