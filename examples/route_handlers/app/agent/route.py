"""Headers, read with ``headers()`` and set on the response."""

from routehandlers import Response
from routehandlers.headers import headers


def GET():
    referer = headers().get("Referer", "")
    return Response("Hello, Next.js reader!", headers={"X-Referer": referer})
