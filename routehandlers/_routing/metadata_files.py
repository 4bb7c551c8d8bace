"""Names of metadata files, their URLs, and the folders in which they are allowed.

https://nextjs.org/docs/app/api-reference/file-conventions/metadata
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class MetadataFile:
    """A file that makes a metadata route.

    :param kind: ``robots``, ``sitemap``, ``manifest``, ``favicon``, ``icon``, ``apple_icon``, ``opengraph_image``,
        ``twitter_image`` or ``openapi``. If the file is Python, it defines a function with this name, which only
        ``openapi`` can lack.
    :param url_name: The last segment of its URL.
    :param is_generated: Whether it is Python.
    :param is_for_root: Whether it is only allowed in the ``app`` folder itself.
    """

    kind: str
    url_name: str
    is_generated: bool
    is_for_root: bool = False


_IMAGES = {
    "icon": "ico|jpg|jpeg|png|svg",
    "apple-icon": "jpg|jpeg|png",
    "opengraph-image": "jpg|jpeg|png|gif",
    "twitter-image": "jpg|jpeg|png|gif",
}

_ONLY_ONE = {
    "robots.txt": MetadataFile("robots", "robots.txt", is_generated=False, is_for_root=True),
    "robots.py": MetadataFile("robots", "robots.txt", is_generated=True, is_for_root=True),
    "manifest.json": MetadataFile("manifest", "manifest.json", is_generated=False, is_for_root=True),
    "manifest.webmanifest": MetadataFile("manifest", "manifest.webmanifest", is_generated=False, is_for_root=True),
    "manifest.py": MetadataFile("manifest", "manifest.webmanifest", is_generated=True, is_for_root=True),
    "favicon.ico": MetadataFile("favicon", "favicon.ico", is_generated=False, is_for_root=True),
    "sitemap.xml": MetadataFile("sitemap", "sitemap.xml", is_generated=False),
    "sitemap.py": MetadataFile("sitemap", "sitemap.xml", is_generated=True),
    "openapi.py": MetadataFile("openapi", "openapi.json", is_generated=True),
}

_STATIC_IMAGE = re.compile("|".join(rf"({name})[0-9]?\.(?:{endings})" for name, endings in _IMAGES.items()))
_GENERATED_IMAGE = re.compile(rf"({'|'.join(name.replace('-', '_') for name in _IMAGES)})([0-9]?)\.py")


def parse_metadata_file(name: str) -> MetadataFile | None:
    """Parse the name of a file. Return ``None`` if it is not a metadata file."""
    if name in _ONLY_ONE:
        return _ONLY_ONE[name]
    generated = _GENERATED_IMAGE.fullmatch(name)
    if generated is not None:
        kind, number = generated.groups()
        return MetadataFile(kind, f"{kind.replace('_', '-')}{number}", is_generated=True)
    static = _STATIC_IMAGE.fullmatch(name)
    if static is not None:
        kind = next(group for group in static.groups() if group)
        return MetadataFile(kind.replace("-", "_"), name, is_generated=False)
    return None
