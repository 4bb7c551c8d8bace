from routehandlers.metadata import Robots


def robots() -> Robots:
    return {"rules": {"disallow": "/admin/"}, "sitemap": "https://shop.example.com/sitemap.xml"}
