"""Limits of bodies and odd requests, behind a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from inputs.conftest import module_of
from servers import Server, serve, write_app

_CODE = """
max_content_length = 1_000
def POST(body: Item, query: Q) -> tuple[Item, Literal[201]]: return body, 201
def PUT(form: Item): return form.name
def GET(query: Q, headers: H, cookies: C): return [query.times, query.word, headers.x_word, cookies.word]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    text = "word: str = ''"
    source = module_of("msgspec", _CODE, Item="name: str", Q=f"times: int = 1; {text}", H="x_word: str = ''", C=text)
    write_app(folder, {"route.py": source})
    with serve("routehandlers:create_app('app')", cwd=folder) as running:
        yield running


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, '{"name": "a"}', 201),
        (JSON, '{"name": "a"', 400),
        (JSON, b'{"name": "\xff"}', 400),
        (JSON, "[" * 900, 400),
        (JSON, '{"name": 1}', 422),
        (JSON, "", 422),
        ({"Content-Type": "text/plain"}, '{"name": "a"}', 415),
        ({}, '{"name": "a"}', 415),
        (JSON, json.dumps({"name": "a" * 1_000}), 413),
    ],
)
def test_statuses_of_bodies(headers: dict[str, str], body: str | bytes, status: int, server: Server) -> None:
    answer = server.request("POST", "/", headers=headers, body=body)

    assert answer.status == status
    assert answer.header("Content-Type") == ("application/json" if status == 201 else "application/problem+json")


def test_a_chunked_body_over_the_limit(server: Server) -> None:
    chunks = b"3e8\r\n" + b"a" * 1_000 + b"\r\n3e8\r\n" + b"a" * 1_000 + b"\r\n0\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"

    answer = server.raw(head + b"Connection: close\r\n\r\n" + chunks)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"

    answer = server.raw(head + b'Connection: close\r\n\r\n8\r\n{"name":\r\n4\r\n"a"}\r\n0\r\n\r\n')

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert answer.endswith(b'{"name":"a"}')


def test_a_form_over_the_limit(server: Server) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert server.request("PUT", "/", headers=headers, body="name=" + "a" * 1_000).status == 413
    assert server.request("PUT", "/", headers=headers, body="name=a+b").body == b"a b"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/?word=%C3%A4", 200),
        ("/?word=%ff", 422),
        ("/?word=%00", 200),
        ("/?times=%00", 422),
        ("/?times=1&times=2", 422),
        ("/?" + "a=1&" * 700, 200),
        ("/?" + "a&" * 1_500, 400),
        ("/?%", 200),
        ("/?word=%zz", 200),
    ],
)
def test_statuses_of_queries(target: str, status: int, server: Server) -> None:
    assert server.request("GET", target).status == status


def test_repeated_headers_and_cookies_with_quotes(server: Server) -> None:
    request = b'GET / HTTP/1.1\r\nHost: a\r\nX-Word: a\r\nX-Word: b\r\nCookie: word="a\\"b"; other\r\nConnection: close\r\n\r\n'

    answer = server.raw(request)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == [1, "", "a,b", 'a"b']
