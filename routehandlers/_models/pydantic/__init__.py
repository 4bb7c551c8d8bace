"""The adapter to pydantic. Importing it imports pydantic."""
