"""``python -m routehandlers._servers.check FILE SERVER …``: load an application, and write the mistake into a file.

A reload runs it, so that a mistake costs no worker. The file is empty if the
application can be loaded.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from .._project.reference import import_application
from ..exceptions import RouteHandlersError

_PACKAGE = str(Path(__file__).parent.parent)


def main(verdict: str, server: str, *words: str) -> None:
    try:
        if server == "gunicorn":
            _load_with_gunicorn(list(words))
        else:
            # As Python does it for the command itself.
            sys.path[:0] = [""]
            import_application(*words)
    except Exception as error:
        mistake = describe(error)
    else:
        mistake = ""
    Path(verdict).write_text(mistake, encoding="utf-8")


def _load_with_gunicorn(words: list[str]) -> None:
    """Read the configuration and load the application as a new master and its worker would."""
    # An import at the top would need gunicorn under the other servers.
    from .gunicorn_master import Application

    sys.argv = ["gunicorn", *words]
    application = Application()
    application.add_paths()
    application.load()


def describe(error: Exception) -> str:
    """Return a sentence that says what is wrong, and where."""
    if isinstance(error, RouteHandlersError):
        # For one line of the log.
        return " ".join(str(error).split())
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}: {kind}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith((_PACKAGE, "<frozen importlib"))]
    place = f"{theirs[-1].filename}, line {theirs[-1].lineno}: " if theirs else ""
    return f"{place}{kind}: {error}"


if __name__ == "__main__":
    main(*sys.argv[1:])
