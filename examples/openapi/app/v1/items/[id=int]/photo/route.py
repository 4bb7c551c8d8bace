from typing import Literal

from routehandlers import RouteContext
from routehandlers.navigation import not_found
from routehandlers.server import Request

from .... import _shop
from ...._models import Photo, Upload


def POST(request: Request, context: RouteContext, form: Upload) -> tuple[Photo, Literal[201]]:
    """Add a photo to an item."""
    if _shop.load(context.params["id"]) is None:
        not_found()
    return Photo(bytes=len(form.photo.read()), caption=form.caption), 201
