"""The newest bookmarks as a feed."""

from datetime import datetime, timezone
from email.utils import format_datetime
from xml.sax.saxutils import escape

from routehandlers import Request, Response

from .. import _db


def GET(request: Request):
    newest = _db.list_bookmarks(tag=None, text=None, sort="-created", limit=20, offset=0)
    items = "".join(
        f"<item><title>{escape(bookmark['title'])}</title><link>{escape(bookmark['url'])}</link>"
        f'<guid isPermaLink="false">{bookmark["slug"]}</guid><pubDate>{_date(bookmark["created"])}</pubDate></item>'
        for bookmark in newest
    )
    feed = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Bookmarks</title>'
        f"<link>{escape(request.host_url)}</link><description>The newest bookmarks</description>{items}</channel></rss>"
    )
    return Response(feed, headers={"Content-Type": "application/rss+xml; charset=utf-8"})


def _date(text: str) -> str:
    return format_datetime(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc), usegmt=True)
