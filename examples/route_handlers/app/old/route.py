"""A redirect raises its answer, so that a helper can do it as well."""

from routehandlers import Request
from routehandlers.navigation import permanent_redirect, redirect


def GET(request: Request):
    if "for-good" in request.args:
        permanent_redirect("/hello")
    redirect("/hello")
