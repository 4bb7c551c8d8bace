"""gunicorn's master process, with the defaults of ``start`` and a reload that survives a mistake.

``start`` runs this file by its path, so that the master imports gunicorn and
nothing of the library. A gevent worker patches the standard library after the
fork, which is too late for modules that have taken a lock from it. And a
reload imports the library anew in the workers, as it does the application.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Python looks for modules beside a script first, and "gunicorn.py" lies there.
    del sys.path[0]

import gunicorn.app.base  # type: ignore[import-untyped]  # an extra
from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]


def _sibling(name: str) -> dict[str, Any]:
    """Return the names of another file of this folder, without an import of the library."""
    return runpy.run_path(str(Path(__file__).with_name(f"{name}.py")))


class Application(WSGIApplication):  # type: ignore[misc]  # a class without types
    """The configuration from gunicorn's own sources, over the defaults of ``start``."""

    def load_default_config(self) -> None:
        super().load_default_config()
        self._defaults = _sibling("defaults")
        self.cfg.set("worker_class", "gthread")
        if "WEB_CONCURRENCY" not in os.environ:
            self.cfg.set("workers", self._defaults["workers"]())
        # load_config() below sees by it whether any source has set threads.
        self.cfg.settings["threads"].value = None

    def load_config(self) -> None:
        super().load_config()
        if self.cfg.settings["threads"].value is None:
            # gunicorn takes "sync" with threads for "gthread".
            has_threads = str(self.cfg.settings["worker_class"].value).endswith(("gthread", "ThreadWorker"))
            self.cfg.set("threads", self._defaults["THREADS"] if has_threads else 1)

    def add_paths(self) -> None:
        """Make the modules of ``--pythonpath`` importable, which ``run()`` does for the master."""
        paths = [str(Path(path).absolute()) for path in (self.cfg.pythonpath or "").split(",") if path]
        sys.path[:0] = [path for path in reversed(paths) if path not in sys.path]


class Master(Arbiter):  # type: ignore[misc]  # a class without types
    """An arbiter that loads the application elsewhere before it replaces workers."""

    log: Any

    def handle_hup(self) -> None:
        # With --preload a reload loads nothing.
        mistake = None if self.cfg.preload_app else self._find_mistake()
        if mistake:
            self.log.error("The old workers go on, because the application cannot be loaded: %s", mistake)
        else:
            super().handle_hup()

    def _find_mistake(self) -> str | None:
        find_mistake = _sibling("reloading")["find_mistake"]
        mistake: str | None = find_mistake(["gunicorn", *sys.argv[1:]], self.START_CTX["cwd"])
        return mistake


def main() -> None:
    # BaseApplication.run() makes the arbiter of this name, and has no parameter for another.
    base: Any = gunicorn.app.base
    base.Arbiter = Master
    Application("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()


if __name__ == "__main__":
    main()
