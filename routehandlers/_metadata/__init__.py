"""The metadata files of a folder tree: how they are named, and what they are made of."""
