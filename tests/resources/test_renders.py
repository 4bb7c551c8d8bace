"""Renders that may be stored, functions of ``cached()`` and of ``after()``: each has resources of its own."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from resources.conftest import MakeDbApp, module_of

from routehandlers import RouteHandlers
from routehandlers.inspect import prerender

HEAD = "from ._db import db, add, names, ENDS\nfrom routehandlers import Response\nfrom routehandlers.cache import cached, revalidate_path, revalidate_tag\nfrom routehandlers.headers import cookies, draft_mode\nfrom routehandlers.navigation import not_found, redirect\nfrom routehandlers.server import after\n"


def status_of(response: Any) -> str:
    """Whether a response was a hit, was stored now, or was not stored."""
    said = response.headers["Cache-Status"]
    return "hit" if "hit" in said else "stored" if "stored" in said else "bypass"


@pytest.mark.parametrize(
    ("body", "status", "ends", "stored"),
    [
        pytest.param("return names()", 200, "commit", True, id="an answer"),
        pytest.param("return (name for name in ('a', *names()))", 200, "commit", True, id="a stream"),
        pytest.param("redirect('/x')", 307, "commit", True, id="redirect"),
        pytest.param("not_found()", 404, "AccessFallback", True, id="not_found"),
        pytest.param("1 / 0", 500, "ZeroDivisionError", False, id="a mistake"),
    ],
)
def test_a_cached_render_ends_its_resources_once_and_a_hit_opens_none(
    make_db_app: MakeDbApp, client_for: ClientFor, body: str, status: int, ends: str, stored: bool
) -> None:
    app, database = make_db_app({"route.py": f"{HEAD}revalidate = False\ndef GET():\n    names()\n    {body}\n"})
    client = client_for(app)

    assert [client.get("/").status_code for _ in range(2)] == [status] * 2
    assert database.ends == [ends] * (1 if stored else 2)
    assert database.open == 0


def test_a_failed_commit_is_not_stored(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app(
        {"route.py": f"{HEAD}revalidate = False\ndef GET():\n    add('a')\n    return names()\n"}
    )
    client = client_for(app)
    database.fail(OSError("full"))

    assert client.get("/").status_code == 500
    assert client.get("/").json == ["a"]
    assert database.rows == ["a"]


READS = """
from routehandlers.headers import cookies
from routehandlers.resources import resource
ENDS = []
@resource
def user():
    READ_BEFORE
    yield "x"
    READ_AFTER
    ENDS.append(1)
"""


@pytest.mark.parametrize("place", ["READ_BEFORE", "READ_AFTER"])
@pytest.mark.parametrize("before", [False, True], ids=["alone", "middleware opened it first"])
@pytest.mark.parametrize("body", ["return user()", "return iter([user()])"], ids=["text", "stream"])
def test_a_resource_that_reads_the_client_keeps_a_render_from_being_stored(
    make_app: MakeApp, client_for: ClientFor, place: str, before: bool, body: str
) -> None:
    source = READS.replace(place, "cookies().get('user')").replace("READ_BEFORE", "").replace("READ_AFTER", "")
    files = {"_user.py": source, "route.py": f"from ._user import user\nrevalidate = False\ndef GET():\n    {body}\n"}
    if before:
        files["middleware.py"] = "from ._user import user\ndef middleware(request): user()\n"
    app = make_app(files)
    client = client_for(app)

    responses = [client.get("/") for _ in range(2)]

    assert [response.text for response in responses] == ["x", "x"]
    assert [status_of(response) for response in responses] == ["bypass", "bypass"]
    assert all("private" in response.headers["Cache-Control"] for response in responses)
    assert len(module_of(app, "_user").ENDS) == (4 if before else 2)


def test_a_render_does_not_see_the_resources_of_its_request(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app(
        {
            "middleware.py": "from ._db import db, names\nSEEN = []\ndef middleware(request):\n    names()\n    SEEN.append(db())\n    yield\n    assert db() is SEEN[-1]\n",
            "route.py": f"{HEAD}from .middleware import SEEN\nrevalidate = False\ndef GET():\n    names()\n    return str(db() is SEEN[-1])\n",
        }
    )

    assert client_for(app).get("/").text == "False"
    assert database.ends == ["commit", "commit"]
    assert client_for(app).get("/").text == "False"
    assert database.ends == ["commit"] * 3


def test_a_dynamic_stream_of_a_cached_route_keeps_its_resources_to_its_last_chunk(
    make_db_app: MakeDbApp, client_for: ClientFor
) -> None:
    source = f"{HEAD}revalidate = False\ndef GET():\n    cookies().get('a')\n    add('a')\n    yield 'x'\n    add('b')\n    yield str(len(ENDS))\n"
    app, database = make_db_app({"route.py": source})

    assert client_for(app).get("/").text == "x0"
    assert (database.ends, database.rows) == (["commit"], ["a", "b"])
    assert client_for(app).head("/").status_code == 200
    assert database.ends == ["commit", "commit"]


@pytest.mark.parametrize("error", [None, OSError("full")])
def test_a_refresh_ends_its_resources(make_db_app: MakeDbApp, client_for: ClientFor, error: Exception | None) -> None:
    source = f"""{HEAD}
import threading
DONE = threading.Event()
revalidate = 0.001
CALLS = []
def GET():
    CALLS.append(1)
    names()
    if len(CALLS) > 1: after(DONE.set)
    return str(len(CALLS))
"""
    app, database = make_db_app({"route.py": source})
    client = client_for(app)
    assert client.get("/").text == "1"
    if error is not None:
        database.fail(error)

    while len(app.load("/").CALLS) < 2:
        client.get("/")

    assert app.load("/").DONE.wait(20)
    assert database.ends[:2] == ["commit", "commit" if error is None else "OSError"]


def test_a_computation_of_cached_has_resources_of_its_own(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    source = f"""{HEAD}
SEEN = []
@cached(tags=("rows",))
def rows(fail=False):
    SEEN.append(db())
    found = names()
    if fail: raise KeyError
    return found
def GET(request):
    add('request')
    assert db() not in SEEN
    try:
        return rows(*map(bool, request.args))
    finally:
        assert db() not in SEEN
"""
    app, database = make_db_app({"route.py": source})
    client = client_for(app)

    assert client.get("/").json == []
    assert database.ends == ["commit", "commit"]
    assert client.get("/").json == []
    assert database.ends == ["commit"] * 3
    assert client.get("/?fail=1").status_code == 500
    assert database.ends[3:] == ["KeyError", "KeyError"]


def test_in_draft_mode_and_outside_of_requests_a_computation_has_resources_of_its_own_too(
    make_db_app: MakeDbApp, client_for: ClientFor
) -> None:
    source = f"{HEAD}@cached()\ndef rows(): return names()\ndef GET():\n    draft_mode().enable()\n    add('a')\n    return rows()\n"
    app, database = make_db_app({"route.py": source}, secret_key="x" * 32)

    assert app.load("/").rows() == []
    assert database.ends == ["commit"]
    assert client_for(app).get("/").json == []  # another session, before the commit
    assert database.ends == ["commit"] * 3


def test_a_failed_commit_of_a_computation_is_raised_and_not_stored(
    make_db_app: MakeDbApp, client_for: ClientFor
) -> None:
    source = f"{HEAD}@cached()\ndef rows(): return names()\ndef GET():\n    try: return rows()\n    except OSError as error: return str(error)\n"
    app, database = make_db_app({"route.py": source})
    client = client_for(app)
    database.fail(OSError("full"))

    assert client.get("/").text == "full"
    assert client.get("/").json == []


def test_each_callback_of_after_has_resources_of_its_own(
    make_db_app: MakeDbApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    source = f"{HEAD}SEEN = []\ndef log(name, *, code='pass'):\n    SEEN.append(db())\n    add(name)\n    exec(code)\ndef GET():\n    SEEN.append(db())\n    add('request')\n    after(log, 'a')\n    after(lambda: log('b', code='1 / 0'))\n    after(lambda: log('c'))\n    return 'x'\n"
    app, database = make_db_app({"route.py": source})

    client_for(app).get("/")

    assert len(set(map(id, app.load("/").SEEN))) == 4
    assert database.ends == ["commit", "commit", "ZeroDivisionError", "commit"]
    assert database.rows == ["request", "a", "c"]
    assert "A function passed to after() failed" in caplog.text


def test_a_failed_commit_of_a_callback_is_logged(
    make_db_app: MakeDbApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    source = f"{HEAD}from ._db import FAILS\ndef log():\n    add('a')\n    FAILS.append(OSError('the disk is full'))\ndef GET():\n    after(log)\n    after(add, 'b')\n    return 'x'\n"
    app, database = make_db_app({"route.py": source})

    assert client_for(app).get("/").text == "x"
    assert database.rows == ["b"]
    assert "the disk is full" in caplog.text


def test_a_render_of_build_has_resources_of_its_own(make_db_app: MakeDbApp) -> None:
    source = f"{HEAD}revalidate = False\ndef generate_static_params(): return [{{'a': '1'}}, {{'a': '2'}}]\ndef GET(request, context): return names()\n"
    app, database = make_db_app({"[a]/route.py": source.replace("._db", ".._db")})

    assert [result.error for result in prerender(app)] == [None, None]
    assert database.ends == ["commit", "commit"]


# Purges ----------------------------------------------------------------------

SHOP = {
    "items/route.py": HEAD.replace("._db", ".._db") + "revalidate = False\ndef GET(): return names()\n",
    "orders/route.py": HEAD.replace("._db", ".._db")
    + """
HOOK = []
def POST(request):
    CODE
def PUT(request):
    add('a')
    revalidate_path('/items')
    yield 'x'
    HOOK.pop()()
    yield 'y'
def PATCH(request):
    add('a')
    revalidate_path('/items')
    HOOK.pop()()
    db.release()
    yield 'x'
    HOOK.pop()()
def DELETE(request):
    def work():
        revalidate_path('/items')
        add('a')
        HOOK.pop()()
    after(work)
    return 'x'
""",
}
WRITES_FIRST = "add('a'); revalidate_path('/items'); HOOK.pop()(); return 'x'"
PURGES_FIRST = "revalidate_path('/items'); HOOK.pop()(); add('a'); return 'x'"
BY_APP = "add('a'); request.environ['test.app'].cache.revalidate_path('/items'); HOOK.pop()(); return 'x'"


def get_elsewhere(app: RouteHandlers) -> Any:
    """What another client gets meanwhile."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(app.test_client().get("/items").json))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize("cache", ["memory://", "file://"])
@pytest.mark.parametrize(
    ("method", "code"),
    [("POST", WRITES_FIRST), ("POST", PURGES_FIRST), ("POST", BY_APP), ("PUT", "pass"), ("DELETE", "pass")],
    ids=["write, purge", "purge, write", "by app.cache", "stream", "after()"],
)
def test_what_is_stored_between_a_purge_and_the_commit_is_purged_again(
    make_db_app: MakeDbApp, client_for: ClientFor, tmp_path: Any, cache: str, method: str, code: str
) -> None:
    files = {**SHOP, "orders/route.py": SHOP["orders/route.py"].replace("CODE", code)}
    app, database = make_db_app(files, cache=cache if cache == "memory://" else f"file://{tmp_path}/cache")
    client = client_for(app)
    assert client.get("/items").json == []
    between: list[Any] = []
    app.load("/orders").HOOK.append(lambda: between.append(get_elsewhere(app)))

    client.open("/orders", method=method, environ_overrides={"test.app": app})

    assert between == [[]]  # the old rows, which were stored
    assert database.rows == ["a"]
    assert client.get("/items").json == ["a"]


def test_release_repeats_the_purges_and_so_does_the_end(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, _ = make_db_app({**SHOP, "orders/route.py": SHOP["orders/route.py"].replace("CODE", "pass")})
    client = client_for(app)
    assert client.get("/items").json == []
    between: list[Any] = []
    app.load("/orders").HOOK.extend([lambda: between.append(get_elsewhere(app))] * 2)

    client.patch("/orders")

    assert between == [[], ["a"]]
    assert client.get("/items").json == ["a"]


def test_a_unit_without_resources_purges_once(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    files = {**SHOP, "orders/route.py": SHOP["orders/route.py"].replace("CODE", "revalidate_tag('a'); return 'x'")}
    app, _ = make_db_app(files)
    before = app.cache.store.purged

    client_for(app).post("/orders")

    assert app.cache.store.purged == before + 1
