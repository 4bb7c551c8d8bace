"""Metadata files: their URLs, their texts and headers, and what is wrong with them at start."""

from __future__ import annotations

import urllib.robotparser
import xml.etree.ElementTree as ElementTree
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from routehandlers import RouteHandlers
from routehandlers._metadata.robots import render_robots
from routehandlers._metadata.sitemap import render_sitemap
from routehandlers.exceptions import InvalidAppError, InvalidReturnError
from routehandlers.inspect import prerender

PNG = bytes.fromhex("89504e470d0a1a0a")
ROBOTS = {
    "rules": [
        {"user_agent": "Googlebot", "allow": ["/", "/public"], "disallow": "/private/", "crawl_delay": 2},
        {"user_agent": ["Applebot", "Bingbot"], "disallow": ["/a", "/b"]},
        {"allow": "/", "disallow": ""},
        {"user_agent": "*", "crawl_delay": 0},
    ],
    "sitemap": ["https://acme.com/sitemap.xml", "https://acme.com/other.xml"],
    "host": "https://acme.com",
}

# NEXT.md 22, with the two lines that Next drops.
ROBOTS_TEXT = """User-Agent: Googlebot
Allow: /
Allow: /public
Disallow: /private/
Crawl-delay: 2

User-Agent: Applebot
User-Agent: Bingbot
Disallow: /a
Disallow: /b

User-Agent: *
Allow: /
Disallow:

User-Agent: *
Crawl-delay: 0

Host: https://acme.com
Sitemap: https://acme.com/sitemap.xml
Sitemap: https://acme.com/other.xml
"""

SITEMAP: list[Any] = [
    {"url": "https://acme.com", "last_modified": datetime(2024, 1, 2, 3, 4, 5, 678_000, timezone.utc), "change_frequency": "yearly", "priority": 1},
    {"url": "https://acme.com/about?a=1&b=2", "last_modified": "2024-05-06", "change_frequency": "monthly", "priority": 0.8,
     "alternates": {"languages": {"es": "https://acme.com/es/about", "de": "https://acme.com/de/about?x=1&y=2"}}},
    {"url": "https://acme.com/img", "images": ["https://example.com/image.jpg", "https://example.com/b.jpg?w=1&h=2"]},
    {"url": "https://acme.com/vid", "priority": 0, "videos": [
        {"title": "T & <b>", "thumbnail_loc": "https://example.com/t.jpg", "description": "desc", "content_loc": "http://s.example.com/v.mp4",
         "player_loc": "https://p.example.com", "duration": 600, "view_count": 12345, "tag": "tag1", "rating": 4.2,
         "expiration_date": date(2030, 1, 1), "publication_date": "2020-01-01", "family_friendly": True, "requires_subscription": "no", "live": False,
         "restriction": {"relationship": "allow", "content": "IE GB US CA"}, "platform": {"relationship": "allow", "content": "web"},
         "uploader": {"info": "https://u.example.com", "content": "Up"}},
        {"title": "min", "thumbnail_loc": "https://example.com/t2.jpg", "description": "d2", "uploader": {"content": "NoInfo"}}]},
    {"url": "https://acme.com/café"},
    {"url": "https://acme.com/empty", "last_modified": None, "alternates": {}, "images": [], "videos": []},
]  # fmt: skip

# NEXT.md 22, escaped.
SITEMAP_TEXT = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url>
<loc>https://acme.com</loc>
<lastmod>2024-01-02T03:04:05.678Z</lastmod>
<changefreq>yearly</changefreq>
<priority>1</priority>
</url>
<url>
<loc>https://acme.com/about?a=1&amp;b=2</loc>
<xhtml:link rel="alternate" hreflang="es" href="https://acme.com/es/about" />
<xhtml:link rel="alternate" hreflang="de" href="https://acme.com/de/about?x=1&amp;y=2" />
<lastmod>2024-05-06</lastmod>
<changefreq>monthly</changefreq>
<priority>0.8</priority>
</url>
<url>
<loc>https://acme.com/img</loc>
<image:image>
<image:loc>https://example.com/image.jpg</image:loc>
</image:image>
<image:image>
<image:loc>https://example.com/b.jpg?w=1&amp;h=2</image:loc>
</image:image>
</url>
<url>
<loc>https://acme.com/vid</loc>
<video:video>
<video:title>T &amp; &lt;b&gt;</video:title>
<video:thumbnail_loc>https://example.com/t.jpg</video:thumbnail_loc>
<video:description>desc</video:description>
<video:content_loc>http://s.example.com/v.mp4</video:content_loc>
<video:player_loc>https://p.example.com</video:player_loc>
<video:duration>600</video:duration>
<video:view_count>12345</video:view_count>
<video:tag>tag1</video:tag>
<video:rating>4.2</video:rating>
<video:expiration_date>2030-01-01</video:expiration_date>
<video:publication_date>2020-01-01</video:publication_date>
<video:family_friendly>yes</video:family_friendly>
<video:requires_subscription>no</video:requires_subscription>
<video:live>no</video:live>
<video:restriction relationship="allow">IE GB US CA</video:restriction>
<video:platform relationship="allow">web</video:platform>
<video:uploader info="https://u.example.com">Up</video:uploader>
</video:video>
<video:video>
<video:title>min</video:title>
<video:thumbnail_loc>https://example.com/t2.jpg</video:thumbnail_loc>
<video:description>d2</video:description>
<video:uploader>NoInfo</video:uploader>
</video:video>
<priority>0</priority>
</url>
<url>
<loc>https://acme.com/café</loc>
</url>
<url>
<loc>https://acme.com/empty</loc>
</url>
</urlset>
"""
PUBLIC = "public, max-age=0, must-revalidate"


def source(name: str, value: Any) -> str:
    return f"import datetime\nfrom datetime import date\ndef {name}(): return {value!r}\n"


def test_robots_reads_as_next_writes_it() -> None:
    assert render_robots(ROBOTS) == ROBOTS_TEXT
    assert render_robots({"rules": {}}) == "User-Agent: *\n"


def test_a_parser_reads_robots_back() -> None:
    parser = urllib.robotparser.RobotFileParser()
    parser.parse(
        render_robots(
            {
                "rules": [{"user_agent": "Bot", "disallow": ["/private/", "/x"], "crawl_delay": 3}, {"disallow": ""}],
                "sitemap": "https://acme.com/sitemap.xml",
            }
        ).splitlines()
    )

    assert parser.can_fetch("Bot", "/public")
    assert not parser.can_fetch("Bot", "/private/a")
    assert parser.can_fetch("Other", "/private/a")
    assert parser.crawl_delay("Bot") == 3
    assert parser.site_maps() == ["https://acme.com/sitemap.xml"]


@pytest.mark.parametrize(
    ("robots", "message"),
    [
        (None, "robots() is None. Give a dict with 'rules', 'sitemap', 'host'."),
        ({}, "robots() has no 'rules'."),
        ({"rules": {"userAgent": "x"}}, "a rule of robots() has no use for 'userAgent'. Did you mean 'user_agent'?"),
        ({"rules": {"allow": "/a\nDisallow: /"}}, "Give text without line breaks."),
        ({"rules": {}, "host": "a\rb"}, "host of robots()"),
        ({"rules": ["*"]}, "a rule of robots() is '*'."),
    ],
)
def test_robots_refuses_what_it_cannot_write(robots: Any, message: str) -> None:
    with pytest.raises(InvalidReturnError) as caught:
        render_robots(robots)

    assert message in str(caught.value)


def test_a_sitemap_reads_as_next_writes_it_and_is_escaped() -> None:
    assert render_sitemap(SITEMAP) == SITEMAP_TEXT
    assert render_sitemap([]) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n</urlset>\n'
    )


_NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_W3C = r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?"


def check_protocol(text: str) -> list[str]:
    """The rules of https://www.sitemaps.org/protocol.html; gives the locations."""
    import re

    top = ElementTree.fromstring(text.encode())
    assert top.tag == f"{_NAMESPACE}urlset"
    assert len(top) <= 50_000
    locations = []
    for url in top:
        assert url.tag == f"{_NAMESPACE}url"
        (location,) = url.findall(f"{_NAMESPACE}loc")
        assert location.text
        locations.append(location.text)
        for moment in url.findall(f"{_NAMESPACE}lastmod"):
            assert re.fullmatch(_W3C, moment.text or ""), moment.text
        for frequency in url.findall(f"{_NAMESPACE}changefreq"):
            assert frequency.text in {"always", "hourly", "daily", "weekly", "monthly", "yearly", "never"}
        for priority in url.findall(f"{_NAMESPACE}priority"):
            assert 0 <= float(priority.text or "") <= 1
    return locations


def test_a_sitemap_keeps_the_protocol() -> None:
    assert check_protocol(render_sitemap(SITEMAP)) == [entry["url"] for entry in SITEMAP]


@given(
    url=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1),
    moment=st.datetimes(timezones=st.sampled_from([None, timezone.utc, timezone(timedelta(hours=5, minutes=30))]))
    | st.dates(),
    priority=st.floats(0, 1),
)
def test_whatever_stands_in_a_sitemap_is_read_back(url: str, moment: Any, priority: float) -> None:
    text = render_sitemap(
        [
            {
                "url": url,
                "last_modified": moment,
                "priority": priority,
                "alternates": {"languages": {"de": url}},
                "images": [url],
            }
        ]
    )

    assert check_protocol(text) == [url]
    links = ElementTree.fromstring(text.encode()).iter("{http://www.w3.org/1999/xhtml}link")
    assert [link.get("href") for link in links] == [url]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (None, "sitemap() returned None. Return a list of dicts"),
        ({"url": "x"}, "Return a list of dicts"),
        ([{}], "an entry of sitemap() has no 'url'."),
        ([{"url": "x", "lastModified": "2020"}], "Did you mean 'last_modified'?"),
        ([{"url": "x", "priority": 2}], "priority is 2. Give a number from 0 to 1."),
        ([{"url": "x", "change_frequency": "often"}], "change_frequency is 'often'."),
        ([{"url": "x\0"}], "where text is expected that XML can write"),
        ([{"url": 3}], "sitemap() has 3 in it"),
        ([{"url": "x", "videos": [{"title": "t"}]}], "a video of sitemap() has no 'thumbnail_loc'."),
        ([{"url": "x"}] * 50_001, "Write a generate_sitemaps()"),
    ],
)
def test_a_sitemap_refuses_what_it_cannot_write(entries: Any, message: str) -> None:
    with pytest.raises(InvalidReturnError) as caught:
        render_sitemap(entries)

    assert message in str(caught.value)


FILES = {
    "robots.py": source("robots", ROBOTS),
    "sitemap.py": source("sitemap", [{"url": "https://acme.com/?a=1&b=2"}]),
    "manifest.py": source("manifest", {"name": "App é", "icons": [{"src": "/favicon.ico"}]}),
    "icon.py": "def icon(): return b'icon'",
    "blog/[slug]/opengraph_image.py": "size = {'width': 1200, 'height': 630}\nalt = 'x'\ncontent_type = 'image/svg+xml'\ndef opengraph_image(params): return f\"<svg>{params['slug']}</svg>\".encode()",
    "(group)/inner/twitter_image1.py": "from routehandlers import Response\ndef twitter_image(): return Response(b'tw', headers={'Content-Type': 'image/webp', 'Cache-Control': 'no-store'})",
    "multi/apple_icon.py": "def generate_image_metadata(params): return [{'id': 'small', 'content_type': 'image/gif'}, {'id': 2}]\ndef apple_icon(id, params): return repr((id, params)).encode()",
    "products/sitemap.py": "def generate_sitemaps(): return [{'id': 0}, {'id': 'x'}]\ndef sitemap(id): return [{'url': f'https://acme.com/{type(id).__name__}/{id}'}]",
    "host/sitemap.py": "from routehandlers.headers import headers\ndef sitemap(): return [{'url': 'https://' + headers()['Host']}]",
}


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/robots.txt", "text/plain; charset=utf-8", ROBOTS_TEXT),
        ("/sitemap.xml", "application/xml; charset=utf-8", None),
        ("/manifest.webmanifest", "application/manifest+json", '{"name":"App é","icons":[{"src":"/favicon.ico"}]}'),
        ("/icon", "image/png", "icon"),
        ("/blog/a%20b/opengraph-image", "image/svg+xml", "<svg>a b</svg>"),
        ("/multi/apple-icon/small", "image/gif", "('small', {})"),
        ("/multi/apple-icon/2", "image/png", "(2, {})"),
        ("/products/sitemap/0.xml", "application/xml; charset=utf-8", None),
        ("/products/sitemap/x.xml", "application/xml; charset=utf-8", None),
    ],
)
def test_what_is_generated_is_sent_with_its_type_and_cached(
    make_app: MakeApp, client_for: ClientFor, path: str, content_type: str, body: str | None
) -> None:
    client = client_for(make_app(FILES))

    answers = [client.get(path) for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
            200,
            content_type,
            PUBLIC,
        )
        assert body is None or answer.text == body
    assert "hit" in answers[1].headers["Cache-Status"]
    assert client.get(path, headers={"If-None-Match": answers[0].headers["ETag"]}).status_code == 304
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    assert client.post(path).headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path",
    [
        "/multi/apple-icon",
        "/multi/apple-icon/3",
        "/products/sitemap.xml",
        "/products/sitemap/0",
        "/products/sitemap/2.xml",
        "/icon.png",
        "/manifest.json",
        "/group/inner/twitter-image1",
        "/robots.py",
    ],
)
def test_nothing_else_is_there(make_app: MakeApp, client_for: ClientFor, path: str) -> None:
    assert client_for(make_app(FILES)).get(path).status_code == 404


def test_an_id_is_part_of_the_url_as_text(make_app: MakeApp, client_for: ClientFor) -> None:
    assert "https://acme.com/str/0" in client_for(make_app(FILES)).get("/products/sitemap/0.xml").text


def test_a_response_of_its_own_is_sent_as_it_is(make_app: MakeApp, client_for: ClientFor) -> None:
    answer = client_for(make_app(FILES)).get("/inner/twitter-image1")

    assert (answer.text, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        "tw",
        "image/webp",
        "no-store",
    )


def test_what_reads_the_client_is_not_cached(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app(FILES))

    assert "https://a.example" in client.get("/host/sitemap.xml", headers={"Host": "a.example"}).text
    assert "https://b.example" in client.get("/host/sitemap.xml", headers={"Host": "b.example"}).text


def test_segment_config_counts_as_in_routes(make_app: MakeApp, client_for: ClientFor) -> None:
    counting = "N = []\ndef sitemap():\n    N.append(1)\n    return [{'url': f'https://acme.com/{len(N)}'}]\n"
    app = make_app(
        {
            "a/sitemap.py": f"revalidate = 10\n{counting}",
            "b/sitemap.py": f"dynamic = 'force-dynamic'\n{counting}",
            "c/sitemap.py": counting,
        }
    )
    client = client_for(app)

    with freeze_time("2026-01-01") as clock:
        for path in ("/a/sitemap.xml", "/b/sitemap.xml", "/c/sitemap.xml"):
            client.get(path)
        assert "/2" in client.get("/b/sitemap.xml").text
        assert "com/1" in client.get("/a/sitemap.xml").text
        app.cache.revalidate_path("/c/sitemap.xml")
        assert "com/2" in client.get("/c/sitemap.xml").text
        clock.tick(11)
        assert (
            "stale" in client.get("/a/sitemap.xml").headers["Cache-Status"]
            or "com/1" in client.get("/a/sitemap.xml").text
        )


def test_build_makes_those_whose_ids_are_known(make_app: MakeApp) -> None:
    made = {item.path: item.is_stored for item in prerender(make_app(FILES))}

    assert made["/robots.txt"]
    assert made["/multi/apple-icon/small"]
    assert made["/products/sitemap/x.xml"]
    assert not made["/host/sitemap.xml"]
    assert "/blog/[slug]/opengraph-image" not in made


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

    kept = content_type.partition(";")[0]
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0], answer.headers["Cache-Control"]) == (
        200,
        kept,
        PUBLIC,
    )
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(path, headers={"Range": "bytes=0-2"}).data == answer.data[:3]
    assert client.head(path).data == b""
    assert client.post(path).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_the_text_beside_an_image_is_not_served(static_app: RouteHandlers, client_for: ClientFor) -> None:
    assert client_for(static_app).get("/blog/a/opengraph-image.alt.txt").status_code == 404


def test_they_are_routes_like_others(static_app: RouteHandlers) -> None:
    assert static_app.url_for("/robots.txt") == "/robots.txt"
    assert static_app.url_for("/blog/[slug]/opengraph-image.png", slug="a") == "/blog/a/opengraph-image.png"
    with pytest.raises(LookupError, match="and no module"):
        static_app.load("/robots.txt")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a/robots.py": source("robots", ROBOTS)}, "robots.py speaks for the whole application"),
        ({"a/manifest.json": "{}"}, "manifest.json speaks for the whole application"),
        ({"(g)/favicon.ico": "x"}, "favicon.ico speaks for the whole application"),
        ({"robots.py": source("robots", ROBOTS), "robots.txt": "x"}, "Two files answer '/robots.txt'"),
        (
            {"sitemap.py": source("sitemap", []), "sitemap.xml/route.py": "def GET(): return 'x'"},
            "Two files answer '/sitemap.xml'",
        ),
        ({"icon.py": "def icon(): pass", "(g)/icon.py": "def icon(): pass"}, "Two files answer '/icon'"),
        ({"icon.py": "def Icon(): pass"}, "It exports no function 'icon'. Write 'def icon(id, params):'."),
        ({"sitemap.py": "sitemap = []"}, "Write 'def sitemap():'."),
        ({"sitemap.py": "def sitemap(request): pass"}, "sitemap is not called like this."),
        ({"sitemap.py": "async def sitemap(): pass"}, "sitemap is not called like this."),
        ({"icon.py": "size = (1, 2)\ndef icon(): pass"}, "size is (1, 2). Give a width and a height in pixels"),
        ({"icon.py": "content_type = 'png'\ndef icon(): pass"}, "Give a type such as 'image/png'."),
        ({"icon.py": "revalidate = 'soon'\ndef icon(): pass"}, "revalidate is 'soon'."),
        (
            {"robots.py": "def generate_sitemaps(): pass\ndef robots(): pass"},
            "generate_sitemaps() means nothing in robots.py.",
        ),
        ({"icon.py": "raise RuntimeError('x')", "sitemap.py": ""}, "could not be imported"),
    ],
)
def test_mistakes_are_found_at_start(make_app: MakeApp, files: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({"x/route.py": "def GET(): return 'x'", **files})

    assert message in str(caught.value)


def test_an_image_that_nobody_would_load_is_an_error_at_start(make_app: MakeApp) -> None:
    with pytest.raises(InvalidAppError, match="more than 5 MB"):
        make_app({"twitter-image.png": "x" * (5 * 2**20 + 1)})


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({"robots.py": source("robots", None)}, "/robots.txt", "robots() is None"),
        (
            {"icon.py": "def generate_image_metadata(): return [{}]\ndef icon(): pass"},
            "/icon/1",
            "generate_image_metadata() returned [{}]",
        ),
    ],
)
def test_what_cannot_be_written_is_a_500_that_says_so(
    make_app: MakeApp,
    client_for: ClientFor,
    caplog: pytest.LogCaptureFixture,
    files: dict[str, str],
    path: str,
    message: str,
) -> None:
    assert client_for(make_app(files)).get(path).status_code == 500
    assert message in caplog.text
