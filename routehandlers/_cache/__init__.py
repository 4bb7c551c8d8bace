"""The cache of an application: keys, freshness, renders, refreshes, and the storage."""
