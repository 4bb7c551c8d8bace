"""A catch-all: ``/blog/2026/11/23`` has the list ``["2026", "11", "23"]``."""

from routehandlers import Request, RouteContext


def GET(request: Request, context: RouteContext):
    return {"slug": context.params["slug"]}
