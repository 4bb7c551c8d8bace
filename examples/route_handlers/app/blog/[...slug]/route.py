"""A catch-all: for ``/blog/2026/11/23``, the param is the list ``["2026", "11", "23"]``."""

from routehandlers import Request, RouteContext


def GET(request: Request, context: RouteContext):
    return {"slug": context.params["slug"]}
