"""The same checks under each server. What one cannot do is in a table that these tests keep true, in both directions."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from other_servers import CHECKS, KINDS, Kind, run_kind
from servers import Server, write_app

pytestmark = pytest.mark.once

FILES = {
    "_marks.py": """
        import os
        from pathlib import Path
        FOLDER = Path(__file__).parent.parent / "marks"
        def mark(name): (FOLDER / name).touch()
        def has(name): return (FOLDER / name).exists()
    """,
    "paths/[slug]/route.py": "def GET(request, context): return {'slug': context.params['slug'], 'url': request.url}",
    "stream/[mark]/route.py": """
        import time
        from ..._marks import has
        def GET(request, context):
            yield "first"
            end = time.monotonic() + 8
            while not has(context.params["mark"]) and time.monotonic() < end: time.sleep(0.01)
            yield "second"
    """,
    "endless/[mark]/route.py": """
        import time
        from ..._marks import mark
        def GET(request, context):
            try:
                for _ in range(400):
                    yield "x" * 100
                    time.sleep(0.05)
            finally:
                mark(context.params["mark"])
    """,
    "after/[mark]/route.py": """
        from routehandlers.server import after
        from ..._marks import mark
        def GET(request, context):
            after(mark, context.params["mark"])
            return "answered"
    """,
    "broken/route.py": """
        def GET():
            yield "x" * 10
            raise RuntimeError("on purpose")
    """,
    "body/route.py": """
        import hashlib
        max_content_length = 64 * 2**20
        def POST(request):
            body = request.bytes()
            return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    """,
}


class Site:
    """Servers that are started when first asked for, and stopped at the end."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._running: dict[str, tuple[Server, Path]] = {}

    def __call__(self, name: str) -> tuple[Server, Path]:
        if name not in self._running:
            folder = self._folder / name.replace(" ", "-").replace("/", "")
            write_app(folder, FILES)
            (folder / "marks").mkdir(exist_ok=True)
            self._running[name] = self._stack.enter_context(run_kind(name, folder)), folder / "marks"
        return self._running[name]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(tmp_path_factory.mktemp("serving"), stack)


class Client:
    """One way to speak to servers of both kinds: HTTP/1.1 with its target as it is, or HTTP/2."""

    def __init__(self, server: Server, kind: Kind) -> None:
        self.server = server
        limits = httpx.Limits(max_keepalive_connections=10 if kind.keeps_alive else 0)
        self._http = httpx.Client(
            http1=not kind.is_http2, http2=kind.is_http2, timeout=20, base_url=server.url, limits=limits
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def request(self, method: str, path: str, content: Any = None) -> httpx.Response:
        # A path that httpx would spell otherwise goes out as it is.
        target = httpx.URL(self.server.url).copy_with(raw_path=path.encode())
        return self._http.request(method, target, content=content)

    def stream(self, path: str) -> Any:
        return self._http.stream("GET", path)


def waited(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def encoded_slash(client: Client, marks: Path) -> bool:
    """``%2F`` is part of a segment."""
    answer = client.request("GET", "/paths/a%2Fb")
    return answer.status_code == 200 and answer.json()["slug"] == "a/b"


def other_escapes(client: Client, marks: Path) -> bool:
    """All other escapes come through, and the query and ``request.url`` as they were sent."""
    for path, slug in {
        "caf%C3%A9": "café",
        "a%20b+c": "a b+c",
        "a%3Fb": "a?b",
        "a%25b": "a%b",
        "a;b=c": "a;b=c",
    }.items():
        answer = client.request("GET", f"/paths/{path}?q=%2F+%C3%A9")
        if answer.status_code != 200 or answer.json()["slug"] != slug:
            return False
    url: str = client.request("GET", "/paths/a?q=%2F+%C3%A9").json()["url"]
    return url.endswith("/paths/a?q=%2F+%C3%A9")


def streaming(client: Client, marks: Path) -> bool:
    """A chunk leaves before the next is made."""
    with client.stream("/stream/streamed") as response:
        begun = time.monotonic()
        chunks = response.iter_raw()
        first = next(chunks)
        came_at_once = first == b"first" and time.monotonic() - begun < 4
        (marks / "streamed").touch()
        rest = b"".join(chunks)
    return came_at_once and first + rest == b"firstsecond"


def disconnect(client: Client, marks: Path) -> bool:
    """A client that goes away closes the generator."""
    with client.stream("/endless/closed") as response:
        next(response.iter_raw())
    return waited((marks / "closed").exists, 10)


def after(client: Client, marks: Path) -> bool:
    """What ``after()`` was given runs, once the answer has been sent."""
    answer = client.request("GET", "/after/after")
    return answer.text == "answered" and waited((marks / "after").exists, 5)


def broken(client: Client, marks: Path) -> bool:
    """A stream that breaks off does not look whole."""
    try:
        client.request("GET", "/broken")
    except httpx.RemoteProtocolError:
        return True
    return False


def big_body(client: Client, marks: Path) -> bool:
    """A body of 20 MB arrives whole."""
    data = os.urandom(2**20) * 20
    answer = client.request("POST", "/body", data)
    return bool(answer.json() == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()})


def chunked_body(client: Client, marks: Path) -> bool:
    """So does one whose length was not announced."""
    data = os.urandom(100_000)
    answer = client.request("POST", "/body", (data[start : start + 1000] for start in range(0, len(data), 1000)))
    return bool(answer.status_code == 200 and answer.json()["sha256"] == hashlib.sha256(data).hexdigest())


def head(client: Client, marks: Path) -> bool:
    """A HEAD has the headers of the GET and no body, also where that is a stream, and the connection goes on."""
    get, first = client.request("GET", "/paths/a"), client.request("HEAD", "/paths/a")
    (marks / "head").touch()
    second, third = client.request("HEAD", "/stream/head"), client.request("GET", "/paths/a")
    return (
        (first.status_code, first.content, second.content) == (200, b"", b"")
        and first.headers["Content-Length"] == get.headers["Content-Length"]
        and third.json() == get.json()
    )


RUN: dict[str, Callable[[Client, Path], bool]] = {
    "%2F": encoded_slash,
    "other escapes": other_escapes,
    "streams": streaming,
    "disconnect": disconnect,
    "after()": after,
    "broken streams": broken,
    "big bodies": big_body,
    "chunked bodies": chunked_body,
    "HEAD": head,
}


@pytest.mark.parametrize("check", CHECKS)
# The tests of a server stay in one process, which starts it once.
@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.xdist_group(kind)) for kind in KINDS])
def test_a_server_does_what_the_table_says(site: Site, kind: str, check: str) -> None:
    server, marks = site(kind)

    with Client(server, KINDS[kind]) as client:
        is_able = RUN[check](client, marks)

    assert is_able == (check not in KINDS[kind].cannot), server.logs()[-2000:]
