"""The routes of the smaller recorded applications, translated from JavaScript, and their settings."""

from __future__ import annotations

from typing import Any

_ECHO = """
from routehandlers import Response
def GET(request, context):
    url = request.next_url
    return Response.json({{
        "route": {route!r}, "params": context.params, "url": request.url, "pathname": url.pathname,
        "search": url.search, "basePath": url.base_path, "href": url.href,
        "query": list(url.search_params.items(multi=True)), "host": request.headers.get("host"),
    }}, headers={{"x-handler": "1"}})
"""


def _echo(*names: str) -> dict[str, str]:
    return {f"{name}/route.py": _ECHO.format(route=name) for name in names}


_ROOT = """
def GET(request):
    return {"root": True, "pathname": request.next_url.pathname, "url": request.url}
"""

_NAVIGATION = "from routehandlers.headers import cookies\nfrom routehandlers.navigation import *\n"

AUTH = {
    "forbidden-cookie/route.py": f'{_NAVIGATION}def GET():\n    cookies().set("a", "1")\n    forbidden()\n',
    "forbidden/route.py": f"{_NAVIGATION}def GET():\n    forbidden()\n",
    "unauthorized-cookie/route.py": f'{_NAVIGATION}def GET():\n    cookies().set("a", "1")\n    unauthorized()\n',
    "unauthorized/route.py": f"{_NAVIGATION}def GET():\n    unauthorized()\n",
    "large/route.py": """
from routehandlers import Response
def GET():
    return Response("x" * 5000, headers={"content-type": "text/plain"})
""",
    **{
        f"{name}-try/route.py": f"""{_NAVIGATION}
def GET():
    try:
        {function}()
    except Interrupt as interrupt:
        return {{"status": interrupt.status}}
"""
        for name, function in (("forbidden", "forbidden"), ("unauthorized", "unauthorized"), ("notfound", "not_found"))
    },
}

_PATHS = ("x", "dyn/[id]", "all/[...slug]", "opt/[[...slug]]", "file.txt", "v1.2/api")

TRAILING = {
    **_echo(*_PATHS),
    "route.py": _ROOT,
    "redir-next/route.py": """
from routehandlers import Response
def GET(request):
    return Response.redirect(request.host_url + "x")
""",
    "redir-nexturl/route.py": """
from routehandlers import Response
def GET(request):
    url = request.next_url.clone()
    url.pathname = "/x"
    return Response.redirect(url)
""",
}

BASE_PATH = {
    **_echo("x", "dyn/[id]"),
    "redir/route.py": f'{_NAVIGATION}def GET():\n    redirect("/x")\n',
    "cookie/route.py": f'{_NAVIGATION}def GET():\n    cookies().set("a", "1")\n    return "ok"\n',
}

# Each application: its routes and its settings.
OTHERS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "auth": (AUTH, {}),
    "basepath": (BASE_PATH, {"base_path": "/base"}),
    "trailing": (TRAILING, {"trailing_slash": True}),
    "skiptrailing": (_echo(*_PATHS), {"skip_trailing_slash_redirect": True}),
}
