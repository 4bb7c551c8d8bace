"""Faults that ``tests/fuzz`` found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask
import pytest
from conftest import MakeApp
from servers import ask, write_app
from werkzeug.wrappers import Response

from routehandlers.flask import RouteHandlersBlueprint

GUARD = """
from routehandlers import Response
config = {"matcher": ["/admin/:path*"]}
def middleware(): return Response("denied", 403)
"""


def other(environ: dict[str, Any], start_response: Any) -> Any:
    return Response(f"other {environ['PATH_INFO']}")(environ, start_response)


@pytest.mark.parametrize("base", ["/base", "/a/b.c"])
@pytest.mark.parametrize("settings", [{}, {"fallback": other}])
def test_a_base_path_spelled_with_escapes_was_outside_of_the_guard(
    make_app: MakeApp, base: str, settings: dict[str, Any]
) -> None:
    files = {"middleware.py": GUARD, "items/[id]/route.py": "def GET(request, context): return context.params['id']"}
    app = make_app(files, base_path=base, **settings)
    spelled = "/" + "/".join("".join(f"%{ord(letter):02x}" for letter in name) for name in base.split("/")[1:])

    def get(target: str, path: str) -> tuple[int, bytes]:
        status, _, body = ask(app, {"RAW_URI": target, "REQUEST_URI": target, "PATH_INFO": path})
        return status, body

    assert get(f"{spelled}/admin/1", f"{base}/admin/1") == (403, b"denied")
    assert get(f"{spelled}/items/a%2Fb", f"{base}/items/a/b") == (200, b"a/b")
    assert get(f"{spelled}x/admin/1", f"{base}x/admin/1")[0] == (200 if settings else 404)


@pytest.mark.parametrize("sent", ["Basic \xe9", "Basic %%%", "\xe9", "Digest \xe9=\xe9"])
def test_reading_malformed_credentials_was_a_500(make_app: MakeApp, sent: str) -> None:
    source = "def GET(request): return {'name': request.authorization and request.authorization.username}"
    app = make_app({"route.py": source})

    status, _, body = ask(app, {"HTTP_AUTHORIZATION": sent})

    assert status == 200
    assert body in {b'{"name":null}', b'{"name":""}'}  # the latter with Werkzeug 3.1.0
    assert ask(app, {"HTTP_AUTHORIZATION": "Basic YTpi"})[2] == b'{"name":"a"}'


@pytest.mark.parametrize("how", ["cookies().set('who', 'ann')", "return answer"])
@pytest.mark.parametrize("headers", [{}, {"HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2999 00:00:00 GMT"}])
def test_a_cookie_of_middleware_left_with_a_public_file_for_shared_caches(
    make_app: MakeApp, tmp_path: Path, how: str, headers: dict[str, str]
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("a")
    source = f"""
    from routehandlers import Response
    from routehandlers.headers import cookies
    def middleware(request):
        if request.args:
            answer = Response.next()
            answer.cookies.set("who", "ann")
            {how}
    """
    app = make_app({"middleware.py": source}, public=tmp_path / "files")

    status, sent, _ = ask(app, headers, path="/a.txt?ann")

    assert (status, sent["Cache-Control"]) == (304 if headers else 200, "private, no-cache")
    assert sent["Set-Cookie"].startswith("who=ann")
    assert ask(app, headers, path="/a.txt")[1]["Cache-Control"] == "public, max-age=0"


@pytest.mark.parametrize("reads", ["'x' * 10_000_000", "request.headers.get('X-A', 'none')"])
def test_a_stream_of_a_cached_route_that_cannot_be_stored_broke_off_in_flask(tmp_path: Path, reads: str) -> None:
    source = f"""
    revalidate = 60
    def GET(request):
        yield "begun"
        yield {reads}
    """
    app = flask.Flask("streams")
    app.register_blueprint(RouteHandlersBlueprint("api", write_app(tmp_path, {"route.py": source})))

    assert app.test_client().get("/").text == "begun" + ("x" * 10_000_000 if "x" in reads else "none")


def test_a_tab_of_the_path_in_a_header_of_the_configuration_is_encoded(make_app: MakeApp) -> None:
    app = make_app(
        {"[x]/route.py": "def GET(): return 'x'"},
        headers=[{"source": "/:x", "headers": [{"key": "X-Path", "value": ":x"}]}],
    )

    _, headers, _ = ask(app, {"PATH_INFO": "/\t.", "RAW_URI": "/%09.", "REQUEST_URI": "/%09."})

    assert dict(headers)["X-Path"] == "%09."
