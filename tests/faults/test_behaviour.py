"""Faults in the behaviour that hard use found, each by what was wrong."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

import flask
import pytest
from conftest import ClientFor, MakeApp
from markupsafe import Markup
from servers import write_app

from routehandlers import Response, create_app
from routehandlers._cli.main import main
from routehandlers._http.response.cookies import parse_cookies
from routehandlers.exceptions import InvalidAppError, InvalidConfigError
from routehandlers.flask import RouteHandlersBlueprint
from routehandlers.server import URL, user_agent_from_string


def flask_app(folder: Path, files: dict[str, str], **settings: Any) -> flask.Flask:
    app = flask.Flask("shop")
    app.register_blueprint(RouteHandlersBlueprint("routes", write_app(folder, files), **settings))
    return app


# Decorators (B1) ------------------------------------------------------------

DECORATORS = """
import functools
def other_arguments(f):
    @functools.wraps(f)
    def inner(request, context): return f(request, context.params, "w")
    return inner
def adds_one(f):
    @functools.wraps(f)
    def decorated(*args, **kwargs): return f("u", *args, **kwargs)
    return decorated
def adds_by_name(f):
    @functools.wraps(f)
    def decorated(*args, **kwargs): return f(*args, user="u", **kwargs)
    return decorated
def same(f):
    @functools.wraps(f)
    def decorated(*args, **kwargs): return f(*args, **kwargs)
    return decorated
def request_first(f):
    @functools.wraps(f)
    def decorated(request, *args, **kwargs): return f(request, *args, **kwargs)
    return decorated
def drops_all(f):
    @functools.wraps(f)
    def decorated(): return f("w", "x", "y")
    return decorated
def drops_first(f):
    @functools.wraps(f)
    def decorated(request, *args): return f(*args)
    return decorated
def signed(f):
    @functools.wraps(f)
    def decorated(*args, **kwargs): return f(*args, **kwargs)
    import inspect
    decorated.__signature__ = inspect.signature(f)
    return decorated
class Called:
    def __init__(self, f): functools.update_wrapper(self, f); self.f = f
    def __call__(self, request): return self.f("u", request, "w")
class Methods:
    def method(self, f):
        @functools.wraps(f)
        def decorated(request, context): return f("u", request, context)
        return decorated
"""

HANDLERS = {
    "other arguments": "@other_arguments\ndef GET(request, params, word): return [request.path, params, word]",
    "one more": "@adds_one\ndef GET(user, request, context): return [request.path, context.params, user]",
    "one more than the request": "@adds_one\ndef GET(user, request): return [request.path, {'id': '7'}, user]",
    "one more by name": "@adds_by_name\ndef GET(request, context, *, user): return [request.path, context.params, user]",
    "none": "@drops_all\ndef GET(a, b, c): return ['/x/7', {'id': '7'}, a]",
    "only the context": "@drops_first\ndef GET(context): return ['/x/7', context.params, 'u']",
    "the same": "@same\ndef GET(request, context): return [request.path, context.params, 'u']",
    "the same two": "@same\n@same\ndef GET(request): return [request.path, {'id': '7'}, 'u']",
    "the same none": "@same\ndef GET(): return ['/x/7', {'id': '7'}, 'u']",
    "the request first": "@request_first\ndef GET(request): return [request.path, {'id': '7'}, 'u']",
    "the request first, two": "@request_first\ndef GET(r, c): return [r.path, c.params, 'u']",
    "the same around others": "@same\n@other_arguments\ndef GET(request, params, word): return [request.path, params, word]",
    "the same around one more": "@same\n@adds_one\ndef GET(user, request): return [request.path, {'id': '7'}, user]",
    "others around a signature": "@other_arguments\n@signed\ndef GET(request, params, word): return [request.path, params, word]",
    "an object": "@Called\ndef GET(user, request, word): return [request.path, {'id': '7'}, user]",
    "a method": "@Methods().method\ndef GET(user, request, context): return [request.path, context.params, user]",
    "lru_cache": "@functools.lru_cache\ndef GET(): return ['/x/7', {'id': '7'}, 'u']",
    "partial": "@functools.partial(functools.partial, word='u')\ndef GET(request, context, *, word): "
    "return [request.path, context.params, word]",
}


@pytest.mark.parametrize("source", HANDLERS.values(), ids=HANDLERS)
@pytest.mark.parametrize("config", ["", "revalidate = 60\n"])
def test_a_decorated_handler_was_called_as_the_function_inside(
    make_app: MakeApp, client_for: ClientFor, source: str, config: str
) -> None:
    answer = client_for(make_app({"x/[id]/route.py": f"{DECORATORS}\n{config}{source}\n"})).get("/x/7")

    path, params, added = answer.get_json()
    assert (path, params) == ("/x/7", {"id": "7"})
    assert added in ("u", "w")


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("middleware.py", "@other_arguments\ndef middleware(request, params, word): return Response(word)"),
        ("middleware.py", "@adds_one\ndef middleware(word, request): return Response(word)"),
        ("middleware.py", "@same\ndef middleware(request): return Response('u')"),
        ("middleware.py", "@adds_one\ndef middleware(word, request, context):\n    yield\n    return Response(word)"),
        ("error.py", "@adds_one\ndef error(word, request, exception): return word, 200"),
        ("error.py", "@adds_one\ndef error(word, request): return word, 200"),
        ("error.py", "@same\ndef error(): return 'u', 200"),
        ("not_found.py", "@adds_one\ndef not_found(word, request): return word, 200"),
        ("forbidden.py", "@same\ndef forbidden(request): return 'u', 200"),
    ],
)
def test_a_decorated_function_of_a_folder_was_called_as_the_function_inside(
    make_app: MakeApp, client_for: ClientFor, file: str, source: str
) -> None:
    handlers = {"error.py": "1 / 0", "not_found.py": "not_found()", "forbidden.py": "forbidden()"}
    route = "from routehandlers.navigation import *\ndef GET(): " + handlers.get(file, "return 'x'")

    answer = client_for(
        make_app({file: f"{DECORATORS}\nfrom routehandlers import Response\n{source}\n", "x/route.py": route})
    ).get("/x")

    assert answer.text in ("u", "w")


@pytest.mark.parametrize(
    "source",
    [
        "@adds_one\ndef icon(word, id, params): return (word + str(id) + params['a']).encode()",
        "@adds_one\ndef icon(word, params): return (word + 'None' + params['a']).encode()",
        "@same\ndef icon(id, params): return ('u' + str(id) + params['a']).encode()",
        "def wrap(f):\n    @functools.wraps(f)\n    def inner(params): return f('uNone', params['a'])\n    return inner\n"
        "@wrap\ndef icon(word, letter): return (word + letter).encode()",
        "def icon(**given): return ('u' + str(given['id']) + given['params']['a']).encode()",
    ],
)
def test_a_decorated_metadata_function_was_called_as_the_function_inside(
    make_app: MakeApp, client_for: ClientFor, source: str
) -> None:
    answer = client_for(make_app({"[a]/icon.py": f"{DECORATORS}\n{source}\n"})).get("/A/icon")

    assert (answer.status_code, answer.data) == (200, b"uNoneA")


def test_cached_took_the_arguments_of_the_function_inside_for_the_key(make_app: MakeApp, client_for: ClientFor) -> None:
    source = f"""{DECORATORS}
from routehandlers.cache import cached
CALLS = []
def default(f):
    @functools.wraps(f)
    def inner(a, b=7): return f("u", a, b)
    return inner
@cached
@default
def value(user, a, b=3):
    CALLS.append((user, a, b))
    return [user, a, b]
@cached
@adds_one
def one_more(user, a): return [user, a]
@cached
@functools.lru_cache
def kept(a, b=1): return [a, b]
def GET(): return [value(1), value(1, 7), value(1, 3), one_more(1), one_more(2), kept(1), kept(1, b=1), len(CALLS)]
"""
    answer = client_for(make_app({"x/route.py": source})).get("/x")

    assert answer.get_json() == [
        ["u", 1, 7], ["u", 1, 7], ["u", 1, 3], ["u", 1], ["u", 2], [1, 1], [1, 1], 2,
    ]  # fmt: skip


def test_a_decorated_handler_of_a_blueprint_was_called_as_the_function_inside(tmp_path: Path) -> None:
    app = flask_app(tmp_path, {"x/[id]/route.py": f"{DECORATORS}\n{HANDLERS['one more']}\n"})

    assert app.test_client().get("/x/7").get_json() == ["/x/7", {"id": "7"}, "u"]


@pytest.mark.parametrize(
    "source",
    [
        "def wrap(f):\n    @functools.wraps(f)\n    def inner(a, b, c): return f()\n    return inner\n@wrap\ndef GET(): pass",
        "def wrap(f):\n    @functools.wraps(f)\n    def inner(a, *, b): return f()\n    return inner\n@wrap\ndef GET(): pass",
    ],
)
def test_a_decorator_that_requires_too_much_was_found_at_the_first_request(make_app: MakeApp, source: str) -> None:
    with pytest.raises(InvalidAppError, match="wrong parameters"):
        make_app({"x/route.py": f"{DECORATORS}\n{source}\n"})


# Tuples (B6) ----------------------------------------------------------------

TUPLES: dict[str, tuple[int, bytes, dict[str, list[str]]]] = {
    "'slow down', 429, {'Retry-After': 30}": (429, b"slow down", {"Retry-After": ["30"]}),
    "'x', '404 NOT FOUND'": (404, b"x", {}),
    "'x', '404 Not Found'": (404, b"x", {}),
    "'x', '299 Of Our Own'": (299, b"x", {}),
    "{}, '201 CREATED'": (201, b"{}", {"Content-Type": ["application/json"]}),
    "{}, '299 Of Our Own'": (299, b"{}", {"Content-Type": ["application/json"]}),
    "{}, 204": (204, b"", {}),
    "'gone', 204": (204, b"", {}),
    "b'gone', '204 No Content'": (204, b"", {}),
    "[], 304": (304, b"", {}),
    "{'a': 1}, 205": (205, b"", {}),
    "Response('gone'), 204": (204, b"", {}),
    "iter(['gone']), 204": (204, b"", {}),
    "'x', {'X-A': 1}": (200, b"x", {"X-A": ["1"]}),
    "'x', [('X-A', 1), ('X-A', 2.5)]": (200, b"x", {"X-A": ["1", "2.5"]}),
    "'x', (('X-A', 'a'),)": (200, b"x", {"X-A": ["a"]}),
    "'x', Headers({'X-A': ['a', 'b']})": (200, b"x", {"X-A": ["a", "b"]}),
    "'x', MultiDict([('X-A', 'a'), ('X-A', 'b')])": (200, b"x", {"X-A": ["a", "b"]}),
    "'x', 201, {'X-A': ['a', 2]}": (201, b"x", {"X-A": ["a", "2"]}),
    "'x', 201, None": (201, b"x", {}),
    "'x', None": (200, b"x", {}),
    "'x', None, {'X-A': True}": (200, b"x", {"X-A": ["True"]}),
    "Response('x', 202), {'X-A': 1}": (202, b"x", {"X-A": ["1"]}),
    "Response('x', 202), None, {'X-A': 1}": (202, b"x", {"X-A": ["1"]}),
    "{'a': 1}, HTTPStatus.CREATED": (201, b'{"a":1}', {"Content-Type": ["application/json"]}),
    "'', 204, {'X-A': 'a'}": (204, b"", {"X-A": ["a"]}),
}

IMPORTS = """
from http import HTTPStatus
from werkzeug.datastructures import Headers, MultiDict
from routehandlers import Response, create_app
from routehandlers._cli.main import main
from routehandlers._http.response.cookies import parse_cookies
"""


@pytest.mark.parametrize("returned", TUPLES)
@pytest.mark.parametrize("config", ["", "revalidate = 60\n"])
@pytest.mark.parametrize("in_flask", [False, True])
def test_tuples_that_flask_accepts_were_refused(
    make_app: MakeApp, client_for: ClientFor, tmp_path: Path, returned: str, config: str, in_flask: bool
) -> None:
    files = {"x/route.py": f"{IMPORTS}{config}def GET(): return {returned}\n"}
    client: Any = flask_app(tmp_path, files).test_client() if in_flask else client_for(make_app(files))

    answer = client.get("/x")

    status, body, headers = TUPLES[returned]
    assert (answer.status_code, answer.data) == (status, body)
    assert {name: answer.headers.getlist(name) for name in headers} == headers


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("'x', 'abc'", "Its status is 'abc'"),
        ("'x', '404'", "Its status is '404'"),
        ("'x', ''", "Its status is ''"),
        ("'x', 99", "Its status is 99"),
        ("Response('x'), 100", "Its status is 100"),
        ("'x', True", "Its status is True"),
        ("'x', 200.0", "Its status is 200.0"),
        ("'x', {'X-A': 1}, 200", "Its status is"),
        ("'x', 200, 5", "Its headers are 5"),
        ("'x', 200, ['abc']", "Its headers are"),
        ("'x', 200, {'X-A': None}", "'X-A' with the value None"),
        ("'x',", "A tuple is"),
        ("('x', 200), 200", "A tuple is"),
        ("'x', 200, {}, 1", "A tuple is"),
    ],
)
def test_a_wrong_tuple_was_an_error_that_did_not_say_why(
    make_app: MakeApp, client_for: ClientFor, returned: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client_for(make_app({"x/route.py": f"{IMPORTS}def GET(): return {returned}\n"})).get("/x")

    assert answer.status_code == 500
    assert reason in caplog.text
    assert "InvalidReturnError" in caplog.text


def test_a_number_as_text_is_a_status_in_flask_only(tmp_path: Path) -> None:
    app = flask_app(tmp_path, {"x/route.py": "def GET(): return 'x', '404'"})

    assert app.test_client().get("/x").status == "404 Not Found"


def test_an_error_file_with_headers_alone_lost_its_status(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"not_found.py": "def not_found(): return 'none', {'X-A': 1}\n"})

    answer = client_for(app).get("/x")

    assert (answer.status_code, answer.text, answer.headers["X-A"]) == (404, "none", "1")


# Redirects (B7, B8, B9, B25) ------------------------------------------------

NAVIGATION = "from routehandlers.navigation import *\nfrom werkzeug.exceptions import abort\n"


@pytest.mark.parametrize("name", ["not_found", "forbidden", "unauthorized"])
@pytest.mark.parametrize(
    ("ends", "status", "location"),
    [
        ("redirect('/y')", 307, "/y"),
        ("permanent_redirect('/y')", 308, "/y"),
        ("yield redirect('/y')", 307, "/y"),
        ("abort(410)", 410, None),
        ("from werkzeug.wrappers import Response as R\n    abort(R('x', 409))", 409, None),
        ("from werkzeug.routing import RequestRedirect\n    raise RequestRedirect('/y')", 308, "/y"),
    ],
)
@pytest.mark.parametrize("config", ["", "revalidate = 60\n"])
def test_an_error_file_that_redirects_was_a_failure(
    make_app: MakeApp, client_for: ClientFor, name: str, ends: str, status: int, location: str | None, config: str
) -> None:
    app = make_app(
        {
            f"{name}.py": f"{NAVIGATION}def {name}():\n    {ends}\n",
            "x/route.py": f"{NAVIGATION}{config}def GET(): {name}()\n",
        }
    )
    client = client_for(app)

    for _ in range(2):
        answer = client.get("/x")
        assert (answer.status_code, answer.headers.get("Location")) == (status, location)
    if name == "not_found":
        assert client.get("/without/a/route").status_code == status


def test_error_files_that_lead_to_each_other_end(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "not_found.py": f"{NAVIGATION}def not_found(): forbidden()\n",
            "forbidden.py": f"{NAVIGATION}def forbidden(): abort(401)\n",
            "unauthorized.py": f"{NAVIGATION}def unauthorized(): abort(404)\n",
            "x/not_found.py": "from routehandlers.navigation import not_found as end\ndef not_found(): end()\n",
        }
    )
    client = client_for(app)

    assert client.get("/y").status_code == 404
    assert client.get("/x/y").status_code == 404


@pytest.mark.parametrize("call", ["redirect({})", "permanent_redirect({})", "Response.redirect({})"])
@pytest.mark.parametrize(
    "url", ["None", "7", "b'/x'", "['/x']", "urlsplit('/x')", "{}", "GET", "object()", "str", "True"]
)
def test_a_value_that_is_no_url_was_sent_as_location(
    make_app: MakeApp, client_for: ClientFor, call: str, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = f"{NAVIGATION}from urllib.parse import urlsplit\nfrom routehandlers import Response\n"
    app = make_app({"x/route.py": f"{source}def GET(): return {call.format(url)}\n"})

    assert client_for(app).get("/x").status_code == 500
    assert "TypeError: The URL of a redirect is" in caplog.text


def test_a_value_that_is_no_url_was_the_destination_of_a_rewrite() -> None:
    with pytest.raises(TypeError, match="The URL of a rewrite is None"):
        Response.rewrite(None)


def test_urls_of_other_classes_are_still_accepted() -> None:
    class Place(str, Enum):
        HOME = "/home"

    values = [Place.HOME, PurePosixPath("/a"), URL("https://example.com/b"), Markup("/c")]

    locations = [Response.redirect(value).headers["Location"] for value in values]
    assert locations == ["/home", "/a", "https://example.com/b", "/c"]
    assert {type(location) for location in locations} == {str}


@pytest.mark.parametrize("function", ["redirect", "permanent_redirect"])
@pytest.mark.parametrize("second", ["", ", 'push'", ", 'replace'", ", type='push'"])
def test_a_permanent_redirect_repeated_the_post_of_a_form(
    make_app: MakeApp, client_for: ClientFor, function: str, second: str
) -> None:
    source = f"{NAVIGATION}def POST(): {function}('/y'{second})\nGET = PUT = POST\n"
    client = client_for(make_app({"x/route.py": source}))
    usual = 307 if function == "redirect" else 308

    assert client.post("/x", data={"a": "1"}).status_code == 303
    assert client.post("/x", content_type="multipart/form-data; boundary=x").status_code == 303
    assert client.post("/x", json={}).status_code == usual
    assert client.put("/x", data={"a": "1"}).status_code == usual
    assert client.get("/x").status_code == usual


# Forms (B11, B19) -----------------------------------------------------------

READS = """
from werkzeug.exceptions import BadRequest
def again(request):
    try:
        request.form
    except BadRequest:
        pass
    return request.form
def POST(request): return [str(key) for key in {read}]
"""


@pytest.mark.parametrize("read", ["request.form_data()", "request.form", "request.files", "again(request)"])
@pytest.mark.parametrize("disposition", ["form-data", 'form-data; filename="a.txt"', "form-data; nam=x", "attachment"])
@pytest.mark.parametrize("before", ["", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'])
def test_a_part_of_a_form_without_a_name_had_the_key_none(
    make_app: MakeApp, client_for: ClientFor, read: str, disposition: str, before: str
) -> None:
    body = f"{before}--x\r\nContent-Disposition: {disposition}\r\n\r\nv\r\n--x--\r\n"

    answer = client_for(make_app({"x/route.py": READS.format(read=read)})).post(
        "/x", data=body.encode(), content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code == 400
    assert answer.get_json()["detail"] == "The body is not a valid form: one of its parts has no name."


@pytest.mark.parametrize(
    "read",
    ['request.files["photo"]', 'request.form["photo"]', 'request.args["photo"]', 'request.form_data()["photo"]',
     'request.values["photo"]', 'request.args.getlist("a") or request.next_url.search_params["photo"]'],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_missing_field_was_not_named(make_app: MakeApp, client_for: ClientFor, read: str, accept: str) -> None:
    client = client_for(make_app({"x/route.py": f"def POST(request): return {read}\n"}))

    answer = client.post("/x", data={"b": "1"}, headers={"Accept": accept})

    assert answer.status_code == 400
    assert "The request has no field 'photo'." in answer.text.replace("&#x27;", "'")
    assert "browser" not in answer.text


def test_a_missing_field_was_not_named_in_flask(tmp_path: Path) -> None:
    app = flask_app(tmp_path, {"x/route.py": "def POST(request): return request.files['photo'].filename\n"})

    answer = app.test_client().post("/x", data={"b": "1"})

    assert (answer.status_code, answer.get_json()["detail"]) == (400, "The request has no field 'photo'.")


# Ranges (B12) ---------------------------------------------------------------

TEXT = b"0123456789ab"


@pytest.mark.parametrize(
    ("value", "status", "body"),
    [
        ("items=0-1", 200, TEXT), ("bytes=5-2", 200, TEXT), ("bytes=", 200, TEXT), ("bytes", 200, TEXT), ("bytes=a-b", 200, TEXT),
        ("bytes=-", 200, TEXT), ("bytes=--5", 200, TEXT), ("bytes=1_0-", 200, TEXT), ("bytes=+1-3", 200, TEXT),
        ("bytes 0-1", 200, TEXT), ("bytes=0-1,3-4", 200, TEXT), ("bytes=5-6,2-3", 200, TEXT), ("bytes=0-1,", 200, TEXT),
        ("=0-1", 200, TEXT), ("", 200, TEXT), ("bytes=1-2-3", 200, TEXT), ("bytes=\u00b2-3".encode().decode("latin-1"), 200, TEXT),
        ("bytes=0-0", 206, b"0"), ("bytes=11-11", 206, b"b"), ("bytes=11-", 206, b"b"), ("bytes=2-4", 206, b"234"),
        ("bytes=-1", 206, b"b"), ("bytes=-3", 206, b"9ab"), ("bytes=-99", 206, TEXT), ("bytes=0-", 206, TEXT),
        ("BYTES=0-1", 206, b"01"), ("bytes= 0-1 ", 206, b"01"), ("bytes=0-99", 206, TEXT), (f"bytes=0-{'9' * 5000}", 206, TEXT),
        ("bytes=12-", 416, None), ("bytes=99-100", 416, None), ("bytes=-0", 416, None), (f"bytes={'9' * 5000}-", 416, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["public", "response"])
def test_a_range_that_must_be_ignored_was_refused(
    make_app: MakeApp, client_for: ClientFor, tmp_path: Path, source: str, value: str, status: int, body: bytes | None
) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "a.txt").write_bytes(TEXT)
    route = f"""
    from routehandlers import Response
    def GET(request):
        return Response({TEXT!r}).make_conditional(request, accept_ranges=True, complete_length={len(TEXT)})
    """
    client = client_for(make_app({"b.txt/route.py": route}, public=folder))

    answer = client.get("/a.txt" if source == "public" else "/b.txt", headers={"Range": value})

    assert answer.status_code == status
    if body is not None:
        assert (answer.data, answer.headers["Content-Length"]) == (body, str(len(body)))
    if status == 206:
        start = TEXT.index(body or b"")
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(body or b'') - 1}/{len(TEXT)}"
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(TEXT)}"


# Destinations (B14) ---------------------------------------------------------


@pytest.mark.parametrize(
    ("destination", "location"),
    [
        ("https://e.example/x?next=https://a/b", "https://e.example/x?next=https://a/b"),
        ("/x?next=/a/b", "/x?next=/a/b"),
        ("/x?a+b=c+d", "/x?a+b=c+d"),
        ("/x?a%20b=%2f", "/x?a%20b=%2f"),
        ("/x?a", "/x?a"),
        ("/x?a&&b=", "/x?a&&b="),
        ("/x?a=1;b=2", "/x?a=1;b=2"),
        ("/x?at=12\\:30&p=:8080", "/x?at=12:30&p=:8080"),
        ("/x?a=é", "/x?a=%C3%A9"),
        ("/x?a=b c", "/x?a=b%20c"),
        ("/x?a=%3Aid", "/x?a=%3Aid"),
        ("/x?a=:other%3A:id", "/x?a=:other%3Av%20%26%2F%C3%A9"),
        ("/x?:id=1", "/x?v%20%26%2F%C3%A9=1"),
        ("/x?q=:id&r=:id#:id", "/x?q=v%20%26%2F%C3%A9&r=v%20%26%2F%C3%A9#v%20&/%C3%A9"),
        ("/x#a%2Fb?c=[1]", "/x#a%2Fb?c=[1]"),
        ("/x#/route/é", "/x#/route/%C3%A9"),
    ],
)
def test_the_query_of_a_destination_was_written_again(
    make_app: MakeApp, client_for: ClientFor, destination: str, location: str
) -> None:
    destination = destination.replace(":other", "\\:other")
    app = make_app({}, redirects=[{"source": "/old/:id", "destination": destination, "permanent": True}])

    answer = client_for(app).get("/old/v%20%26%2F%C3%A9")

    assert answer.headers["Location"] == location
    assert answer.headers["Refresh"] == f"0;url={location}"


def test_the_query_of_a_destination_stays_behind_that_of_the_client(make_app: MakeApp, client_for: ClientFor) -> None:
    rule = {"source": "/old", "destination": "/x?next=https://a/b&c", "permanent": False}

    answer = client_for(make_app({}, redirects=[rule])).get("/old?z=a%2Fb&next=1&c=2&next")

    assert answer.headers["Location"] == "/x?z=a%2Fb&next=https://a/b&c"


def test_the_query_of_a_rewrite_is_still_decoded(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {"x/route.py": "def GET(request): return list(request.args.items(multi=True))"},
        rewrites=[{"source": "/old/:id", "destination": "/x?next=https://a/b&a+b=%26&:id=:id&c=%3Aid"}],
    )

    answer = client_for(app).get("/old/v%20%26%2F%C3%A9?z=1")

    assert answer.get_json() == [
        ["z", "1"], ["id", "v &/é"], ["next", "https://a/b"], ["a b", "&"], ["v &/é", "v &/é"], ["c", ":id"],
    ]  # fmt: skip


# Tags and cache lives (B15, B25) --------------------------------------------

VALUES = """
from routehandlers.cache import cached, cache_tag, cache_life, revalidate_tag
CALLS = []
@cached(tags={tags})
def value():
    CALLS.append(1)
    return len(CALLS)
"""


@pytest.mark.parametrize(
    ("tags", "kept", "dropped"),
    [
        (["a" * 256, "b" * 257, "c"], ["a" * 256, "c"], ["b" * 257]),
        (["x" * 300], [], ["x" * 300]),
        ([str(number) for number in range(129)], ["0", "127"], ["128"]),
        ([str(number) for number in range(300)] * 2, ["0", "127"], ["128", "299"]),
        (["y" * 300, *map(str, range(128))], ["0", "127"], ["y" * 300]),
    ],
)
@pytest.mark.parametrize("way", ["cached", "cache_tag"])
def test_a_tag_too_long_or_too_many_was_a_500(
    make_app: MakeApp,
    client_for: ClientFor,
    tags: list[str],
    kept: list[str],
    dropped: list[str],
    way: str,
    caplog: Any,
) -> None:
    source = VALUES.format(tags=tags if way == "cached" else ())
    call = f"cache_tag(*{tags!r}); " if way == "cache_tag" else ""
    app = make_app(
        {
            "x/route.py": f"{source}revalidate = 60\ndef GET():\n    {call}CALLS.append(1)\n    return [value(), len(CALLS)]\n"
        }
    )
    client = client_for(app)
    first = client.get("/x").get_json()

    assert caplog.text.count("dropped: ") >= 1
    for tag in dropped:
        app.cache.revalidate_tag(tag)
        assert client.get("/x").get_json() == first
    for tag in kept:
        app.cache.revalidate_tag(tag)
        again = client.get("/x").get_json()
        assert again != first
        first = again


def test_a_tag_of_fetch_was_too_long_for_the_request(make_app: MakeApp, client_for: ClientFor, caplog: Any) -> None:
    source = "from routehandlers.fetch import fetch\ndef GET(): return fetch('http://127.0.0.1:9/', tags=['x' * 300])\n"

    client_for(make_app({"x/route.py": source})).get("/x")

    assert "is dropped: it has 300 characters" in caplog.text


LIVES = {
    "blog": {"stale": 9, "revalidate": 60, "expire": 3_600},
    "half": {"revalidate": 120},
    "hours": {"revalidate": 7, "expire": 77},
    "default": {"revalidate": 500, "expire": 5_000},
}


@pytest.mark.parametrize(
    ("profile", "value"),
    [
        ("blog", "s-maxage=60, stale-while-revalidate=3540"),
        ("half", "s-maxage=120, stale-while-revalidate=4880"),
        ("hours", "s-maxage=7, stale-while-revalidate=70"),
        ("default", "s-maxage=500, stale-while-revalidate=4500"),
        ("minutes", "s-maxage=60, stale-while-revalidate=3540"),
    ],
)
def test_there_were_no_cache_lives_of_an_applications_own(
    make_app: MakeApp, client_for: ClientFor, profile: str, value: str
) -> None:
    source = f"from routehandlers.cache import cache_life\ndynamic = 'force-static'\ndef GET():\n    cache_life({profile!r})\n"
    app = make_app({"x/route.py": f"{source}    return 'x'\n"}, cache_life=LIVES)

    assert client_for(app).get("/x").headers["Cache-Control"] == value


def test_a_tag_is_purged_with_a_cache_life_of_an_applications_own(make_app: MakeApp) -> None:
    app = make_app({}, cache_life=LIVES)

    app.cache.revalidate_tag("a", "blog")

    with pytest.raises(ValueError, match=r"There is no cache life 'blok'\. Did you mean 'blog'\?"):
        app.cache.revalidate_tag("a", "blok")


def test_cache_lives_are_read_from_the_project_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.routehandlers.cache_life.blog]\nrevalidate = 60\nexpire = 3600\n")
    source = (
        "from routehandlers.cache import cache_life\ndynamic = 'force-static'\ndef GET():\n    cache_life('blog')\n"
    )

    app = create_app(write_app(tmp_path, {"x/route.py": f"{source}    return 'x'\n"}))

    answer = app.test_client().get("/x")
    assert answer.headers["Cache-Control"] == "s-maxage=60, stale-while-revalidate=3540"


@pytest.mark.parametrize(
    "lives",
    [
        [], "blog", {"blog": 60}, {1: {"revalidate": 1}}, {"blog": {"revalidate": "60"}}, {"blog": {"revalidate": True}},
        {"blog": {"revalidate": 0}}, {"blog": {"revalidate": 60, "expire": 60}}, {"blog": {"revalidat": 60}},
        {"default": {"revalidate": 60, "expire": 30}}, {"blog": {"revalidate": None}},
    ],
)  # fmt: skip
def test_a_wrong_cache_life_was_found_late(make_app: MakeApp, lives: Any) -> None:
    with pytest.raises(InvalidConfigError, match=r"cache_life is .* Give a dict of names and cache lives"):
        make_app({}, cache_life=lives)


# Next's names that were missing (B25) ---------------------------------------


@pytest.mark.parametrize(("priority", "end"), [("high", "; Priority=high"), ("Low", "; Priority=Low"), (None, "")])
def test_a_cookie_could_have_no_priority(
    make_app: MakeApp, client_for: ClientFor, priority: str | None, end: str
) -> None:
    source = f"""
    from routehandlers import Response
    from routehandlers.headers import cookies
    def GET():
        cookies().set("a", "1", partitioned=True, secure=True, priority={priority!r})
        response = Response("x")
        response.cookies.set("b", "2", priority={priority!r})
        return response
    """

    answer = client_for(make_app({"x/route.py": source})).get("/x")

    assert sorted(answer.headers.getlist("Set-Cookie")) == [
        f"a=1; Path=/; Secure; Partitioned{end}", f"b=2; Path=/{end}",
    ]  # fmt: skip


@pytest.mark.parametrize("priority", ["urgent", "", 1, True, "high; Domain=x"])
def test_a_wrong_priority_of_a_cookie_was_an_unknown_attribute(priority: Any) -> None:
    with pytest.raises(ValueError, match="priority must be 'Low', 'Medium' or 'High'"):
        Response("x").cookies.set("a", "1", priority=priority)


def test_a_user_agent_could_not_be_read_from_a_text() -> None:
    header = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

    assert (user_agent_from_string(header).is_bot, user_agent_from_string(header).ua) == (True, header)
    assert user_agent_from_string(None).ua == ""


# Static params (B17) --------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("async def generate_static_params(): return []", "is asynchronous"),
        ("async def generate_static_params(): yield {}", "is asynchronous"),
        ("async def listed(a): return []\nfrom functools import partial\ngenerate_static_params = partial(listed, 1)",
         "is asynchronous"),
        ("class Listed:\n    async def __call__(self): return []\ngenerate_static_params = Listed()", "is asynchronous"),
        ("def generate_static_params(params): return []", "wrong parameters"),
        ("def generate_static_params(*, params): return []", "wrong parameters"),
        ("generate_static_params = lambda a, b: []", "wrong parameters"),
        ("@other_arguments\ndef generate_static_params(): return []", "wrong parameters"),
        ("class generate_static_params: pass", "Write a function"),
        ("generate_static_params = [{'id': 'a'}]", "a function that returns"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["[id]/route.py", "[id]/icon.py"])
def test_wrong_static_params_were_found_at_the_first_request(
    make_app: MakeApp, source: str, reason: str, file: str
) -> None:
    handler = "def GET(): return 'x'" if file.endswith("route.py") else "def icon(): return b'x'"

    with pytest.raises(InvalidAppError, match=reason) as caught:
        make_app({file: f"{DECORATORS}\n{source}\n{handler}\n"})

    assert re.search(rf"{Path(file).name}:\d+\n", str(caught.value))


@pytest.mark.parametrize(
    "source",
    [
        "def generate_static_params(options=None, *args, key=1, **kwargs): return [{'id': 'a'}]",
        "@same\ndef generate_static_params(): return [{'id': 'a'}]",
        "@drops_all\ndef generate_static_params(a, b, c): return [{'id': 'a'}]",
        "from functools import partial\n"
        "def listed(name): return [{'id': name}]\ngenerate_static_params = partial(listed, 'a')",
        "from functools import lru_cache\n@lru_cache\ndef generate_static_params(): return ({'id': 'a'},)",
        "def generate_static_params(): yield {'id': 'a'}",
    ],
)
def test_static_params_that_can_be_called_are_no_mistake(make_app: MakeApp, client_for: ClientFor, source: str) -> None:
    handler = "dynamic_params = False\ndef GET(): return 'x'\n"
    client = client_for(make_app({"[id]/route.py": f"{DECORATORS}\n{source}\n{handler}"}))

    assert [client.get(path).status_code for path in ("/a", "/b")] == [200, 404]


# Next's names of methods (B20) ----------------------------------------------


def test_search_params_did_not_know_the_names_of_next() -> None:
    url = URL("https://example.com/?q=1&q=2&b=x")
    params = url.search_params

    assert (params.get_all("q"), params.getlist("q"), params.get_all("z")) == (["1", "2"], ["1", "2"], [])
    assert (params.has("q"), params.has("q", "2"), params.has("q", "3"), params.has("z")) == (True, True, False, False)
    assert (params.entries(), params.size) == ([("q", "1"), ("q", "2"), ("b", "x")], 3)
    params.append("q", "3")
    params.append("new", "a b&")
    assert url.search == "?q=1&q=2&q=3&b=x&new=a+b%26"
    params.delete("q", "2")
    params.delete("z")
    params.delete("b", "other")
    assert url.search == "?q=1&q=3&b=x&new=a+b%26"
    params.set("q", "9")
    params.delete("new")
    params.delete("b", "x")
    params.append("a", "1")
    params.sort()
    assert url.href == "https://example.com/?a=1&q=9"
    assert (str(params), params.to_string(), f"/x?{params}") == ("a=1&q=9", "a=1&q=9", "/x?a=1&q=9")


def test_form_data_did_not_know_the_names_of_next(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
    def POST(request):
        form = request.form_data()
        known = [form.get_all("a"), form.has("a"), form.has("z"), form.size, len(form.entries())]
        form.append("a", "3")
        form.delete("b")
        return [known, form.get_all("a"), form.has("b")]
    """
    client = client_for(make_app({"x/route.py": source}))

    for form in (
        {"data": {"a": ["1", "2"], "b": "x"}},
        {"data": MULTIPART, "content_type": "multipart/form-data; boundary=x"},
    ):
        answer = client.post("/x", **form)
        assert answer.get_json() == [[["1", "2"], True, False, 3, 3], ["1", "2", "3"], False]


MULTIPART = b"".join(
    b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
    for pair in ((b"a", b"1"), (b"a", b"2"), (b"b", b"x"))
) + b"--x--\r\n"  # fmt: skip


def test_cookies_did_not_know_has(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
    from routehandlers import Response
    from routehandlers.headers import cookies
    def GET():
        response = Response.json([cookies().has("a"), cookies().has("b")])
        response.cookies.set("c", "1")
        response.headers["X-Has"] = str((response.cookies.has("c"), response.cookies.has("a")))
        return response
    """

    answer = client_for(make_app({"x/route.py": source})).get("/x", headers={"Cookie": "a=1"})

    assert (answer.get_json(), answer.headers["X-Has"]) == ([True, False], "(True, False)")


@pytest.mark.parametrize(
    ("read", "is_stored"),
    [
        ("params.get_all('page')", True), ("params.has('page')", True), ("params.has('page', '1')", True),
        ("params.get_all('other')", False), ("params.has('other')", False), ("params.entries()", False),
        ("params.size", False),
    ],
)  # fmt: skip
def test_a_cached_route_lacked_the_names_of_next(
    make_app: MakeApp, client_for: ClientFor, read: str, is_stored: bool
) -> None:
    source = "vary = ('search_params:page',)\nrevalidate = 60\ndef GET(request):\n    params = request.next_url.search_params\n"
    client = client_for(make_app({"x/route.py": f"{source}    return str({read})\n"}))

    answers = [client.get("/x?page=1&other=2") for _ in range(2)]

    assert {answer.status_code for answer in answers} == {200}
    assert ("hit" in answers[1].headers["Cache-Status"]) == is_stored


# Names of files (B22) -------------------------------------------------------

NEAR_MISSES = {
    "routes.py": "Rename it to route.py.",
    "rout.py": "Rename it to route.py.",
    "Route.py": "Rename it to route.py.",
    "ROUTE.PY": "Rename it to route.py.",
    "Middleware.py": "Rename it to middleware.py.",
    "middlewares.py": "Rename it to middleware.py.",
    "Proxy.py": "Rename it to proxy.py.",
    "Not_Found.py": "Rename it to not_found.py.",
    "notfound.py": "Rename it to not_found.py.",
    "Not-Found.py": "Rename it to not_found.py.",
    "unauthorised.py": "Rename it to unauthorized.py.",
    "Sitemap.py": "Rename it to sitemap.py.",
    "Robots.txt": "Rename it to robots.txt.",
    "sitemaps.py": "Rename it to sitemap.py.",
    "opengraph_images.py": "Rename it to opengraph_image.py.",
    "instrumentations.py": "Rename it to instrumentation.py.",
    "page.py": "Return the response from a handler in route.py.",
    "Page.py": "Return the response from a handler in route.py.",
    "layout.py": "Return the response from a handler in route.py.",
    "route.ts": "Write route.py in its place",
    "route.js": "Write route.py in its place",
    "page.tsx": "Write route.py in its place",
    "middleware.ts": "Write middleware.py in its place",
    "proxy.mjs": "Write proxy.py in its place",
    "not-found.tsx": "Write not_found.py in its place",
    "sitemap.ts": "Write sitemap.py in its place",
}


@pytest.mark.parametrize("name", NEAR_MISSES)
@pytest.mark.parametrize("folder", ["", "shop/[id]/(group)/"])
def test_a_file_whose_name_is_almost_right_was_ignored(make_app: MakeApp, name: str, folder: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({f"{folder}{name}": "def GET(): return 'x'\n", "x/route.py": "def GET(): return 'x'\n"})

    assert f"{folder}{name}" in str(caught.value)
    assert NEAR_MISSES[name] in str(caught.value)


def test_check_ignored_a_file_whose_name_is_almost_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_app(tmp_path, {"routes.py": "def GET(): return 'x'\n", "shop/route.ts": "", "x/route.py": "GET = 3"})

    with pytest.raises(SystemExit) as caught:
        main(["check", "app"])

    assert caught.value.code == 1
    shown = capsys.readouterr().out
    assert all(part in shown for part in ("routes.py", "route.ts", "GET is 3"))


@pytest.mark.parametrize(
    "name",
    ["_routes.py", ".page.py", "errors.py", "router.py", "queries.py", "pages.md", "route.txt", "store.ts", "routes.json",
     "__init__.py", "_route.ts", "_private/routes.py", "favicon.png", "test_routes.py", "icons.py", "rules.py"],
)  # fmt: skip
def test_other_names_are_still_free(make_app: MakeApp, client_for: ClientFor, name: str) -> None:
    app = make_app({name: "# GET\n", "x/route.py": "def GET(): return 'x'\n"})

    assert client_for(app).get("/x").text == "x"


def test_a_module_that_another_file_imports_may_have_any_name(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "page.py": "SIZE = 20\n",
            "x/routes.py": "from ..page import SIZE\n",
            "x/route.py": "from .routes import SIZE\ndef GET(): return str(SIZE)\n",
        }
    )

    assert client_for(app).get("/x").text == "20"


@pytest.mark.parametrize("folder", ["", "x/"])
def test_a_file_of_next_16_was_ignored(make_app: MakeApp, client_for: ClientFor, folder: str) -> None:
    proxy = """
    from routehandlers import Response
    config = {"matcher": "/x/:path*"}
    def proxy(request, context):
        if request.args.get("stop"):
            return Response("stopped", 401)
        return Response.next(headers={"X-Proxy": "1"})
    """
    route = "def GET(): return 'x'\n"
    client = client_for(make_app({f"{folder}proxy.py": proxy, "x/a/route.py": route, "y/route.py": route}))

    assert client.get("/x/a").headers["X-Proxy"] == "1"
    assert client.get("/x/a?stop=1").status_code == 401
    assert "X-Proxy" not in client.get("/y").headers


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"proxy.py": "def middleware(request): pass"}, "does not export a function 'proxy'"),
        ({"middleware.py": "def proxy(request): pass"}, "does not export a function 'middleware'"),
        ({"proxy.py": "async def proxy(request): pass"}, "proxy is asynchronous"),
        ({"x/proxy.py": "def proxy(r): pass", "x/middleware.py": "def middleware(r): pass"}, "Both of these files"),
    ],
)
def test_mistakes_in_a_file_of_next_16_are_named(make_app: MakeApp, files: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidAppError, match=reason):
        make_app({**files, "x/route.py": "def GET(): return 'x'\n"})


# Names of parameters (B23) --------------------------------------------------


@pytest.mark.parametrize(
    "folders",
    [
        "[helloworld]/[hello-world]", "[hello-world]/x/[hello world]", "[a.b]/[a-b=int]", "[a:b]/[...ab]", "[ab]/[[...a-b]]",
        "(g)/[a-b]/(h)/[ab]", "[é-a]/[éa]", "[-]/[+]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["route.py", "sitemap.py"])
def test_two_parameters_that_differ_only_by_punctuation_were_accepted(
    make_app: MakeApp, folders: str, file: str
) -> None:
    if file == "sitemap.py" and "..." in folders:
        folders = folders.replace("[...ab]", "[ab]").replace("[[...a-b]]", "[a-b]")
    source = "def GET(): return 'x'\n" if file == "route.py" else "def sitemap(): return []\n"

    with pytest.raises(InvalidAppError, match="differ only by punctuation"):
        make_app({f"{folders}/{file}": source})


@pytest.mark.parametrize("folders", ["[a]/[A]", "[a_b]/[ab]", "[é]/[ü]", "[a1]/[a2]", "[post-id]/[comment-id]"])
def test_other_names_of_parameters_are_still_accepted(make_app: MakeApp, folders: str) -> None:
    assert len(make_app({f"{folders}/route.py": "def GET(): return 'x'\n"}).routes) == 1


def test_two_branches_may_have_names_that_differ_only_by_punctuation(make_app: MakeApp) -> None:
    files = {
        "a/[helloworld]/route.py": "def GET(): return 'x'\n",
        "b/[hello-world]/route.py": "def GET(): return 'x'\n",
    }

    assert len(make_app(files).routes) == 2


# Cookies of Werkzeug and Flask (B2) -----------------------------------------

ODD_VALUES = [
    "b c;d", "b c", "", "plain", 'say "hi"', '"quoted"', '"', "back\\slash", "a,b;c", "tab\there", "é", "日本 語", "🍪", "a=b&c=d",
    "https://example.com/?a=b c", '{"a": [1, 2]}', "100%", "%", "50% off", "+ plus", "'single'", "\x7f", "a\nb", "-_.!~*'()",
    "<b>", "\\073", "\\",
]  # fmt: skip

# Values that look percent-encoded: only the other side can tell what they mean.
ENCODED_VALUES = ["%20", "a%20b", "%2525", "%zz", "%ff", "caf%C3%A9", "a%3Bb c"]


def cookie_of(answer: Any, name: str = "a") -> str:
    """Return the ``Cookie`` header that a browser sends back."""
    lines = [line.partition(";")[0] for line in answer.headers.getlist("Set-Cookie")]
    return next(line for line in lines if line.startswith(f"{name}="))


WRITERS = """
from werkzeug.wrappers import Response as Plain
from routehandlers import Response
from routehandlers.headers import cookies
def GET(request):
    value, way = request.args["value"], request.args["way"]
    if way == "cookies()":
        cookies().set("a", value)
        return "x"
    response = (Plain if way == "Werkzeug" else Response)("x")
    if way == "response.cookies":
        response.cookies.set("a", value)
    else:
        response.set_cookie("a", value)
    return response
def POST(request): return [request.cookies.get("a"), cookies().get("a")]
"""


@pytest.mark.parametrize("way", ["cookies()", "response.cookies", "set_cookie()", "Werkzeug"])
def test_a_cookie_of_werkzeug_was_read_with_another_value(make_app: MakeApp, client_for: ClientFor, way: str) -> None:
    client = client_for(make_app({"x/route.py": WRITERS}))

    for value in [*ODD_VALUES, *(ENCODED_VALUES if way != "Werkzeug" else [])]:
        sent = cookie_of(client.get("/x", query_string={"value": value, "way": way}))
        assert client.post("/x", headers={"Cookie": sent}).get_json() == [value, value], sent


def test_a_response_told_another_value_than_werkzeug_had_set() -> None:
    for value in [*ODD_VALUES, *ENCODED_VALUES]:
        response = Response("x")
        response.set_cookie("a", value, max_age=60, httponly=True)
        assert response.cookies.get("a") == value


@pytest.mark.parametrize("way", ["cookies()", "response.cookies", "set_cookie()", "Werkzeug", "Flask's"])
def test_flask_views_and_routes_misread_each_others_cookies(tmp_path: Path, way: str) -> None:
    source = WRITERS.replace("from werkzeug.wrappers import Response as Plain", "from flask import Response as Plain")
    app = flask_app(tmp_path, {"x/route.py": source if way == "Flask's" else WRITERS})

    @app.get("/view")
    def write() -> flask.Response:
        response = flask.Response("x")
        response.set_cookie("a", flask.request.args["value"])
        return response

    @app.post("/view")
    def read() -> flask.Response:
        return flask.jsonify(flask.request.cookies.get("a"))

    client = app.test_client(use_cookies=False)
    for value in [*ODD_VALUES, *ENCODED_VALUES]:
        query = {"value": value, "way": "Werkzeug" if way == "Flask's" else way}
        of_route = cookie_of(client.get("/x", query_string=query))
        of_view = cookie_of(client.get("/view", query_string={"value": value}))
        for sent in (of_route, of_view):
            assert client.post("/view", headers={"Cookie": sent}).get_json() == value, sent
            assert client.post("/x", headers={"Cookie": f"z=1; {sent}; b=2"}).get_json() == [value, value], sent


def test_a_cookie_of_a_flask_application_behind_was_misread(make_app: MakeApp, client_for: ClientFor) -> None:
    behind = flask.Flask("behind")

    @behind.get("/view")
    def write() -> flask.Response:
        response = flask.Response("x")
        response.set_cookie("a", flask.request.args["value"])
        return response

    client = client_for(make_app({"x/route.py": WRITERS}, fallback=behind))
    for value in ODD_VALUES:
        sent = cookie_of(client.get("/view", query_string={"value": value}))
        assert client.post("/x", headers={"Cookie": sent}).get_json() == [value, value], sent


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ('a="b c\\073d"', "b c;d"), ('a=""', ""), ('a="', '"'), ('a="x', '"x'), ('a=x"', 'x"'), ('a= "x" ; b=1', "x"),
        ('a="a%20b"', "a%20b"), ('a=x"y"%20z', 'x"y" z'), ('a="\\303\\251"', "é"), ('a="\\"', "\\"), ('a="\\351"', "\ufffd"),
        ("a=b%20c", "b c"), ("a=100%25", "100%"),
    ],
)  # fmt: skip
def test_quotes_and_escapes_of_cookies_are_read(header: str, value: str) -> None:
    assert parse_cookies(header)["a"] == value
