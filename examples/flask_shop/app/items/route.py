"""Moved: ``g`` and ``request`` are still there, and so is all that stands around Flask's views."""

from flask import g, request


def GET():
    most = request.args.get("max", default=1000, type=int)
    return [item for item in g.items.values() if item["price"] <= most]
