"""Where middleware, settings and metadata files answer differently from the recorded Next.js 15.5, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from parity.replay import Seen
from parity.table import PROBLEM, TEXT, Deviation

AROUND_APPS = ("mw", "mwmatch", "rules", "meta")


def _fail(status: int, **headers: str) -> Callable[[Seen, dict[str, Any]], Seen]:
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    kept = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return lambda seen, exchange: Seen(status, {"content-type": [PROBLEM], **kept}, problem)


def _without(*names: str) -> Callable[[Seen, dict[str, Any]], Seen]:
    """Without some headers, and without some fields of a JSON body."""

    def change(seen: Seen, exchange: dict[str, Any]) -> Seen:
        headers = {name: value for name, value in seen.headers.items() if name not in names}
        body = seen.body
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name not in names}
        return replace(seen, headers=headers, body=body)

    return change


def _text(old: str, new: str) -> Callable[[Seen, dict[str, Any]], Seen]:
    """Another text in the body and in the location."""

    def change(seen: Seen, exchange: dict[str, Any]) -> Seen:
        headers = dict(seen.headers)
        if "location" in headers:
            headers["location"] = [headers["location"][0].replace(old, new)]
        return replace(seen, headers=headers, body=seen.body.replace(old, new))

    return change


def _echo(status: int = 200, **fields: Any) -> Callable[[Seen, dict[str, Any]], Seen]:
    return lambda seen, exchange: replace(seen, status=status, body={**seen.body, **fields})


def _escaped(seen: Seen, exchange: dict[str, Any]) -> Seen:
    body = seen.body.replace("?a=1&b=2", "?a=1&amp;b=2").replace("?x=1&y=2", "?x=1&amp;y=2")
    body = body.replace("?w=1&h=2", "?w=1&amp;h=2").replace("T & <b>", "T &amp; &lt;b&gt;")
    return replace(seen, body=body.replace("<video:uploaderundefined>", "<video:uploader>"))


def _robots(seen: Seen, exchange: dict[str, Any]) -> Seen:
    body = seen.body.replace(
        "User-Agent: *\nAllow: /\n\nUser-Agent: *\n",
        "User-Agent: *\nAllow: /\nDisallow:\n\nUser-Agent: *\nCrawl-delay: 0\n",
    )
    return replace(seen, body=body)


def _charset(seen: Seen, exchange: dict[str, Any]) -> Seen:
    types = [
        re.sub(r"^(text/plain|application/xml)$", r"\1; charset=utf-8", one)
        for one in seen.headers.get("content-type", [])
    ]
    return replace(seen, headers={**seen.headers, "content-type": types})


def _revalidated(seen: Seen, exchange: dict[str, Any]) -> Seen:
    return replace(seen, headers={**seen.headers, "cache-control": ["public, max-age=0, must-revalidate"]})


def _not_modified(seen: Seen, exchange: dict[str, Any]) -> Seen:
    return Seen(304, {"cache-control": ["public, max-age=0, must-revalidate"]}, "")


def _typed(content_type: str) -> Callable[[Seen, dict[str, Any]], Seen]:
    return lambda seen, exchange: replace(seen, headers={**seen.headers, "content-type": [content_type]})


AROUND_DEVIATIONS = [
    Deviation(
        "Redirects with a missing optional parameter", r"rules\.redirect\.24",
        "It stays in the destination as `:slug`.", "It leaves nothing in the destination.", _text(":slug", ""),
    ),
    Deviation(
        "Redirects with a value from the query", r"rules\.redirect\.37",
        "The value is put into `Location` unchanged.", "It is percent-encoded.", _text("/a b?", "/a%20b?"),
    ),
    Deviation(
        "A repeated parameter in a header's value", r"rules\.headers\.hbug", "Every request is a 500.", "Its segments, joined by slashes.",
        lambda seen, exchange: Seen(
            200, {"content-type": ["application/json"], "x-all": ["all"], "x-bug": ["a"], "x-handler": ["1"]},
            {"route": "hbug/[id]", "params": {"id": "a"}, "url": "http://localhost:4106/hbug/a", "pathname": "/hbug/a", "search": "",
             "basePath": "", "href": "http://localhost:4106/hbug/a", "query": [], "host": "localhost:4106"},
        ),
    ),
    Deviation(
        "Relative URLs in middleware", r"middleware\.redirect-rel", "500: only absolute URLs are accepted.", "They are accepted.",
        lambda seen, exchange: Seen(307, {"content-type": [TEXT], "location": ["/echo"]}, "/echo"),
    ),
    Deviation(
        "Relative URLs in rewrites", r"middleware\.rewrite-rel", "500: only absolute URLs are accepted.", "They are accepted.",
        lambda seen, exchange: Seen(
            200, {"content-type": ["application/json"]},
            {"route": "echo", "method": "GET", "params": {}, "url": "http://localhost:4120/x/rewrite-rel?client=1",
             "pathname": "/x/rewrite-rel", "search": "?client=1", "headers": {"x-client": "c"}, "cookies": []},
        ),
    ),
    Deviation(
        "Next's internal names", r"(middleware|rules)\..*", "`x-middleware-rewrite` is sent, and request headers include `X-Forwarded-*`.",
        "Nothing internal is sent.", _without("x-middleware-rewrite", "nHeaders", "geo", "headers-list", "ip", "isNextRequest", "keys", "nextUrlClass"),
    ),
    Deviation(
        "The list of header names", r"middleware\.info", "It includes `X-Forwarded-*`.", "Other exchanges compare the headers.", _without("headers"),
    ),
    Deviation(
        "Response headers of `next()`", r"middleware\.set-headers-plain", "They leak into the request.", "They do not.",
        _echo(headers={"x-keep": "k", "x-override": "client", "x-remove": "r"}),
    ),
    Deviation(
        "Cookies that middleware sets", r"middleware\.cookies", "`cookies()` below does not see them.", "It does, in cached routes too.",
        _echo(seen=[{"name": "gone", "value": ""}, {"name": "orig", "value": "1"}, {"name": "mw", "value": "v1"}, {"name": "shared", "value": "mw"}]),
    ),
    Deviation(
        "Malformed escapes before middleware", r"middleware\.badpct", "Middleware runs, and then 404.", "400, before middleware runs.", _fail(400),
    ),
    Deviation(
        "The query in middleware", r"middleware\.encoded", "Written again (`%20` becomes `+`).", "As it was sent.",
        lambda seen, exchange: replace(seen, headers={**seen.headers, "x-seen": ["/stack/a%20b?x=%20"]}),
    ),
    Deviation(
        "Unknown methods behind middleware", r"middleware\.propfind", "400.", "405 with `Allow`.",
        _fail(405, allow="GET, HEAD, OPTIONS", x_seen="/stack/echo"),
    ),
    Deviation(
        "Internal headers from outside", r"middleware\.spoof3", "Some are removed from the request.", "They have no meaning here, so they stay.",
        _echo(headers={"x-middleware-rewrite": "/dyn/1", "x-middleware-request-x-evil": "1", "x-middleware-override-headers": "x-evil"}),
    ),
    Deviation(
        "Other spellings of a resource", r"matcher\.24", "The middleware of `/exact` runs for `/_next/data/…/exact.json`.", "It is not a route.", _fail(404),
    ),
    Deviation(
        "Types of metadata files", r"metadata\..*", "`text/plain` and `application/xml`.", "With `charset=utf-8`.", _charset,
    ),
    Deviation(
        "Texts of `robots()`", r"metadata\.robots", "`disallow: ''` and `crawlDelay: 0` are dropped.", "They are written.", _robots,
    ),
    Deviation(
        "XML of `sitemap()`", r"metadata\.sitemap(\.gzip)?", "Not escaped; `<video:uploaderundefined>`.", "Escaped and well-formed.", _escaped,
    ),
    Deviation(
        "OPTIONS of metadata files", r"metadata\.robots\.OPTIONS", "405.", "204 with `Allow`, as everywhere.",
        lambda seen, exchange: Seen(204, {"allow": ["GET, HEAD, OPTIONS"]}, ""),
    ),
    Deviation(
        "`Cache-Control` of metadata files", r"metadata\.(icon|icon\.q|og|blog\.tw|blog\.icon[12]|nestedx|dyn\.og|multi\.small)",
        "A year, immutable, for static files, `robots.txt` included; none for images that are responses.", "`public, max-age=0, must-revalidate`.", _revalidated,
    ),
    Deviation(
        "Conditional requests for metadata files", r"metadata\.favicon\.inm", "`If-None-Match` is ignored.", "304.", _not_modified,
    ),
    Deviation(
        "GIF images", r"metadata\.blog\.tw", "`text/plain`.", "`image/gif`.",
        _typed("image/gif"),
    ),
    Deviation(
        "Ids that `generate_sitemaps()` does not list", r"metadata\.products\.(2|noext)", "Rendered all the same, against the manual.",
        "404, which is stored.", _fail(404, cache_control="s-maxage=31536000"),
    ),
    Deviation(
        "Pages for unknown URLs of metadata", r"metadata\.(manifest\.json|og\.(noext|alt)|multi\.none)", "An HTML page.", "A problem document.", _fail(404),
    ),
]  # fmt: skip

AROUND_DEVIATIONS += [
    Deviation(
        "The slash after a metadata file", r"metadata\.sitemap\.slash", "308 without a type.", "308 with one.", _typed(TEXT),
    ),
    Deviation(
        "`Allow` of a file in `public/`", r"metadata\.public\.POST", "A line for each method.", "One line.",
        lambda seen, exchange: replace(seen, headers={**seen.headers, "allow": ["GET, HEAD"]}),
    ),
    Deviation(
        "Metadata that depends on the client", r"metadata\.dynsm", "Still public.", "`private, no-cache, no-store`.",
        lambda seen, exchange: replace(seen, headers={**seen.headers, "cache-control": ["private, no-cache, no-store"]}),
    ),
]  # fmt: skip

AROUND_NOT_REPLAYED = [
    (r"rules\.rewrite\.(18|19|dead)", "A rewrite to another host is refused at start: use a proxy for it."),
    (r"metadata\.(inner|home)\.page", "Pages, and the tags that they get, have no counterpart."),
    (
        r"metadata\.sub\.manifest",
        "A `manifest.py` below the application's folder, which Next ignores, is an error at start.",
    ),
    (r"metadata\.isr\..*", "Exchanges that depend on seconds: `tests/metadata` tests them with a frozen clock."),
    (r"middleware\.direct-head", "The `Content-Type` of a HEAD without a body: it is that of the GET."),
]
