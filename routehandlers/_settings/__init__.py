"""The values that settings may have, and the places that they are read from."""
