from routehandlers import Response
from routehandlers.server import early_hints

ICON = "</icon.svg>; rel=preload; as=image"
PAGE = """<!doctype html>
<title>Storefront</title>
<link rel="icon" href="/icon.svg">
<h1>Storefront</h1>
<p><a href="/items/hat">A hat</a></p>
"""


def GET():
    early_hints([ICON])
    return Response(PAGE, headers={"Content-Type": "text/html; charset=utf-8", "Link": ICON})
