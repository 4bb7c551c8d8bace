"""Files over a real server, which may send them by ``wsgi.file_wrapper`` and its kernel's ``sendfile``."""

from __future__ import annotations

import http.client
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, serve, write_app

IMAGE = random.Random(1).randbytes(1_000_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("metadata")
    app = write_app(folder, {"sitemap.py": "def sitemap(): return [{'url': 'https://acme.com/é&'}]"})
    (app / "icon.png").write_bytes(IMAGE)
    with serve(f"routehandlers:create_app({str(app)!r})", cwd=folder) as started:
        yield started


def test_one_connection_gets_files_parts_and_heads_one_after_the_other(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    answers = []
    try:
        for method, fields in (
            ("GET", {}),
            ("HEAD", {}),
            ("GET", {"Range": "bytes=500000-500009"}),
            ("GET", {"Range": "bytes=-5"}),
            ("GET", {"Range": "bytes=2000000-"}),
            ("GET", {}),
        ):
            connection.request(method, "/icon.png", headers=fields)
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
    finally:
        connection.close()

    assert answers[0] == answers[5] == (200, IMAGE)
    assert answers[1] == (200, b"")
    assert answers[2] == (206, IMAGE[500_000:500_010])
    assert answers[3] == (206, IMAGE[-5:])
    assert answers[4][0] == 416


def test_what_is_generated_leaves_as_utf_8(server: Server) -> None:
    answers = [server.request("GET", "/sitemap.xml") for _ in range(2)]

    assert all("<loc>https://acme.com/é&amp;</loc>" in answer.body.decode() for answer in answers)
    assert "hit" in (answers[1].header("Cache-Status") or "")
