"""Ask another process whether the application can be loaded, before workers are replaced.

This file runs in gunicorn's master, too, by its path: it imports nothing of
the library. See gunicorn_master.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Longer than any application should take to load. Meanwhile the master looks after no worker.
SECONDS = 60.0


def find_mistake(words: list[str], folder: str) -> str | None:
    """Load the application in a process of its own, and return the mistake.

    :param words: The arguments of ``routehandlers._servers.check`` after its first.
    :param folder: The folder that the server was started in.
    """
    with tempfile.TemporaryDirectory() as place:
        # A file has the result, because the application may print and because
        # a master that waits for any child can take the exit status of this one.
        verdict = Path(place) / "verdict"
        command = [sys.executable, "-m", "routehandlers._servers.check", str(verdict), *words]
        try:
            # No shell is involved: the command is this interpreter.
            ended = subprocess.run(  # noqa: S603
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                timeout=SECONDS, check=False, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"it did not load within {SECONDS:.0f} seconds."
        if verdict.exists():
            return verdict.read_text(encoding="utf-8") or None
    lines = ended.stderr.decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "the process that loaded it ended early.")
