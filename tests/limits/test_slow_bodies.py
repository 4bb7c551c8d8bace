"""Bodies that come slowly, in part, malformed, or without a length: none holds a thread or is lost without an error."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from other_servers import run_kind
from servers import Server, serve, write_app

pytestmark = pytest.mark.once

FILES = {
    "nothing/route.py": "def POST(): return 'read nothing'",
    "json/route.py": "def POST(request): return request.json()",
    "data/route.py": "def POST(request): return str(len(request.data))",
    "form/route.py": "def POST(request): return [*request.form]",
    "stream/route.py": "def POST(request): return str(len(request.stream.read()))",
    "input/route.py": "def POST(request): return str(len(request.environ['wsgi.input'].read()))",
    "lines/route.py": "def POST(request): return str(len([*request.environ['wsgi.input']]))",
    "other/route.py": "def GET(): return 'other'",
}
READERS = ["nothing", "json", "data", "form", "stream", "input", "lines"]

# The seconds of the manual would make slow tests.
MODULE = """
from routehandlers import create_app
from routehandlers._http.request import body, draining
body.SLOWEST = {slowest}
draining.MOST_SECONDS = {draining}
draining.MOST_BYTES = 1_000_000
app = create_app("app")
"""

LENGTH = b"Content-Length: 100000\r\n\r\nabc"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@contextmanager
def gunicorn(folder: Path, worker: str, slowest: float = 60.0, draining: float = 1.0) -> Iterator[Server]:
    write_app(folder, FILES)
    (folder / "site_of_test.py").write_text(MODULE.format(slowest=slowest, draining=draining))
    options = ("--threads", "4") if worker == "gthread" else ()
    with serve("site_of_test:app", worker=worker, cwd=folder, options=options) as server:
        yield server


def head(path: str, rest: bytes) -> bytes:
    return f"POST /{path} HTTP/1.1\r\nHost: localhost\r\n".encode() + rest


WORKERS = ["sync", "gthread", "gevent"]


@pytest.mark.parametrize("rest", [LENGTH, CHUNKS], ids=["length", "chunks"])
@pytest.mark.parametrize("worker", WORKERS)
def test_clients_that_fall_silent_in_a_body_that_is_not_read_blocked_the_server(
    tmp_path: Path, worker: str, rest: bytes
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(gunicorn(tmp_path, worker))
        silent = [stack.enter_context(server.connect(20)) for _ in range(4)]
        for client in silent:
            client.sendall(head("nothing", rest))

        other = server.request("GET", "/other", timeout=25)
        answers = [b"".join(iter(lambda client=client: client.recv(65_536), b"")) for client in silent]

    assert other.body == b"other"
    assert [answer[-12:] for answer in answers] == [b"read nothing"] * 4  # and then each connection was closed


@pytest.mark.parametrize("rest", [LENGTH, CHUNKS], ids=["length", "chunks"])
@pytest.mark.parametrize("worker", WORKERS)
def test_a_client_that_falls_silent_in_a_body_that_is_read_held_a_thread_for_ever(
    tmp_path: Path, worker: str, rest: bytes
) -> None:
    with gunicorn(tmp_path, worker, slowest=0.5) as server:
        answers = [server.raw(head(path, rest), 20) for path in ("data", "input")[: 2 if rest is CHUNKS else 1]]
        other = server.request("GET", "/other")
        log = server.logs()

    assert {answer[:20] for answer in answers} == {b"HTTP/1.1 408 Request"}
    assert other.body == b"other"
    assert "Traceback" not in log


@pytest.mark.parametrize("path", ["nothing", "data"])
@pytest.mark.parametrize("worker", ["gthread", "gevent"])
def test_a_client_that_sends_a_byte_at_a_time_is_not_waited_for_either(tmp_path: Path, worker: str, path: str) -> None:
    with gunicorn(tmp_path, worker, slowest=1.0) as server, server.connect(20) as client:
        client.sendall(head(path, LENGTH))
        client.settimeout(0.1)
        received, sent, end = b"", 0, time.monotonic() + 20
        while time.monotonic() < end:
            try:
                client.send(b"x")
                sent += 1
                more = client.recv(65_536)
            except TimeoutError:
                continue
            except OSError:  # reset
                break
            if not more:
                break
            received += more

    assert received.startswith(b"HTTP/1.1 408" if path == "data" else b"HTTP/1.1 200")
    assert 0 < sent < 150  # at a byte in 0.1 s


@pytest.mark.parametrize("worker", WORKERS)
def test_a_client_that_sends_more_than_is_discarded_is_cut_off(tmp_path: Path, worker: str) -> None:
    with gunicorn(tmp_path, worker) as server, server.connect(20) as client:
        client.sendall(head("nothing", b"Content-Length: 1000000000\r\n\r\n"))
        answer = client.recv(65_536)

        with pytest.raises(ConnectionError):
            client.sendall(b"x" * 500_000_000)

    assert answer.startswith(b"HTTP/1.1 200")


MALFORMED = {
    "no number": b"zz\r\nab\r\n0\r\n\r\n",
    "no line end": b"2\r\nabXX0\r\n\r\n",
    "negative": b"-2\r\nab\r\n0\r\n\r\n",
    "a prefix": b"0x2\r\nab\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("worker", WORKERS)
def test_a_malformed_chunked_body_was_a_500_with_a_traceback(tmp_path: Path, worker: str) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    with gunicorn(tmp_path, worker) as server:
        statuses = {
            (path, name): server.raw(head(path, form + body))[9:12]
            for path in READERS
            for name, body in MALFORMED.items()
        }
        lines = [line for line in server.logs().splitlines() if " [INFO] " not in line]  # those are gunicorn's

    assert statuses == dict.fromkeys(statuses, b"400")
    assert len(lines) == len(statuses)
    assert all(re.fullmatch(r"The body of 'POST /\w+' cannot be read: .*", line) for line in lines), lines


@pytest.mark.parametrize("worker", WORKERS)
def test_a_chunked_body_that_is_not_read_leaves_the_connection_to_the_next_request(tmp_path: Path, worker: str) -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    last = b"GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with gunicorn(tmp_path, worker) as server:
        answer = server.raw(head("nothing", body) + last)

    assert b"read nothing" in answer
    assert worker == "sync" or answer.endswith(b"other")


@pytest.mark.parametrize("kind", ["uWSGI", "uvicorn, a2wsgi"])
def test_a_chunked_body_was_lost_where_the_server_does_not_decode_it(tmp_path: Path, kind: str) -> None:
    write_app(tmp_path, FILES)
    body = b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    with run_kind(kind, tmp_path) as server:
        answers = {path: server.raw(head(path, body))[9:12] for path in READERS}

    assert answers == dict.fromkeys(READERS, b"411")


# The servers that have time limits of their own. Each has 8 threads.
@pytest.mark.parametrize("kind", ["waitress", "uWSGI", "Granian", "uvicorn, a2wsgi"])
def test_a_body_that_is_not_read_blocks_no_server(tmp_path: Path, kind: str) -> None:
    write_app(tmp_path, FILES)
    with ExitStack() as stack:
        server = stack.enter_context(run_kind(kind, tmp_path))
        for _ in range(9):
            stack.enter_context(server.connect()).sendall(head("nothing", LENGTH))

        other = server.request("GET", "/other", timeout=25)

    assert other.body == b"other"
