"""One tree of routes with different things around it, as sources and settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.wrappers import Request, Response

ECHO = """
from routehandlers.server import Response
calls = 0

def GET(request, context):
    global calls
    calls += 1
    shown = {name: repr(value) for name, value in context.params.items()}
    return {
        "calls": calls, "method": request.method, "url": request.url,
        "path": request.path, "pathname": request.next_url.pathname, "args": request.args.to_dict(flat=False),
        "params": shown, "cookies": dict(request.cookies), "seen": request.headers.get("X-Seen"),
    }

POST = PUT = GET

def DELETE(request, context):
    context.params.clear()
    return Response(None, 204, {"X-Deleted": request.path})
"""

CACHED = """
revalidate = {revalidate}
{constants}
calls = 0

def GET(request, context):
    global calls
    calls += 1
    return f"{{calls}} {{context.params}} {{request.path}}"

def POST():
    return "not cached"
"""


def cached(constants: str = "", revalidate: int = 600) -> str:
    return CACHED.format(revalidate=revalidate, constants=constants)


ROUTES: dict[str, str] = {
    "route.py": ECHO,
    "items/[slug]/route.py": ECHO,
    "items/new/route.py": ECHO,
    "items/[slug]/[...rest]/route.py": ECHO,
    "orders/[id=int]/route.py": ECHO,
    "orders/[name]/route.py": ECHO,
    "prices/[amount=float]/route.py": ECHO,
    "things/[key=uuid]/route.py": ECHO,
    "[lang]/about/route.py": ECHO,
    "[lang]/[page]/end/route.py": ECHO,
    "mixed/[a]/x/[...rest]/route.py": ECHO,
    "tree/[[...path]]/route.py": ECHO,
    "(group)/caf\u00e9/[x]/route.py": ECHO,
    "two words/route.py": ECHO,
    "admin/[id]/route.py": ECHO,
    "new/[id]/route.py": ECHO,
    "docs/[[...path]]/route.py": cached(),
    "blog/[...path]/route.py": cached(),
    "kept/route.py": cached(),
    "kept/[id]/route.py": cached(),
    "kept/admin/[id]/route.py": cached(),
    "short/[id]/route.py": cached(revalidate=5),
    "static/[id]/route.py": cached('dynamic = "force-static"'),
    "known/[id]/route.py": cached("public = True"),
    "varied/[id]/route.py": cached('vary = ("accept-language", "search_params:q", "cookie:who")'),
    "gone/[id]/route.py": "from routehandlers.navigation import not_found\nrevalidate = 600\ndef GET(): not_found()",
    "moved/[id]/route.py": """
        from routehandlers.navigation import permanent_redirect
        revalidate = 600
        def GET(request, context): permanent_redirect(f"/kept/{len(context.params['id'])}")
    """,
    "own/[id]/route.py": """
        from routehandlers.server import Response
        revalidate = 600
        def GET():
            headers = [("ETag", '"own"'), ("x-two", "1"), ("X-Two", "2"), ("Content-Type", "text/x-own")]
            return Response(b"bytes", 200, headers)
    """,
    "dated/[id]/route.py": """
        from routehandlers.server import Response
        revalidate = 600
        def GET():
            return Response("", 203, {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Cache-Control": "s-maxage=5"})
    """,
    "length/[id]/route.py": """
        from routehandlers.server import Response
        revalidate = 600
        def GET(request, context):
            name = "content-length" if context.params["id"] == "1" else "Content-Length"
            return Response(b"bytes", 200, [(name, "5"), ("X-Last", "1")])
    """,
    "broken/[id]/route.py": "from routehandlers.server import Response\nrevalidate = 600\ndef GET(): return Response('x', 503)",
    "raises/[id]/route.py": "revalidate = 600\ncalls = 0\ndef GET():\n    global calls\n    calls += 1\n    raise OSError(calls)",
    "reads/[id]/route.py": "revalidate = 600\ndef GET(request): return str(request.args.to_dict(flat=False))",
    "stream/[id]/route.py": """
        from routehandlers.server import Response
        def GET(request, context):
            def chunks():
                yield "one "
                yield str(dict(context.params))
            return Response(chunks())
    """,
    "kept-stream/[id]/route.py": """
        from routehandlers.server import Response
        revalidate = 600
        calls = 0
        def GET(request, context):
            global calls
            calls += 1
            return Response(iter([str(calls), str(dict(context.params))]))
    """,
    "cookies/[id]/route.py": """
        from routehandlers.headers import cookies
        def GET(request, context):
            cookies().set("seen", context.params["id"][:3].encode("ascii", "replace").decode())
            return str(dict(request.cookies))
    """,
    "draft/route.py": """
        from routehandlers.headers import draft_mode
        def GET(): return str(draft_mode().is_enabled)
        def POST():
            draft_mode().enable()
            return "on"
        def DELETE():
            draft_mode().disable()
            return "off"
    """,
    "purge/[[...path]]/route.py": """
        from routehandlers.cache import revalidate_path
        def POST(request, context):
            revalidate_path("/" + "/".join(context.params.get("path", [])), "layout")
            return "purged"
        GET = POST
    """,
    "kept/not_found.py": "def not_found(request): return f'kept: {request.path}'",
    "items/not_found.py": "def not_found(request): return f'items: {request.path}'",
    "robots.txt": "User-agent: *",
}

# Paths that lead somewhere in that tree, as they are written most often.
UUID_TEXT = "a8098c1a-f86e-11da-bd1a-00112444be1e"
PATHS = [
    "/", "/items/a", "/items/b", "/items/new", "/items/a/b/c", "/orders/7", "/orders/007", "/orders/x", "/prices/1.5",
    "/prices/x", f"/things/{UUID_TEXT}", "/things/x", "/en/about", "/en/us/end", "/en/us/other", "/mixed/1/x/2/3",
    "/mixed/1/x", "/tree", "/tree/a", "/tree/a/b", "/caf%C3%A9/1", "/two%20words", "/admin/1", "/admin/2", "/new/1",
    "/docs", "/docs/a", "/docs/a/b", "/blog/a", "/blog/a/b", "/blog", "/kept", "/kept/1", "/kept/2", "/kept/admin/1",
    "/kept/1/2", "/short/1", "/static/1", "/known/1", "/varied/1", "/gone/1", "/moved/1", "/own/1", "/dated/1",
    "/length/1", "/length/2", "/broken/1", "/raises/1", "/reads/1", "/stream/1", "/kept-stream/1", "/cookies/1", "/draft", "/purge/kept",
    "/purge/docs/a", "/purge", "/robots.txt", "/nothing", "/items", "/a/b/c/d/e", "/old/1", "/old/1/2", "/p/1", "/p/kept",
    "/files/a.txt", "/a.txt", "/even/2", "/even/3", "/listed/a", "/listed/b", "/before/1", "/last/1", "/last/1/2",
    "/.well-known/x", "/style.css", "/other", "/other/", "/ADMIN/1", "/Items/a",
]  # fmt: skip

HAS = [{"type": "header", "key": "x-go", "value": "(?<where>.+)"}]
MISSING = [{"type": "cookie", "key": "who"}]
HOST = [{"type": "host", "value": "admin.example.com"}]


class Even(BaseConverter):
    """Takes even numbers, and refuses others as they are looked up in a database."""

    regex = r"\d+"

    def to_python(self, value: str) -> int:
        if int(value) % 2:
            raise ValidationError
        return int(value)


def other(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Another application, which says what it was asked."""
    request = Request(environ)
    text = f"{request.method} {environ['SCRIPT_NAME']}|{environ['PATH_INFO']}|{environ.get('RAW_URI')}"
    return Response(text.encode("latin-1", "replace"), 200, {"X-Other": "1"})(environ, start_response)


@dataclass(frozen=True)
class Kind:
    """An application: files beside the tree, and settings.

    :param public: The files of its public folder.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)


NO_OP = "def middleware(request): return None"
ADDS = """
    from routehandlers.server import Response
    def middleware(request, context):
        return Response.next(request={"headers": {"X-Seen": str(dict(context.params))}}, headers={"X-Middleware": request.path})
"""
GUARD = """
    from routehandlers.server import Response
    {matcher}
    def middleware(request):
        if request.next_url.pathname.startswith("/admin") or "x-stop" in request.headers:
            return Response(f"stopped {{request.path}}", 401)
"""
GENERATOR = """
    def middleware(request):
        response = yield
        response.headers["X-After"] = str(response.status_code)
        if response.status_code == 200 and "x-change" in request.headers:
            response.set_data(response.get_data() + b" changed")
"""
REWRITES = """
    from routehandlers.server import Response
    def middleware(request):
        if request.path.startswith("/p/"):
            return Response.rewrite("/kept/" + request.path[3:] + "?from=middleware")
        if request.path.startswith("/old/"):
            return Response.redirect("/new/1")
"""
FOLDERS = {
    "items/middleware.py": ADDS,
    "kept/middleware.py": GENERATOR,
    "kept/admin/middleware.py": GUARD.format(matcher='config = {"matcher": ["/kept/admin/:id"]}'),
    "blog/middleware.py": NO_OP,
    "tree/middleware.py": "def middleware(request, context):\n    context.params['path'] = ['changed']",
    "varied/middleware.py": 'from routehandlers.cors import cors\nmiddleware = cors(origins=["https://a.example"])',
}
CONDITIONS = """
    config = {"matcher": [
        "/items/:path*", {"source": "/kept/:id", "has": [{"type": "header", "key": "x-go"}]}, "/admin/:id",
        {"source": "/docs/:path*", "missing": [{"type": "cookie", "key": "who"}]}, "/caf%C3%A9/(.*)",
    ]}
"""
GROUPS = {
    "before_files": [
        {"source": "/before/:id", "destination": "/kept/:id"},
        {"source": "/kept/2", "destination": "/kept/1?q=:where", "has": HAS},
    ],
    "after_files": [
        {"source": "/p/:path*", "destination": "/docs/:path*"},
        {"source": "/orders/x", "destination": "/orders/1", "missing": MISSING},
        {"source": "/items/new", "destination": "/never"},
    ],
    "fallback": [
        {"source": "/last/:path*", "destination": "/tree/:path*"},
        {"source": "/nothing", "destination": "/kept/9"},
    ],
}
REDIRECTS = [
    {"source": "/old/:id", "destination": "/new/:id", "permanent": True},
    {"source": "/old/:path*", "destination": "/tree/:path*", "permanent": False, "has": HAS},
    {
        "source": "/kept/:id",
        "destination": "https://a.example/:where",
        "permanent": False,
        "has": HAS,
        "missing": MISSING,
    },
    {"source": "/admin/:id", "destination": "/items/:id", "permanent": False, "has": HOST},
    {"source": "/caf\u00e9/:x(\\d+)", "destination": "/docs/:x", "status_code": 303},
]
HEADERS = [
    {"source": "/:path*", "headers": [{"key": "X-All", "value": "all"}], "missing": MISSING},
    {"source": "/kept/:id", "headers": [{"key": "X-:id", "value": ":id"}, {"key": "X-Two", "value": "config"}]},
    {"source": "/own/:id", "headers": [{"key": "x-two", "value": "config"}, {"key": "Set-Cookie", "value": "c=1"}]},
    {"source": "/docs/:path*", "headers": [{"key": "X-Where", "value": ":where"}], "has": HAS},
]
CONDITIONLESS = [
    {"source": "/kept/:id", "headers": [{"key": "X-:id", "value": ":id"}, {"key": "etag", "value": '"config"'}]},
    {"source": "/own/:id", "headers": [{"key": "x-two", "value": "config"}, {"key": "Vary", "value": "X-A"}]},
    {
        "source": "/dated/:id",
        "headers": [{"key": "Set-Cookie", "value": "c=1"}, {"key": "Content-Type", "value": "x/y"}],
    },
    {
        "source": "/blog/:path*",
        "headers": [{"key": "Cache-Control", "value": "no-store"}, {"key": "Age", "value": "7"}],
    },
    {"source": "/length/:id", "headers": [{"key": "Set-Cookie", "value": "c=1"}]},
    {"source": "/static/:id", "headers": [{"key": "Cache-Status", "value": "mine"}]},
]

KINDS: dict[str, Kind] = {
    "nothing": Kind(settings={"trusted_hosts": None}),
    "debug": Kind(settings={"debug": True}),
    "error files": Kind(
        {"error.py": "def error(request, exception): return f'failed {exception}'", "not_found.py": "def not_found(): return 'root'"}
    ),
    "root middleware": Kind({"middleware.py": GUARD.format(matcher="")}),
    "root no-op": Kind({"middleware.py": NO_OP}),
    "root generator": Kind({"middleware.py": GENERATOR}),
    "root matcher": Kind(
        {"middleware.py": GUARD.format(matcher='config = {"matcher": ["/admin/:path*", "/kept/admin/:path*", "/items/:slug"]}')}
    ),
    "root conditions": Kind({"middleware.py": GUARD.format(matcher=CONDITIONS)}),
    "rewriting middleware": Kind({"middleware.py": REWRITES, **FOLDERS}),
    "folder middleware": Kind(FOLDERS),
    "cors": Kind({"middleware.py": "from routehandlers.cors import cors\nmiddleware = cors(origins='*')"}),
    "redirects": Kind(settings={"redirects": REDIRECTS}),
    "rewrites": Kind(settings={"rewrites": GROUPS}),
    "rewrites and middleware": Kind({"middleware.py": GUARD.format(matcher=CONDITIONS), **FOLDERS}, {"rewrites": GROUPS}),
    "headers": Kind(settings={"headers": HEADERS}),
    "headers without conditions": Kind(settings={"headers": CONDITIONLESS}),
    "everything": Kind(
        {"middleware.py": GENERATOR, **FOLDERS},
        {"headers": HEADERS, "redirects": REDIRECTS, "rewrites": GROUPS, "trusted_hosts": ["localhost", ".example.com"]},
    ),
    "base path": Kind(settings={"base_path": "/base"}),
    "base path and rules": Kind(
        {"middleware.py": GUARD.format(matcher=CONDITIONS)},
        {
            "base_path": "/base",
            "trailing_slash": True,
            "redirects": [*REDIRECTS, {"source": "/other", "destination": "/base", "permanent": False, "base_path": False}],
            "rewrites": GROUPS,
            "headers": [*HEADERS, {"source": "/:path*", "headers": [{"key": "X-Whole", "value": ":path"}], "base_path": False}],
        },
    ),
    "trailing slash": Kind(settings={"trailing_slash": True}),
    "either slash": Kind(settings={"skip_trailing_slash_redirect": True, "headers": CONDITIONLESS}),
    "fallback": Kind(settings={"fallback": other}),
    "fallback and middleware": Kind({"middleware.py": GUARD.format(matcher=CONDITIONS)}, {"fallback": other, "rewrites": GROUPS}),
    "fallback and base path": Kind(settings={"fallback": other, "base_path": "/base", "trailing_slash": True}),
    "public": Kind(public={"a.txt": "a", "files/a.txt": "file", "items/new": "public", "caf\u00e9/1": "x", "kept/1": "k"}),
    "public and rules": Kind({"middleware.py": NO_OP}, {"rewrites": GROUPS, "debug": True}, {"a.txt": "a", "p/1": "p", "kept/2": "k"}),
    "converters": Kind({"even/[n=even]/route.py": ECHO, "even/[...n]/route.py": cached()}, {"converters": {"even": Even}}),
    "converters at the root": Kind({"[n=even]/[x]/route.py": cached()}, {"converters": {"even": Even}, "rewrites": GROUPS}),
    "listed params": Kind(
        {
            "listed/[id]/route.py": cached("dynamic_params = False\ndef generate_static_params(): return [{'id': 'a'}]"),
            "listed/[...rest]/route.py": ECHO,
            "items/[slug]/only/route.py": cached("dynamic_params = False\ndef generate_static_params(): return [{'slug': 'a'}]"),
        }
    ),
    "expiring": Kind(settings={"expire_time": 2}),
}  # fmt: skip
