from html import escape

from routehandlers import Response
from routehandlers.navigation import not_found

from ..._catalog import STARS, url_of


def GET(request, context):
    if context.params["name"] not in STARS:
        not_found()
    name = escape(context.params["name"])
    return Response(
        f'<!doctype html><title>{name}</title><link rel="icon" href="/icon/small" sizes="32x32">'
        '<link rel="manifest" href="/manifest.webmanifest">'
        f'<meta property="og:image" content="{url_of(name)}/opengraph-image"><h1>{name}</h1>',
        headers={"Content-Type": "text/html; charset=utf-8"},
    )
