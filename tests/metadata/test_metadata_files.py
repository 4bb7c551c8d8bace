"""Metadata that lies ready in files."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ClientFor

from routehandlers import RouteHandlers

PNG = bytes.fromhex("89504e470d0a1a0a")
PUBLIC = "public, max-age=0, must-revalidate"


@pytest.fixture
def static_app(tmp_path: Path) -> RouteHandlers:
    app = tmp_path / "app"
    (app / "blog" / "[slug]").mkdir(parents=True)
    (app / "(group)" / "in").mkdir(parents=True)
    for name in (
        "robots.txt",
        "sitemap.xml",
        "manifest.webmanifest",
        "favicon.ico",
        "icon.png",
        "icon2.svg",
        "apple-icon.jpg",
    ):
        (app / name).write_bytes(PNG + name.encode())
    (app / "blog" / "[slug]" / "opengraph-image.png").write_bytes(PNG)
    (app / "blog" / "[slug]" / "opengraph-image.alt.txt").write_text("alt")
    (app / "(group)" / "in" / "twitter-image.gif").write_bytes(b"GIF89a")
    return RouteHandlers(app)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/favicon.ico", "image/x-icon"),
        ("/icon.png", "image/png"),
        ("/icon2.svg", "image/svg+xml"),
        ("/apple-icon.jpg", "image/jpeg"),
        ("/blog/any/opengraph-image.png", "image/png"),
        ("/in/twitter-image.gif", "image/gif"),
    ],
)
def test_files_are_sent_as_they_are(
    static_app: RouteHandlers, client_for: ClientFor, path: str, content_type: str
) -> None:
    client = client_for(static_app)

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        200,
        content_type,
        PUBLIC,
    )
    assert "Content-Disposition" not in answer.headers
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(path, headers={"Range": "bytes=0-2"}).data == answer.data[:3]
    assert client.head(path).data == b""
    assert client.post(path).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_the_text_beside_an_image_is_not_served(static_app: RouteHandlers, client_for: ClientFor) -> None:
    assert client_for(static_app).get("/blog/a/opengraph-image.alt.txt").status_code == 404


def test_they_are_routes_like_others(static_app: RouteHandlers) -> None:
    assert static_app.url_for("/robots.txt") == "/robots.txt"
    assert static_app.url_for("/blog/[slug]/opengraph-image.png", slug="a") == "/blog/a/opengraph-image.png"
    with pytest.raises(LookupError, match="not a Python module"):
        static_app.load("/robots.txt")
