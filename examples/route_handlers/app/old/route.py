"""A redirect. It raises its response, so a helper function can call it as well."""

from routehandlers import Request
from routehandlers.navigation import permanent_redirect, redirect


def GET(request: Request):
    if "for-good" in request.args:
        permanent_redirect("/hello")
    redirect("/hello")
