"""The application with every feature on, as sources and settings, and the ways in which it is mounted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from servers import write_app
from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.wrappers import Response

from fuzz import journal
from routehandlers import RouteHandlers
from routehandlers.flask import RouteHandlersBlueprint

WSGIApplication = Callable[..., Iterable[bytes]]


def _dynamic(name: str) -> str:
    return f"""
    from fuzz import journal
    def GET(request, context): return journal.echo({name!r}, request, context)
    POST = PUT = DELETE = GET
    """


def _cached(name: str, constants: str = "revalidate = 600") -> str:
    return f"""
    from fuzz import journal
    {constants}
    def GET(request, context): return journal.plain({name!r}, request, context)
    def POST(request): return journal.read_body({name!r}, request)
    """


# The folders behind the root's guard, and those behind a guard of their own.
ROUTES: dict[str, str | bytes] = {
    **{
        f"{name}/route.py".removeprefix("/"): _dynamic(f"/{name}")
        for name in (
            "", "items/[slug]", "items/new", "items/[slug]/[...rest]", "orders/[id=int]", "orders/[name]",
            "even/[n=even]", "prices/[p=float]", "things/[u=uuid]", "[lang]/about", "tree/[[...path]]", "two words",
            "(group)/caf\u00e9/[x]", "admin", "admin/[id]", "admin/[id]/[...rest]", "inner/[[...path]]", "vault",
            "vault/[id]", "vault/[id]/deep/[...rest]", "(closed)/closed/[x]", "api/[[...path]]",
        )
    },
    **{
        f"{name}/route.py": _cached(f"/{name}")
        for name in ("kept", "kept/[id]", "kept/admin/[id]", "docs/[[...path]]", "vault/kept/[id]", "api/kept/[id]")
    },
    "static/[id]/route.py": _cached("/static/[id]", 'dynamic = "force-static"'),
    "known/[id]/route.py": _cached("/known/[id]", "revalidate = 600; public = True"),
    "once/[id]/route.py": _cached("/once/[id]", "revalidate = False"),
    "listed/[id]/route.py": _cached(
        "/listed/[id]", "dynamic_params = False; generate_static_params = lambda: [{'id': 'a'}, {'id': 'b/c'}]"
    ),
    "varied/[id]/route.py": """
        from fuzz import journal
        from routehandlers import Response
        from routehandlers.headers import cookies
        revalidate = 600
        vary = ("accept-language", "search_params:q", "cookie:who")
        def GET(request, context):
            text = f"{request.args.get('q')} {cookies().get('who')} {request.headers.get('Accept-Language')}"
            journal.reach("/varied/[id]", request.path)
            return Response(text, headers={journal.ROUTE: "/varied/[id]"})
    """,
    "reads/[n=int]/route.py": """
        from fuzz import journal
        revalidate = 600
        def GET(request, context): return journal.read_any("/reads/[n=int]", context.params["n"], request)
    """,
    "reads-static/[n=int]/route.py": """
        from fuzz import journal
        dynamic = "force-static"
        def GET(request, context): return journal.read_any("/reads-static/[n=int]", context.params["n"], request)
    """,
    "reads-functions/[id]/route.py": """
        from fuzz import journal
        from routehandlers import Response
        from routehandlers.headers import cookies, draft_mode, headers
        revalidate = 600
        def GET(request, context):
            which = {"c": lambda: cookies().get("who"), "h": lambda: headers().get("X-Secret"),
                     "d": lambda: draft_mode().is_enabled, "l": lambda: dict(headers()), "a": lambda: dict(cookies())}
            return str(which.get(context.params["id"], lambda: None)())
    """,
    "kept-stream/[id]/route.py": """
        from fuzz import journal
        from routehandlers import Response
        from routehandlers.headers import cookies
        revalidate = 600
        def GET(request, context):
            def chunks():
                yield f"one {context.params}"
                if context.params["id"] == "late":
                    yield str(cookies().get("who")) + str(request.args)
                yield "x" * (200_000 if context.params["id"] == "large" else 2)
            return Response(chunks(), headers={journal.ROUTE: "/kept-stream/[id]"})
    """,
    "values/[id]/route.py": """
        from fuzz import journal
        from routehandlers.cache import cached
        from routehandlers.headers import cookies
        @cached(revalidate=600, tags=("values",))
        def of(id, who): return {"id": id, "who": who, "path": ["\u00e9", None, 1]}
        def GET(request, context): return of(context.params["id"], cookies().get("who"))
        @cached(revalidate=600)
        def plain(id): return id
        def POST(request, context): return plain(context.params["id"])
    """,
    "gone/[id]/route.py": "from routehandlers.navigation import not_found\nrevalidate = 600\ndef GET(): not_found()",
    "moved/[id]/route.py": """
        from urllib.parse import quote
        from routehandlers.navigation import permanent_redirect
        revalidate = 600
        def GET(request, context): permanent_redirect("/kept/" + quote(context.params["id"], safe=""))
    """,
    "go/[...path]/route.py": """
        from routehandlers.navigation import redirect
        def GET(request): redirect(request.next_url.pathname.replace("/go", "", 1) or "/")
        def POST(request): redirect(f"/kept/1?from={request.method}")
    """,
    "cookies/[id]/route.py": """
        from routehandlers.headers import cookies
        def GET(request, context):
            cookies().set("seen", context.params["id"])
            cookies().set("who", request.cookies.get("who", ""))
            cookies().delete("gone")
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
        from routehandlers.cache import revalidate_path, revalidate_tag
        def POST(request, context):
            path = "/" + "/".join(context.params.get("path", []))
            if request.args.get("tag"): return str(revalidate_tag("values"))
            return str(revalidate_path(path, "layout") if request.args.get("layout") else revalidate_path(path))
    """,
    "forms/route.py": """
        from fuzz import journal
        def POST(request): return journal.read_body("/forms", request)
        PUT = PATCH = DELETE = GET = POST
    """,
    "uploads/route.py": """
        from fuzz import journal
        max_content_length = 300
        def POST(request): return journal.read_body("/uploads", request)
        PUT = POST
    """,
    "checked/[id]/route.py": """
        from pydantic import BaseModel
        from fuzz import journal
        from routehandlers import Response
        revalidate = 600
        class Search(BaseModel):
            q: str = ""
            a: list[str] = []
            layout: int = 0
        class Key(BaseModel):
            id: str
        def GET(request, *, params: Key, query: Search):
            journal.reach("/checked/[id]", request.path)
            return Response.json({"id": params.id, **query.model_dump()}, headers={journal.ROUTE: "/checked/[id]"})
    """,
    "inputs/route.py": """
        from pydantic import BaseModel
        from werkzeug.datastructures import FileStorage
        class Item(BaseModel):
            a: list[str | int | float | None] | int = 1
            b: str = ""
        class Form(BaseModel):
            model_config = {"arbitrary_types_allowed": True}
            a: list[str] = []
            who: str = ""
            f: FileStorage | None = None
        class Headers(BaseModel):
            x_secret: str = ""
            accept_language: str = ""
        class Cookies(BaseModel):
            who: str = ""
        def POST(body: Item, headers: Headers, cookies: Cookies) -> Item: return body
        def PUT(form: Form, headers: Headers) -> dict[str, str]:
            return {"who": form.who, "file": form.f.filename or "" if form.f else "", "a": "".join(form.a)}
        def PATCH(body: list[Item] | Item | None = None) -> list[Item]:
            return body if isinstance(body, list) else [body] if body else []
    """,
    "stream/[id]/route.py": """
        from fuzz import journal
        from routehandlers.headers import headers
        def GET(request, context):
            yield f"one {context.params}"
            yield str(headers().get("X-Secret"))
            if context.params["id"] == "cut":
                journal.ask("cut")
                raise OSError("asked")
            yield str(request.args)
    """,
    "events/[id]/route.py": """
        from routehandlers import Response
        def GET(request, context):
            items = [{"id": 1, "event": "tick", "data": {"who": request.cookies.get("who")}}, context.params["id"]]
            return Response.event_stream(iter(items))
    """,
    "fail/[how]/route.py": """
        from fuzz import journal
        from routehandlers import Response
        from routehandlers.navigation import forbidden, unauthorized
        from werkzeug.exceptions import TooManyRequests, abort
        def GET(request, context):
            how = context.params["how"]
            if how == "forbidden": forbidden()
            if how == "unauthorized": unauthorized()
            if how == "busy": raise TooManyRequests(retry_after=30)
            if how == "conflict": abort(409, "The item has changed.")
            journal.ask("exit" if how == "exit" else "500")
            if how == "status": return Response("asked", 503)
            if how == "nothing": return None
            if how == "header": return Response("x", headers={"X-A": request.args.get("q", "a\\nb")})
            if how == "exit": raise SystemExit(3)
            raise OSError(how)
        POST = GET
    """,
    "kept-failing/[id]/route.py": """
        from fuzz import journal
        revalidate = 600
        def GET(request, context):
            journal.ask("500")
            raise OSError(context.params["id"])
    """,
    "after/route.py": """
        from routehandlers.server import after
        def GET(request):
            after(lambda: request.path)
            return "done"
    """,
    "robots.py": "def robots(): return {'rules': {'user_agent': '*', 'allow': '/'}}",
    "manifest.json": b'{"name": "fuzz"}',
    "sitemap.py": "revalidate = 600\ndef sitemap(): return [{'url': 'https://acme.example/'}]",
    "icon.py": """
        def generate_image_metadata(): return [{"id": "small"}, {"id": "large"}]
        def icon(id): return {"small": b"s", "large": b"l"}[id]
    """,
    "posts/[slug]/opengraph_image.py": """
        content_type = "image/svg+xml"
        def opengraph_image(params): return f"<svg>{params['slug']}</svg>".encode()
    """,
    "posts/sitemap.py": "def generate_sitemaps(): return [{'id': 0}]\ndef sitemap(id): return [{'url': 'https://a.example/'}]",
}  # fmt: skip

# Without these there is nothing around the routes, and responses can come from memory before any stage runs.
AROUND: dict[str, str | bytes] = {
    "middleware.py": """
        from fuzz import journal
        config = {"matcher": ["/admin/:path*", "/legacy/:path*", "/inner/:path*", "/kept/admin/:path*"]}
        def middleware(request): return journal.guard("root", request)
    """,
    "vault/middleware.py": """
        from fuzz import journal
        def middleware(request):
            answer = journal.guard("vault", request)
            if answer is not None: return answer
            response = yield
            if request.headers.get("X-Guard") == "body":
                response.set_data(b"for you: " + request.headers.get("X-Secret", "").encode())
            response.headers["X-After"] = "vault"
    """,
    "(closed)/middleware.py": """
        from fuzz import journal
        def middleware(request): return journal.guard("closed", request)
    """,
    "api/middleware.py": """
        from routehandlers.cors import cors
        middleware = cors(origins=["https://app.example.com"], credentials=True, max_age=60)
    """,
    "error.py": "def error(request, exception): return {'failed': type(exception).__name__, 'path': request.path}",
    "not_found.py": """
        from fuzz import journal
        def not_found(request):
            journal.reach("not found", request.path)
            return {"missing": request.path, "who": request.cookies.get("who")}
    """,
    "kept/not_found.py": "def not_found(): return 'not kept'",
    "forbidden.py": "def forbidden(request): return f'no, {request.cookies.get(\"who\")}'",
    "unauthorized.py": "def unauthorized(): return 'who are you?'",
}

PUBLIC = {"hello.txt": "hello", "admin/file.txt": "public", "caf\u00e9/a b.txt": "x" * 500, "kept/file": "public"}

REDIRECTS = [
    {"source": "/old/:slug", "destination": "/items/:slug", "permanent": True},
    {"source": "/away/:path*", "destination": "https://partner.example/:path*", "permanent": False},
    {"source": "/old-tree/:path*", "destination": "/tree/:path*?from=old", "status_code": 303},
    {"source": "/:a-:b.html", "destination": "/items/:a/:b", "permanent": False},
    {
        "source": "/login",
        "destination": "/items/:to",
        "permanent": False,
        "has": [{"type": "query", "key": "to", "value": "(?<to>.+)"}],
    },
    {"source": "/whole/:path(.*)", "destination": "/tree/:path", "permanent": False},
]
REWRITES = {
    "before_files": [
        {"source": "/alias/:path*", "destination": "/admin/:path*"},
        {"source": "/first/:id", "destination": "/vault/:id?by=rewrite"},
    ],
    "after_files": [
        {"source": "/cached/:id", "destination": "/kept/:id"},
        {"source": "/hidden/:path*", "destination": "/inner/:path*", "has": [{"type": "header", "key": "x-hidden"}]},
    ],
    "fallback": [{"source": "/lost/:path*", "destination": "/tree/:path*"}],
}
HEADERS = [
    {"source": "/:path*", "headers": [{"key": "X-All", "value": "all"}]},
    {"source": "/kept/:id", "headers": [{"key": "X-Id", "value": ":id"}, {"key": "Vary", "value": "X-A"}]},
    {
        "source": "/tree/:path*",
        "headers": [{"key": "X-Who", "value": ":who"}],
        "has": [{"type": "cookie", "key": "who"}],
    },
]


class Even(BaseConverter):
    """Accept even numbers, refuse odd ones in two ways, and fail for one."""

    def to_python(self, value: str) -> int:
        if value == "fail":
            journal.ask("500")
            raise LookupError(value)
        number = int(value)
        if number % 2:
            raise ValidationError
        return number


def other(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer what has no route, as another application that decodes the path."""
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode(errors="replace")
    journal.reach("other", path)
    body = environ["wsgi.input"].read(100) if environ.get("CONTENT_LENGTH") else b""
    response = Response(f"other {path} {body!r}", headers={journal.ROUTE: "other"})
    return response(environ, start_response)


SETTINGS: dict[str, Any] = {
    "redirects": REDIRECTS,
    "rewrites": REWRITES,
    "headers": HEADERS,
    "trusted_hosts": ["localhost", ".example.com"],
    "max_content_length": 2_000,
}
COMMON: dict[str, Any] = {
    "converters": {"even": Even},
    "secret_key": "0123456789abcdef0123456789abcdef",
    "cache_max_memory_size": 2**20,
}


def _make(folder: Path, files: dict[str, str | bytes], **settings: Any) -> RouteHandlers:
    return RouteHandlers(write_app(folder, files), public=_public(folder), **{**COMMON, **settings})


def _public(folder: Path) -> Path:
    public = folder / "public"
    for name, text in PUBLIC.items():
        (public / name).parent.mkdir(parents=True, exist_ok=True)
        (public / name).write_text(text)
    return public


def _everything(folder: Path) -> RouteHandlers:
    return _make(folder, {**ROUTES, **AROUND}, fallback=other, **SETTINGS)


def _base_path(folder: Path) -> RouteHandlers:
    settings = {**SETTINGS, "trusted_hosts": None}
    return _make(folder, {**ROUTES, **AROUND}, base_path="/base", trailing_slash=True, debug=True, **settings)


def _bare(folder: Path) -> RouteHandlers:
    return _make(folder, ROUTES)


def _flask(folder: Path) -> Flask:
    app = Flask("fuzzed")
    app.secret_key = "only for the fuzzer"
    files = write_app(folder, {**ROUTES, **AROUND})
    settings = {key: value for key, value in {**COMMON, **SETTINGS}.items() if key != "trusted_hosts"}
    app.register_blueprint(RouteHandlersBlueprint("api", files, url_prefix="/base", public=_public(folder), **settings))
    app.add_url_rule("/base/legacy/<path:rest>", view_func=lambda rest: f"flask {rest}", endpoint="legacy")
    app.add_url_rule("/mine", view_func=lambda: "mine", endpoint="mine")
    app.before_request(lambda: None)
    return app


# The prefix that paths have, and how to make the application.
TARGETS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "everything": ("", _everything),
    "base path": ("/base", _base_path),
    "bare": ("", _bare),
    "flask": ("/base", _flask),
}


def mounted(application: Any) -> RouteHandlers:
    """Return the routes of an application, also of a Flask application."""
    if isinstance(application, RouteHandlers):
        return application
    blueprint: RouteHandlersBlueprint = application.blueprints["api"]
    return blueprint.route_handlers
