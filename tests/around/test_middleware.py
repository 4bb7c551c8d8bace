"""``middleware.py``: what it may return, what it may change, and in what order it is met."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from conftest import ClientFor, MakeApp

from routehandlers import Request, Response

ECHO = """
from routehandlers.headers import cookies
def GET(request, context):
    return {
        "path": request.path, "url": request.url, "args": request.args.to_dict(flat=False), "params": dict(context.params),
        "headers": {name.lower(): value for name, value in request.headers}, "cookies": dict(cookies()),
    }
POST = GET
"""


@pytest.mark.parametrize(
    "end", ["return None", "return", "pass", "return Response.next()", "yield", "yield Response.next()"]
)
def test_a_middleware_that_answers_nothing_goes_on(make_app: MakeApp, client_for: ClientFor, end: str) -> None:
    app = make_app(
        {
            "middleware.py": f"from routehandlers import Response\ndef middleware(request):\n    {end}\n",
            "route.py": "def GET(): return 'handler'",
        }
    )

    answer = client_for(app).get("/")

    assert (answer.status_code, answer.text) == (200, "handler")


@pytest.mark.parametrize(
    ("end", "status", "body"),
    [
        ("return Response('direct', 418)", 418, "direct"),
        ("return Response.json({'a': 1}, 401)", 401, '{"a":1}'),
        ("if True: return Response('early', 403)\n    yield", 403, "early"),
        ("return Response.redirect('/elsewhere')", 307, "/elsewhere"),
        ("redirect('/elsewhere')", 307, ""),
        ("not_found()", 404, None),
        ("abort(403)", 403, None),
        ("import werkzeug; return werkzeug.Response('plain', 402)", 402, "plain"),
    ],
)
def test_a_middleware_answers_by_itself(
    make_app: MakeApp, client_for: ClientFor, end: str, status: int, body: str | None
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\nfrom routehandlers.navigation import not_found, redirect\n"
            f"from werkzeug.exceptions import abort\ndef middleware(request):\n    {end}\n",
            "route.py": "def GET(): raise RuntimeError('never')",
        }
    )

    answer = client_for(app).get("/")

    assert answer.status_code == status
    assert body is None or answer.text == body


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("return 'text'", "middleware.py returned 'text'. Return nothing or Response.next() to go on"),
        ("return True", "middleware.py returned True."),
        ("return {'a': 1}", "middleware.py returned {'a': 1}."),
        ("yield 'text'", "middleware.py returned 'text'."),
        ("yield Response('x')", "middleware.py yields a response. To answer the request itself, write"),
        ("yield\n    yield", "middleware.py yields twice."),
        ("yield\n    return 'text'", "middleware.py returned 'text' after its yield."),
        ("yield\n    return Response.next()", "middleware.py returned Response.next() after its yield."),
        ("return Response.rewrite('https://elsewhere.example/')", "leads to another host than http://localhost."),
        ("return Response.rewrite('items')", "has no path."),
        ("return Response.next(headers=request.headers)", "headers= adds headers to the response"),
    ],
)
def test_anything_else_is_a_500_that_names_the_file(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, end: str, message: str
) -> None:
    app = make_app(
        {
            "middleware.py": f"from routehandlers import Response\ndef middleware(request):\n    {end}\n",
            "route.py": "def GET(): return 'handler'",
        },
        debug=False,
    )

    answer = client_for(app).get("/")

    assert answer.status_code == 500
    assert "handler" not in answer.text
    assert message in caplog.text


@pytest.mark.parametrize("result", ["Response.next()", "Response.rewrite('/')"])
def test_a_handler_cannot_go_on(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, result: str
) -> None:
    app = make_app({"route.py": f"from routehandlers import Response\ndef GET(): return {result}"})

    assert client_for(app).get("/").status_code == 500
    assert "Only middleware can do that" in caplog.text


def test_folders_are_met_after_the_root_and_outermost_first_groups_included(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    note = "def middleware(request, context):\n    request.met = [*getattr(request, 'met', []), (NAME, dict(context.params))]\n"
    app = make_app(
        {
            "middleware.py": "NAME = 'root'\n" + note,
            "(shop)/middleware.py": "NAME = '(shop)'\n" + note,
            "(shop)/items/middleware.py": "NAME = 'items'\n" + note,
            "(shop)/items/[slug]/middleware.py": "NAME = '[slug]'\n" + note,
            "(shop)/items/[slug]/route.py": "def GET(request): return request.met",
            "(shop)/items/other/middleware.py": "NAME = 'other'\n" + note,
            "(shop)/items/other/route.py": "def GET(request): return request.met",
            "about/route.py": "def GET(request): return request.met",
        }
    )
    client = client_for(app)

    assert client.get("/items/a").json == [
        ["root", {}],
        ["(shop)", {"slug": "a"}],
        ["items", {"slug": "a"}],
        ["[slug]", {"slug": "a"}],
    ]
    assert [name for name, _ in client.get("/items/other").json] == ["root", "(shop)", "items", "other"]
    assert client.get("/about").json == [["root", {}]]


def test_the_root_s_runs_for_every_request_also_where_nothing_is(make_app: MakeApp) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.next(headers={'x-met': request.method})",
            "route.py": "def GET(): return 'x'",
        }
    )
    client = app.test_client()

    for method in ("GET", "HEAD", "POST", "OPTIONS", "PROPFIND", "BREW"):
        assert client.open("/", method=method).headers["x-met"] == method
        assert client.open("/nothing/here", method=method).headers["x-met"] == method


def test_what_a_request_header_says_below_can_be_set_and_removed(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": """
from routehandlers import Response
def middleware(request):
    request.headers.get("Accept"), request.cookies, request.accept_mimetypes, request.host
    return Response.next(request_headers={"X-User": "7", "x-raw": None, "cookie": "a=2", "Accept": "text/plain"})
""",
            "route.py": ECHO,
        }
    )

    seen = client_for(app).get("/", headers={"X-User": "forged", "X-Raw": "r", "X-Kept": "k", "Cookie": "a=1"}).json

    assert seen["headers"]["x-user"] == "7"
    assert "x-raw" not in seen["headers"]
    assert seen["headers"]["x-kept"] == "k"
    assert seen["headers"]["accept"] == "text/plain"
    assert seen["cookies"] == {"a": "2"}


def test_headers_for_the_client_do_not_leak_into_the_request(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.next(headers={'x-added': 'plain'})",
            "route.py": ECHO,
        }
    )

    answer = client_for(app).get("/")

    assert answer.headers["x-added"] == "plain"
    assert "x-added" not in answer.json["headers"]


def test_headers_of_middleware_win_and_cookies_and_vary_accumulate(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": """
from routehandlers import Response
def middleware(request):
    response = Response.next(headers=[("X-Handler", "mw"), ("Cache-Control", "max-age=9"), ("Vary", "X-Mw")])
    response.cookies.set("mw", "v1")
    response.cookies.set("shared", "mw")
    return response
""",
            "route.py": """
from routehandlers import Response
from routehandlers.headers import cookies
def GET():
    seen = dict(cookies())
    cookies().set("shared", "handler")
    cookies().set("h", "1")
    return Response.json(seen, headers={"X-Handler": "handler", "Cache-Control": "no-store", "Vary": "X-Handler"})
""",
        }
    )

    answer = client_for(app).get("/", headers={"Cookie": "orig=1"})

    assert answer.json == {"orig": "1", "mw": "v1", "shared": "mw"}
    assert answer.headers["X-Handler"] == "mw"
    assert answer.headers["Cache-Control"] == "max-age=9"
    assert answer.headers.getlist("Vary") == ["X-Mw", "X-Handler"]
    assert answer.headers.getlist("Set-Cookie") == [
        "mw=v1; Path=/",
        "shared=mw; Path=/",
        "shared=handler; Path=/",
        "h=1; Path=/",
    ]


def test_cookies_set_by_function_in_middleware_are_seen_and_sent_once(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": """
from routehandlers.headers import cookies
def middleware():
    cookies().set("before", "1")
    cookies().set("both", "middleware")
    yield
    cookies().set("after", "1")
    cookies().set("last", "middleware")
""",
            "route.py": """
from routehandlers.headers import cookies
def GET():
    seen = cookies()["before"]
    cookies().set("both", "handler")
    cookies().set("last", "handler")
    return seen
""",
        }
    )

    lines = client_for(app).get("/").headers.getlist("Set-Cookie")

    names = [line.partition(";")[0] for line in lines]
    assert sorted(names) == ["after=1", "before=1", "both=handler", "last=handler", "last=middleware"]
    assert names.index("last=handler") < names.index("last=middleware")


GENERATOR = """
from routehandlers import Response
CALLS = []
def middleware(request):
    CALLS.append("before")
    try:
        response = yield
        response.headers["X-After"] = response.status
        CALLS.append("after")
    except KeyError as error:
        CALLS.append(f"except {error}")
        return Response("mended", 409)
    finally:
        CALLS.append("finally")
"""


@pytest.mark.parametrize(
    ("handler", "status", "after", "calls"),
    [
        ("return 'x'", 200, "200 OK", ["before", "after", "finally"]),
        ("return {'a': 1}, 201", 201, "201 CREATED", ["before", "after", "finally"]),
        ("not_found()", 404, "404 NOT FOUND", ["before", "after", "finally"]),
        ("redirect('/x')", 307, "307 TEMPORARY REDIRECT", ["before", "after", "finally"]),
        ("abort(403)", 403, "403 FORBIDDEN", ["before", "after", "finally"]),
        ("raise KeyError('k')", 409, None, ["before", "except 'k'", "finally"]),
        ("raise ValueError('v')", 500, None, ["before", "finally"]),
        ("yield 'x'; yield 'y'", 200, "200 OK", ["before", "after", "finally"]),
        ("if True: raise KeyError('k')\n    yield 'x'", 409, None, ["before", "except 'k'", "finally"]),
    ],
)
def test_a_generator_stands_around_what_lies_below(
    make_app: MakeApp, client_for: ClientFor, handler: str, status: int, after: str | None, calls: list[str]
) -> None:
    app = make_app(
        {
            "middleware.py": GENERATOR,
            "route.py": "from routehandlers.navigation import *\nfrom werkzeug.exceptions import abort\n"
            f"from ..ROOT import CALLS\ndef GET():\n    {handler}\n".replace("from ..ROOT import CALLS\n", ""),
        }
    )
    client = client_for(app)

    answer = client.get("/")

    assert (answer.status_code, (answer.headers.get("X-After") or "").upper() or None) == (status, after)
    assert _calls_of(app) == calls


def _calls_of(app: Any) -> list[str]:
    import sys

    package = app.load("/").__name__.rpartition(".")[0]
    return sys.modules[f"{package}.middleware"].CALLS


def test_a_stream_goes_through_a_generator_chunk_by_chunk_and_is_closed(make_app: MakeApp) -> None:
    app = make_app(
        {
            "middleware.py": "def middleware(request):\n    response = yield\n    response.headers['x-mw'] = '1'\n",
            "route.py": """
LOG = []
def GET():
    try:
        for number in range(3):
            LOG.append(number)
            yield str(number)
    finally:
        LOG.append("closed")
""",
        }
    )
    log = app.load("/").LOG
    answer = app.test_client().get("/")
    chunks = answer.iter_encoded()

    assert next(chunks) == b"0"
    assert log == [0]
    assert next(chunks) == b"1"
    assert log == [0, 1]
    answer.close()
    assert log == [0, 1, "closed"]


def test_a_generator_may_put_another_response_in_its_place(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request):\n    response = yield\n    return Response(response.get_data(as_text=True).upper(), 202)\n",
            "route.py": "def GET():\n    yield 'a'\n    yield 'b'\n",
            "text/route.py": "def GET(): return 'text'",
        }
    )
    client = client_for(app)

    assert (client.get("/").status_code, client.get("/").text) == (202, "AB")
    assert client.get("/text").text == "TEXT"
    assert client.head("/text").headers["Content-Length"] in {"0", "4"}


def test_a_body_changed_in_place_is_sent_whole(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "def middleware(request):\n    response = yield\n    response.set_data(response.get_data() + b'!')\n",
            "route.py": "def GET(): return 'text'",
        }
    )

    answer = client_for(app).get("/")

    assert (answer.text, answer.headers["Content-Length"]) == ("text!", "5")


@pytest.mark.parametrize("name", ["first", "second"])
def test_an_exception_in_middleware_is_treated_as_one_in_a_handler(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    step = "raise LookupError('broken')" if name == "first" else "yield\n    raise LookupError('broken')"
    app = make_app(
        {
            "items/middleware.py": f"def middleware(request):\n    {step}\n",
            "items/route.py": "from routehandlers.headers import cookies\ndef GET():\n    cookies().set('a', '1')\n    return 'x'",
            "items/error.py": "def error(request, exception): return {'error': str(exception)}",
        }
    )

    answer = client_for(app).get("/items")

    assert (answer.status_code, answer.json) == (500, {"error": "broken"})
    assert "Set-Cookie" not in answer.headers
    assert "LookupError: broken" in caplog.text


def test_a_rewrite_goes_to_another_route_and_the_client_s_url_stays(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": """
from routehandlers import Response
def middleware(request):
    if request.path == "/from":
        return Response.rewrite("/to/a%2Fb?added=1&q=mine", headers={"x-mw": "1"})
""",
            "to/[id]/route.py": ECHO,
        }
    )

    answer = client_for(app).get("/from?q=client&r=2")

    assert answer.json["url"] == "http://localhost/from?q=client&r=2"
    assert answer.json["params"] == {"id": "a/b"}
    assert answer.json["args"] == {"r": ["2"], "added": ["1"], "q": ["mine"]}
    assert answer.headers["x-mw"] == "1"
    assert not [name for name in answer.headers.keys() if name.lower().startswith("x-middleware")]


@pytest.mark.parametrize("settings", [{}, {"base_path": "/base"}])
@pytest.mark.parametrize("prefix", ["", "/mount"])
def test_a_rewrite_takes_paths_and_urls_of_the_application(
    make_app: MakeApp, settings: dict[str, Any], prefix: str
) -> None:
    app = make_app(
        {
            "middleware.py": """
from routehandlers import Response
def middleware(request):
    kind = request.args.get("kind")
    if kind == "path": return Response.rewrite("/to/x")
    if kind == "url": return Response.rewrite(request.root_url.rstrip("/") + request.base_path + "/to/x")
    if kind == "next_url":
        url = request.next_url.clone()
        url.pathname = "/to/x"
        return Response.rewrite(url)
""",
            "from/route.py": "def GET(): return 'from'",
            "to/[id]/route.py": "def GET(request, context): return context.params['id']",
        },
        **settings,
    )
    client = app.test_client()
    base = settings.get("base_path", "")

    for kind in ("path", "url", "next_url"):
        answer = client.get(f"{base}/from?kind={kind}", base_url=f"http://localhost{prefix}/")
        assert answer.text == "x", kind


def test_the_destination_s_folder_middleware_runs_too_and_each_once_for_one_path(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "open/middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.rewrite('/closed/secret')",
            "open/route.py": "def GET(): return 'open'",
            "closed/middleware.py": "from routehandlers import Response\ndef middleware(request):\n    if 'Authorization' not in request.headers: return Response('no', 401)",
            "closed/secret/route.py": "def GET(): return 'secret'",
        }
    )
    client = client_for(app)

    assert client.get("/open").status_code == 401
    assert client.get("/open", headers={"Authorization": "x"}).text == "secret"


def test_a_middleware_that_rewrites_within_its_folder_runs_for_each_path_once(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "a/middleware.py": """
from routehandlers import Response
SEEN = []
def middleware(request, context):
    SEEN.append(context.params["id"])
    if context.params["id"] == "1": return Response.rewrite("/a/2")
    if context.params["id"] == "2": return Response.rewrite("/a/2")
""",
            "a/[id]/route.py": "from ..middleware import SEEN\ndef GET(request, context): return [*SEEN, context.params['id']]",
        }
    )

    assert client_for(app).get("/a/1").json == ["1", "2", "2"]


def test_more_than_eight_rewrites_are_a_500(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        {
            "a/middleware.py": "from routehandlers import Response\ndef middleware(request, context): return Response.rewrite(f\"/a/{int(context.params['id']) + 1}\")",
            "a/[id]/route.py": "def GET(): return 'never'",
        }
    )

    assert client_for(app).get("/a/1").status_code == 500
    assert "rewritten more than 8 times" in caplog.text


def test_a_body_read_in_middleware_is_there_in_the_handler(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.next(headers={'x-body': request.text()})",
            "route.py": "def POST(request): return request.text()",
        }
    )

    answer = client_for(app).post("/", data="hello")

    assert (answer.text, answer.headers["x-body"]) == ("hello", "hello")


def test_a_route_s_own_limit_holds_though_middleware_has_read_the_body(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": "def middleware(request): request.get_data()",
            "route.py": "max_content_length = 10\ndef POST(request): return request.text()",
        }
    )

    assert client_for(app).post("/", data="x" * 10).status_code == 200
    assert client_for(app).post("/", data="x" * 11).status_code == 413


def test_attributes_that_middleware_sets_are_the_handler_s(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "def middleware(request): request.user = 'ann'",
            "route.py": "def GET(request): return request.user",
            "cached/route.py": "revalidate = 60\ndef GET(request): return getattr(request, 'user', 'nobody')",
        }
    )
    client = client_for(app)

    assert client.get("/").text == "ann"
    assert client.get("/cached").text == "nobody"


def test_middleware_without_parameters_is_fine(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"middleware.py": "def middleware(): return None", "route.py": "def GET(): return 'x'"})

    assert client_for(app).get("/").text == "x"


def test_the_log_says_who_failed(make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app({"middleware.py": "def middleware(): 1 / 0", "route.py": "def GET(): return 'x'"})

    with caplog.at_level(logging.ERROR):
        client_for(app).get("/")

    assert "middleware.py" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_next_and_rewrite_are_values() -> None:
    assert repr(Response.next()) == "Response.next()"
    assert repr(Response.rewrite("/a")) == "Response.rewrite('/a')"
    with pytest.raises(ValueError, match="empty"):
        Response.rewrite("")
    with pytest.raises(TypeError, match="the client chose"):
        Response.next(headers=Request({"HTTP_LOCATION": "/x"}).headers)
    with pytest.raises(ValueError, match="cannot be the name of a header"):
        Response.next(request_headers={"a b": "1"})
    with pytest.raises(ValueError, match="control character"):
        Response.next(request_headers={"a": "1\r\nb: 2"})


def test_a_condition_is_asked_when_the_middleware_before_it_was_called(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(): return Response.next(request_headers={'x-user': '7'})",
            "a/middleware.py": "config = {'matcher': {'source': '/a', 'has': [{'type': 'header', 'key': 'x-user'}]}}\n"
            "from routehandlers import Response\ndef middleware(): return Response('met')",
            "a/route.py": "def GET(): return 'not met'",
        }
    )

    assert client_for(app).get("/a").text == "met"


def test_functions_given_to_after_in_middleware_run_when_the_answer_is_sent(make_app: MakeApp) -> None:
    app = make_app(
        {
            "_log.py": "LOG = []",
            "a/middleware.py": "from .._log import LOG\nfrom routehandlers.server import after\ndef middleware():\n    after(LOG.append, 'before')\n    yield\n    after(LOG.append, 'behind')\n",
            "a/route.py": "from .._log import LOG\ndef GET():\n    yield 'x'\n    LOG.append('streamed')\n    yield 'y'\n",
        }
    )

    assert app.test_client().get("/a", buffered=True).text == "xy"
    assert app.load("/a").LOG == ["streamed", "before", "behind"]


def test_a_response_that_is_meant_for_several_requests_is_not_changed(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "COUNT = []\ndef middleware(request):\n    response = yield\n    COUNT.append(1)\n"
            "    response.headers.add('x-n', str(len(COUNT)))\n    response.call_on_close(lambda: None)\n",
            "a/middleware.py": "from routehandlers import Response\nDENIED = Response('no', 401)\ndef middleware(request): return DENIED",
            "a/route.py": "def GET(): return 'x'",
            "b/route.py": "from routehandlers import Response\nSAME = Response('same')\ndef GET(): return SAME",
        }
    )
    client = client_for(app)

    assert [client.get("/a").headers.getlist("x-n") for _ in range(2)] == [["1"], ["2"]]
    assert [client.get("/b").headers.getlist("x-n") for _ in range(2)] == [["3"], ["4"]]


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("request.host_url + 'echo?a=1'", "/echo?a=1"),
        ("request.host_url", "/"),
        ("'HTTP://LOCALHOST/echo'", "/echo"),
        ("'http://localhost.evil.example/echo'", "http://localhost.evil.example/echo"),
        ("'https://localhost/echo'", "https://localhost/echo"),
        ("'//localhost/echo'", "//localhost/echo"),
        ("'echo'", "echo"),
    ],
)
@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_site_is_relative_and_says_its_target_twice(
    make_app: MakeApp, client_for: ClientFor, url: str, location: str, status: int
) -> None:
    app = make_app(
        {
            "middleware.py": f"from routehandlers import Response\ndef middleware(request): return Response.redirect({url}, {status})",
            "route.py": "def GET(): return 'x'",
        }
    )

    answer = client_for(app).get("/")

    assert (answer.status_code, answer.headers["Location"], answer.text) == (status, location, location)
    assert answer.headers.get("Refresh") == (f"0;url={location}" if status == 308 else None)


@pytest.mark.parametrize("cached", ["", "revalidate = 60\n"])
@pytest.mark.parametrize("end", ["return None", "return Response.rewrite(url)"])
def test_what_middleware_changes_in_next_url_is_for_itself(
    make_app: MakeApp, client_for: ClientFor, cached: str, end: str
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request):\n    url = request.next_url\n"
            f"    url.pathname = '/to'\n    url.search_params['m'] = '1'\n    {end}\n",
            "from/route.py": "def GET(request): return [request.next_url.href, request.next_url.pathname, request.args]",
            "to/route.py": "def GET(request): return [request.next_url.href, request.next_url.pathname, request.args]",
            "cached/route.py": f"{cached}def GET(): return 'x'",
        }
    )

    href, pathname, args = client_for(app).get("/from?a=1").json

    assert (href, pathname) == ("http://localhost/from?a=1", "/from")
    assert args == ({"a": "1"} if "None" in end else {"a": "1", "m": "1"})
