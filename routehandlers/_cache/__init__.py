"""One entry's life: its key, its freshness, who renders it, and who refreshes it."""
