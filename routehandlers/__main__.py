"""``python -m routehandlers``: the same as the command ``routehandlers``."""

from __future__ import annotations

from ._cli.main import main

if __name__ == "__main__":
    main()
