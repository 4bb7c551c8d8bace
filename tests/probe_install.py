"""What ``pip install "routehandlers[server,pydantic]"`` gives, with nothing of the tests beside it: the row ``installed`` of tox.

Run by an interpreter that has the package and its declared dependencies only, so
that a dependency or a file that the metadata forgets is missed here and not by
the first user.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from servers import free_port, run

import routehandlers

_CHECKOUT = Path(__file__).parent.parent


def main() -> None:
    package = Path(routehandlers.__file__).parent
    assert package != _CHECKOUT / "routehandlers", "this is the checkout and not what was installed"
    assert (package / "py.typed").is_file(), "checkers would not see the types"
    with tempfile.TemporaryDirectory() as folder:
        _command("new", "shop", cwd=Path(folder))
        shop = Path(folder) / "shop"
        patterns = [route["pattern"] for route in json.loads(_command("routes", "--json", cwd=shop))]
        assert "/items/[slug]" in patterns, patterns
        _answers(shop, "/items/a", b'"a"')
    _answers(_CHECKOUT / "examples" / "bookmarks", "/", b"")
    print("2 passed, 0 failed")


def _command(*words: str, cwd: Path) -> str:
    script = Path(sys.executable).parent / "routehandlers"
    return subprocess.run([script, *words], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def _answers(folder: Path, target: str, expected: bytes) -> None:
    """Serve as the README says, and ask once."""
    port = free_port()
    script = str(Path(sys.executable).parent / "routehandlers")
    with run([script, "start", "--bind", f"127.0.0.1:{port}", "--workers", "1"], port, cwd=folder) as server:
        answer = server.request("GET", target)
        assert answer.status == 200, (answer, server.logs())
        assert expected in answer.body, (answer, server.logs())


if __name__ == "__main__":
    main()
