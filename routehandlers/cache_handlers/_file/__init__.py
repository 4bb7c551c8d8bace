"""``file://``: entries and purges in files of one machine."""
