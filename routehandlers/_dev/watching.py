"""Notice changes of files."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

# Seconds between two scans of the folder.
_PAUSE = 0.5

# Werkzeug's reloader starts the server again when it ends with this status.
_RELOAD = 3


def watch(directory: Path) -> None:
    """Reload when a file of the folder appears, changes or disappears.

    Werkzeug's reloader watches imported modules only. It misses new routes,
    removed routes, and files that cannot be imported.
    """
    thread = threading.Thread(target=_reload_at_change, args=(lambda: _snapshot(directory),), daemon=True)
    thread.start()


def _reload_at_change(snapshot: Callable[[], object]) -> None:
    before = snapshot()
    while snapshot() == before:
        time.sleep(_PAUSE)
    # sys.exit() would end this thread only.
    os._exit(_RELOAD)


def _snapshot(directory: Path) -> dict[str, float]:
    """Return the time of the last change of every Python file and folder in the tree, and of the settings."""
    settings = [Path.cwd() / "pyproject.toml", Path.cwd() / ".env"]
    files = [*directory.rglob("*.py"), *directory.rglob("*/"), *settings]
    times: dict[str, float] = {}
    for file in files:
        if "__pycache__" in file.parts:
            continue
        try:
            times[str(file)] = file.stat().st_mtime if file.is_file() else 0
        except OSError:  # the file was removed after the listing
            continue
    return times
