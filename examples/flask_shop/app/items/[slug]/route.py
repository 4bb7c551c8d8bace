"""Moved into the folder, except PUT, which is still a Flask view."""

from flask import g, url_for

from routehandlers.navigation import not_found


def GET(request, context):
    item = g.items.get(context.params["slug"]) or not_found()  # Flask's errorhandler(404) makes the response
    return {**item, "url": url_for("api./items/[slug]", slug=item["slug"])}
