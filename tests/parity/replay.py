"""Sends recorded requests over a socket, byte for byte, and reads the answers."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any

from servers import Server, serve, write_app

RECORDINGS = Path(__file__).parent / "recordings.json"

# What says something to a client. The rest is transport, or Next's own.
_COMPARED = ("allow", "cache-control", "content-type", "location", "refresh", "set-cookie", "content-encoding", "etag")


@dataclass
class Seen:
    """What a client sees of an answer."""

    status: int
    headers: dict[str, list[str]]
    body: Any


def load() -> list[dict[str, Any]]:
    """The recorded exchanges, one a line."""
    with RECORDINGS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@contextmanager
def serve_app(folder: Path, files: dict[str, Any], settings: dict[str, Any]) -> Iterator[Server]:
    """Serve an application from sources with gunicorn."""
    write_app(folder, files)
    source = f"from routehandlers import RouteHandlers\napp = RouteHandlers('app', **{settings!r})\n"
    (folder / "wsgi.py").write_text(source)
    # gunicorn would believe this machine's X-Forwarded-Proto.
    with serve("wsgi:app", cwd=folder, options=("--forwarded-allow-ips", "192.0.2.1")) as server:
        yield server


def send(server: Server, request: dict[str, Any]) -> Seen:
    """One recorded request, with its target and headers as they were."""
    body = request.get("body")
    data = b64decode(body) if request.get("body_encoding") == "base64" else (body or "").encode()
    if request.get("repeat"):
        data *= request["repeat"]
    names = [name.lower() for name, _ in request["headers"]]
    lines = [f"{request['method']} {request['target']} {request.get('version', 'HTTP/1.1')}"]
    lines += [f"{name}: {value}" for name, value in request["headers"]]
    if data and not {"content-length", "transfer-encoding"} & set(names):
        lines.append(f"Content-Length: {len(data)}")
    head = "\r\n".join([*lines, "", ""]).encode()
    with server.connect() as connection:
        connection.sendall(head + data)
        response = HTTPResponse(connection, method=request["method"])
        response.begin()
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        try:
            content = response.read()
        except IncompleteRead as error:
            content = error.partial + b" (broken off)"
    return seen(response.status, headers, content)


def recorded(exchange: dict[str, Any]) -> Seen:
    """What Next answered; a connection without an answer counts as a 400."""
    response = exchange["response"] or {"status": 400, "headers": [], "body": ""}
    body = (response["body"] or "").encode()
    if response.get("body_encoding") == "base64":
        body = b64decode(body)
    headers = [(name.lower(), value) for name, value in response["headers"]]
    return seen(response["status"] or 400, headers, body)


def seen(status: int, headers: list[tuple[str, str]], body: bytes) -> Seen:
    kept: dict[str, list[str]] = {}
    for name, value in headers:
        if name in ("x-nextjs-cache", "cache-status"):
            kept["cache"] = [_cache_word(value)]
        if name in _COMPARED or (name.startswith("x-") and not name.startswith(("x-nextjs", "x-powered"))):
            kept.setdefault(name, []).append(value)
    text = body.decode(errors="replace")
    try:
        return Seen(status, kept, json.loads(text))
    except ValueError:
        return Seen(status, kept, text)


def _cache_word(value: str) -> str:
    """What an answer says of the cache, in Next's words; ``BYPASS`` is ours (RFC 9211)."""
    if not value.startswith("routehandlers;"):
        return value
    if found := re.search(r"hit; ttl=(-?)", value):
        return "STALE" if found[1] else "HIT"
    return "MISS" if "fwd=miss; stored" in value else "BYPASS"
