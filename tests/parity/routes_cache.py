"""The routes of the recorded applications that cache, translated from JavaScript: paths and sources.

``globalThis`` of the recorded application is the private module ``_control``.
What says which render an answer is of is a number that no two renders share.
"""

from __future__ import annotations

from typing import Any

_STATIC = 'dynamic = "force-static"'

# Next's counters and clocks: a counter for each module, and a time for each render.
_COUNTED = """
import time
{config}
RENDERS = []
def GET(request, context):
    RENDERS.append(1)
    return {{"n": len(RENDERS), "now": time.time_ns()}}
"""

# What the constants of a route say, where its handler only counts.
COUNTED = {
    "auto": 'dynamic = "auto"',
    "default": "",
    "force-dynamic": 'dynamic = "force-dynamic"',
    "force-static": _STATIC,
    "lay/inner": "",
    "reval-0-static": 'revalidate, dynamic = 0, "force-static"',
    "reval-2": "revalidate = 2",
    "reval-2-dynfetch": 'revalidate, dynamic = 2, "force-dynamic"',
    "reval-2-static": 'revalidate, dynamic = 2, "force-static"',
    "reval-3600": "revalidate = 3600",
    "reval-false": "revalidate = False",
}

_STATIC_PARAMS = """
import time
{config}
RENDERS = []
def generate_static_params():
    return [{{"id": name}} for name in {names!r}]

def GET(request, context):
    RENDERS.append(1)
    return {{"id": context.params["id"], "n": len(RENDERS), "now": time.time_ns()}}
"""

# What a route with generate_static_params lists, and its constants.
STATIC_PARAMS: dict[str, tuple[list[str], str]] = {
    "gsp": (["a", "b"], ""),
    "gsp-empty": ([], ""),
    "gsp-empty-false": ([], "dynamic_params = False"),
    "gsp-enc": (["a b", "café", "x/y", "p%q"], 'dynamic_params, dynamic = False, "force-static"'),
    "gsp-false": (["a", "b"], "dynamic_params = False"),
    "gsp-false-fs": (["a", "b"], 'dynamic_params, dynamic = False, "force-static"'),
    "gsp-fs": (["a"], _STATIC),
}

_IMPORTS = """
import time
from routehandlers import Response
from routehandlers.cache import revalidate_path, revalidate_tag
from routehandlers.fetch import fetch
from routehandlers.headers import cookies, draft_mode, headers
from routehandlers.navigation import not_found, redirect
from routehandlers.server import after, connection
"""

# The functions of each route, below the constants. Without a "def" it is all of GET.
_CACHE = {
    "": (
        _STATIC,
        'return {"root": time.time_ns()}',
    ),
    "ctl/[key]/[value]": (
        "from ...._control import VALUES",
        """
def POST(request, context):
    VALUES[context.params["key"]] = context.params["value"]
    return dict(context.params)
""",
    ),
    "error-caught": (
        'dynamic = "error"',
        """
def GET(request):
    url, out = request.next_url, {}
    reads = {
        "headers": headers, "cookies": cookies, "reqHeaders": lambda: request.headers,
        "reqCookies": lambda: request.cookies, "url": lambda: request.url, "search": lambda: url.search,
        "searchParams": lambda: url.search_params, "href": lambda: url.href, "pathname": lambda: url.pathname,
        "body": lambda: request.text(), "connection": connection, "method": lambda: request.method,
    }
    for name, read in reads.items():
        try:
            out[name] = f"ok {read()}"
        except RuntimeError as error:
            out[name] = type(error).__name__
    return out
""",
    ),
    "error-dyn/[id]": (
        'dynamic = "error"',
        """
def GET(request, context):
    return {"id": context.params["id"], "ua": request.headers.get("user-agent")}
""",
    ),
    "error-dyn2/[id]": (
        'dynamic = "error"',
        """
def GET(request, context):
    return {"id": context.params["id"], "now": time.time_ns()}
""",
    ),
    "forbidden-fs": (
        'from routehandlers.navigation import forbidden\ndynamic = "force-static"',
        "forbidden()",
    ),
    "fs-204": (_STATIC, "return Response(None, 204)"),
    "fs-404": (_STATIC, 'return Response(f"nf {time.time_ns()}", 404)'),
    "fs-410": (_STATIC, 'return Response(f"gone {time.time_ns()}", 410)'),
    "fs-after": (
        "from .._control import RAN\nrevalidate = 1",
        'after(RAN.append, 1); return {"now": time.time_ns(), "seen": len(RAN)}',
    ),
    "fs-after-count": ("from .._control import RAN", 'return {"ran": len(RAN)}'),
    "fs-bytes": (_STATIC, "return Response(bytes([0, 255, 1, 2]))"),
    "fs-dyn/[id]": (
        _STATIC,
        """
def GET(request, context):
    return {"id": context.params["id"], "now": time.time_ns()}
""",
    ),
    "fs-head": (
        _STATIC,
        """
def GET():
    return Response("g", headers={"x-from": "get"})

def HEAD():
    return Response(None, headers={"x-from": "head"})
""",
    ),
    "fs-headers": (
        _STATIC,
        """
def GET():
    headers = [("x-custom", "v"), ("X-Case", "V"), ("etag", '"mine"'), ("link", "</a>; rel=x"),
               ("x-multi", "1"), ("x-multi", "2")]
    return Response(f"h {time.time_ns()}", headers=headers)
""",
    ),
    "fs-large": (
        _STATIC,
        'return Response("x" * 5000, headers={"content-type": "text/plain"})',
    ),
    "fs-mutcookie": (
        _STATIC,
        """
def GET():
    try:
        cookies().set("a", "1")
    except RuntimeError as error:
        return {"m": str(error)}
    return {"m": "ok"}
""",
    ),
    "fs-nostore": (
        _STATIC,
        'return Response(f"cc {time.time_ns()}", headers={"cache-control": "no-store"})',
    ),
    "fs-post": (
        _STATIC,
        """
def GET():
    return {"now": time.time_ns()}

def POST():
    return {"post": time.time_ns()}
""",
    ),
    "fs-post-only": (
        _STATIC,
        """
def POST(request):
    return {"body": request.text(), "n": time.time_ns()}
""",
    ),
    "fs-redirect": (_STATIC, 'redirect("/target")'),
    "fs-req": (
        _STATIC,
        """
def GET(request):
    url = request.next_url
    return {
        "now": time.time_ns(), "url": request.url, "href": url.href, "search": url.search,
        "sp": list(url.search_params.items(multi=True)), "host": url.host, "origin": url.origin,
        "pathname": url.pathname, "reqHeaders": list(request.headers), "reqCookies": list(request.cookies),
        "apiHeaders": list(headers()), "apiCookies": cookies().get_all(), "method": request.method,
        "body": request.text(),
    }
""",
    ),
    "fs-setcookie": (
        _STATIC,
        'return Response(f"c {time.time_ns()}", headers={"set-cookie": "a=1; Path=/"})',
    ),
    "fs-stream": (
        _STATIC,
        """
def GET():
    yield b"a"
    time.sleep(0.2)
    yield b"b"
""",
    ),
    "fs-string": (_STATIC, 'return Response("plain")'),
    "fx/default": (
        'dynamic = "force-dynamic"',
        "return fetch(f\"http://127.0.0.1:{request.environ['SERVER_PORT']}/up/counter\").json()",
    ),
    "fx/force-cache-auto": (
        "",
        """
def GET(request):
    counter = f"http://127.0.0.1:{request.environ['SERVER_PORT']}/up/counter"
    return fetch(f"{counter}?fca", cache="force-cache").json()
""",
    ),
    "fx/revalidate": (
        "",
        """
def GET(request):
    counter = f"http://127.0.0.1:{request.environ['SERVER_PORT']}/up/counter"
    return fetch(f"{counter}?rv", revalidate=1).json()
""",
    ),
    "gsp-catch/[...slug]": (
        "dynamic_params = False",
        """
def generate_static_params():
    return [{"slug": ["a", "b"]}, {"slug": ["c"]}]

def GET(request, context):
    return {"slug": context.params["slug"], "now": time.time_ns()}
""",
    ),
    "gsp-post/[id]": (
        "",
        """
def generate_static_params():
    return [{"id": "a"}]

def GET(request, context):
    return {"id": context.params["id"], "now": time.time_ns()}

def POST():
    return {"post": 1}
""",
    ),
    "reval-2-connection": ("revalidate = 2", 'connection(); return {"now": time.time_ns()}'),
    "reval-2-pathname": (
        "revalidate = 2",
        'return {"now": time.time_ns(), "pathname": request.next_url.pathname, "method": request.method}',
    ),
    "reval-2-post": (
        "revalidate = 2",
        """
def GET():
    return {"now": time.time_ns()}

def POST():
    return {"post": time.time_ns()}
""",
    ),
    "reval-2-requrl": ("revalidate = 2", 'return {"now": time.time_ns(), "url": request.url}'),
    "up/counter": ("CALLS = []", 'CALLS.append(1); return {"up": len(CALLS)}'),
}

# A render that goes wrong in the way that POST /ctl/KEY/VALUE told it.
_REGEN = """
from ..._control import VALUES
revalidate = 1

def GET(request):
    value = VALUES.get({key!r}, "ok")
    if value == "throw":
        raise ValueError("regen boom")
    if value == "redirect":
        redirect("/target")
    if value == "notfound":
        not_found()
    if value == "undefined":
        return None
    if value == "dynamic":
        return {{"url": request.url}}
    if value in {{"404", "500"}}:
        return Response(f"{{value}} {{time.time_ns()}}", int(value))
    response = Response.json({{"now": time.time_ns()}})
    if value == "cookie":
        response.cookies.set("a", "1")
    return response
"""

REGEN = ("cookie", "dyn", "nf", "redir", "s404", "s500", "throw", "undef")

_REVALIDATE = {
    "do/after": (
        "",
        """
def POST():
    after(revalidate_path, "/rp/target")
    return {"done": True}
""",
    ),
    "do/get": (
        "",
        """
def GET(request):
    revalidate_path(request.args["p"])
    return {"done": True, "now": time.time_ns()}
""",
    ),
    "do/notfound": (
        "",
        """
def POST():
    revalidate_path("/rp/target")
    not_found()
""",
    ),
    "do/path": (
        "",
        """
def POST(request):
    params = request.next_url.search_params
    result = revalidate_path(params["p"], params.get("t"))
    # An addition to Next: the result says whether the storage has the purge.
    return {"done": True, "ret": "undefined" if isinstance(result, bool) else result, "now": time.time_ns()}
""",
    ),
    "do/tag": (
        "",
        """
def POST(request):
    revalidate_tag(request.next_url.search_params["t"])
    return {"done": True, "now": time.time_ns()}
""",
    ),
    "rp/slow-target": (_STATIC, 'time.sleep(0.5); return {"now": time.time_ns()}'),
    "tagged/one": (
        """
from routehandlers.cache import cached
dynamic = "force-static"
CALLS = []

@cached(key_parts=("tagged-one",), tags=("tag-a",))
def count():
    CALLS.append(1)
    return len(CALLS)
""",
        'return {"v": count(), "now": time.time_ns()}',
    ),
    "tagged/two": (
        """
from routehandlers.cache import cached
dynamic = "force-static"
clock = cached(key_parts=("tagged-two",), tags=("tag-b",))(lambda: time.time_ns())
""",
        'return {"v": clock(), "now": time.time_ns()}',
    ),
    "tagged/ttl": (
        """
from routehandlers.cache import cached
dynamic = "force-static"
clock = cached(key_parts=("tagged-ttl",), tags=("tag-c",), revalidate=1)(lambda: time.time_ns())
""",
        'return {"v": clock(), "now": time.time_ns()}',
    ),
}

# Functions are keyed by their names, and not by their texts as in Next: those of two routes are one function.
_VALUES = """
from routehandlers.cache import cached
from routehandlers.headers import cookies

CALLS = {"error": 0, "get": 0, "ttl": 0}

def count(name):
    CALLS[name] += 1
    return CALLS[name]

@cached(key_parts=("k1",), tags=("t1",))
def get():
    return {"n": count("get")}

@cached(key_parts=("k-ttl",), revalidate=1)
def ttl():
    return count("ttl")

@cached(key_parts=("k-err",))
def error():
    if (calls := count("error")) < 3:
        raise ValueError(f"uc boom {calls}")
    return calls

@cached(key_parts=("k-ck",))
def cookies_inside():
    return cookies().get("a", "none")
"""

_OF_VALUES = "from .. import _values"

_MAIN = {
    "dm/disable": (
        "",
        """
def GET():
    draft = draft_mode()
    draft.disable()
    return {"isEnabled": draft.is_enabled}
""",
    ),
    "dm/enable": (
        "",
        """
def GET():
    draft = draft_mode()
    draft.enable()
    return {"isEnabled": draft.is_enabled, "again": draft_mode().is_enabled}
""",
    ),
    "dm/enable-redirect": ("", 'draft_mode().enable(); redirect("/dm/status")'),
    "dm/force-static": (
        _STATIC,
        'return {"now": time.time_ns(), "isEnabled": draft_mode().is_enabled}',
    ),
    "dm/status": ("", 'return {"isEnabled": draft_mode().is_enabled, "cookies": list(cookies())}'),
    "uc/bad-revalidate": (
        "from routehandlers.cache import cached",
        """
def GET():
    try:
        return cached(key_parts=("k",), revalidate=0)(lambda: 1)()
    except ValueError as error:
        return Response.json({"e": type(error).__name__}, 500)
""",
    ),
    "uc/bust": (
        "",
        """
def POST():
    revalidate_tag("t1")
    return {"done": True}
""",
    ),
    "uc/bust-and-read": (
        _OF_VALUES,
        """
def POST():
    before = _values.get()
    revalidate_tag("t1")
    return {"before": before, "after": _values.get()}
""",
    ),
    "uc/cookies-inside": (
        _OF_VALUES,
        """
def GET():
    try:
        return Response.json(_values.cookies_inside())
    except RuntimeError as error:
        return Response.json({"e": type(error).__name__}, 500)
""",
    ),
    "uc/error": (
        _OF_VALUES,
        """
def GET():
    try:
        return Response.json(_values.error())
    except ValueError as error:
        return Response.json({"e": str(error)}, 500)
""",
    ),
    "uc/get": (_OF_VALUES, "return _values.get()"),
    "uc/ttl": (_OF_VALUES, "return Response.json(_values.ttl())"),
}

_PURGE = """
def POST(request):
    revalidate_path(request.args["p"])
    return "ok"
"""


def _counted(configs: dict[str, str]) -> dict[str, str]:
    return {f"{name}/route.py": _COUNTED.format(config=config) for name, config in configs.items()}


def _modules(routes: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {f"{name}/route.py".lstrip("/"): _module(constants, body) for name, (constants, body) in routes.items()}


def _module(constants: str, body: str) -> str:
    functions = body if "def " in body else f"def GET(request):\n    {body}\n"
    return f"{_IMPORTS}\n{constants}\n{functions}"


CACHE = {
    "_control.py": "VALUES, RAN = {}, []\n",
    **_counted(COUNTED),
    **_modules(_CACHE),
    **{
        f"{name}/[id]/route.py": _STATIC_PARAMS.format(names=names, config=config)
        for name, (names, config) in STATIC_PARAMS.items()
    },
    **{f"regen/{key}/route.py": _IMPORTS + _REGEN.format(key=key) for key in REGEN},
}

REVALIDATE = {
    **_counted({"rp/target": _STATIC, "rp/grp/one": _STATIC}),
    **_modules(_REVALIDATE),
}

# The part of the recorded application "main" that caches.
DRAFT = {"uc/_values.py": _VALUES, **_modules(_MAIN)}

EXPIRE = _counted({"isr": "revalidate = 1", "isr-long": "revalidate = 120"})

EXPIRE_SOON = _modules({"isr": ("revalidate = 1", 'time.sleep(0.3); return {"now": time.time_ns()}')})

BASE_PATH = {**_counted({"fs": _STATIC}), "rp/route.py": _module("", _PURGE)}

TRAILING = _counted({"fs": _STATIC})

# Each application: its routes and its settings. A purge of everything below "/" has one of its own.
APPS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "cache": (CACHE, {}),
    "revalidate": (REVALIDATE, {}),
    "main": (DRAFT, {"secret_key": "a secret of the tests, and of nobody"}),
    "expire": (EXPIRE, {"expire_time": 60}),
    "expire3": (EXPIRE_SOON, {"expire_time": 3}),
    "basepath": (BASE_PATH, {"base_path": "/base"}),
    "trailing": (TRAILING, {"trailing_slash": True}),
}
