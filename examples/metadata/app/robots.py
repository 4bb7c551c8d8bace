from routehandlers.metadata import Robots

from ._catalog import SITE


def robots() -> Robots:
    return {
        "rules": [
            {"user_agent": "*", "allow": "/", "disallow": "/admin/"},
            {"user_agent": ["GPTBot", "CCBot"], "disallow": "/"},
        ],
        "sitemap": f"{SITE}/sitemap.xml",
    }
