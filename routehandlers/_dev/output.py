"""Colours of the terminal, where there is one."""

from __future__ import annotations

import logging
import os
import re
import sys

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def plain_logs() -> None:
    """Remove colours from Werkzeug's log if it goes to a file or a pipe, or if ``NO_COLOR`` is set.

    Werkzeug has no setting for it.
    """
    # https://no-color.org: any value but the empty one counts.
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        logging.getLogger("werkzeug").addFilter(_without_colours)


def _without_colours(record: logging.LogRecord) -> bool:
    record.msg, record.args = _COLOUR.sub("", record.getMessage()), ()
    return True
