"""Common WSGI servers: how to start them, and what they do not support."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from optional_servers import missing
from servers import Server, free_port, gunicorn_command, run

APP = "routehandlers:create_app()"

# What each is asked to do, in the words of the manual.
CHECKS = {
    "%2F": "it is part of a segment (`/items/a%2Fb` has the param `a/b`)",
    "other escapes": "they reach the application, and `request.url` has the path that the client sent",
    "streams": "each chunk is sent when it is yielded",
    "disconnect": "the generator is closed when the client goes away",
    "after()": "the functions run when the response has been sent",
    "broken streams": "the client can tell them from complete streams",
    "big bodies": "bodies of 20 MB arrive whole",
    "chunked bodies": "bodies without `Content-Length` arrive whole",
    "HEAD": "the headers of the `GET` and no body",
}

_MODULE = """
import sys
from routehandlers import create_app

application = app = create_app({app!r})
"""


@dataclass(frozen=True)
class Kind:
    """One server in one mode.

    :param command: From a port and a folder that holds ``app/`` and ``wsgi.py``.
    :param needs: The package to import, and what to install for it.
    :param cannot: Names of checks that it does not pass, each with the reason.
    :param keeps_alive: Whether a connection takes another request.
    :param is_http2: Whether it speaks HTTP/2, without TLS, to those who begin with it.
    """

    command: Callable[[int, Path], list[str]]
    needs: tuple[str, str]
    cannot: dict[str, str]
    keeps_alive: bool = True
    is_http2: bool = False


def _gunicorn(worker: str, *options: str) -> Callable[[int, Path], list[str]]:
    return lambda port, folder: gunicorn_command(port, APP, worker, *options)


def _script(name: str) -> str:
    """A command of the environment that the tests run in."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def _python(code: str) -> Callable[[int, Path], list[str]]:
    return lambda port, folder: [sys.executable, "-c", f"from wsgi import app; {code.format(port=port)}"]


def _uwsgi(port: int, folder: Path) -> list[str]:
    return [
        _script("uwsgi"), "--http-socket", f"127.0.0.1:{port}", "--module", "wsgi:application", "--master", "--processes", "1",
        "--threads", "8", "--enable-threads", "--die-on-term", "--need-app", "--virtualenv", sys.prefix,
    ]  # fmt: skip


def _mod_wsgi(port: int, folder: Path) -> list[str]:
    command = [
        _script("mod_wsgi-express"), "start-server", str(folder / "wsgi.py"), "--port", str(port), "--host", "127.0.0.1",
        "--server-root", str(folder / "apache"), "--processes", "1", "--threads", "8", "--log-to-terminal",
        "--working-directory", str(folder), "--limit-request-body", "0", "--chunked-request", "--include-file", str(folder / "slashes.conf"),
    ]  # fmt: skip
    (folder / "slashes.conf").write_text("AllowEncodedSlashes On\n")
    if os.geteuid() == 0:
        # Apache serves nothing as root, and another user could not read what the tests installed: a name for it will do.
        unshare = shutil.which("unshare")
        if unshare is None:
            missing("unshare", "apt-get install util-linux")
        command = [unshare, "--user", "--map-user=1000", "--map-group=1000", *command]
    return command


def _granian(port: int, folder: Path) -> list[str]:
    return [
        _script("granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "8", "wsgi:application",
    ]  # fmt: skip


def _uvicorn(port: int, folder: Path) -> list[str]:
    (folder / "asgi.py").write_text(
        "from a2wsgi import WSGIMiddleware\nfrom wsgi import app\n\napplication = WSGIMiddleware(app, workers=8)\n"
    )
    return [sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "warning", "asgi:application"]


KINDS: dict[str, Kind] = {
    "gunicorn sync": Kind(_gunicorn("sync"), ("gunicorn", "gunicorn"), {}),
    "gunicorn gthread": Kind(_gunicorn("gthread"), ("gunicorn", "gunicorn"), {}),
    "gunicorn gthread --preload": Kind(_gunicorn("gthread", "--preload", "--workers", "2"), ("gunicorn", "gunicorn"), {}),
    "gunicorn gevent": Kind(_gunicorn("gevent"), ("gevent", "gevent"), {}),
    "gunicorn gthread, HTTP/2": Kind(
        _gunicorn("gthread", "--http-protocols", "h2,h1", "--http2-cleartext", "prior-knowledge"),
        ("h2", '"gunicorn[http2]>=27"'),
        {"disconnect": "the generator runs to its end and is closed then"},
        is_http2=True,
    ),
    "waitress": Kind(
        _python("import waitress; waitress.serve(app, host='127.0.0.1', port={port}, threads=8)"),
        ("waitress", "waitress"),
        {},
    ),
    "uWSGI": Kind(_uwsgi, ("pyuwsgi", "pyuwsgi"), {"broken streams": "the connection is closed as after a complete stream", "chunked bodies": "they get a 411: uWSGI has an API of its own for them"},
        keeps_alive=False,
    ),
    "mod_wsgi-express": Kind(_mod_wsgi, ("mod_wsgi", "mod_wsgi-standalone"), {"broken streams": "Apache ends them as complete streams"}),
    "cheroot": Kind(
        _python("from cheroot.wsgi import Server; Server(('127.0.0.1', {port}), app, numthreads=8).start()"),
        ("cheroot", "cheroot"),
        {},
    ),
    "Granian": Kind(_granian, ("granian", "granian"), {"%2F": "it is a slash: the server passes on only the decoded path"}),
    "uvicorn, a2wsgi": Kind(_uvicorn, ("a2wsgi", "a2wsgi uvicorn"), {"%2F": "it is a slash: the server passes on only the decoded path", "disconnect": "the generator runs to its end and is closed then", "chunked bodies": "they get a 411: the application does not learn where they end"}),
}  # fmt: skip


def as_markdown() -> str:
    """The table of ``docs/guides/deploying.md``, and the reasons below it."""
    heads = [f"`{name}`" if name in {"%2F", "after()", "HEAD"} else name for name in CHECKS]
    lines = [f"| Server | {' | '.join(heads)} |", f"| --- |{' :-: |' * len(heads)}"]
    reasons: list[str] = []
    for name, kind in KINDS.items():
        cells = []
        for check in CHECKS:
            reason = kind.cannot.get(check)
            if reason is None:
                cells.append("✓")
                continue
            if reason not in reasons:
                reasons.append(reason)
            cells.append(f"no ({reasons.index(reason) + 1})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    notes = [f"{number}. {reason[0].upper()}{reason[1:]}." for number, reason in enumerate(reasons, 1)]
    return "\n".join([*lines, "", *notes])


@contextmanager
def run_kind(name: str, folder: Path) -> Iterator[Server]:
    """Serve the folder's ``app`` with one of them."""
    kind = KINDS[name]
    package, remedy = kind.needs
    if find_spec(package) is None:
        missing(name, f"pip install {remedy}")
    (folder / "wsgi.py").write_text(_MODULE.format(app=str(folder / "app")))
    port = free_port()
    with run(kind.command(port, folder), port, cwd=folder, env={"PYTHONPATH": str(folder)}) as server:
        yield server
