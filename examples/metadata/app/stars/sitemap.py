from routehandlers.metadata import Sitemap

from .._catalog import count_parts, part, url_of

revalidate = 3600


def generate_sitemaps() -> list[dict[str, int]]:
    return [{"id": number} for number in range(count_parts())]


def sitemap(id: str) -> Sitemap:
    return [
        {"url": url_of(star), "change_frequency": "yearly", "images": [f"{url_of(star)}/opengraph-image"]}
        for star in part(int(id))
    ]
