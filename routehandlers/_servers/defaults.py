"""The numbers that ``start`` chooses by itself. docs/guides/deploying.md has the reasons and the figures.

This file runs in gunicorn's master, too, by its path: it imports nothing of
the library. See gunicorn_master.py.
"""

from __future__ import annotations

import os

# For each worker. Clients that read streams and handlers that wait occupy one each.
THREADS = 8

# Seconds in which running requests may end when a server stops. It is gunicorn's default.
GRACEFUL = 30


def workers() -> int:
    """Return gunicorn's advice, 2 × cores + 1, and at most 12."""
    return min(2 * (os.cpu_count() or 1) + 1, 12)
