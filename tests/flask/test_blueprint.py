"""A folder of routes as a Flask blueprint, with Flask's own things around and inside handlers."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.cli import routes_command
from servers import ask, write_app
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from routehandlers.exceptions import InvalidConfigError
from routehandlers.flask import RouteHandlersBlueprint

MakeFlask = Callable[..., flask.Flask]


TREE = {
    "route.py": "def GET(): return 'root'",
    "items/route.py": """
        def GET(request): return {"items": [], "url": request.url}
        def POST(request): return request.json(), 201
    """,
    "items/new/route.py": "def GET(): return 'new'",
    "items/[slug]/route.py": """
        def GET(request, context): return dict(context.params)
        def DELETE(request, context): return "gone"
    """,
    "orders/[id=int]/route.py": "def GET(request, context): return dict(context.params)",
    "blog/[...slug]/route.py": "def GET(request, context): return dict(context.params)",
    "docs/[[...path]]/route.py": "def GET(request, context): return dict(context.params)",
    "posts/[post-id]/route.py": "def GET(request, context): return dict(context.params)",
    "rss.xml/route.py": "def GET(): return 'rss'",
}


@pytest.mark.parametrize("prefix", ["/api", None, "/a/b"])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/items/new", "new"),
        ("/items/a", {"slug": "a"}),
        ("/items/a%2Fb", {"slug": "a/b"}),
        ("/items/caf%C3%A9%20x", {"slug": "café x"}),
        ("/orders/7", {"id": 7}),
        ("/blog/1/2", {"slug": ["1", "2"]}),
        ("/blog/1/a%2Fb", {"slug": ["1", "a/b"]}),
        ("/docs", {}),
        ("/docs/a/b", {"path": ["a", "b"]}),
        ("/posts/7", {"post-id": "7"}),
        ("/rss.xml", "rss"),
        ("/", "root"),
    ],
)
def test_each_kind_of_folder_answers(make_flask: MakeFlask, prefix: str | None, path: str, expected: Any) -> None:
    client = make_flask(TREE, url_prefix=prefix).test_client()

    answer = client.get((prefix or "") + path)

    assert answer.status_code == 200
    assert (answer.text if isinstance(expected, str) else answer.json) == expected


def test_the_prefix_itself_is_the_root(make_flask: MakeFlask) -> None:
    assert make_flask(TREE).test_client().get("/api").text == "root"


def test_a_path_is_matched_before_its_method(make_flask: MakeFlask) -> None:
    answer = make_flask(TREE).test_client().delete("/api/items/new")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.json["title"] == "Method Not Allowed"


def test_head_and_options_are_the_routes_own(make_flask: MakeFlask) -> None:
    client = make_flask(TREE).test_client()

    head, options = client.head("/api/rss.xml"), client.options("/api/items")

    assert (head.status_code, head.content_length, head.data) == (200, 3, b"")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert "Content-Type" not in options.headers


@pytest.mark.parametrize(
    ("endpoint", "values", "url"),
    [
        ("api./items/[slug]", {"slug": "a"}, "/api/items/a"),
        ("api./items/[slug]", {"slug": "a/b c", "q": 1}, "/api/items/a%2Fb%20c?q=1"),
        ("api./orders/[id=int]", {"id": 0}, "/api/orders/0"),
        ("api./blog/[...slug]", {"slug": ["1", "a/b"]}, "/api/blog/1/a%2Fb"),
        ("api./docs/[[...path]]", {}, "/api/docs"),
        ("api./docs/[[...path]]", {"path": []}, "/api/docs"),
        ("api./docs/[[...path]]", {"path": ["a"]}, "/api/docs/a"),
        ("api./posts/[post-id]", {"post-id": 7}, "/api/posts/7"),
        ("api./rss.xml", {}, "/api/rss.xml"),
        ("api./", {}, "/api"),
    ],
)
def test_url_for_builds_what_the_tree_matches(
    make_flask: MakeFlask, endpoint: str, values: dict[str, Any], url: str
) -> None:
    app = make_flask(TREE)

    with app.test_request_context():
        assert flask.url_for(endpoint, **values) == url

    assert app.test_client().get(url).status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [("api./items/[slug]", {}), ("api./items/[slug]", {"slug": ".."}), ("api./blog/[...slug]", {"slug": []})],
)
def test_url_for_refuses_what_no_path_can_hold(make_flask: MakeFlask, endpoint: str, values: dict[str, Any]) -> None:
    from werkzeug.routing import BuildError

    with make_flask(TREE).test_request_context(), pytest.raises(BuildError):
        flask.url_for(endpoint, **values)


def test_flask_routes_lists_every_route(make_flask: MakeFlask) -> None:
    app = make_flask(TREE)

    result = app.test_cli_runner().invoke(routes_command)

    lines = [line.split() for line in result.output.splitlines()]
    assert ["api./items/[slug]", "DELETE,", "GET", "/api/items/<slug>"] in lines
    assert ["api./orders/[id=int]", "GET", "/api/orders/<int:id>"] in lines
    assert ["api./blog/[...slug]", "GET", "/api/blog/<path:slug>"] in lines
    assert {line[0] for line in lines} >= {f"api.{pattern}" for pattern in ("/", "/items", "/docs/[[...path]]")}


@pytest.mark.parametrize(
    ("path", "endpoint", "view_args"),
    [
        ("/api/items/a", "api./items/[slug]", {"slug": "a"}),
        ("/api/items/a%2Fb", "api./items/[slug]", {"slug": "a/b"}),
        ("/api/blog/x", "api./blog/[...slug]", {"slug": ["x"]}),
        ("/api/rss.xml", "api./rss.xml", {}),
    ],
)
def test_what_runs_before_the_view_knows_the_route(
    make_flask: MakeFlask, path: str, endpoint: str, view_args: dict[str, Any]
) -> None:
    app = make_flask(TREE)
    seen: list[Any] = []

    @app.before_request
    def note() -> None:
        request = flask.request
        seen.append((request.endpoint, request.view_args, request.blueprint, request.blueprints))

    app.test_client().get(path)

    assert seen == [(endpoint, view_args, "api", ["api"])]


def test_flasks_own_routes_keep_their_places(make_flask: MakeFlask) -> None:
    app = make_flask(TREE)
    app.add_url_rule("/api/items/<slug>", "old", lambda slug: f"old {slug}", methods=["PUT"])
    app.add_url_rule("/api/legacy/<path:rest>", "legacy", lambda rest: "legacy")
    app.add_url_rule("/api/only-post", "post", lambda: "post", methods=["POST"])
    client = app.test_client()

    assert client.put("/api/items/a").text == "old a"
    assert client.get("/api/items/a").json == {"slug": "a"}
    assert client.get("/api/legacy/a/b").text == "legacy"
    assert client.post("/api/only-post").text == "post"
    refused = client.get("/api/only-post")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS, POST")


def test_hooks_of_application_and_blueprint_run_around_handlers(tmp_path: Path) -> None:
    app = flask.Flask("shop")
    api = RouteHandlersBlueprint("api", write_app(tmp_path, {"a/route.py": "def GET(): return 'a'"}))
    seen: list[str] = []
    for owner, name in ((app, "app"), (api, "api")):
        owner.before_request(lambda name=name: seen.append(f"before {name}"))
        owner.after_request(lambda response, name=name: (seen.append(f"after {name}"), response)[1])
        owner.teardown_request(lambda error, name=name: seen.append(f"teardown {name}"))
    app.register_blueprint(api)

    assert app.test_client().get("/a").text == "a"
    assert seen == ["before app", "before api", "after api", "after app", "teardown api", "teardown app"]


def test_a_before_request_function_can_answer(make_flask: MakeFlask) -> None:
    app = make_flask({"a/route.py": "def GET(): raise AssertionError"})
    app.before_request(lambda: ("closed", 503))

    answer = app.test_client().get("/api/a")

    assert (answer.status_code, answer.text) == (503, "closed")


def test_after_request_functions_change_any_answer(make_flask: MakeFlask) -> None:
    app = make_flask({"a/route.py": "def GET(): return {'a': 1}", "s/route.py": "def GET():\n yield 'x'\n yield 'y'"})

    @app.after_request
    def change(response: flask.Response) -> flask.Response:
        response.headers["X-App"] = "shop"
        response.set_cookie("seen", "1")
        if response.is_json:
            response.set_data(response.get_data().replace(b"1", b"22"))
        return response

    json, stream = app.test_client().get("/api/a"), app.test_client().get("/api/s")

    assert json.json == {"a": 22}
    assert json.content_length == len(json.data)
    assert (stream.text, stream.headers["X-App"]) == ("xy", "shop")
    assert stream.headers["Set-Cookie"] == "seen=1; Path=/"


def test_session_g_and_current_app_are_at_hand(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "count/route.py": """
            from flask import current_app, g, request, session
            def POST():
                session["count"] = session.get("count", 0) + 1
                return {"count": session["count"], "user": g.user, "app": current_app.name, "x": request.args["x"]}
        """
        }
    )
    app.before_request(lambda: setattr(flask.g, "user", "ada"))
    client = app.test_client()

    client.post("/api/count?x=1")

    assert client.post("/api/count?x=2").json == {"count": 2, "user": "ada", "app": "shop", "x": "2"}


@pytest.mark.parametrize(
    ("source", "status", "body"),
    [
        ("def GET(): return flask.jsonify(a=1)", 200, '{"a":1}\n'),
        ("def GET(): return flask.make_response('x', 202)", 202, "x"),
        ("def GET(): return 'x', {'X-A': '1'}", 200, "x"),
        ("def GET(): return 'x', [('X-A', '1')]", 200, "x"),
        ("def GET(): return {'a': 1}, 201, {'X-A': '1'}", 201, '{"a":1}'),
        ("def GET(): return 'x', '404 GONE FISHING'", 404, "x"),
        ("def GET(): return flask.Response('x', 418), {'X-A': '1'}", 418, "x"),
        ("def GET(): return flask.render_template_string('{{ 1 + 1 }} {{ request.path }}')", 200, "2 /api/a"),
        ("def GET(): return flask.redirect('/x')", 302, None),
        ("def GET(): return '', 204", 204, ""),
        ("def GET(): return flask.send_file(io.BytesIO(b'x'), mimetype='text/plain')", 200, "x"),
        ("def GET(): return flask.stream_with_context(flask.request.path[i] for i in range(3))", 200, "/ap"),
        ("def GET(): return (lambda environ, start: (start('200 OK', []), [b'wsgi'])[1])", 200, "wsgi"),
        ("def GET(): return (c for c in 'abc')", 200, "abc"),
    ],
)
def test_handlers_return_what_flask_takes(make_flask: MakeFlask, source: str, status: int, body: str | None) -> None:
    app = make_flask({"a/route.py": f"import flask, io\n{source}"})

    answer = app.test_client().get("/api/a")

    assert answer.status_code == status
    assert body is None or answer.text == body
    assert "X-A" not in source or answer.headers["X-A"] == "1"


def test_json_is_written_by_the_applications_own_provider(make_flask: MakeFlask) -> None:
    from flask.json.provider import DefaultJSONProvider

    class Provider(DefaultJSONProvider):
        def default(self, value: Any) -> Any:  # type: ignore[override]
            return "complex" if isinstance(value, complex) else super().default(value)

    app = make_flask({"a/route.py": "def GET(): return {'b': 1j}, 201"})
    app.json = Provider(app)

    answer = app.test_client().get("/api/a")

    assert (answer.status_code, answer.json) == (201, {"b": "complex"})


def test_nothing_returned_is_told_with_file_and_function(make_flask: MakeFlask) -> None:
    app = make_flask({"a/route.py": "def GET(): pass"})
    app.testing = True

    with pytest.raises(TypeError, match=r"GET /a .*route\.py:1\) returned None"):
        app.test_client().get("/api/a")


# Errors ---------------------------------------------------------------------

FAILING = {
    "boom/route.py": "def GET(): raise KeyError('boom')",
    "abort/route.py": "from flask import abort\ndef GET(): abort(409, 'taken')",
    "missing/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()",
    "moved/route.py": "from routehandlers.navigation import redirect\ndef GET(): redirect('/x')",
    "json/route.py": "def POST(request): return request.json()",
    "cookie/route.py": """
        from routehandlers.headers import cookies
        from routehandlers.navigation import not_found
        def GET():
            cookies().set("a", "1")
            not_found()
    """,
    "own/error.py": "def error(request, exception): return f'own {exception!r}', 500",
    "own/not_found.py": "def not_found(): return 'own 404'",
    "own/boom/route.py": "def GET(): raise KeyError('boom')",
    "own/missing/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()",
}


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/api/abort", 409, "Conflict"),
        ("GET", "/api/missing", 404, "Not Found"),
        ("GET", "/api/nowhere", 404, "Not Found"),
        ("PUT", "/api/json", 405, "Method Not Allowed"),
        ("POST", "/api/json", 400, "Bad Request"),
    ],
)
def test_errors_without_a_handler_are_problem_documents(
    make_flask: MakeFlask, method: str, path: str, status: int, title: str
) -> None:
    answer = make_flask(FAILING).test_client().open(path, method=method)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json(force=True)["title"] == title


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/abort", 409),
        ("GET", "/api/missing", 404),
        ("GET", "/api/nowhere", 404),
        ("PUT", "/api/json", 405),
        ("POST", "/api/json", 400),
    ],
)
@pytest.mark.parametrize("kind", ["code", "class"])
def test_errors_reach_flasks_handlers(make_flask: MakeFlask, method: str, path: str, status: int, kind: str) -> None:
    from werkzeug.exceptions import HTTPException

    app = make_flask(FAILING)
    app.errorhandler(status if kind == "code" else HTTPException)(lambda error: (f"handled {error.code}", error.code))

    answer = app.test_client().open(path, method=method)

    assert (answer.status_code, answer.text) == (status, f"handled {status}")


def test_an_exception_reaches_flasks_handler_by_its_class(make_flask: MakeFlask) -> None:
    app = make_flask(FAILING)
    app.errorhandler(KeyError)(lambda error: (f"handled {error}", 500))

    assert app.test_client().get("/api/boom").text == "handled 'boom'"


def test_an_error_handler_of_the_blueprint_comes_first(tmp_path: Path) -> None:
    app = flask.Flask("shop")
    api = RouteHandlersBlueprint("api", write_app(tmp_path, FAILING))
    api.errorhandler(KeyError)(lambda error: ("blueprint's", 500))
    app.errorhandler(KeyError)(lambda error: ("application's", 500))
    app.register_blueprint(api)

    assert app.test_client().get("/boom").text == "blueprint's"


def test_files_of_the_tree_answer_before_flask(make_flask: MakeFlask) -> None:
    app = make_flask(FAILING)
    app.errorhandler(KeyError)(lambda error: ("flask's", 500))
    app.errorhandler(404)(lambda error: ("flask's", 404))
    client = app.test_client()

    assert client.get("/api/own/boom").text == "own KeyError('boom')"
    assert client.get("/api/own/missing").text == "own 404"
    assert client.get("/api/own/nowhere").text == "own 404"
    assert client.get("/api/missing").text == "flask's"


def test_an_exception_without_a_handler_is_logged_once(make_flask: MakeFlask, caplog: pytest.LogCaptureFixture) -> None:
    answer = make_flask(FAILING).test_client().get("/api/boom")

    assert answer.status_code == 500
    assert [record.getMessage() for record in caplog.records] == ["Exception on /api/boom [GET]"]


def test_testing_propagates_exceptions(make_flask: MakeFlask) -> None:
    app = make_flask(FAILING)
    app.testing = True

    with pytest.raises(KeyError, match="boom"):
        app.test_client().get("/api/boom")


def test_a_redirect_is_an_answer(make_flask: MakeFlask) -> None:
    answer = make_flask(FAILING).test_client().get("/api/moved")

    assert (answer.status_code, answer.location) == (307, "/x")


@pytest.mark.parametrize("has_handler", [False, True])
def test_cookies_set_before_an_error_are_sent(make_flask: MakeFlask, has_handler: bool) -> None:
    app = make_flask(FAILING)
    if has_handler:
        app.errorhandler(404)(lambda error: ("no", 404))

    answer = app.test_client().get("/api/cookie")

    assert answer.headers.getlist("Set-Cookie") == ["a=1; Path=/"]


def test_instrumentation_hears_of_what_flask_answers(make_flask: MakeFlask, tmp_path: Path) -> None:
    app = make_flask(
        {
            **FAILING,
            "instrumentation.py": """
            seen = []
            def on_request_error(error, request, context):
                seen.append((repr(error), context.route_path))
        """,
            "seen/route.py": "from ..instrumentation import seen\ndef GET(): return [list(entry) for entry in seen]",
        }
    )
    client = app.test_client()

    client.get("/api/boom")

    assert client.get("/api/seen").json == [["KeyError('boom')", "/boom"]]


def test_middlewares_own_answer_to_an_error_stands(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            **FAILING,
            "middleware.py": """
            from routehandlers import Response
            def middleware(request):
                response = yield
                if response.status_code == 404:
                    return Response("middleware's", 404)
                response.headers["X-M"] = "1"
        """,
        }
    )
    app.errorhandler(404)(lambda error: ("flask's", 404))
    client = app.test_client()

    assert client.get("/api/missing").text == "middleware's"
    refused = client.put("/api/json")
    assert (refused.status_code, refused.headers["X-M"], refused.mimetype) == (405, "1", "application/problem+json")


# Bodies ---------------------------------------------------------------------

READERS = {
    "json/route.py": "def POST(request): return request.json()",
    "form/route.py": """
        def POST(request):
            form = request.form_data()
            return {"a": form["a"], "file": form["file"].read().decode() if "file" in form else None}
    """,
    "length/route.py": "def POST(request): return str(len(request.bytes()))",
    "unread/route.py": "def POST(): return 'unread'",
}


@pytest.mark.parametrize("read", ["data", "json", "form", "stream", "nothing"])
@pytest.mark.parametrize("when", ["before_request", "after_request"])
def test_the_body_is_readable_on_both_sides(make_flask: MakeFlask, read: str, when: str) -> None:
    app = make_flask(READERS)
    seen: list[Any] = []

    def look(response: Any = None) -> Any:
        request = flask.request
        if read == "data":
            seen.append(request.get_data())
        elif read == "json":
            seen.append(request.get_json(silent=True))
        elif read == "form":
            seen.append(request.form.to_dict())
        elif read == "stream":
            seen.append(request.stream.read(3))
        return response

    getattr(app, when)(look)
    client = app.test_client()

    assert client.post("/api/json", json={"a": 1}).json == {"a": 1}
    if read not in {"nothing", "form"}:
        assert seen == [{"data": b'{"a": 1}', "json": {"a": 1}, "stream": b'{"a'}[read]]


def test_forms_with_files_are_readable_on_both_sides(make_flask: MakeFlask) -> None:
    app = make_flask(READERS)
    seen: list[Any] = []
    app.before_request(lambda: seen.append((flask.request.form["a"], flask.request.files["file"].read())))
    app.after_request(lambda response: (seen.append(flask.request.form["a"]), response)[1])
    big = b"x" * 700_000

    # Written out, since Werkzeug's client leaves the file open in which it makes a big form.
    boundary, fields = encode_multipart({"a": "1", "file": FileStorage(BytesIO(big), "f.txt")})

    answer = app.test_client().post("/api/form", data=fields, content_type=f"multipart/form-data; boundary={boundary}")

    assert answer.json == {"a": "1", "file": big.decode()}
    assert seen == [("1", big), "1"]


def test_a_body_that_nobody_reads_is_there_for_after_request(make_flask: MakeFlask) -> None:
    app = make_flask(READERS)
    seen: list[bytes] = []
    app.after_request(lambda response: (seen.append(flask.request.get_data()), response)[1])

    app.test_client().post("/api/unread", data=b"abc")

    assert seen == [b"abc"]


def test_the_routes_limit_holds_after_flask_has_read(make_flask: MakeFlask) -> None:
    app = make_flask({"a/route.py": "max_content_length = 10\ndef POST(request): return request.text()"})
    app.before_request(lambda: flask.request.get_data() and None)

    assert app.test_client().post("/api/a", data=b"x" * 11).status_code == 413
    assert app.test_client().post("/api/a", data=b"x" * 10).text == "x" * 10


def test_a_body_without_an_announced_length_is_readable_on_both_sides(make_flask: MakeFlask) -> None:
    app = make_flask(READERS)
    seen: list[bytes] = []
    app.before_request(lambda: seen.append(flask.request.get_data()))
    environ = {"wsgi.input": BytesIO(b'{"a": 1}'), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    status, _, body = ask(app, environ, path="/api/json", method="POST")

    assert (status, body, seen) == (200, b'{"a":1}', [b'{"a": 1}'])


@pytest.mark.parametrize("size", [11, 700_000])
def test_flasks_limit_holds_for_routes(make_flask: MakeFlask, size: int) -> None:
    app = make_flask(READERS)
    app.config["MAX_CONTENT_LENGTH"] = 10 if size == 11 else 600_000

    assert app.test_client().post("/api/length", data=b"x" * size).status_code == 413
    assert app.test_client().post("/api/length", data=b"x" * 10).text == "10"


# Streams and after ----------------------------------------------------------


def test_streams_have_flasks_context_until_their_end(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "s/route.py": """
            from flask import current_app, g, request, session
            from routehandlers.headers import cookies
            def GET():
                try:
                    for part in (request.args["a"], g.user, current_app.name, cookies().get("c"), session.get("s", "-")):
                        yield part + " "
                finally:
                    g.events.append("generator")
        """
        }
    )
    events: list[str] = []

    @app.before_request
    def prepare() -> None:
        flask.g.user, flask.g.events = "ada", events

    app.teardown_request(lambda error: events.append("request"))
    app.teardown_appcontext(lambda error: events.append("app"))
    client = app.test_client()
    client.set_cookie("c", "cookie")

    assert client.get("/api/s?a=1").text == "1 ada shop cookie - "
    # From 3.1.2 on Flask tears down at the end of the view, too.
    assert events[-3:] == ["generator", "request", "app"]


def test_a_stream_that_nobody_reads_to_its_end_is_closed(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "s/route.py": """
            from flask import current_app
            from routehandlers.server import after
            def GET():
                after(current_app.extensions["events"].append, "after")
                def chunks():
                    try:
                        while True:
                            yield "x"
                    finally:
                        current_app.extensions["events"].append("closed")
                return chunks()
        """
        }
    )
    events = app.extensions["events"] = []
    app.teardown_request(lambda error: events.append("teardown"))

    response = app.test_client().get("/api/s", buffered=False)
    first = next(response.iter_encoded())
    response.close()

    assert first == b"x"
    assert events[-3:] == ["closed", "after", "teardown"]


@pytest.mark.parametrize("source", ["return 'x'", "yield 'x'", "abort(404)"])
def test_after_runs_with_the_application(make_flask: MakeFlask, source: str) -> None:
    app = make_flask(
        {
            "a/route.py": f"""
            from flask import abort, current_app
            from routehandlers.server import after
            def GET():
                after(lambda: current_app.extensions["events"].append("after"))
                {source}
        """
        }
    )
    events = app.extensions["events"] = []

    app.test_client().get("/api/a")

    assert events == ["after"]


def test_after_runs_when_the_exception_propagates(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "a/route.py": """
            from flask import current_app
            from routehandlers.server import after
            def GET():
                after(lambda: current_app.extensions["events"].append("after"))
                raise KeyError
        """
        }
    )
    app.testing = True
    events = app.extensions["events"] = []

    with pytest.raises(KeyError):
        app.test_client().get("/api/a")

    assert events == ["after"]


def test_no_scope_is_left_in_flasks_own_views(make_flask: MakeFlask) -> None:
    from routehandlers.exceptions import OutsideRequestError
    from routehandlers.headers import cookies

    app = make_flask(TREE)

    @app.after_request
    def look(response: flask.Response) -> flask.Response:
        with pytest.raises(OutsideRequestError):
            cookies()
        return response

    assert app.test_client().get("/api/items").status_code == 200


# Registration ---------------------------------------------------------------


def test_one_blueprint_can_be_registered_twice_and_nested(tmp_path: Path) -> None:
    app = flask.Flask("shop")
    api = RouteHandlersBlueprint("api", write_app(tmp_path, TREE), url_prefix="/v1")
    parent = flask.Blueprint("parent", __name__, url_prefix="/parent")
    parent.register_blueprint(api)
    app.register_blueprint(parent)
    app.register_blueprint(api, name="second", url_prefix="/v2")
    client = app.test_client()

    assert client.get("/parent/v1/items/a").json == {"slug": "a"}
    assert client.get("/v2/items/a%2Fb").json == {"slug": "a/b"}
    assert client.get("/v1/items/a").status_code == 404
    with app.test_request_context():
        assert flask.url_for("parent.api./items/[slug]", slug="a") == "/parent/v1/items/a"
        assert flask.url_for("second./items/[slug]", slug="a") == "/v2/items/a"


def test_a_prefix_can_have_variables(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "items/[slug]/route.py": "import flask\ndef GET(request, context): return [request.url, context.params['slug'], flask.request.view_args]"
        },
        url_prefix="/<tenant>/api",
    )

    answer = app.test_client().get("/acme/api/items/a%2Fb")

    assert answer.json == ["http://localhost/acme/api/items/a%2Fb", "a/b", {"tenant": "acme", "slug": "a/b"}]
    with app.test_request_context():
        assert flask.url_for("api./items/[slug]", tenant="acme", slug="x") == "/acme/api/items/x"


def test_urls_know_their_prefix(make_flask: MakeFlask) -> None:
    app = make_flask({"a/route.py": "def GET(request): return [request.url, request.next_url.pathname, request.path]"})

    assert app.test_client().get("/api/a?x=1").json == ["http://localhost/api/a?x=1", "/a", "/a"]
    slash = app.test_client().get("/api/a/?x=1")
    assert (slash.status_code, slash.location) == (308, "/api/a?x=1")


@pytest.mark.parametrize("setting", ["base_path", "fallback"])
def test_settings_that_flask_has_a_word_for_are_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(InvalidConfigError, match=f"{setting} is not a setting of a blueprint"):
        RouteHandlersBlueprint("api", write_app(tmp_path, TREE), **{setting: "/x"})


def test_mistakes_in_files_are_found_when_it_is_made(tmp_path: Path) -> None:
    from routehandlers.exceptions import InvalidAppError

    with pytest.raises(InvalidAppError, match="Did you mean 'GET'"):
        RouteHandlersBlueprint("api", write_app(tmp_path, {"a/route.py": "def get(): pass"}))
