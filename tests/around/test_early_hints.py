"""``early_hints()``: sent where the server can, and nothing elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ClientFor, MakeApp
from servers import serve, write_app

HANDLER = """
from routehandlers.server import early_hints
def GET():
    early_hints(["</style.css>; rel=preload; as=style", "</app.js>; rel=preload; as=script"])
    return "answer"
"""


def test_where_the_server_has_no_way_nothing_happens(make_app: MakeApp, client_for: ClientFor) -> None:
    assert client_for(make_app({"route.py": HANDLER})).get("/").text == "answer"


def test_the_links_are_handed_to_the_server(make_app: MakeApp) -> None:
    sent: list[list[tuple[str, str]]] = []
    app = make_app({"route.py": HANDLER})

    app.test_client().get("/", environ_overrides={"wsgi.early_hints": sent.append})

    assert sent == [[("Link", "</style.css>; rel=preload; as=style"), ("Link", "</app.js>; rel=preload; as=script")]]


def test_a_client_that_has_gone_is_no_failure(make_app: MakeApp) -> None:
    def gone(_: object) -> None:
        raise BrokenPipeError

    assert (
        make_app({"route.py": HANDLER}).test_client().get("/", environ_overrides={"wsgi.early_hints": gone}).text
        == "answer"
    )


@pytest.mark.parametrize("link", ["style.css", "</a>; rel=preload\r\nSet-Cookie: a=1", "</é>"])
def test_what_is_no_link_is_refused(make_app: MakeApp, client_for: ClientFor, link: str) -> None:
    app = make_app(
        {"route.py": f"from routehandlers.server import early_hints\ndef GET():\n    early_hints({link!r})\n"}
    )

    assert client_for(app).get("/").status_code == 500


def test_gunicorn_sends_them_before_the_answer(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": HANDLER})
    with serve("routehandlers:create_app()", cwd=tmp_path) as server, server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = b""
        while chunk := client.recv(65536):
            received += chunk

    hints, _, rest = received.partition(b"\r\n\r\n")
    assert hints.startswith(b"HTTP/1.1 103 ")
    assert b"Link: </style.css>; rel=preload; as=style" in hints
    assert rest.startswith(b"HTTP/1.1 200 OK")
    assert rest.endswith(b"answer")
