"""A short link: count the visit, go there."""

from routehandlers import Request, RouteContext
from routehandlers.navigation import not_found, redirect

from ... import _db


def GET(request: Request, context: RouteContext):
    url = _db.count_visit(context.params["slug"])
    redirect(url) if url else not_found()
