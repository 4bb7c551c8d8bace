"""``file://``: entries and purges in files, shared by the processes of one machine."""
