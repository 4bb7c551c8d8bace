"""The same folder gives the same responses in Flask and without it: routing, converters, slashes, and all the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import flask
import pytest
from flask.cli import routes_command
from freezegun import freeze_time
from servers import write_app
from werkzeug.exceptions import Gone, NotFound
from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from routehandlers import RouteHandlers
from routehandlers.flask import RouteHandlersBlueprint
from routehandlers.headers import headers
from routehandlers.navigation import forbidden, not_found, redirect

MakeFlask = Callable[..., flask.Flask]


@dataclass
class Sent:
    """What an application sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def location(self) -> str | None:
        return dict(self.headers).get("Location")


def send(
    app: Any, target: str, method: str = "GET", *, prefix: str = "", sends: Any = (), data: bytes | None = None
) -> Sent:
    """Send a target exactly as it stands.

    :param prefix: The part of it that the application is mounted under.
    """
    builder = EnvironBuilder(method=method, headers=[*sends], data=data)
    path, _, query = target.partition("?")
    environ = {
        **builder.get_environ(),
        "SCRIPT_NAME": prefix,
        "PATH_INFO": unquote_to_bytes(path.removeprefix(prefix)).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
    }
    body, status, sent_headers = run_wsgi_app(app, environ, buffered=True)
    try:
        return Sent(int(status[:3]), sorted(sent_headers), b"".join(body))
    finally:
        builder.close()
        if hasattr(body, "close"):
            body.close()


# Converters -------------------------------------------------------------------


def stop(value: str) -> Any:
    raise {"ve": ValueError, "va": ValidationError, "oe": OverflowError, "nf": NotFound, "go": Gone, "ke": KeyError}[
        value
    ]


RAISES: dict[str, Callable[[], Any]] = {
    "value-error": lambda: stop("ve"),
    "validation-error": lambda: stop("va"),
    "overflow-error": lambda: stop("oe"),
    "werkzeugs-not-found": lambda: stop("nf"),
    "werkzeugs-gone": lambda: stop("go"),
    "key-error": lambda: stop("ke"),
    "not-found": not_found,
    "forbidden": forbidden,
    "redirect": lambda: redirect("/x"),
}


class Counting(BaseConverter):
    """A converter that counts its calls, and raises what a segment names."""

    calls: list[str] = []
    weight = 50  # before plain segments in Flask's map, too

    def to_python(self, value: str) -> Any:
        self.calls.append(value)
        return RAISES[value]() if value in RAISES else value.upper()

    def to_url(self, value: Any) -> str:
        return f"u-{value}"


CONVERTED = {
    "only/[x=counting]/route.py": "def GET(request, context): return context.params",
    "beside/[x=counting]/route.py": "def GET(request, context): return context.params",
    "beside/[slug]/route.py": "def GET(request, context): return context.params",
    "int/[x=int]/route.py": "def GET(request, context): return context.params",
    "cached/[x=counting]/route.py": "revalidate = 60\ndef GET(request, context): return context.params",
    "mw/middleware.py": "def middleware(request): return None",
    "mw/[x=counting]/route.py": "def GET(request, context): return context.params",
}


@pytest.fixture
def calls() -> Iterator[list[str]]:
    Counting.calls.clear()
    yield Counting.calls
    Counting.calls.clear()


@pytest.fixture
def pair(make_flask: MakeFlask, tmp_path: Path) -> Callable[..., tuple[RouteHandlers, flask.Flask]]:
    """The same files without Flask and in it."""

    def make(files: dict[str, str], **settings: Any) -> tuple[RouteHandlers, flask.Flask]:
        app = make_flask(files, **settings)
        return RouteHandlers(write_app(tmp_path, files), **settings), app

    return make


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("folder", ["only", "beside", "cached", "mw"])
@pytest.mark.parametrize("value", [*RAISES, "a"])
def test_what_a_converter_raises_was_an_error_of_flask_or_left_it(
    pair: Any, calls: list[str], folder: str, value: str, debug: bool
) -> None:
    plain, app = pair(CONVERTED, converters={"counting": Counting}, debug=debug)

    without = send(plain, f"/{folder}/{value}")
    once = list(calls)
    inside = send(app, f"/api/{folder}/{value}")

    assert inside.status == without.status
    if without.status < 500:  # exceptions without an error.py are for Flask
        assert inside.body == without.body
    assert (once, calls) == ([value], [value, value])


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("value-error", 404),
        ("validation-error", 404),
        ("werkzeugs-not-found", 404),
        ("not-found", 500),
        ("redirect", 500),
    ],
)
def test_only_a_value_error_is_no_match(pair: Any, calls: list[str], value: str, status: int) -> None:
    plain, app = pair(CONVERTED, converters={"counting": Counting})

    assert send(plain, f"/only/{value}").status == status
    assert send(app, f"/api/only/{value}").status == status


@pytest.mark.parametrize("value", ["value-error", "validation-error"])
def test_a_refused_value_never_came_to_the_next_route_in_flask(pair: Any, calls: list[str], value: str) -> None:
    _, app = pair(CONVERTED, converters={"counting": Counting})
    seen: list[Any] = []
    app.before_request(lambda: seen.append((flask.request.endpoint, flask.request.view_args)))

    assert send(app, f"/api/beside/{value}").body == f'{{"slug":"{value}"}}'.encode()
    assert seen == [("api./beside/[slug]", {"slug": value})]


def test_a_path_whose_converter_refuses_it_is_one_without_a_route(pair: Any, calls: list[str]) -> None:
    _, app = pair(CONVERTED, converters={"counting": Counting})
    seen: list[Any] = []
    app.before_request(lambda: seen.append((flask.request.endpoint, flask.request.view_args)))

    assert send(app, "/api/only/value-error").status == send(app, "/api/none/x").status == 404
    assert seen == [("api./*", {"rest": "only/value-error"}), ("api./*", {"rest": "none/x"})]


def test_a_number_of_too_many_digits_was_an_error_of_flask(pair: Any) -> None:
    plain, app = pair(CONVERTED, converters={"counting": Counting})
    digits = "9" * 5_000

    assert send(plain, f"/int/{digits}").status == send(app, f"/api/int/{digits}").status == 404


@pytest.mark.parametrize("folder", ["only", "beside", "cached", "mw"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
def test_a_converter_was_called_three_times_for_a_request(
    pair: Any, calls: list[str], folder: str, method: str
) -> None:
    _, app = pair(CONVERTED, converters={"counting": Counting})

    send(app, f"/api/{folder}/a", method)

    assert calls == ["a"]


def test_flask_names_the_route_of_a_converter_as_before(pair: Any, calls: list[str]) -> None:
    _, app = pair(CONVERTED, converters={"counting": Counting})
    seen: list[Any] = []

    @app.before_request
    def note() -> None:
        request = flask.request
        seen.append((request.endpoint, request.view_args, str(request.url_rule), request.blueprint))

    send(app, "/api/only/a")
    listed = app.test_cli_runner().invoke(routes_command).output

    assert seen == [("api./only/[x=counting]", {"x": "A"}, "/api/only/<counting:x>", "api")]
    assert ["api./only/[x=counting]", "GET", "/api/only/<counting:x>"] in [line.split() for line in listed.splitlines()]
    with app.test_request_context():
        assert flask.url_for("api./only/[x=counting]", x="b") == "/api/only/u-b"
    assert calls == ["a"]


def test_a_converter_reads_the_request_in_flask_too(pair: Any) -> None:
    class Reading(BaseConverter):
        def to_python(self, value: str) -> str:
            return f"{value} {headers()['X-User']}"

    plain, app = pair(
        {"a/[x=reading]/route.py": CONVERTED["only/[x=counting]/route.py"]}, converters={"reading": Reading}
    )
    user = [("X-User", "ada")]

    assert send(plain, "/a/b", sends=user).body == send(app, "/api/a/b", sends=user).body == b'{"x":"b ada"}'


def test_params_of_a_request_are_not_those_of_flasks_view_args(make_flask: MakeFlask) -> None:
    app = make_flask({"a/[...s]/route.py": "def GET(request, context): return context.params"})
    app.before_request(lambda: flask.request.view_args["s"].append("z"))

    assert send(app, "/api/a/b").body == b'{"s":["b"]}'


def test_views_of_the_blueprint_itself_are_flasks(tmp_path: Path) -> None:
    api = RouteHandlersBlueprint("api", write_app(tmp_path, {"a/route.py": "def GET(): return 'a'"}), url_prefix="/api")
    api.add_url_rule("/own/<int:x>", "own", lambda x: f"own {x} {flask.request.endpoint}")
    app = flask.Flask("shop")
    app.register_blueprint(api)

    assert send(app, "/api/own/7").body == b"own 7 api.own"
    assert send(app, "/api/a").body == b"a"


# Slashes ------------------------------------------------------------------------

SLASHES = {"a/route.py": "def GET(): return 'a'", "[...s]/route.py": "def GET(request, context): return context.params"}


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "target",
    [
        "//api/a", "///api/a", "/api//a", "/api///a", "//api//a", "/\\api/a", "\\api/a", "/\\/api/a", "/api\\a", "/api/\\a",
        "/%5Capi/a", "/%2Fapi/a", "//api", "//api/", "//api/a/", "//api/a%2Fb", "//api/caf%C3%A9", "/api\\a%2Fb", "/api//a%2Fb",
    ],
)  # fmt: skip
@pytest.mark.parametrize("query", ["", "?q=a%20b&r=1//2"])
def test_slashes_before_the_prefix_reached_the_catch_all(pair: Any, target: str, query: str, debug: bool) -> None:
    plain, app = pair(SLASHES, debug=debug)
    based = RouteHandlers(plain.directory, base_path="/api", debug=debug)

    inside, without = send(app, target + query), send(based, target + query)

    assert inside.status == without.status
    assert inside.status in (
        {400} if target.startswith("\\") else {404} if "%5C" in target or "%2Fapi" in target else {308}
    )
    assert inside.location == without.location


@pytest.mark.parametrize("target", ["//api/a", "///api/a", "/api//a", "/\\api/a", "/api\\a"])
def test_a_wrong_slash_at_the_prefix_is_put_right_with_the_query(make_flask: MakeFlask, target: str) -> None:
    sent = send(make_flask(SLASHES), f"{target}?x=%2F")

    assert (sent.status, sent.location) == (308, "/api/a?x=%2F")


@pytest.mark.parametrize(
    "target", ["//v1/api/a%2Fb", "/v1//api/a%2Fb", "/v1/api//a%2Fb", "/v1\\api/a%2Fb", "/\\v1\\\\api\\a%2Fb"]
)
def test_a_wrong_slash_in_a_nested_prefix_is_put_right(tmp_path: Path, target: str) -> None:
    app, parent = flask.Flask("shop"), flask.Blueprint("parent", __name__, url_prefix="/v1")
    parent.register_blueprint(RouteHandlersBlueprint("api", write_app(tmp_path, SLASHES), url_prefix="/api"))
    app.register_blueprint(parent)

    sent = send(app, f"{target}?x=1")

    assert (sent.status, sent.location) == (308, "/v1/api/a%2Fb?x=1")


@pytest.mark.parametrize("target", ["//a%2Fb", "/\\a%2Fb", "///a%2Fb"])
def test_a_wrong_slash_at_the_root_is_put_right(make_flask: MakeFlask, target: str) -> None:
    sent = send(make_flask(SLASHES, url_prefix=None), f"{target}?x=1")

    assert (sent.status, sent.location) == (308, "/a%2Fb?x=1")


@pytest.mark.parametrize("target", ["//acme/api/a", "/acme//api/a", "/acme/api//a"])
def test_a_wrong_slash_in_a_prefix_with_variables_is_put_right(make_flask: MakeFlask, target: str) -> None:
    sent = send(make_flask(SLASHES, url_prefix="/<tenant>/api"), target)

    assert sent.status == 308
    assert str(sent.location).endswith("/acme/api/a")


def test_a_wrong_slash_below_a_mount_is_put_right(make_flask: MakeFlask) -> None:
    sent = send(make_flask(SLASHES), "/shop//api/a", prefix="/shop")

    assert (sent.status, sent.location) == (308, "/shop/api/a")


def test_a_prefix_beyond_ascii_is_found(make_flask: MakeFlask) -> None:
    app = make_flask(SLASHES, url_prefix="/café")

    assert send(app, "/caf%C3%A9/a").body == b"a"
    assert send(app, "//caf%C3%A9/a").location == "/caf%C3%A9/a"


def test_other_routes_of_flask_come_before_a_wrong_slash(make_flask: MakeFlask) -> None:
    app = make_flask(SLASHES)
    app.add_url_rule("/<path:page>", "page", lambda page: f"page {page}")

    assert send(app, "/\\api/a").body == b"page \\api/a"
    assert send(app, "/apix").body == b"page apix"


# dynamic_params = False -----------------------------------------------------------

LISTED = """
    dynamic_params = False
    revalidate = 60
    def generate_static_params(): return [{"s": ["a"]}]
    def GET(request, context): return context.params
"""


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("mode", ["plain", "group", "base path", "fallback", "flask", "flask, root", "flask, group"])
@pytest.mark.parametrize(
    ("path", "status"), [("/d", 404), ("/%64", 404), ("/d/a", 200), ("/%64/a", 200), ("/d/%61", 200), ("/d/b", 404)]
)
def test_the_base_of_an_unlisted_catch_all_answered_and_its_other_spelling_did_not(
    make_flask: MakeFlask, tmp_path: Path, mode: str, path: str, status: int, debug: bool
) -> None:
    files = {"(g)/d/[[...s]]/route.py" if "group" in mode else "d/[[...s]]/route.py": LISTED}
    prefix, app = "", None
    if mode.startswith("flask"):
        prefix = "" if "root" in mode else "/api"
        app = make_flask(files, url_prefix=prefix or None, debug=debug)
    elif mode == "base path":
        prefix, app = "/b", RouteHandlers(write_app(tmp_path, files), base_path="/b", debug=debug)
    else:
        other = {"fallback": flask.Flask("other")} if mode == "fallback" else {}
        app = RouteHandlers(write_app(tmp_path, files), debug=debug, **other)

    for _ in range(3):  # a path is remembered when it comes again
        assert send(app, prefix + path).status == status


# Everything -----------------------------------------------------------------------


class Even(BaseConverter):
    regex = r"\d+"

    def to_python(self, value: str) -> int:
        if int(value) % 2:
            raise ValidationError
        return int(value)


TREE = {
    "error.py": "def error(request, exception): return f'error {exception!r}', 500",
    "route.py": "def GET(request): return request.url",
    "static/route.py": """
        def GET(request): return {"url": request.url, "path": request.path, "next": request.next_url.pathname}
        def POST(request): return request.text(), 201, {"X-A": "1"}
    """,
    "items/[slug]/route.py": "def GET(request, context): return context.params\ndef DELETE(): return None or ('', 204)",
    "items/[slug]/edit/route.py": "def GET(request, context): return ['edit', context.params]",
    "orders/[id=int]/route.py": "def GET(request, context): return context.params",
    "prices/[p=float]/route.py": "def GET(request, context): return [repr(context.params['p'])]",
    "evens/[n=even]/route.py": "def GET(request, context): return context.params",
    "evens/[other]/route.py": "def GET(request, context): return ['other', context.params]",
    "blog/[...slug]/route.py": "def GET(request, context): return context.params",
    "docs/[[...path]]/route.py": "def GET(request, context): return context.params",
    "(group)/grouped/route.py": "def GET(): return 'grouped'",
    "boom/route.py": "def GET(): raise KeyError('boom')",
    "missing/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()",
    "moved/route.py": "from routehandlers.navigation import redirect\ndef GET(): redirect('/x?y=1')",
    "own/not_found.py": "def not_found(): return 'own 404'",
    "own/[x=even]/route.py": "def GET(request, context): return context.params",
    "stream/route.py": "def GET():\n    yield 'a'\n    yield 'b'",
    "broken/route.py": "def GET():\n    raise ValueError('first')\n    yield 'b'",
    "cookie/route.py": """
        from routehandlers.headers import cookies
        def GET(request):
            cookies().set("seen", "1")
            return cookies().get("who") or "nobody"
    """,
    "cached/[x]/route.py": "revalidate = 60\ndef GET(request, context): return context.params",
    "reads/route.py": "revalidate = 60\ndef GET(request): return request.args.get('q') or '-'",
    "gone/route.py": "from werkzeug.exceptions import Gone\nrevalidate = 60\ndef GET(): raise Gone('it was here')",
    "guarded/middleware.py": """
        from routehandlers import Response
        def middleware(request):
            if request.args.get("q") == "no":
                return Response("no", 403)
            if request.args.get("q") == "away":
                return Response.rewrite("/items/rewritten")
            response = yield
            response.headers["X-M"] = "1"
    """,
    "guarded/[x=even]/route.py": "def GET(request, context): return context.params",
    "robots.txt": "User-Agent: *",
}

PATHS = """
/ /static /static/ /static/x /stat%69c /items/a /items/a%2Fb /items/caf%C3%A9%20x /items/%0A /items/%00 /items/%FF /items/%zz
/items/a/edit /items/a%2Fb/edit /items/a/ /items /orders/7 /orders/007 /orders/x /orders/%37 /prices/1.5 /prices/1
/evens/2 /evens/3 /evens/x /blog /blog/a/b /blog/a%2Fb/c /blog/a//b /docs /docs/a/b /docs/ /grouped /(group)/grouped /boom /missing
/moved /own/2 /own/3 /own/x /stream /broken /cookie /cached/a /cached/a%2Fb /reads /gone /guarded/2 /guarded/3 /robots.txt
/nothing /a/../static /a/%2e%2e/static /STATIC /items/. /items/a;b=c /items/a+b /items/\\a
""".split()

KINDS: list[tuple[str, str, dict[str, str], bytes | None]] = [
    ("GET", "", {}, None),
    ("HEAD", "?q=1", {}, None),
    ("GET", "?q=no", {"Cookie": "who=ada", "If-None-Match": "*"}, None),
    ("GET", "?q=away", {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT", "Range": "bytes=0-1"}, None),
    ("POST", "", {"Content-Type": "text/plain"}, b"body"),
    ("OPTIONS", "", {"Origin": "https://a.example"}, None),
    ("DELETE", "?q=%2F", {}, None),
]

SETTINGS: dict[str, Any] = {
    "converters": {"even": Even},
    "headers": [{"source": "/static/:path*", "headers": [{"key": "X-H", "value": "h"}]}],
    "redirects": [{"source": "/old/:x", "destination": "/items/:x", "permanent": True}],
    "rewrites": [{"source": "/alias/:x", "destination": "/items/:x"}],
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[RouteHandlers, flask.Flask]:
    folder = write_app(tmp_path_factory.mktemp("same"), TREE)
    app = flask.Flask("shop")
    app.register_blueprint(RouteHandlersBlueprint("api", folder, url_prefix="/api", **SETTINGS))
    return RouteHandlers(folder, **SETTINGS), app


@pytest.mark.parametrize("path", [*PATHS, "/old/a%2Fb", "/alias/a", "/old/a/b"])
def test_a_tree_gives_the_same_responses_in_flask(both: tuple[RouteHandlers, flask.Flask], path: str) -> None:
    plain, app = both

    for (method, query, extra, data), _ in product(KINDS, range(2)):  # the second may be a hit
        with freeze_time("2026-01-01"):
            target = f"/api{path}{query}"
            without = send(plain, target, method, prefix="/api", sends=extra.items(), data=data)
            inside = send(app, target, method, sends=extra.items(), data=data)

        assert comparable(inside) == comparable(without), (method, target)


def comparable(sent: Sent) -> Sent:
    """Leave out what Werkzeug's class, of which Flask's responses are, takes from each 304."""
    left_out = {"Content-Length", "Content-Type"} if sent.status == 304 else set()
    return replace(sent, headers=[pair for pair in sent.headers if pair[0] not in left_out])


def test_head_of_a_stream_had_a_length_of_nothing(make_flask: MakeFlask) -> None:
    sent = send(make_flask(TREE, converters={"even": Even}), "/api/stream", "HEAD")

    assert (sent.status, dict(sent.headers).get("Content-Length")) == (200, None)
