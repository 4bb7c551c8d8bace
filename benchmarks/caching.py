"""Hits of caches: one WSGI call of an answer that is stored, no server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder

from routehandlers.cache_handlers import CacheHandler, MemoryCacheHandler

from . import two_workers
from .calls import Server, candidate
from .peers import BARE, FALCON, OURS, WSGI, falcon_app
from .timing import Candidate, table, take_turns

BODY = "x" * 1024
CALLS = 200
FILES, REDIS, DICT = f"{OURS}, file://", f"{OURS}, redis://", "a dict in a WSGI function"
ALONE = f"{OURS}, purges not shared"

# Entries in memory when one more is stored.
FEW, MANY = 1_000, 100_000


class _Alone(MemoryCacheHandler):
    """Storage whose purges reach this process alone."""

    def share_purges(self, family: object) -> None:
        """Do nothing."""


def ours(folder: Path, cache: str | CacheHandler) -> WSGI:
    from routehandlers import RouteHandlers

    file = folder / "app" / "hello" / "route.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"revalidate = 3600\n\ndef GET():\n    return {BODY!r}\n")
    return RouteHandlers(folder / "app", cache=cache)


def flask_caching() -> WSGI:
    import flask
    from flask_caching import Cache  # type: ignore[import-untyped]

    app = flask.Flask(__name__)
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})

    @app.get("/hello")
    @cache.cached(timeout=3600)  # type: ignore[untyped-decorator]
    def hello() -> str:
        return BODY

    return app


def django() -> WSGI:
    from django.conf import settings  # type: ignore[import-untyped]

    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    )
    import django as package
    from django.core.handlers.wsgi import WSGIHandler  # type: ignore[import-untyped]
    from django.http import HttpResponse  # type: ignore[import-untyped]
    from django.urls import path  # type: ignore[import-untyped]
    from django.views.decorators.cache import cache_page  # type: ignore[import-untyped]

    package.setup()
    view = cache_page(3600)(lambda request: HttpResponse(BODY, content_type="text/plain; charset=utf-8"))
    globals()["urlpatterns"] = [path("hello", view)]
    app: WSGI = WSGIHandler()
    return app


def a_dict() -> WSGI:
    """What one would write by hand: a time, a status, headers and a body by path."""
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(BODY)))]
    stored = {"/hello": (time.time() + 3600, "200 OK", headers, [BODY.encode()])}

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        until, status, headers, body = stored[environ["PATH_INFO"]]
        if environ["REQUEST_METHOD"] != "GET" or time.time() >= until:
            raise AssertionError
        start_response(status, list(headers))
        return body

    return app


def bare() -> WSGI:
    headers, body = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "1024")], [BODY.encode()]

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return body

    return app


@contextmanager
def redis_url() -> Iterator[str | None]:
    """A Redis of our own, or nothing where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([program, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _environs(_: int) -> list[dict[str, Any]]:
    environ = EnvironBuilder("/hello").get_environ()
    environ["RAW_URI"] = environ["REQUEST_URI"] = "/hello"
    return [dict(environ) for _ in range(CALLS)]


def measure() -> dict[str, float]:
    """Microseconds by candidate."""
    with tempfile.TemporaryDirectory() as folder, redis_url() as redis:
        apps = {
            OURS: ours(Path(folder), "memory://"),
            ALONE: ours(Path(folder), _Alone()),
            FILES: ours(Path(folder), f"file://{folder}/cache"),
            "Flask-Caching, SimpleCache": flask_caching(),
            "Django's cache_page, LocMemCache": django(),
            f"{FALCON}, its static path, not cached": falcon_app(),
            DICT: a_dict(),
            BARE: bare(),
        }
        if redis is not None:
            apps[REDIS] = ours(Path(folder), redis)
        for name, app in apps.items():
            right = b'{"hello":"world"}' if name.startswith(FALCON) else BODY.encode()
            for environ in _environs(0)[:3]:
                server = Server()
                assert (server.call(app, environ), server.status) == (right, "200 OK"), name
                time.sleep(0.05)  # Redis's messages begin
        results = take_turns({name: candidate(app, _environs) for name, app in apps.items()})
    stores = take_turns({f"a store among {count:,}": _store(count) for count in (FEW, MANY)}, rounds=10)
    return {**results, **stores, **two_workers.measure()}


def _store(count: int) -> Candidate:
    """Storing one more where so many are stored already and each drives another out."""
    from routehandlers.cache_handlers import Entry
    from routehandlers.cache_handlers.base import Mark

    def entry(number: int) -> Entry:
        return Entry(f"{number:012}", 200, (), b"x" * 100, 0.0, None, 1e9, (), Mark("e", 0))

    handler = MemoryCacheHandler(int(entry(0).size * count * 16 / 15) + 1)
    for number in range(count):
        handler.set(entry(number))

    def prepare(turn: int) -> Callable[[], int]:
        entries = [entry((turn + 2) * 1_000_000 + number) for number in range(1_000)]

        def run() -> int:
            for one in entries:
                handler.set(one)
            return len(entries)

        return run

    return prepare


def show(results: dict[str, float]) -> str:
    over_http = {
        name: value for name, value in results.items() if name.startswith((two_workers.HITS, two_workers.MISSES))
    }
    stores = {name: value for name, value in results.items() if name.startswith("a store")}
    hits = {name: value for name, value in results.items() if name not in {*over_http, *stores}}
    rows = {name: [f"{value:.2f} µs", f"{value / hits[OURS]:.2f}"] for name, value in sorted(hits.items(), key=_value)}
    return "\n\n".join(
        [
            table("a hit of 1 KiB", ["time", "ratio to memory://"], rows),
            table("memory, full", ["time"], {name: [f"{value:.2f} µs"] for name, value in stores.items()}),
            table(
                "gunicorn with two workers",
                ["a request"],
                {name: [f"{value:.0f} µs"] for name, value in over_http.items()},
            ),
        ]
    )


def _value(item: tuple[str, float]) -> float:
    return item[1]


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    falcon = next(value for name, value in results.items() if name.startswith(FALCON))
    few, many = (value for name, value in results.items() if name.startswith("a store"))
    held = [
        ("a hit / Falcon's static path", results[OURS] / falcon, 0.3),
        ("a hit over ready bytes, µs", results[OURS] - results[BARE], 2.0),
        ("file:// / memory://", results[FILES] / results[OURS], 2.0),
        (f"a store among {MANY:,} / among {FEW:,}", many / few, 2.0),
    ]
    held.append(("sharing purges, µs of a hit", results[OURS] - results[ALONE], 0.3))
    held += two_workers.bounds(results)
    if REDIS in results:
        held.append(("redis:// / memory://", results[REDIS] / results[OURS], 1.3))
    return held
