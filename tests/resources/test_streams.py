"""Resources of a stream end after its last chunk, or when the client goes away."""

from __future__ import annotations

import threading
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor
from resources.conftest import DB, MakeDbApp
from servers import serve, write_app
from werkzeug.test import EnvironBuilder

HEAD = "from ._db import db, add, names, ENDS\nfrom routehandlers import Response\nfrom routehandlers.navigation import redirect, not_found\n"
STREAM = f"""{HEAD}
def POST():
    add('before')
    def rows():
        add('first')
        yield 'a'
        add('second')
        yield str(len(ENDS))
    return rows()
"""


def body_of(app: Any, path: str = "/", method: str = "POST") -> Any:
    """The body of a response as a server has it: an iterable that it closes."""
    return app(EnvironBuilder(path, method=method).get_environ(), lambda *_: lambda _: None)


def test_a_resource_of_a_stream_ends_after_its_last_chunk(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app({"route.py": STREAM})

    assert client_for(app).post("/").text == "a0"
    assert database.ends == ["commit"]
    assert database.rows == ["before", "first", "second"]


def test_the_server_does_not_see_the_end_of_a_stream_before_the_commit(make_db_app: MakeDbApp) -> None:
    app, database = make_db_app({"route.py": STREAM})
    body = body_of(app)
    chunks = iter(body)

    assert [next(chunks), next(chunks)] == [b"a", b"0"]
    assert database.ends == []
    assert next(chunks, None) is None
    assert database.ends == ["commit"]
    body.close()
    assert database.ends == ["commit"]


def test_a_failed_commit_breaks_a_stream_off(make_db_app: MakeDbApp, caplog: pytest.LogCaptureFixture) -> None:
    app, database = make_db_app({"route.py": STREAM})
    body = body_of(app)
    chunks = iter(body)
    database.fail(OSError("full"))

    assert [next(chunks), next(chunks)] == [b"a", b"0"]
    with pytest.raises(OSError, match="full"):
        next(chunks)
    body.close()
    assert "broke off in mid-stream" in caplog.text
    assert (database.ends, database.rows) == (["OSError"], [])


@pytest.mark.parametrize(
    ("code", "ends"),
    [("1 / 0", "ZeroDivisionError"), ("redirect('/')", "RuntimeError"), ("not_found()", "RuntimeError")],
)
def test_an_exception_in_mid_stream_is_thrown_into_the_resource(make_db_app: MakeDbApp, code: str, ends: str) -> None:
    source = f"{HEAD}def POST():\n    add('a')\n    yield 'a'\n    {code}\n"
    app, database = make_db_app({"route.py": source})
    body = body_of(app)

    with pytest.raises((ZeroDivisionError, RuntimeError)):
        list(body)
    body.close()
    assert (database.ends, database.rows) == ([ends], [])


def test_an_exception_before_the_first_chunk_is_an_answer_and_rolls_back(
    make_db_app: MakeDbApp, client_for: ClientFor
) -> None:
    source = f"{HEAD}def POST():\n    add('a')\n    not_found()\n    yield 'a'\n"
    app, database = make_db_app({"route.py": source})

    assert client_for(app).post("/").status_code == 404
    assert (database.ends, database.rows) == (["AccessFallback"], [])


def test_a_client_that_goes_away_is_a_generator_exit(make_db_app: MakeDbApp) -> None:
    source = f"{HEAD}def POST():\n    add('a')\n    try:\n        yield 'a'\n        yield 'b'\n    finally:\n        add('at the end')\n"
    app, database = make_db_app({"route.py": source})
    body = body_of(app)

    next(iter(body))
    body.close()

    assert (database.ends, database.rows, database.open) == (["GeneratorExit"], [], 0)


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_response_without_a_body_to_draw_is_complete(
    make_db_app: MakeDbApp, client_for: ClientFor, method: str
) -> None:
    source = f"{HEAD}def GET():\n    add('a')\n    def rows():\n        yield 'a'\n    return Response(rows(), 200)\n"
    app, database = make_db_app(
        {"route.py": source if method == "HEAD" else source.replace("rows(), 200", "None, 204")}
    )

    client_for(app).open("/", method=method)

    assert (database.ends, database.rows) == (["commit"], ["a"])


def test_an_unmodified_stream_is_committed(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    source = f"{HEAD}def GET():\n    add('a')\n    return Response(iter('ab'), headers={{'ETag': '\"1\"'}})\n"
    app, database = make_db_app({"route.py": source})

    assert client_for(app).get("/", headers={"If-None-Match": '"1"'}).status_code == 304
    assert (database.ends, database.rows) == (["commit"], ["a"])


def test_what_a_stream_does_not_need_is_released_before_it_begins(make_db_app: MakeDbApp) -> None:
    source = (
        f"{HEAD}def GET():\n    add('a')\n    found = names()\n    db.release()\n    return (name for name in found)\n"
    )
    app, database = make_db_app({"route.py": source})
    body = body_of(app, method="GET")

    assert (database.ends, database.open) == (["commit"], 0)
    assert list(body) == [b"a"]
    body.close()
    assert database.ends == ["commit"]


def test_a_function_that_runs_when_the_response_is_closed_has_a_second_set(
    make_db_app: MakeDbApp, client_for: ClientFor
) -> None:
    source = f"{HEAD}def POST():\n    add('a')\n    response = Response('x')\n    response.call_on_close(lambda: add('b'))\n    return response\n"
    app, database = make_db_app({"route.py": source})

    client_for(app).post("/")

    assert (database.ends, database.rows) == (["commit", "commit"], ["a", "b"])


# Server-Sent Events ---------------------------------------------------------

EVENTS = f"""{HEAD}
import threading
GO_ON = threading.Event()
THREADS = []
def ended(): THREADS.append(threading.current_thread().name)
def GET():
    add('handler')
    def events():
        try:
            add('first')
            yield 'a'
            GO_ON.wait(20)
            add('second')
            yield 'b'
        finally:
            ended()
    return Response.event_stream(events(), keep_alive=KEEP_ALIVE)
"""


@pytest.mark.parametrize("keep_alive", ["None", "15"])
def test_events_use_the_resources_of_the_request(
    make_db_app: MakeDbApp, client_for: ClientFor, keep_alive: str
) -> None:
    app, database = make_db_app({"route.py": EVENTS.replace("KEEP_ALIVE", keep_alive)})
    app.load("/").GO_ON.set()

    assert client_for(app).get("/").text == ":\n\ndata: a\n\ndata: b\n\n"
    assert (database.ends, database.rows) == (["commit"], ["handler", "first", "second"])


def test_with_keep_alive_a_failed_commit_breaks_the_events_off(make_db_app: MakeDbApp) -> None:
    app, database = make_db_app({"route.py": EVENTS.replace("KEEP_ALIVE", "15")})
    app.load("/").GO_ON.set()
    database.fail(OSError("full"))
    body = body_of(app, method="GET")

    with pytest.raises(OSError, match="full"):
        list(body)
    body.close()
    assert (database.ends, database.rows, database.open) == (["OSError"], [], 0)


def test_with_keep_alive_a_resource_ends_in_the_thread_of_the_events_when_the_client_has_left(
    make_db_app: MakeDbApp,
) -> None:
    app, database = make_db_app({"route.py": EVENTS.replace("KEEP_ALIVE", "15")})
    body = body_of(app, method="GET")
    chunks = iter(body)
    assert [next(chunks), next(chunks)] == [b":\n\n", b"data: a\n\n"]
    (pump,) = [thread for thread in threading.enumerate() if thread.name == "event_stream"]

    body.close()

    assert database.ends == []  # the thread uses the session
    app.load("/").GO_ON.set()
    pump.join(20)
    assert app.load("/").THREADS == ["event_stream"]
    assert (database.ends, database.rows, database.open) == (["GeneratorExit"], [], 0)


def test_with_keep_alive_a_client_that_leaves_before_the_first_event_ends_the_resource(make_db_app: MakeDbApp) -> None:
    app, database = make_db_app({"route.py": EVENTS.replace("KEEP_ALIVE", "15")})
    body = body_of(app, method="GET")

    assert next(iter(body)) == b":\n\n"
    body.close()

    assert (database.ends, database.rows, database.open) == (["GeneratorExit"], [], 0)


def test_after_has_resources_of_its_own_while_events_still_run(make_db_app: MakeDbApp) -> None:
    source = EVENTS.replace("KEEP_ALIVE", "15").replace(
        "    add('handler')\n", "    from routehandlers.server import after\n    after(lambda: names())\n"
    )
    app, database = make_db_app({"route.py": source.replace("add('first')", "names()")})
    body = body_of(app, method="GET")
    chunks = iter(body)
    assert [next(chunks), next(chunks)] == [b":\n\n", b"data: a\n\n"]
    (pump,) = [thread for thread in threading.enumerate() if thread.name == "event_stream"]

    body.close()

    assert database.ends == ["commit"]
    app.load("/").GO_ON.set()
    pump.join(20)
    assert database.ends == ["commit", "GeneratorExit"]


def test_over_a_socket_the_client_sees_that_the_commit_of_a_stream_failed(tmp_path: Path) -> None:
    source = "from ._db import add, FAILS\ndef POST(request):\n    add('a')\n    if request.args: FAILS.append(OSError('full'))\n    yield 'a'\n    yield 'b'\n"
    write_app(tmp_path, {"_db.py": DB.replace("FILE", str(tmp_path / "x.sqlite")), "route.py": source})

    with serve("routehandlers:create_app()", cwd=tmp_path) as server:
        assert server.request("POST", "/").body == b"ab"
        with pytest.raises(IncompleteRead):
            server.request("POST", "/?fail=1")
