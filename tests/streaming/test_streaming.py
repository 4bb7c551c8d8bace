"""Streams over a real socket, under each of gunicorn's workers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, serve, write_app

FILES = {
    "slow/route.py": """
        import time
        def GET():
            for number in range(5):
                yield f"chunk {number};"
                time.sleep(0.3)
        """,
    "big/route.py": """
        CHUNK = b"x" * (1 << 20)
        def GET():
            for _ in range(1024):
                yield CHUNK
        """,
    "endless/route.py": """
        import time
        def GET():
            try:
                while True:
                    yield "tick;"
                    time.sleep(0.05)
            finally:
                print("the generator was closed", flush=True)
        """,
    "undrawn/route.py": """
        from routehandlers.server import after
        def GET():
            after(lambda: print("the request is over", flush=True))
            return chunks()
        def chunks():
            print("the generator was started", flush=True)
            yield "tick;"
        """,
    "broken/route.py": """
        from routehandlers.navigation import redirect
        def GET():
            yield "half;"
            raise ValueError("in the middle")
        def PUT():
            yield "half;"
            redirect("/elsewhere")
        def POST():
            raise ValueError("before the first chunk")
            yield
        def PATCH():
            yield "half;"
            yield 3
        """,
    "scope/route.py": """
        from routehandlers.headers import cookies, headers
        from routehandlers.server import after
        def GET():
            cookies().set("early", "1")
            after(lambda: print("after the stream", flush=True))
            yield "a"
            yield cookies().get("sent", "none")
            yield headers()["x-test"]
            try:
                cookies().set("late", "1")
            except RuntimeError as error:
                yield type(error).__name__
            print("the stream ends", flush=True)
        """,
    "empty/route.py": """
        def GET():
            return iter([])
        def POST():
            return iter(["", b"", "late"])
        """,
    "events/route.py": """
        import threading, time
        from routehandlers import Response
        def GET(request):
            def items():
                try:
                    yield {"id": request.headers.get("Last-Event-ID", "0"), "data": {"a": 1}}
                    time.sleep(0.5)
                    yield "two\\nlines"
                finally:
                    print("events closed in", threading.current_thread().name, flush=True)
            return Response.event_stream(items(), keep_alive=0.2)
        def POST(request):
            def items():
                try:
                    while True:
                        yield "tick"
                        time.sleep(0.05)
                finally:
                    print("events closed in", threading.current_thread().name, flush=True)
            return Response.event_stream(items(), keep_alive=0.2)
        """,
}


@pytest.fixture(scope="module", params=["sync", "gthread", "gevent"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(request.param)
    write_app(folder, FILES)
    with serve("routehandlers:create_app()", worker=request.param, cwd=folder) as started:
        yield started


def get(target: str, method: str = "GET", *headers: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", "Content-Length: 0", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def wait_for(server: Server, text: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while text not in server.logs() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert text in server.logs()


def test_the_first_chunk_arrives_before_the_second_is_made(server: Server) -> None:
    with server.connect() as connection:
        started = time.monotonic()
        connection.sendall(get("/slow"))
        arrived: dict[bytes, float] = {}
        data = b""
        while part := connection.recv(65_536):
            data += part
            for chunk in re.findall(rb"chunk \d", data):
                arrived.setdefault(chunk, time.monotonic() - started)

    assert list(arrived) == [b"chunk %d" % number for number in range(5)]
    # Differences: the worker may still be starting when the clock does.
    assert arrived[b"chunk 2"] - arrived[b"chunk 0"] > 0.3
    assert arrived[b"chunk 4"] - arrived[b"chunk 2"] > 0.3


def test_a_gibibyte_passes_through_constant_memory(server: Server) -> None:
    (worker, *_) = server.worker_pids()
    server.request("GET", "/empty")  # so that what is loaded late is loaded
    before = _resident(worker)

    received, most = 0, 0
    with server.connect(60) as connection:
        connection.sendall(get("/big"))
        while part := connection.recv(1 << 20):
            received += len(part)
            if received % (64 << 20) < len(part):
                most = max(most, _resident(worker))

    assert received > 1 << 30
    assert most - before < 32 << 20


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def test_a_generator_is_closed_when_the_client_goes_away(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(get("/endless"))
        connection.recv(1024)

    wait_for(server, "the generator was closed")
    assert server.request("POST", "/empty").body == b"late"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_an_error_in_mid_stream_cuts_the_connection(server: Server, method: str) -> None:
    answer = server.raw(get("/broken", method))

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"half;" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    wait_for(server, f"{method} /broken broke off in mid-stream")


def test_an_interrupt_in_mid_stream_is_a_runtime_error_in_the_log(server: Server) -> None:
    server.raw(get("/broken", "PUT"))

    wait_for(server, "RuntimeError: The stream had begun when it raised a response with status 307")


def test_an_error_before_the_first_chunk_is_a_500(server: Server) -> None:
    answer = server.request("POST", "/broken")

    assert answer.status == 500
    assert answer.header("Content-Type") == "application/problem+json"


def test_the_request_can_be_read_while_the_stream_runs(server: Server) -> None:
    answer = server.request("GET", "/scope", headers={"Cookie": "sent=s", "X-Test": "t"})

    assert answer.body == b"astResponseStartedError"
    assert answer.all("Set-Cookie") == ["early=1; Path=/"]
    wait_for(server, "after the stream")
    assert server.logs().index("the stream ends") < server.logs().index("after the stream")


@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("POST", b"late")])
def test_empty_chunks_do_not_end_a_body(server: Server, method: str, body: bytes) -> None:
    answer = server.request(method, "/empty")

    assert (answer.status, answer.body) == (200, body)


def test_the_head_of_a_stream_has_no_body_and_does_not_start_it(server: Server) -> None:
    answer = server.raw(get("/undrawn", "HEAD"))

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")
    wait_for(server, "the request is over")
    assert "the generator was started" not in server.logs()


def test_events_are_written_as_the_standard_has_them(server: Server) -> None:
    answer = server.request("GET", "/events", headers={"Last-Event-ID": "41"})

    assert answer.header("Content-Type") == "text/event-stream; charset=utf-8"
    assert answer.header("Cache-Control") == "no-cache, no-transform"
    assert answer.header("X-Accel-Buffering") == "no"
    assert answer.body.startswith(b':\n\nid: 41\ndata: {"a":1}\n\n:\n\n')
    assert answer.body.endswith(b"data: two\ndata: lines\n\n")


def test_events_with_keep_alive_are_closed_in_their_own_thread(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(get("/events", "POST"))
        connection.recv(1024)

    wait_for(server, "events closed in event_stream")
