"""A dynamic segment: the folder ``[slug]`` matches one part of the path."""

from routehandlers import Request, Response, RouteContext


def GET(request: Request, context: RouteContext):
    return Response.json({"slug": context.params["slug"]})
