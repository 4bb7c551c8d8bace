"""CORS for one route: headers for every response, and the preflight."""

from routehandlers import Response

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}


def GET():
    return Response.json({"open": True}, headers=HEADERS)


def OPTIONS():
    return Response(None, 204, HEADERS)
