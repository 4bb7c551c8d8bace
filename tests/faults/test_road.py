"""Faults that a review of the rebuilt road found, each by what was wrong."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import ClientFor, MakeApp


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"missing": [{"type": "cookie", "key": "session"}]}, {"Cookie": "session=1"}),
        ({"missing": [{"type": "header", "key": "x-key"}]}, {"X-Key": "1"}),
    ],
)
@pytest.mark.parametrize("folder", ["", "admin/"])
def test_a_ready_hit_went_past_a_guard_whose_condition_did_not_hold_for_the_client_before(
    make_app: MakeApp, client_for: ClientFor, folder: str, condition: dict[str, Any], allowed: dict[str, str]
) -> None:
    guard = f"""
    from routehandlers import Response
    config = {{"matcher": [{{"source": "/admin/:path*", **{condition!r}}}]}}
    def middleware(request): return Response("guarded", 401)
    """
    app = make_app({f"{folder}middleware.py": guard, "admin/x/route.py": "revalidate = 60\ndef GET(): return 'secret'"})
    client = client_for(app)

    answers = [client.get("/admin/x", headers=allowed) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(answer.headers["Cache-Control"].startswith("private") for answer in answers)
    assert client.get("/admin/x").status_code == 401


RESPONSES = {
    "Werkzeug": "from werkzeug.wrappers import Response as Plain\ndef GET(): return Plain('w')",
    "a redirect of Werkzeug": "from werkzeug.utils import redirect\ndef GET(): return redirect('/x')",
    "abort": "from werkzeug.exceptions import abort\nfrom werkzeug.wrappers import Response as Plain\n"
    "def GET(): abort(Plain('no', 403))",
    "Flask": "from flask import Response as Flasks\ndef GET(): return Flasks('f')",
}


@pytest.mark.parametrize("source", RESPONSES.values(), ids=RESPONSES)
def test_a_generator_could_not_set_a_cookie_on_a_response_of_werkzeug(
    make_app: MakeApp, client_for: ClientFor, source: str
) -> None:
    middleware = "def middleware(request):\n    response = yield\n    response.cookies.set('z', '1')\n"

    answer = client_for(make_app({"middleware.py": middleware, "x/route.py": source})).get("/x")

    assert answer.status_code < 500
    assert answer.headers.getlist("Set-Cookie") == ["z=1; Path=/"]
    assert answer.text[:1] in ("w", "<", "n", "f")


@pytest.mark.parametrize(
    ("source", "mimetype"),
    [
        ("def GET():\n    yield 'a'", "text/plain"),
        ("def GET():\n    yield b'a'", "application/octet-stream"),
        ("from routehandlers import Response\ndef GET(): return Response(b'a')", "application/octet-stream"),
        ("from routehandlers import Response\ndef GET(): return Response(None)", "text/plain"),
    ],
)
def test_a_generator_did_not_see_the_type_of_the_body_and_changed_it(
    make_app: MakeApp, client_for: ClientFor, source: str, mimetype: str
) -> None:
    middleware = """
    def middleware(request):
        response = yield
        response.headers["X-Seen"] = response.mimetype
        chunks = response.response
        response.response = (chunk.upper() if isinstance(chunk, bytes) else chunk.encode() for chunk in chunks)
    """

    answer = client_for(make_app({"middleware.py": middleware, "x/route.py": source})).get("/x")

    assert (answer.headers["X-Seen"], answer.mimetype) == (mimetype, mimetype)


STREAM = """
from routehandlers import Response
from routehandlers.server import after
CLOSED = []
class Chunks:
    def __init__(self): self.left = [b"a", b"b"]
    def __iter__(self): return self
    def __next__(self):
        if not self.left: raise StopIteration
        return self.left.pop(0)
    def close(self): CLOSED.append("stream")
def GET():
    after(lambda: CLOSED.append("after"))
    return Response(Chunks())
"""

AROUND = {
    "nothing": "def middleware(request): yield",
    "a wrapper": "def middleware(request):\n    r = yield\n    x = r.response\n    r.response = (c for c in x)\n",
    "another response": "from routehandlers import Response\ndef middleware(request):\n    r = yield\n"
    "    return Response(c for c in r.response)\n",
    "a header that cannot leave": "def middleware(request):\n    r = yield\n    r.headers['X-Bad'] = '\\x00'\n",
    "a wrong type": "def middleware(request):\n    r = yield\n    return 3\n",
    "what it drew": "def middleware(request):\n    r = yield\n    r.get_data()\n",
}


@pytest.mark.parametrize("middleware", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stream_behind_a_generator_was_not_closed(
    make_app: MakeApp, client_for: ClientFor, middleware: str, method: str
) -> None:
    app = make_app({"middleware.py": middleware, "x/route.py": STREAM})

    client_for(app).open("/x", method=method)

    assert app.load("/x").CLOSED == ["stream", "after"]


def test_the_end_of_a_render_that_turned_dynamic_was_lost_with_its_stream(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    source = """
    from routehandlers.headers import headers
    from routehandlers.server import after
    revalidate = 60
    ENDED = []
    def GET():
        after(lambda: ENDED.append("after"))
        def chunks():
            yield "a"
            yield headers().get("X-Who", "none")
        return chunks()
    """
    app = make_app({"middleware.py": AROUND["a wrapper"], "x/route.py": source})

    assert client_for(app).get("/x", headers={"X-Who": "me"}).text == "ame"
    assert app.load("/x").ENDED == ["after"]


ERROR_FILES = {
    "a length that is wrong": "def error(request): return Response('abc', headers={'Content-Length': '99'})",
    "chunks that are none": "def error(request): return Response([1, 2])",
    "a response that cannot be made": "from werkzeug.exceptions import HTTPException\n"
    "class Mine(HTTPException):\n    code = 418\n    def get_response(self, *args, **kw): raise ValueError('no')\n"
    "def error(request): raise Mine()",
}


@pytest.mark.parametrize("error", ERROR_FILES.values(), ids=ERROR_FILES)
def test_what_an_error_file_returned_made_an_exception_leave_the_application(
    make_app: MakeApp, client_for: ClientFor, error: str
) -> None:
    files = {"error.py": f"from routehandlers import Response\n{error}\n", "x/route.py": "def GET(): 1 / 0"}

    assert client_for(make_app(files)).get("/x").status_code == 500


def test_a_converter_that_raises_was_called_again_for_the_nearest_error_file(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    from werkzeug.routing import BaseConverter

    class Broken(BaseConverter):
        def to_python(self, value: str) -> str:
            raise KeyError(value)

    files = {"c/[id=broken]/route.py": "def GET(): ...", "c/not_found.py": "def not_found(): return 'x'"}

    assert client_for(make_app(files, converters={"broken": Broken})).get("/c/1").status_code == 500


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_status_without_a_body_of_the_application_behind_was_a_500(
    make_app: MakeApp, client_for: ClientFor, status: str
) -> None:
    def behind(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [])
        return []

    app = make_app({"middleware.py": "def middleware(request): pass"}, fallback=behind)

    assert client_for(app).get("/anything").status == status


def test_headers_of_a_middleware_that_ran_for_both_spellings_came_twice(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    def behind(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"behind"]

    middleware = """
    from routehandlers import Response
    def middleware(request): return Response.next(headers={"Vary": "Origin", "Set-Cookie": "a=1"})
    """
    app = make_app({"middleware.py": middleware}, fallback=behind)

    answer = app.test_client().get("/x", environ_overrides={"PATH_INFO": "/x/y", "RAW_URI": "/x%2Fy"})

    assert answer.data == b"behind"
    assert answer.headers.getlist("Vary") == ["Origin"]
    assert answer.headers.getlist("Set-Cookie") == ["a=1"]


def test_a_request_that_a_stage_behind_cors_refused_lost_its_cors_headers(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    from werkzeug.exceptions import abort
    from werkzeug.routing import BaseConverter

    class Refusing(BaseConverter):
        def to_python(self, value: str) -> str:
            abort(400)

    files = {
        "middleware.py": "from routehandlers.cors import cors\nmiddleware = cors(origins=['https://a.example'])",
        "[id=refusing]/route.py": "def GET(): ...",
    }

    answer = client_for(make_app(files, converters={"refusing": Refusing})).get(
        "/x", headers={"Origin": "https://a.example"}
    )

    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_a_failed_precondition_lost_the_headers_of_the_middleware(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\n"
            "def middleware(request): return Response.next(headers={'Access-Control-Allow-Origin': '*'})",
            "x/route.py": "from routehandlers import Response\n"
            "def GET(): return Response('x', headers={'ETag': '\"1\"'})",
        }
    )

    answer = client_for(app).get("/x", headers={"If-Match": '"2"'})

    assert answer.status_code == 412
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_etag_that_middleware_adds_takes_part_in_the_comparison(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\n"
            "def middleware(request): return Response.next(headers={'ETag': '\"7\"', 'X-Seen': '1'})",
            "x/route.py": "def GET(): return 'x'",
        }
    )

    answer = client_for(app).get("/x", headers={"If-None-Match": '"7"'})

    assert (answer.status_code, answer.headers["X-Seen"], answer.data) == (304, "1", b"")


def test_a_middleware_that_changed_what_cors_returned_changed_the_responses_of_all_later_requests(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": """
            from routehandlers.cors import cors
            allow = cors(origins=["https://a.example"])
            def middleware(request):
                result = allow(request)
                if request.args.get("user"):
                    result.headers["X-User"] = request.args["user"]
                    result.cookies.set("user", request.args["user"])
                return result
            """,
            "x/route.py": "def GET(): return 'x'",
        }
    )
    client = client_for(app)
    origin = {"Origin": "https://a.example"}

    marked = client.get("/x?user=ann", headers=origin)
    other = client.get("/x", headers=origin)

    assert (marked.headers["X-User"], marked.headers["Access-Control-Allow-Origin"]) == ("ann", "https://a.example")
    assert marked.headers["Set-Cookie"].startswith("user=ann")
    assert "X-User" not in other.headers
    assert "Set-Cookie" not in other.headers
    assert other.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_requests_of_one_second_share_the_response_of_a_hit_and_none_sees_the_changes_of_another(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.next()",
            "a/middleware.py": """
            def middleware(request):
                response = yield
                if request.args.get("user"):
                    response.headers["X-User"] = request.args["user"]
                    response.set_data(b"for ann")
                    response.call_on_close(lambda: None)
            """,
            "a/route.py": "revalidate = 60\ndef GET(): return 'for all'",
        }
    )
    client = client_for(app)

    answers = [client.get(path) for path in ("/a", "/a", "/a?user=ann", "/a", "/a?user=ann", "/a")]

    assert [answer.text for answer in answers] == ["for all", "for all", "for ann", "for all", "for ann", "for all"]
    assert ["X-User" in answer.headers for answer in answers] == [False, False, True, False, True, False]


@pytest.mark.parametrize("path", ["/plain", "/cached"])
@pytest.mark.parametrize("generator", [False, True])
def test_a_list_of_text_was_sent_as_bytes_where_no_middleware_looked_at_it(
    make_app: MakeApp, client_for: ClientFor, path: str, generator: bool
) -> None:
    handler = "from routehandlers import Response\ndef GET(): return Response(['a', 'b'])"
    files = {"plain/route.py": handler, "cached/route.py": f"{handler}\nrevalidate = 60"}
    if generator:
        files["middleware.py"] = "def middleware(request):\n    yield"

    answer = client_for(make_app(files)).get(path)

    assert (answer.text, answer.headers["Content-Type"]) == ("ab", "text/plain; charset=utf-8")


def test_a_copy_of_what_cors_returns_ended_in_a_recursion(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": """
            import copy
            from routehandlers.cors import cors
            allow = cors(origins="*")
            def middleware(request):
                result = getattr(copy, request.args["how"])(allow(request))
                result.headers["X-Copied"] = "1"
                return result
            """,
            "x/route.py": "def GET(): return 'x'",
        }
    )
    client = client_for(app)

    for how in ("copy", "deepcopy"):
        answer = client.get(f"/x?how={how}")
        assert (answer.headers["X-Copied"], answer.headers["Access-Control-Allow-Origin"]) == ("1", "*")


def test_a_change_of_what_cors_returns_was_lost_before_its_headers_were_read(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": """
            from routehandlers.cors import cors
            allow = cors(origins="*")
            def middleware(request):
                result = allow(request)
                if request.path == "/a":
                    result.destination = "/b"
                    result.headers["X-Sent"] = "elsewhere"
                return result
            """,
            "a/route.py": "def GET(): return 'a'",
            "b/route.py": "def GET(): return 'b'",
        }
    )

    answer = client_for(app).get("/a")

    assert (answer.text, answer.headers["X-Sent"], answer.headers["Access-Control-Allow-Origin"]) == (
        "b", "elsewhere", "*",
    )  # fmt: skip


@pytest.mark.parametrize("generator", [False, True])
def test_a_failed_precondition_gets_no_header_that_describes_the_response_in_its_place(
    make_app: MakeApp, client_for: ClientFor, generator: bool
) -> None:
    says = "yield" if generator else "return"
    app = make_app(
        {
            "middleware.py": f"""
            from routehandlers import Response
            def middleware(request):
                {says} Response.next(headers={{"Content-Type": "text/css", "Content-Encoding": "br", "ETag": '"m"',
                    "Content-Length": "3", "Cache-Control": "public, max-age=600", "X-Frame-Options": "DENY",
                    "Content-Security-Policy": "default-src 'none'"}})
            """,
            "c/route.py": "revalidate = 60\ndef GET(): return 'abc'",
        },
        headers=[{"source": "/c", "headers": [{"key": "X-Config", "value": "1"}]}],
    )

    answer = client_for(app).get("/c", headers={"If-Match": '"nope"', "Accept": "application/json"})

    assert answer.status_code == 412
    assert answer.content_type == "application/problem+json"
    assert not {"Content-Encoding", "ETag", "Cache-Control"} & {*answer.headers.keys()}
    assert (answer.headers["X-Frame-Options"], answer.headers["X-Config"]) == ("DENY", "1")
    assert "Content-Security-Policy" in answer.headers


def test_headers_of_one_request_stay_with_stored_entries_only_if_other_requests_have_them(make_app: MakeApp) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\n"
            "def middleware(request): return Response.next(headers={'X-Id': request.headers.get('X-Id', '')})",
            "c/route.py": "revalidate = 60\ndef GET(): return 'abc'",
        }
    )
    client = app.test_client()

    answers = [client.get("/c", headers={"X-Id": f"{number}" * 2_000}) for number in (1, 1, 2, 3)]
    held = next(iter(app.cache.store.memory._main.values()))

    assert [answer.headers["X-Id"][0] for answer in answers] == ["1", "1", "2", "3"]
    assert "_kept_late_headers" not in vars(held.response)


def test_a_long_path_outside_of_the_base_path_was_refused_in_place_of_the_other_application(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    def other(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"other"]

    app = make_app(
        {"middleware.py": "def middleware(request): return None", "x/route.py": "def GET(): return 'x'"},
        base_path="/base", fallback=other,
    )  # fmt: skip
    client = client_for(app)

    assert client.get("/out/" + "x" * 9_000).text == "other"
    assert client.get("/base/" + "x" * 9_000).status_code == 414


def test_late_headers_missed_what_werkzeug_does_to_the_headers_of_its_responses(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\n"
            "def middleware(request): return Response.next(headers={'Content-Language': 'de', 'X-A': '1'})",
            "x/route.py": "from werkzeug.wrappers import Response\ndef GET(): return Response('x', 304)",
        }
    )

    answer = client_for(app).get("/x")

    assert (answer.status_code, answer.headers["X-A"]) == (304, "1")
    assert "Content-Language" not in answer.headers


def test_wsgi_middleware_that_changes_the_body_of_a_hit_changes_it_for_one_request(make_app: MakeApp) -> None:
    app = make_app(
        {
            "middleware.py": "def middleware(request): return None",
            "c/route.py": "revalidate = 60\ndef GET(): return 'abc'",
        }
    )
    environ = app.test_client().get("/c").request.environ
    environ.pop("werkzeug.request", None)

    bodies = []
    for _ in range(3):
        body: Any = app(dict(environ), lambda *_: None)
        bodies.append(b"".join(body))
        if isinstance(body, list):
            body.append(b"more")

    assert bodies == [b"abc"] * 3
