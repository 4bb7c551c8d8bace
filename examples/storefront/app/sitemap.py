from routehandlers.metadata import Sitemap

from ._stock import ITEMS

revalidate = 3600


def sitemap() -> Sitemap:
    return [{"url": f"https://shop.example.com/items/{slug}", "change_frequency": "daily"} for slug in ITEMS]
