"""The adapter to msgspec. Importing it imports msgspec."""
