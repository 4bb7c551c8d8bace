from routehandlers.metadata import ImageMetadata

from ._png import disc

SIZES = {"small": 32, "large": 192}

content_type = "image/png"


def generate_image_metadata() -> list[ImageMetadata]:
    return [{"id": name, "size": {"width": width, "height": width}} for name, width in SIZES.items()]


def icon(id: str) -> bytes:
    return disc(SIZES[id])
