from routehandlers.metadata import Manifest

from .icon import SIZES


def manifest() -> Manifest:
    return {
        "name": "250 Stars",
        "short_name": "Stars",
        "start_url": "/stars/HD-1",
        "display": "standalone",
        "background_color": "#14142b",
        "icons": [
            {"src": f"/icon/{name}", "sizes": f"{width}x{width}", "type": "image/png"} for name, width in SIZES.items()
        ],
    }
