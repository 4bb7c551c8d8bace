"""The example with metadata, over a real server."""

from __future__ import annotations

import struct
import urllib.robotparser
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, serve

from routehandlers import RouteHandlers
from routehandlers.inspect import prerender

EXAMPLE = Path(__file__).parents[2] / "examples" / "metadata"
SITE = "https://stars.example.com"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve("routehandlers:create_app()", cwd=EXAMPLE) as started:
        yield started


@pytest.mark.parametrize(
    ("path", "status", "content_type"),
    [
        ("/robots.txt", 200, "text/plain; charset=utf-8"),
        ("/sitemap.xml", 200, "application/xml; charset=utf-8"),
        ("/stars/sitemap/2.xml", 200, "application/xml; charset=utf-8"),
        ("/stars/sitemap/3.xml", 404, "application/problem+json"),
        ("/stars/sitemap.xml", 404, "application/problem+json"),
        ("/manifest.webmanifest", 200, "application/manifest+json"),
        ("/icon/large", 200, "image/png"),
        ("/stars/icon.svg", 200, "image/svg+xml"),
        ("/stars/HD-7", 200, "text/html; charset=utf-8"),
        ("/stars/HD-7/opengraph-image", 200, "image/svg+xml"),
        ("/stars/HD-0/opengraph-image", 404, "application/problem+json"),
    ],
)
def test_each_line_of_the_table_answers(server: Server, path: str, status: int, content_type: str) -> None:
    answer = server.request("GET", path)

    assert (answer.status, answer.header("Content-Type")) == (status, content_type)


def test_a_crawler_finds_every_star_from_robots_txt(server: Server) -> None:
    robots = urllib.robotparser.RobotFileParser()
    robots.parse(server.request("GET", "/robots.txt").body.decode().splitlines())
    found = []
    for index in robots.site_maps() or []:
        for part in _locations(server, index):
            found += _locations(server, part)

    assert found == [f"{SITE}/stars/HD-{number}" for number in range(1, 251)]
    assert robots.can_fetch("Googlebot", found[0])
    assert not robots.can_fetch("GPTBot", found[0])


def _locations(server: Server, url: str) -> list[str]:
    top = ElementTree.fromstring(server.request("GET", url.removeprefix(SITE)).body)
    return [child.findtext("{*}loc", "") for child in top]


def test_icons_are_what_the_manifest_says(server: Server) -> None:
    for name, width in (("small", 32), ("large", 192)):
        png = server.request("GET", f"/icon/{name}").body
        assert struct.unpack(">2I", png[16:24]) == (width, width)
        at = png.index(b"IDAT") + 4
        assert len(zlib.decompress(png[at : -4 - 12])) == width * (3 * width + 1)


def test_a_file_that_lies_ready_is_sent_in_parts_and_not_twice(server: Server) -> None:
    whole = server.request("GET", "/stars/icon.svg")
    part = server.request("GET", "/stars/icon.svg", headers={"Range": "bytes=0-3"})
    again = server.request("GET", "/stars/icon.svg", headers={"If-None-Match": whole.header("ETag") or ""})
    head = server.request("HEAD", "/stars/icon.svg")

    assert whole.body == (EXAMPLE / "app/stars/icon.svg").read_bytes()
    assert (part.status, part.body, part.header("Content-Range")) == (206, b"<svg", f"bytes 0-3/{len(whole.body)}")
    assert (again.status, again.body) == (304, b"")
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", str(len(whole.body)))
    assert server.request("POST", "/stars/icon.svg").header("Allow") == "GET, HEAD, OPTIONS"


def test_a_build_makes_all_of_it() -> None:
    made = [item.path for item in prerender(RouteHandlers(EXAMPLE / "app")) if item.is_stored]

    assert len(made) == 250 + 3 + 2 + 3  # pictures, sitemaps, icons; robots.txt, the index, the manifest
