from html import escape

size = {"width": 1200, "height": 630}
content_type = "image/svg+xml"


def opengraph_image(params):
    text = escape(params["slug"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630"><text y="60">{text}</text></svg>'.encode()
    )
