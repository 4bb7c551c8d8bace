"""Moved into the folder. ``g``, ``request`` and Flask's hooks work as in a view."""

from flask import g, request


def GET():
    most = request.args.get("max", default=1000, type=int)
    return [item for item in g.items.values() if item["price"] <= most]
