"""The index of the sitemaps, whose URL is in robots.txt: https://www.sitemaps.org/protocol.html#index"""

from routehandlers import Response

from .._catalog import SITE, count_parts

revalidate = 3600


def GET():
    parts = "".join(
        f"<sitemap><loc>{SITE}/stars/sitemap/{number}.xml</loc></sitemap>\n" for number in range(count_parts())
    )
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{parts}</sitemapindex>\n',
        headers={"Content-Type": "application/xml; charset=utf-8"},
    )
