"""Resources of a request: shared by its code, ended before its headers leave."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from resources.conftest import MakeDbApp, module_of
from sqlalchemy.exc import OperationalError

from routehandlers.exceptions import ResourceCycleError

HEAD = "from ._db import db, add, names\nfrom routehandlers.navigation import redirect, not_found\nfrom werkzeug.exceptions import abort\nfrom routehandlers import Response\nfrom routehandlers.headers import cookies\n"


@pytest.mark.parametrize(
    ("handler", "status", "ends"),
    [
        pytest.param("return 'x'", 200, "commit", id="an answer"),
        pytest.param("redirect('/items')", 307, "commit", id="redirect"),
        pytest.param("abort(Response('x', 302))", 302, "commit", id="an exception with an answer"),
        pytest.param("return Response('x', 404)", 404, "commit", id="a status that is returned"),
        pytest.param("not_found()", 404, "AccessFallback", id="not_found"),
        pytest.param("abort(409)", 409, "Conflict", id="abort"),
        pytest.param("abort(Response('x', 422))", 422, "HTTPException", id="abort with a response"),
        pytest.param("1 / 0", 500, "ZeroDivisionError", id="a mistake"),
        pytest.param("return object()", 500, "InvalidReturnError", id="a return value that is none"),
    ],
)
def test_a_write_is_committed_with_an_answer_and_rolled_back_by_what_is_raised(
    make_db_app: MakeDbApp, client_for: ClientFor, handler: str, status: int, ends: str
) -> None:
    app, database = make_db_app({"route.py": f"{HEAD}def POST():\n    add('a')\n    {handler}\n"})

    response = client_for(app).post("/")

    assert response.status_code == status
    assert database.ends == [ends]
    assert database.rows == (["a"] if ends == "commit" else [])
    assert database.open == 0


def test_a_resource_has_ended_before_the_headers_leave(make_db_app: MakeDbApp) -> None:
    app, database = make_db_app({"route.py": f"{HEAD}def POST():\n    add('a')\n    return 'x'\n"})
    seen: list[list[str]] = []

    def start_response(*_: Any) -> Any:
        seen.append(list(database.ends))
        return lambda _: None

    from werkzeug.test import EnvironBuilder

    b"".join(app(EnvironBuilder("/", method="POST").get_environ(), start_response))

    assert seen == [["commit"]]


FAILING = {
    "middleware.py": "from routehandlers.cors import cors\nmiddleware = cors(origins='*')\n",
    "route.py": f"{HEAD}def POST():\n    add('a')\n    cookies().set('user', 'ada')\n    return Response('x', headers={{'X-Own': '1', 'Set-Cookie': 'own=1'}})\n",
}


def test_a_failed_commit_is_a_500_with_the_headers_of_cors_and_rules_and_without_cookies(
    make_db_app: MakeDbApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    rule = {"source": "/", "headers": [{"key": "X-Rule", "value": "1"}]}
    app, database = make_db_app(FAILING, headers=[rule])
    database.fail(OperationalError("commit", {}, Exception("the disk is full")))

    response = client_for(app).post("/")

    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Rule"] == "1"
    assert "Set-Cookie" not in response.headers
    assert "X-Own" not in response.headers
    assert database.rows == []
    assert "the disk is full" in caplog.text
    assert "route.py:6) failed" in caplog.text  # the log names the handler


@pytest.mark.parametrize("around", [False, True], ids=["bare", "wrapped"])
def test_a_resource_may_answer_with_a_status_when_it_ends(
    make_db_app: MakeDbApp, client_for: ClientFor, around: bool
) -> None:
    from werkzeug.exceptions import Conflict

    files = FAILING if around else {"route.py": FAILING["route.py"]}
    app, database = make_db_app(files)
    database.fail(Conflict("The name is taken."))

    response = client_for(app).post("/")

    assert (response.status_code, database.rows) == (409, [])
    assert response.headers.getlist("Set-Cookie") == ["user=ada; Path=/"]
    assert response.headers.get("Access-Control-Allow-Origin") == ("*" if around else None)


def test_middleware_helpers_and_handler_use_the_same_object(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app(
        {
            "middleware.py": "from ._db import db, add\ndef middleware(request):\n    add('before')\n    request.session = db()\n    yield\n    assert request.session is db()\n    add('after')\n",
            "route.py": f"{HEAD}def POST(request):\n    assert request.session is db()\n    add('in')\n    return names()\n",
        }
    )

    assert client_for(app).post("/").json == ["before", "in"]
    assert database.ends == ["commit"]
    assert database.rows == ["before", "in", "after"]


@pytest.mark.parametrize("handler", ["not_found()", "1 / 0"])
def test_what_a_middleware_answers_is_thrown_into_the_resource_all_the_same(
    make_db_app: MakeDbApp, client_for: ClientFor, handler: str
) -> None:
    app, database = make_db_app(
        {
            "middleware.py": f"{HEAD}def middleware(request):\n    add('before')\n    try:\n        yield\n    except ZeroDivisionError: pass\n    add('second set')\n    return Response('fine')\n",
            "route.py": f"{HEAD}def POST(request):\n    add('in')\n    {handler}\n",
        }
    )

    assert client_for(app).post("/").text == "fine"
    assert database.ends[1:] == ["commit"]
    assert database.rows == ["second set"]


def test_a_middleware_that_refuses_a_request_rolls_back(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app(
        {
            "middleware.py": "from ._db import add\nfrom routehandlers.navigation import forbidden\ndef middleware(request):\n    add('a')\n    forbidden()\n",
            "route.py": "from . import _db\ndef GET(): return 'x'\n",
        }
    )

    assert client_for(app).get("/").status_code == 403
    assert database.ends == ["AccessFallback"]


@pytest.mark.parametrize(
    ("file", "handler", "status"), [("error.py", "1 / 0", 500), ("not_found.py", "not_found()", 404)]
)
def test_a_resource_ends_before_an_error_file_which_opens_a_second_set(
    make_db_app: MakeDbApp, client_for: ClientFor, file: str, handler: str, status: int
) -> None:
    name = file.removesuffix(".py")
    app, database = make_db_app(
        {
            file: f"from ._db import ENDS, add, names\ndef {name}(request):\n    seen = [len(ENDS), names()]\n    add('log')\n    return seen\n",
            "route.py": f"{HEAD}def POST():\n    add('a')\n    {handler}\n",
        }
    )

    response = client_for(app).post("/")

    assert (response.status_code, response.json) == (status, [1, []])
    assert database.ends[1:] == ["commit"]
    assert database.rows == ["log"]


def test_a_resource_of_an_error_file_that_fails_leaves_the_default_response(
    make_db_app: MakeDbApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = make_db_app(
        {
            "error.py": "from ._db import add, FAILS\ndef error(request):\n    add('log')\n    FAILS.append(OSError('full'))\n    return 'mine'\n",
            "route.py": f"{HEAD}def POST():\n    1 / 0\n",
        }
    )

    response = client_for(app).post("/")

    assert (response.status_code, response.json["status"]) == (500, 500)
    assert "a resource of an error file failed" in caplog.text


THREE = """
from routehandlers.resources import resource
EVENTS = []
FAILS = set()
SWALLOWS = set()
def make(name, *needs):
    def function():
        for other in needs: other()
        EVENTS.append(f"+{name}")
        try:
            yield name
        except BaseException as error:
            EVENTS.append(f"!{name} {type(error).__name__}")
            if name in FAILS: raise OSError(name)
            if name not in SWALLOWS: raise
        else:
            EVENTS.append(f"-{name}")
            if name in FAILS: raise OSError(name)
    function.__qualname__ = name
    return resource(function)
a = make("a")
b = make("b", a)
c = make("c", b)
"""


@pytest.mark.parametrize(
    ("handler", "fails", "swallows", "events", "status"),
    [
        ("return 'x'", "", "", "+a +b +c -c -b -a", 200),
        ("return 'x'", "c", "", "+a +b +c -c !b OSError !a OSError", 500),
        ("return 'x'", "c", "b", "+a +b +c -c !b OSError !a OSError", 500),
        ("return 'x'", "a", "", "+a +b +c -c -b -a", 500),
        ("1 / 0", "", "abc", "+a +b +c !c ZeroDivisionError !b ZeroDivisionError !a ZeroDivisionError", 500),
        ("not_found()", "b", "", "+a +b +c !c AccessFallback !b AccessFallback !a AccessFallback", 404),
        ("not_found()", "", "c", "+a +b +c !c AccessFallback !b AccessFallback !a AccessFallback", 404),
    ],
)
def test_the_last_resource_ends_first_and_one_that_fails_does_not_keep_the_others_open(
    make_app: MakeApp,
    client_for: ClientFor,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    fails: str,
    swallows: str,
    events: str,
    status: int,
) -> None:
    app = make_app(
        {
            "_three.py": THREE,
            "route.py": f"from ._three import c\nfrom routehandlers.navigation import not_found\ndef GET():\n    c()\n    {handler}\n",
        }
    )
    three: Any = module_of(app, "_three")
    three.FAILS.update(fails)
    three.SWALLOWS.update(swallows)

    response = client_for(app).get("/")

    assert response.status_code == status
    assert " ".join(three.EVENTS) == events
    assert ("The resource b failed while another exception ended it" in caplog.text) == (status == 404 and bool(fails))


def test_the_traceback_of_a_mistake_has_no_frames_of_resources(
    make_db_app: MakeDbApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = make_db_app({"route.py": f"{HEAD}def GET():\n    db()\n    1 / 0\n"})

    client_for(app).get("/")

    (record,) = [record for record in caplog.records if record.exc_info]
    files = []
    traceback = record.exc_info[2] if record.exc_info else None
    while traceback is not None:
        files.append(traceback.tb_frame.f_code.co_filename)
        traceback = traceback.tb_next
    assert files[-1].endswith("route.py")
    assert not [file for file in files if file.endswith(("_db.py", "unit.py"))]


def test_a_cycle_is_an_error_that_names_the_resources(make_app: MakeApp) -> None:
    app = make_app(
        {
            "route.py": "from routehandlers.resources import resource\n@resource\ndef a(): yield b()\n@resource\ndef b(): yield c()\n@resource\ndef c(): yield b()\ndef GET(): return a()\n"
        }
    )

    from routehandlers.testing import client

    with pytest.raises(ResourceCycleError) as caught:
        client(app).get("/")

    assert caught.value.names == ("b", "c", "b")
    assert "b → c → b" in str(caught.value)


def test_a_resource_that_failed_to_open_is_opened_by_the_next_call(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from routehandlers.resources import resource
CALLS = []
@resource
def a():
    CALLS.append(1)
    if len(CALLS) == 1: raise OSError
    yield len(CALLS)
def GET():
    try: a()
    except OSError: return str(a())
"""

    assert client_for(make_app({"route.py": source})).get("/").text == "2"


def test_a_resource_that_returns_has_nothing_to_end_and_is_made_once(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from routehandlers.headers import cookies
from routehandlers.resources import resource
CALLS = []
@resource
def current_user():
    CALLS.append(1)
    return cookies().get("user")
def GET(): return [current_user(), current_user(), len(CALLS)]
"""
    client = client_for(make_app({"route.py": source}))

    assert client.get("/", headers={"Cookie": "user=ada"}).json == ["ada", "ada", 1]
    assert client.get("/", headers={"Cookie": "user=bob"}).json == ["bob", "bob", 2]


@pytest.mark.parametrize(
    ("code", "message"),
    [("yield 1; yield 2", "yields twice"), ("return; yield", "ended without a yield")],
)
def test_a_generator_must_yield_once(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, code: str, message: str
) -> None:
    app = make_app(
        {
            "route.py": f"from routehandlers.resources import resource\n@resource\ndef a():\n    {code}\ndef GET(): return str(a())\n"
        }
    )

    assert client_for(app).get("/").status_code == 500
    assert message in caplog.text


def test_threads_of_one_request_share_a_resource_and_open_it_once(
    make_db_app: MakeDbApp, client_for: ClientFor
) -> None:
    source = f"""{HEAD}
import contextvars, threading
def GET():
    barrier = threading.Barrier(4)
    seen = []
    def use():
        barrier.wait()
        seen.append(db())
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(use,)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return str(len(set(map(id, seen))))
"""
    app, database = make_db_app({"route.py": source})

    for _ in range(10):
        assert client_for(app).get("/").text == "1"
    assert database.ends == ["commit"] * 10


def test_requests_in_threads_have_resources_of_their_own(make_db_app: MakeDbApp) -> None:
    source = f"{HEAD}def GET(request):\n    return str(id(db()))\ndef POST(request):\n    add(request.args['n'])\n    if int(request.args['n']) % 2: not_found()\n    return 'x'\n"
    app, database = make_db_app({"route.py": source})

    def post(start: int) -> None:
        for number in range(start, start + 10):
            app.test_client().post("/", query_string={"n": str(number)})

    threads = [threading.Thread(target=post, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(database.rows, key=int) == [str(n) for start in (0, 100, 200) for n in range(start, start + 10, 2)]
    assert database.open == 0


def test_greenlets_have_resources_of_their_own(make_app: MakeApp) -> None:
    greenlet = pytest.importorskip("greenlet")
    source = """
from greenlet import getcurrent
from routehandlers.resources import resource
ENDS = []
@resource
def db():
    me = getcurrent()
    yield me
    ENDS.append(me is getcurrent())
def GET():
    made = db()
    getcurrent().parent.switch()
    assert db() is made
    getcurrent().parent.switch()
    return str(made is getcurrent())
"""
    app = make_app({"route.py": source})
    texts: list[str] = []
    greenlets = [greenlet.greenlet(lambda: texts.append(app.test_client().get("/").text)) for _ in range(3)]
    for _ in range(3):
        for one in greenlets:
            one.switch()

    assert texts == ["True"] * 3
    assert app.load("/").ENDS == [True] * 3


def test_release_gives_back_a_resource_and_those_that_use_it_and_the_next_call_opens_it_again(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "_three.py": THREE + 'd = make("d")\n',
            "route.py": "from ._three import a, b, c, d, EVENTS\ndef GET():\n    c(); d()\n    b.release()\n    b.release()\n    assert EVENTS == ['+a', '+b', '+c', '+d', '-c', '-b']\n    return b()\n",
        }
    )
    three: Any = module_of(app, "_three")

    assert client_for(app).get("/").text == "b"
    assert " ".join(three.EVENTS) == "+a +b +c +d -c -b +b -b -d -a"


def test_release_raises_what_the_resource_raises(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app({"route.py": f"{HEAD}def POST():\n    add('a')\n    db.release()\n    return 'x'\n"})
    database.fail(OSError("full"))

    assert client_for(app).post("/").status_code == 500
    assert database.ends == ["OSError"]


def test_the_end_of_a_worker_reaches_resources(make_db_app: MakeDbApp) -> None:
    app, database = make_db_app({"route.py": f"{HEAD}def POST():\n    add('a')\n    raise SystemExit\n"})

    with pytest.raises(SystemExit):
        app.test_client().post("/")

    assert (database.ends, database.rows) == (["SystemExit"], [])


def test_a_converter_that_uses_a_resource_gives_it_back(make_app: MakeApp, make_db_app: MakeDbApp) -> None:
    from werkzeug.routing import BaseConverter

    from routehandlers import RouteHandlers

    opened: list[Any] = []

    class Known(BaseConverter):
        def to_python(self, value: str) -> str:
            opened.append(database.module.db())
            return value

    app, database = make_db_app(
        {"[x=known]/route.py": "from .. import _db\ndef GET(): return 'x'\n"}, converters={"known": Known}
    )

    assert app.test_client().get("/a").text == "x"
    assert isinstance(app, RouteHandlers)
    assert len(opened) == 1
    assert database.open == 0
