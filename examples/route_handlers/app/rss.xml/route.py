"""A feed. The name of a folder can contain a dot."""

from xml.sax.saxutils import escape

from routehandlers import Response

POSTS = [("Tea & biscuits", "/blog/tea"), ("Rain <again>", "/blog/rain")]


def GET():
    items = "".join(f"<item><title>{escape(title)}</title><link>{escape(link)}</link></item>" for title, link in POSTS)
    feed = (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Posts</title>{items}</channel></rss>'
    )
    return Response(feed, headers={"Content-Type": "application/rss+xml; charset=utf-8"})
