from html import escape

from routehandlers.navigation import not_found

from ..._catalog import STARS

size = {"width": 1200, "height": 630}
content_type = "image/svg+xml"


def generate_static_params():
    return [{"name": star} for star in STARS]


def opengraph_image(params: dict[str, str]) -> bytes:
    if params["name"] not in STARS:
        not_found()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">'
        '<rect width="1200" height="630" fill="#14142b"/>'
        f'<text x="80" y="340" font-size="120" fill="#ffd966">{escape(params["name"])}</text></svg>'
    ).encode()
