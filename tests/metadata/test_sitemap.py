"""``sitemap.xml`` as ``sitemap()`` returns it, held against the rules of its protocol."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routehandlers._metadata.sitemap import render_sitemap
from routehandlers.exceptions import InvalidReturnError

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

# As Next 15.5 writes it, but escaped.
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


def test_a_sitemap_reads_as_next_writes_it_and_is_escaped() -> None:
    assert render_sitemap(SITEMAP) == SITEMAP_TEXT
    assert render_sitemap([]) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n</urlset>\n'
    )


VIDEO = {"title": "t", "thumbnail_loc": "https://x/t.jpg", "description": "d"}


def _inside(entry: Any, element: str) -> list[str]:
    return re.findall(f"<{element}.*", render_sitemap([{"url": "https://x", **entry}]))


@pytest.mark.parametrize(
    ("tag", "lines"),
    [
        (["a", "b & c"], ["<video:tag>a</video:tag>", "<video:tag>b &amp; c</video:tag>"]),
        (("a", None, 5), ["<video:tag>a</video:tag>", "<video:tag>5</video:tag>"]),
        ("a", ["<video:tag>a</video:tag>"]),
        (5, ["<video:tag>5</video:tag>"]),
        (4.5, ["<video:tag>4.5</video:tag>"]),
        ([], []),
        (None, []),
    ],
)
def test_a_video_with_several_tags_was_a_500(tag: Any, lines: list[str]) -> None:
    assert _inside({"videos": [{**VIDEO, "tag": tag}]}, "video:tag") == lines


def test_an_uploader_with_only_a_url_was_refused() -> None:
    entry = {"videos": [{**VIDEO, "uploader": {"info": "https://u?a&b"}}]}

    assert _inside(entry, "video:uploader") == ['<video:uploader info="https://u?a&amp;b"></video:uploader>']


def test_alternates_for_media_were_refused() -> None:
    alternates = {
        "media": {'only screen and (max-width: 640px) and "a"': "https://m.x/?a&b"},
        "languages": {"de": "https://x/de"},
    }

    assert _inside({"alternates": alternates}, "xhtml:link") == [
        '<xhtml:link rel="alternate" hreflang="de" href="https://x/de" />',
        '<xhtml:link rel="alternate" media="only screen and (max-width: 640px) and &quot;a&quot;"'
        ' href="https://m.x/?a&amp;b" />',
    ]
    assert _inside({"alternates": {"languages": None, "media": None}}, "xhtml:link") == []


_NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_W3C = r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?"


def check_protocol(text: str) -> list[str]:
    """The rules of https://www.sitemaps.org/protocol.html; gives the locations."""
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
            assert re.fullmatch(r"[01]|0\.\d+", priority.text or ""), priority.text  # xsd:decimal has no exponent
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
        ([{"url": ""}], "has an empty 'url'"),
        ([{"url": "x", "alternates": {"languages": ["de"]}}], "languages of sitemap() is ['de']. Give a dict of URLs."),
        ([{"url": "x", "alternates": {"media": "print"}}], "media of sitemap() is 'print'."),
        ([{"url": "x", "alternates": {"types": {}}}], "has the unknown key 'types'"),
        ([{"url": "x", "videos": [{**VIDEO, "tag": [[]]}]}], "sitemap() contains []."),
        ([{"url": "x", "videos": [{**VIDEO, "title": ["a"]}]}], "sitemap() contains ['a']."),
        ([{"url": "x", "images": 3}], "images of sitemap() is 3."),
        ([{"url": "x", "priority": 2}], "priority is 2. Give a number from 0 to 1."),
        ([{"url": "x", "priority": True}], "priority is True."),
        ([{"url": "x", "priority": float("nan")}], "priority is nan."),
        ([{"url": "x", "change_frequency": "often"}], "change_frequency is 'often'."),
        ([{"url": "x\0"}], "Give text without characters that XML forbids"),
        ([{"url": 3}], "sitemap() contains 3."),
        ([{"url": "x", "videos": [{"title": "t"}]}], "a video of sitemap() has no 'thumbnail_loc'."),
        ([{"url": "x"}] * 50_001, "Write a function generate_sitemaps()"),
    ],
)
def test_a_sitemap_refuses_what_it_cannot_write(entries: Any, message: str) -> None:
    with pytest.raises(InvalidReturnError) as caught:
        render_sitemap(entries)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("priority", "text"), [(0, "0"), (1.0, "1"), (0.8, "0.8"), (1e-7, "0.0000001"), (Decimal("0.50"), "0.50")]
)
def test_a_number_is_written_without_an_exponent(priority: Any, text: str) -> None:
    assert f"<priority>{text}</priority>" in render_sitemap([{"url": "x", "priority": priority}])


def test_images_may_be_anything_that_can_be_listed() -> None:
    text = render_sitemap(iter([{"url": "x", "images": (url for url in ("a", "b"))}, {"url": "y", "images": "c"}]))

    assert re.findall("<image:loc>(.)</image:loc>", text) == ["a", "b", "c"]
