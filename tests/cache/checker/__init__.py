"""Searches for old reads: responses from the cache that a purge should have removed.

Several workers of a real server read, purge and render at the same time. Each datum has a version that only grows. A
purge raises it first. A read that began after the purge had returned, in any worker, must have that version or a later
one. All times are those of the workers, by the monotonic clock, which the processes of one machine share.

The modules: ``site`` is the application and its server, ``load`` makes the requests, ``history`` judges what happened,
``faults`` is what happens to the server meanwhile.
"""
