"""Two dynamic segments."""

from routehandlers import Request, RouteContext


def GET(request: Request, context: RouteContext):
    return context.params
