"""The application whose reads are checked, and its server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import Server, free_port, gunicorn_command, run, write_app

WORKERS = 4

FILES = {
    # A datum is a file, and its version is the size. An append is atomic, and a killed worker leaves no lock behind.
    "_data.py": """
        import os
        def raised(datum):
            file = os.open(f"{os.environ['DATA']}/{datum}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(file, b".")
                return os.fstat(file).st_size
            finally:
                os.close(file)
        def version(datum):
            try:
                return os.stat(f"{os.environ['DATA']}/{datum}").st_size
            except FileNotFoundError:
                return 0
    """,
    # The pause comes after the read: a purge in it must reach a render that has begun. The padding is for full disks.
    "items/[datum]/route.py": """
        import time
        from routehandlers.cache import cache_tag
        from ..._data import version
        revalidate = 3600
        def GET(request, context):
            datum = context.params["datum"]
            cache_tag(f"datum-{datum}")
            found = version(datum)
            time.sleep(found % 5 / 1000)
            return {"version": found, "padding": "." * 2000}
    """,
    "values/[datum]/route.py": """
        import time
        from routehandlers.cache import cache_tag, cached
        from ..._data import version
        @cached(revalidate=3600)
        def value(datum):
            cache_tag(f"datum-{datum}")
            found = version(datum)
            time.sleep(found % 5 / 1000)
            return found
        def GET(request, context):
            return {"version": value(context.params["datum"])}
    """,
    "purge/[way]/[datum]/route.py": """
        import time
        from routehandlers.cache import revalidate_path, revalidate_tag
        from ...._data import raised
        WAYS = {
            "tag": lambda datum: revalidate_tag(f"datum-{datum}"),
            "path": lambda datum: both(lambda kind: revalidate_path(f"/{kind}/{datum}")),
            "pattern": lambda datum: both(lambda kind: revalidate_path(f"/{kind}/[datum]")),
            "layout": lambda datum: both(lambda kind: revalidate_path(f"/{kind}", "layout")),
        }
        def both(purge):
            return all([purge(kind) for kind in ("items", "values")])
        def POST(request, context):
            datum, purge = context.params["datum"], WAYS[context.params["way"]]
            version = raised(datum)
            called = time.monotonic_ns()
            taken = purge(datum)
            returned = time.monotonic_ns()
            return {"version": version, "called": called, "returned": returned, "taken": taken is not False}
    """,
    # Only the server's processes see a folder that is mounted for them.
    "disk/route.py": """
        import os
        from pathlib import Path
        BALLAST = Path(os.environ["STORE"]) / "ballast"
        def POST():
            with BALLAST.open("wb", buffering=0) as file:
                for size in (65536, 512, 1):
                    try:
                        while True:
                            file.write(bytes(size))
                    except OSError:
                        pass
            return str(BALLAST.stat().st_size)
        def DELETE():
            BALLAST.unlink()
            return "free"
    """,
}

# Gives each response the time at which its worker got the request.
_WSGI = """
import os, time
from routehandlers import create_app
inner = create_app()
def app(environ, start_response):
    began = time.monotonic_ns()
    def start(status, headers, *rest):
        return start_response(status, [*headers, ("X-Began", str(began)), ("X-Worker", str(os.getpid()))], *rest)
    return inner(environ, start)
"""


class Site:
    """A folder with the application.

    :param storage: ``{store}`` in it is a folder that only the server may see.
    :param redis: The Redis in it.
    :param is_small: Whether to put ``{store}``, and the server's temporary files, on a disk of one mebibyte.
    """

    def __init__(self, folder: Path, storage: str, *, redis: Server | None = None, is_small: bool = False) -> None:
        self.folder = folder
        self.redis = redis
        self._is_small = is_small
        self._store = folder / "store"
        for needed in (self._store, folder / "data"):
            needed.mkdir()
        write_app(folder, FILES)
        (folder / "wsgi.py").write_text(_WSGI)
        url = storage.replace("{store}", f"{self._store}/cache")
        (folder / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = '{url}'\n")

    @contextmanager
    def start(self, worker: str, *options: str) -> Iterator[Server]:
        port = free_port()
        command = gunicorn_command(port, "wsgi:app", worker, "--workers", str(WORKERS), *options)
        env = {"DATA": str(self.folder / "data"), "STORE": str(self._store)}
        if self._is_small:
            command = [*_mounting(self._store), *command]
            env["TMPDIR"] = str(self._store)
        with run(command, port, cwd=self.folder, env=env) as server:
            yield server


def can_mount() -> bool:
    """Return whether this machine lets us mount a small disk, as root or in a namespace of our own."""
    command = [*_mounting(Path(__file__).parent), sys.executable, "-c", ""]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _mounting(folder: Path) -> list[str]:
    """Return the start of a command whose processes see an empty disk of one mebibyte at a folder."""
    unshare = shutil.which("unshare") or "unshare"
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [
        unshare, "--mount", *as_root, "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', str(folder),
    ]  # fmt: skip
