"""The recorded applications with middleware, settings and metadata files, translated from JavaScript."""

from __future__ import annotations

import base64
from typing import Any

_ECHO = """
from routehandlers import Response
from routehandlers.headers import cookies
def GET(request, context):
    url = request.next_url
    headers = {{name.lower(): value for name, value in request.headers if name.lower().startswith("x-")}}
    return {{
        "route": {route!r}, "method": request.method, "params": dict(context.params), "url": request.url,
        "pathname": url.pathname, "search": url.search, "headers": headers,
        "cookies": [{{"name": name, "value": value}} for name, value in cookies().items()],
    }}
"""

_MIDDLEWARE = """
from routehandlers import Response
def middleware(request):
    url = request.next_url
    path = url.pathname
    if path.startswith("/x/direct"): return Response("from middleware", 418, {"x-mw": "1"})
    if path.startswith("/x/redirect-rel"): return Response.redirect("/echo")
    if path.startswith("/x/redirect-ext"): return Response.redirect("https://example.com/a?b=c")
    if path.startswith("/x/redirect-cookie"):
        response = Response.redirect("/echo")
        response.cookies.set("mw", "1")
        return response
    if path.startswith("/x/rewrite-q"): return Response.rewrite("/echo?added=1")
    if path.startswith("/x/rewrite-404"): return Response.rewrite("/no-such-route")
    if path.startswith("/x/rewrite-rel"): return Response.rewrite("/echo")
    if path.startswith("/x/rewrite"): return Response.rewrite(request.host_url + "echo")
    if path.startswith("/x/throw"): raise RuntimeError("middleware boom")
    if path.startswith("/x/info"):
        return Response.json({
            "url": request.url, "method": request.method, "href": url.href, "pathname": path, "search": url.search,
            "host": url.host, "basePath": url.base_path,
            "cookies": [{"name": name, "value": value} for name, value in request.cookies.items()],
        })
    if path.startswith("/x/bodyread"): return Response.json({"mwread": request.text()})
    if path == "/set-headers-plain": return Response.next(headers={"x-added": "plain"})
    if path == "/only-headers":
        gone = {name: None for name, _ in request.headers if name != 'Host'}
        return Response.next(request_headers={**gone, "x-only": "this"})
    if path == "/resp-static":
        return Response.next(headers=[("x-mw", "1"), ("x-handler", "mw"), ("Cache-Control", "max-age=9"), ("Vary", "X-Mw")])
    if path == "/cookies":
        response = Response.next()
        response.cookies.set("mw", "v1")
        response.cookies.set("shared", "mw")
        response.cookies.delete("gone")
        return response
    if path == "/reqcookie": return Response.next(request_headers={"cookie": request.headers["Cookie"] + "; injected=1"})
    if path in ("/bodypass", "/bodyconsume"): return Response.next(headers={"x-mw-body": request.text()})
    if path.startswith("/stack"): return Response.next(headers={"x-seen": path + url.search})
"""

_NAMES = ("echo", "stack/echo", "set-headers-plain", "only-headers", "reqcookie", "status-next")

MIDDLEWARE = {
    "middleware.py": _MIDDLEWARE,
    **{f"{name}/route.py": _ECHO.format(route=name) for name in _NAMES},
    "resp-static/route.py": "from routehandlers import Response\ndynamic = 'force-static'\n"
    "def GET(): return Response('s 1795327926408', headers={'x-handler': 'handler'})",
    "cookies/route.py": """
from routehandlers import Response
from routehandlers.headers import cookies
def GET(request):
    seen = [{"name": name, "value": value} for name, value in cookies().items()]
    cookies().set("shared", "handler")
    cookies().set("h", "1")
    return Response.json({"seen": seen, "header": request.headers.get("Cookie")})
""",
    **{f"{name}/route.py": "def POST(request): return {'t': request.text()}" for name in ("bodypass", "bodyconsume")},
    "wait/route.py": "def GET(): return 'w'",
}

_OK = "def GET(request): return {'ok': 1, 'url': request.url}"

MATCHER = {
    "middleware.py": """
from routehandlers import Response
config = {"matcher": [
    "/exact", "/about/:path*", "/one/:id", r"/num/:n(\\d+)", "/((?!api|_next/static).*)-neg",
    {"source": "/has", "has": [{"type": "header", "key": "x-go"}]},
    {"source": "/missing", "missing": [{"type": "cookie", "key": "skip"}]},
    {"source": "/query", "has": [{"type": "query", "key": "a", "value": "1"}]},
]}
def middleware(request): return Response.next(headers={"x-mw": request.next_url.pathname})
""",
    "route.py": _OK,
    **{
        f"{name}/route.py": _OK
        for name in ("exact", "about/[[...p]]", "one/[...p]", "num/[n]", "other", "query", "has")
    },
}

_RULES_ECHO = """
from routehandlers import Response
def GET(request, context):
    url = request.next_url
    return Response.json({{
        "route": {route!r}, "params": dict(context.params), "url": request.url, "pathname": url.pathname,
        "search": url.search, "basePath": url.base_path, "href": url.href,
        "query": list(url.search_params.items(multi=True)), "host": request.headers.get("host"),
    }}, headers={{"x-handler": "1"}})
"""

RULES = {
    **{
        f"{name}/route.py": _RULES_ECHO.format(route=name)
        for name in ("x", "dyn/[id]", "all/[...slug]", "missing", "h/plain", "fallback-existing", "hbug/[id]", "shadow")
    },
    "h/multi/route.py": "from routehandlers import Response\ndef GET(): return Response('multi', headers=[('Set-Cookie', 'handler=1'), ('Vary', 'X-Handler')])",
    "h/cc/route.py": "from routehandlers import Response\ndef GET(): return Response('cc', headers={'Cache-Control': 'no-store'})",
    "h/fs/route.py": "dynamic = 'force-static'\ndef GET(): return 'fs 1795327814865'",
    "h/has/route.py": "def GET(): return 'has'",
    "h/redirect/route.py": "from routehandlers.navigation import redirect\ndef GET(): redirect('/x')",
}


def _redirect(source: str, destination: str, **more: Any) -> dict[str, Any]:
    status = {} if "status_code" in more else {"permanent": more.pop("permanent", False)}
    return {"source": source, "destination": destination, **status, **more}


def _headers(source: str, pairs: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"source": source, "headers": [{"key": key, "value": value} for key, value in pairs.items()], **more}


RULES_SETTINGS: dict[str, Any] = {
    "redirects": [
        _redirect("/old", "/x", permanent=True),
        _redirect("/old-temp", "/x"),
        _redirect("/old-303", "/x", status_code=303),
        _redirect("/p/:id", "/dyn/:id"),
        _redirect("/pq/:s", "/x?s=:s"),
        _redirect("/pextra/:a/:b", "/dyn/:a"),
        _redirect("/wild/:path*", "/all/:path*"),
        _redirect("/optp/:slug?", "/x?o=:slug"),
        _redirect("/post/:id(\\d{1,})", "/dyn/:id"),
        _redirect("/abc-:mid-xyz", "/dyn/:mid"),
        _redirect("/ext/:path*", "https://example.com/e/:path*"),
        _redirect("/hasq", "/dyn/:go", has=[{"type": "query", "key": "go"}]),
        _redirect("/hashost", "/dyn/:sub", has=[{"type": "host", "value": "(?<sub>.*)\\.example\\.com"}]),
        _redirect("/missing", "/x", missing=[{"type": "header", "key": "x-keep"}]),
        _redirect("/enc%20oded", "/x"),
        _redirect("/shadow", "/x"),
    ],
    "rewrites": {
        "before_files": [
            {"source": "/shadowed-before", "destination": "/x"},
            {"source": "/b-dyn/:id", "destination": "/dyn/:id"},
        ],
        "after_files": [
            {"source": "/a-unused/:a/:b", "destination": "/x"},
            {"source": "/a-query/:v", "destination": "/x?q=:v"},
            {"source": "/a-wild/:path*", "destination": "/all/:path*"},
            {"source": "/a-dynshadow/:id", "destination": "/x"},
        ],
        "fallback": [
            {"source": "/fallback-existing", "destination": "/x"},
            {"source": "/fb/:path*", "destination": "/all/:path*"},
        ],
    },
    "headers": [
        _headers("/h/:path*", {"X-Config": "cfg", "x-handler": "from-config", "x-path": ":path"}),
        _headers("/h/multi", {"X-Config": "second", "set-cookie": "cfg=1", "vary": "X-Cfg"}),
        _headers("/h/cc", {"Cache-Control": "public, max-age=77"}),
        _headers("/h/fs", {"Cache-Control": "public, max-age=78"}),
        _headers("/h/has", {"x-has": "1"}, has=[{"type": "header", "key": "x-go"}]),
        _headers("/nope-h", {"x-on-404": "1"}),
        _headers("/hbug/:path*", {"x-bug": ":path"}),
        _headers("/:path*", {"x-all": "all"}),
    ],
}

_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_ICO = base64.b64decode(
    "AAABAAEAAQEAAAEAIABGAAAAFgAAAIlQTkcNChoKAAAADUlIRFIAAAABAAAAAQgGAAAAHxXEiQAAAA1JREFUeJxj+M/A8B8ABQAB/4mZPR0AAAAASUVORK5CYII="
)

META_BYTES = {
    "favicon.ico": _ICO,
    "icon.png": _PNG,
    "opengraph-image.png": _PNG,
    "opengraph-image.alt.txt": b"alt",
    "blog/twitter-image.gif": _GIF,
    "blog/icon1.png": _PNG,
    "blog/icon2.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
}

META = {
    "robots.py": """
def robots():
    return {
        "rules": [
            {"user_agent": "Googlebot", "allow": ["/", "/public"], "disallow": "/private/", "crawl_delay": 2},
            {"user_agent": ["Applebot", "Bingbot"], "disallow": ["/a", "/b"]},
            {"allow": "/", "disallow": ""},
            {"user_agent": "*", "crawl_delay": 0},
        ],
        "sitemap": ["https://acme.com/sitemap.xml", "https://acme.com/other.xml"],
        "host": "https://acme.com",
    }
""",
    "sitemap.py": """
from datetime import datetime, timezone
def sitemap():
    return [
        {"url": "https://acme.com", "last_modified": datetime(2024, 1, 2, 3, 4, 5, 678000, timezone.utc), "change_frequency": "yearly", "priority": 1},
        {"url": "https://acme.com/about?a=1&b=2", "last_modified": "2024-05-06", "change_frequency": "monthly", "priority": 0.8,
         "alternates": {"languages": {"es": "https://acme.com/es/about", "de": "https://acme.com/de/about?x=1&y=2"}}},
        {"url": "https://acme.com/img", "images": ["https://example.com/image.jpg", "https://example.com/b.jpg?w=1&h=2"]},
        {"url": "https://acme.com/vid", "priority": 0, "videos": [
            {"title": "T & <b>", "thumbnail_loc": "https://example.com/t.jpg", "description": "desc", "content_loc": "http://s.example.com/v.mp4",
             "player_loc": "https://p.example.com", "duration": 600, "view_count": 12345, "tag": "tag1", "rating": 4.2,
             "expiration_date": "2030-01-01", "publication_date": "2020-01-01", "family_friendly": "yes", "requires_subscription": "no", "live": "no",
             "restriction": {"relationship": "allow", "content": "IE GB US CA"}, "platform": {"relationship": "allow", "content": "web"},
             "uploader": {"info": "https://u.example.com", "content": "Up"}},
            {"title": "min", "thumbnail_loc": "https://example.com/t2.jpg", "description": "d2", "uploader": {"content": "NoInfo"}}]},
        {"url": "https://acme.com/café"},
        {"url": "https://acme.com/empty", "last_modified": None, "alternates": {}, "images": [], "videos": []},
    ]
""",
    "manifest.py": """
def manifest():
    return {"name": "App é", "short_name": "App", "start_url": "/", "display": "standalone",
            "icons": [{"src": "/favicon.ico", "sizes": "any", "type": "image/x-icon"}]}
""",
    "dyn/opengraph_image.py": """
from routehandlers import Response
alt, size, content_type = "x", {"width": 10, "height": 10}, "image/png"
def opengraph_image(params): return Response("fake image null", headers={"Content-Type": "image/png"})
""",
    "multi/icon.py": """
import json
from routehandlers import Response
def generate_image_metadata():
    return [{"id": "small", "content_type": "image/png", "size": {"width": 1, "height": 1}}, {"id": 2, "content_type": "image/png"}]
def icon(id, params): return Response(f"icon {json.dumps(id)} {json.dumps(params)}", headers={"Content-Type": "image/png"})
""",
    "products/sitemap.py": """
def generate_sitemaps(): return [{"id": 0}, {"id": 1}, {"id": "x"}]
def sitemap(id): return [{"url": f"https://acme.com/product/{id}", "last_modified": "string" if isinstance(id, str) else "number"}]
""",
    "nestedx/sitemap.xml": '<?xml version="1.0" encoding="UTF-8"?>\n<urlset><url><loc>https://static.example</loc></url></urlset>\n',
    "empty/sitemap.py": "def sitemap(): return []",
    "dynsm/sitemap.py": "from routehandlers.headers import headers\ndef sitemap(): return [{'url': 'https://' + headers()['Host']}]",
}

AROUND: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mw": (
        MIDDLEWARE,
        {
            "redirects": [_redirect("/cfg-redirect", "/echo")],
            "rewrites": [{"source": "/cfg-rewrite", "destination": "/stack/echo"}],
        },
    ),
    "mwmatch": (MATCHER, {}),
    "rules": (RULES, RULES_SETTINGS),
    "meta": ({**META, **META_BYTES, "../public/static.txt": "public file\n"}, {"public": "public"}),
}
