"""The application of a project, as the commands and the pytest plugin find it."""
