"""``public/``: files that are there as they are, before routes and behind the root's middleware."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor
from servers import serve, write_app

from routehandlers import RouteHandlers, create_app
from routehandlers.exceptions import InvalidConfigError
from routehandlers.inspect import explain

ROUTES = {
    "static.txt/route.py": "def GET(): return 'route'",
    "items/[slug]/route.py": "def GET(request, context): return dict(context.params)",
    "route.py": "def GET(): return 'root'",
}

FILES: dict[str, bytes] = {
    "static.txt": b"public file\n",
    "a b/é.txt": b"accents",
    "items/picture.png": b"\x89PNG",
    "app.css": b"body{}",
    "data.json": b"{}",
    "big.bin": b"x" * 300_000,
    ".well-known/assetlinks.json": b"[]",
    "empty.txt": b"",
    "folder/inner.txt": b"inner",
}

Make = Any


@pytest.fixture
def make(tmp_path: Path, debug: bool) -> Make:
    """An application with files in ``public/``, in both settings: read when asked for, and by WhiteNoise."""

    def make(routes: dict[str, str] = ROUTES, **settings: Any) -> RouteHandlers:
        for name, data in FILES.items():
            file = tmp_path / "public" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return RouteHandlers(write_app(tmp_path, routes), **{"public": tmp_path / "public", "debug": debug, **settings})

    return make


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/static.txt", b"public file\n", "text/plain"),
        ("/a%20b/%C3%A9.txt", b"accents", "text/plain"),
        ("/items/picture.png", b"\x89PNG", "image/png"),
        ("/app.css", b"body{}", "text/css"),
        ("/data.json", b"{}", "application/json"),
        ("/big.bin", b"x" * 300_000, "application/octet-stream"),
        ("/.well-known/assetlinks.json", b"[]", "application/json"),
        ("/empty.txt", b"", "text/plain"),
        ("/%73tatic.txt", b"public file\n", "text/plain"),
    ],
)
def test_a_file_is_served_as_it_is(
    make: Make, client_for: ClientFor, path: str, body: bytes, content_type: str
) -> None:
    answer = client_for(make()).get(path)

    assert (answer.status_code, answer.data) == (200, body)
    assert answer.mimetype == content_type
    assert answer.headers["Cache-Control"] == "public, max-age=0"
    assert answer.content_length == len(body)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_routes_answer_what_is_no_file(make: Make, client_for: ClientFor) -> None:
    client = client_for(make())

    assert client.get("/").text == "root"
    assert client.get("/items/a").json == {"slug": "a"}
    assert client.get("/folder").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../app/route.py", "/%2e%2e/app/route.py", "/folder/..%2f..%2fapp/route.py", "/folder%2Finner.txt",
        "/..%5capp%5croute.py", "/folder/", "/folder//inner.txt", "/static.txt/", "/STATIC.TXT", "/static.txt%00",
    ],
)  # fmt: skip
def test_no_spelling_reaches_another_file(make: Make, client_for: ClientFor, path: str) -> None:
    answer = client_for(make()).get(path)

    assert answer.status_code in {308, 400, 404}, answer.data
    assert b"def GET" not in answer.data


def test_conditions_and_ranges_are_answered(make: Make, client_for: ClientFor) -> None:
    client = client_for(make())
    whole = client.get("/static.txt")

    by_etag = client.get("/static.txt", headers={"If-None-Match": whole.headers["ETag"]})
    by_date = client.get("/static.txt", headers={"If-Modified-Since": whole.headers["Last-Modified"]})
    part = client.get("/static.txt", headers={"Range": "bytes=0-3"})
    beyond = client.get("/static.txt", headers={"Range": "bytes=900-"})

    assert (by_etag.status_code, by_etag.data, by_date.status_code) == (304, b"", 304)
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"publ", "bytes 0-3/12")
    assert beyond.status_code == 416


def test_head_has_no_body_and_other_methods_are_refused(make: Make, client_for: ClientFor) -> None:
    client = client_for(make())

    head, post = client.head("/static.txt"), client.post("/static.txt", data=b"x")

    assert (head.status_code, head.data, head.content_length) == (200, b"", 12)
    assert (post.status_code, post.headers["Allow"]) == (405, "GET, HEAD")


def test_the_roots_middleware_stands_before_files(make: Make, client_for: ClientFor) -> None:
    guard = """
        from routehandlers import Response
        def middleware(request):
            if request.headers.get("X-Key") != "k":
                return Response("no", 403)
            return Response.next(headers={"X-Seen": "1"})
    """
    client = client_for(make({**ROUTES, "middleware.py": guard}))

    assert client.get("/static.txt").status_code == 403
    let_in = client.get("/static.txt", headers={"X-Key": "k"})
    assert (let_in.data, let_in.headers["X-Seen"]) == (b"public file\n", "1")


def test_transforms_meet_files_in_their_order(make: Make, client_for: ClientFor) -> None:
    app = make(
        redirects=[{"source": "/app.css", "destination": "/moved", "permanent": False}],
        rewrites={
            "before_files": [{"source": "/data.json", "destination": "/items/before"}],
            "after_files": [
                {"source": "/static.txt", "destination": "/items/never"},
                {"source": "/alias", "destination": "/items/picture.png"},
            ],
            "fallback": [{"source": "/last", "destination": "/folder/inner.txt"}],
        },
        headers=[{"source": "/static.txt", "headers": [{"key": "X-A", "value": "1"}]}],
    )
    client = client_for(app)

    assert client.get("/app.css").headers["Location"] == "/moved"
    assert client.get("/data.json").json == {"slug": "before"}
    static = client.get("/static.txt")
    assert (static.data, static.headers["X-A"]) == (b"public file\n", "1")
    assert client.get("/alias").data == b"\x89PNG"
    assert client.get("/last").data == b"inner"


def test_files_lie_below_the_base_path(make: Make, client_for: ClientFor) -> None:
    client = client_for(make(base_path="/docs"))

    assert client.get("/docs/static.txt").data == b"public file\n"
    assert client.get("/static.txt").status_code == 404


def test_in_debug_a_file_that_comes_later_is_there(make: Make, client_for: ClientFor, tmp_path: Path) -> None:
    client = client_for(make(debug=True))
    (tmp_path / "public" / "later.txt").write_text("later")

    assert client.get("/later.txt").text == "later"


def test_whitenoise_sends_what_was_compressed_beforehand(make: Make, client_for: ClientFor, tmp_path: Path) -> None:
    make()
    css = b"body{color:red}" * 100
    (tmp_path / "public" / "app.css").write_bytes(css)
    (tmp_path / "public" / "app.css.gz").write_bytes(gzip.compress(css))
    client = client_for(RouteHandlers(tmp_path / "app", public=tmp_path / "public"))

    packed = client.get("/app.css", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/app.css")

    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.data)) == ("gzip", css)
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert plain.data[:4] == b"body"


def test_a_file_that_is_gone_is_an_error_and_no_traceback(make: Make, tmp_path: Path) -> None:
    app = make(debug=False)
    (tmp_path / "public" / "static.txt").unlink()

    assert app.test_client().get("/static.txt").status_code == 500


def test_explain_names_the_file(make: Make) -> None:
    assert explain(make(), "GET", "/static.txt") == [("public", "/static.txt")]


def test_a_folder_that_is_not_there_is_said_at_start(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="public: there is no folder"):
        make(public=tmp_path / "nowhere")


def test_without_whitenoise_the_extra_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "whitenoise", None)

    make(debug=True)
    with pytest.raises(InvalidConfigError, match=r'pip install "routehandlers\[public\]"'):
        make(debug=False)


def test_create_app_takes_the_folder_beside_and_route_handlers_does_not(
    make: Make, client_for: ClientFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.chdir(tmp_path)

    assert client_for(create_app()).get("/static.txt").text == "public file\n"
    assert client_for(create_app(public=False)).get("/static.txt").text == "route"
    assert client_for(RouteHandlers("app")).get("/static.txt").text == "route"

    (tmp_path / "pyproject.toml").write_text("[tool.routehandlers]\npublic = false\n")
    assert client_for(create_app()).get("/static.txt").text == "route"


def test_files_are_served_over_gunicorn(tmp_path: Path) -> None:
    write_app(tmp_path, ROUTES)
    (tmp_path / "public").mkdir()
    big = os.urandom(5 * 2**20)
    (tmp_path / "public" / "big.bin").write_bytes(big)

    with serve("routehandlers:create_app()", cwd=tmp_path) as server:
        whole = server.request("GET", "/big.bin")
        part = server.request("GET", "/big.bin", headers={"Range": "bytes=4000000-4000009"})
        begun = time.monotonic()
        head = server.request("HEAD", "/big.bin")

    assert whole.body == big
    assert part.body == big[4_000_000:4_000_010]
    assert (head.header("Content-Length"), time.monotonic() - begun < 5) == (str(len(big)), True)
