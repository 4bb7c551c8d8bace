"""The stages that a request passes through."""
