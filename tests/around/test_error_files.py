"""``error.py``, ``not_found.py``, ``forbidden.py`` and ``unauthorized.py``: who answers for which failure."""

from __future__ import annotations

import pytest
from conftest import ClientFor, MakeApp

NAMES = {"not_found": 404, "forbidden": 403, "unauthorized": 401}


def says(name: str, text: str) -> str:
    parameters = "request, exception" if name == "error" else "request"
    return f"def {name}({parameters}): return {text!r}"


@pytest.mark.parametrize(("name", "status"), NAMES.items())
@pytest.mark.parametrize("raised", ["{name}()", "abort({status})"])
def test_the_nearest_folder_s_file_answers(
    make_app: MakeApp, client_for: ClientFor, name: str, status: int, raised: str
) -> None:
    raising = f"from routehandlers.navigation import *\nfrom werkzeug.exceptions import abort\ndef GET(): {raised.format(name=name, status=status)}"
    app = make_app(
        {
            f"{name}.py": says(name, "root's"),
            f"a/{name}.py": says(name, "a's"),
            "route.py": raising,
            "a/route.py": raising,
            "a/b/route.py": raising,
            "(group)/c/route.py": raising,
            f"(group)/{name}.py": says(name, "group's"),
        }
    )
    client = client_for(app)

    answers = {path: client.get(path) for path in ("/", "/a", "/a/b", "/c")}

    assert {answer.status_code for answer in answers.values()} == {status}
    assert {path: answer.text for path, answer in answers.items()} == {
        "/": "root's",
        "/a": "a's",
        "/a/b": "a's",
        "/c": "group's",
    }


TREE = {
    "not_found.py": says("not_found", "root"),
    "route.py": "def GET(): return 'x'",
    "docs/not_found.py": says("not_found", "docs"),
    "docs/[slug]/edit/route.py": "def GET(): return 'x'",
    "docs/[slug]/not_found.py": says("not_found", "docs/[slug]"),
    "orders/[id=int]/lines/route.py": "def GET(): return 'x'",
    "orders/[id=int]/not_found.py": says("not_found", "orders/[id]"),
    "(shop)/not_found.py": says("not_found", "(shop)"),
    "(shop)/cart/items/route.py": "def GET(): return 'x'",
    "files/[...path]/not_found.py": says("not_found", "files"),
    "files/[...path]/route.py": "def GET(): return 'x'",
    "_private/not_found.py": says("not_found", "never"),
}


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/nothing", "root"),
        ("/nothing/deeper/still", "root"),
        ("/docs", "docs"),
        ("/docs/a", "docs/[slug]"),
        ("/docs/a/nothing", "docs/[slug]"),
        ("/docs/a/edit/nothing", "docs/[slug]"),
        ("/orders", "root"),
        ("/orders/abc", "root"),
        ("/orders/7", "orders/[id]"),
        ("/orders/7/nothing", "orders/[id]"),
        ("/cart", "(shop)"),
        ("/cart/nothing", "(shop)"),
        ("/files", "root"),
        ("/_private", "root"),
        ("/%2e%2e/docs", "root"),
        ("/docs%2Fa", "root"),
    ],
)
@pytest.mark.parametrize("middleware", [{}, {"middleware.py": "def middleware(): pass"}], ids=["open", "behind"])
def test_a_url_without_a_route_is_answered_by_the_nearest_folder_there_is(
    make_app: MakeApp, client_for: ClientFor, path: str, who: str, middleware: dict[str, str]
) -> None:
    answer = client_for(make_app({**TREE, **middleware})).get(path)

    assert (answer.status_code, answer.text) == (404, who)


def test_a_long_path_without_a_route_is_no_work(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({**TREE})

    assert client_for(app).get("/x" * 10_000).text == "root"


@pytest.mark.parametrize("where", ["middleware.py", "x/middleware.py"])
def test_a_path_that_is_too_long_to_be_matched_is_refused_before_a_guard(
    make_app: MakeApp, client_for: ClientFor, where: str
) -> None:
    guard = "config = {'matcher': '/x/:a*/:b*/end'}\ndef middleware(): pass"
    app = make_app({where: guard, "x/[...path]/route.py": "def GET(): return 'x'"})

    assert client_for(app).get("/x" + "/a" * 4_000).status_code == 200
    assert client_for(app).get("/x" + "/a" * 5_000).status_code == 414


@pytest.mark.parametrize("where", ["items/[slug]/route.py", "items/route.py"])
def test_error_py_answers_for_exceptions_with_the_exception_at_hand(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    app = make_app(
        {
            "error.py": "def error(request, exception): return {'path': request.path, 'error': repr(exception)}",
            where: "from routehandlers.headers import cookies\ndef GET():\n    cookies().set('a', '1')\n    raise KeyError('k')",
        }
    )
    path = "/items/a" if "slug" in where else "/items"

    answer = client_for(app).get(path)

    assert (answer.status_code, answer.json) == (500, {"path": path, "error": "KeyError('k')"})
    assert "Set-Cookie" not in answer.headers
    assert caplog.text.count("Traceback") == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("return 'text'", 500),
        ("return {'a': 1}", 500),
        ("return {'a': 1}, 503", 503),
        ("return {'a': 1}, 200", 200),
        ("return Response('x')", 500),
        ("return Response('x', 502)", 502),
        ("return SHARED", 500),
        ("yield 'a'; yield 'b'", 500),
        ("redirect('/x')", 307),
        ("not_found()", 404),
        ("abort(409)", 409),
    ],
)
def test_a_file_says_the_status_or_it_is_that_of_the_failure(
    make_app: MakeApp, client_for: ClientFor, body: str, status: int
) -> None:
    app = make_app(
        {
            "error.py": "from routehandlers import Response\nfrom routehandlers.navigation import *\n"
            f"from werkzeug.exceptions import abort\nSHARED = Response('shared')\ndef error():\n    {body}\n",
            "route.py": "def GET(): 1 / 0",
        }
    )
    client = client_for(app)

    assert [client.get("/").status_code for _ in range(2)] == [status, status]


@pytest.mark.parametrize("name", ["error", *NAMES])
@pytest.mark.parametrize(
    "failing",
    ["1 / 0", "return None", "return 3", "yield 1 / 0", "return Response('x', headers={'a b': 'c'})", "{name}()"],
)
def test_a_failure_inside_falls_to_the_next_one_out(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, name: str, failing: str
) -> None:
    if name == "error" and failing == "{name}()":
        failing = "raise exception"
    header = "from routehandlers import Response\nfrom routehandlers.navigation import *\n"
    raising = "1 / 0" if name == "error" else f"{name}()"
    parameters = "request, exception" if name == "error" else "request"
    shadow = "import routehandlers.navigation as n\n" if name != "error" else ""
    app = make_app(
        {
            f"{name}.py": says(name, "root's"),
            f"a/{name}.py": f"{header}{shadow}def {name}({parameters}):\n    {failing.replace('{name}()', f'n.{name}()')}\n",
            "a/route.py": f"{header}def GET(): {raising}",
        }
    )

    answer = client_for(app).get("/a")

    assert (answer.status_code, answer.text) == (NAMES.get(name, 500), "root's")
    assert "trying the error file of the next outer folder" in caplog.text


@pytest.mark.parametrize("name", ["error", *NAMES])
def test_where_all_fail_the_built_in_answer_comes_and_never_a_loop(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    app = make_app(
        {
            "error.py": "def error(): raise RuntimeError('error.py')",
            "not_found.py": "from routehandlers import navigation\ndef not_found(): navigation.not_found()",
            "forbidden.py": "def forbidden(): raise RuntimeError('forbidden.py')",
            "unauthorized.py": "def unauthorized(): raise RuntimeError('unauthorized.py')",
            "a/error.py": "def error(): raise RuntimeError('a/error.py')",
            "a/route.py": f"from routehandlers.navigation import *\ndef GET(): {'1 / 0' if name == 'error' else name + '()'}",
        }
    )

    answer = client_for(app).get("/a")

    assert answer.status_code == NAMES.get(name, 500)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_not_found_of_a_cached_route_is_stored_and_its_body_made_for_each(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "not_found.py": "CALLS = []\ndef not_found(request):\n    CALLS.append(1)\n    return f\"none for {request.cookies.get('who')}\"",
            "route.py": "from routehandlers.navigation import not_found\nrevalidate = 60\nCALLS = []\ndef GET():\n    CALLS.append(1)\n    not_found()",
        }
    )
    client = client_for(app)

    answers = [client.get("/", headers={"Cookie": f"who={who}"}) for who in ("ann", "bob")]

    assert [answer.text for answer in answers] == ["none for ann", "none for bob"]
    assert app.load("/").CALLS == [1]
    # It may have read of the client: no cache on the way keeps it.
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-cache"}
    assert {answer.status_code for answer in answers} == {404}


def test_a_render_that_fails_is_told_once_and_answered_by_error_py(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        {
            "error.py": "def error(request, exception): return f\"{exception} for {request.cookies.get('who')}\"",
            "route.py": "revalidate = 60\ndef GET(): raise RuntimeError('down')",
        }
    )

    answer = client_for(app).get("/", headers={"Cookie": "who=ann"})

    assert (answer.status_code, answer.text) == (500, "down for ann")
    assert answer.headers["Cache-Control"] == "private, no-cache, no-store"
    assert caplog.text.count("Traceback") == 1


def test_an_authentication_challenge_goes_with_the_user_s_body(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "unauthorized.py": says("unauthorized", "who are you?"),
            "route.py": "from werkzeug.datastructures import WWWAuthenticate\nfrom werkzeug.exceptions import Unauthorized\n"
            "def GET(): raise Unauthorized(www_authenticate=WWWAuthenticate('basic', {'realm': 'x'}))",
        }
    )

    answer = client_for(app).get("/")

    assert (answer.status_code, answer.text) == (401, "who are you?")
    assert answer.headers["WWW-Authenticate"].lower().startswith("basic")


def test_other_answers_are_not_theirs(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "error.py": says("error", "error.py"),
            "not_found.py": says("not_found", "not_found.py"),
            "route.py": "from werkzeug.exceptions import abort\ndef GET(): abort(404, response=__import__('werkzeug').Response('own', 404))\ndef PUT(): return 'said', 500",
        }
    )
    client = client_for(app)

    assert client.get("/").text == "own"
    assert client.put("/").text == "said"
    assert client.delete("/").status_code == 405
    assert client.get("/%zz").status_code == 400


def test_the_debugger_sees_the_exception_itself(make_app: MakeApp) -> None:
    app = make_app({"error.py": says("error", "error.py"), "route.py": "def GET(): 1 / 0"})

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/", environ_overrides={"werkzeug.debug.preserve_context": lambda _: None})
