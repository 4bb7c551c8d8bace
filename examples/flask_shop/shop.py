"""A Flask application whose API moves into a folder, one route at a time.

Routes that have moved are in ``app/``. The other views are below, unchanged.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Blueprint, Flask, abort, g, jsonify, request, session

from routehandlers.flask import RouteHandlersBlueprint

HERE = Path(__file__).parent

# Views that have not moved yet. You can move a single method of a path: GET of the same path is in app/.
old = Blueprint("old", __name__, url_prefix="/api")


@old.put("/items/<slug>")
def change_item(slug: str):
    if g.user is None:
        abort(401, "Log in first.")
    items = g.items
    items[slug] = {"slug": slug, "price": request.get_json()["price"]}
    return jsonify(items[slug])


@old.get("/orders")
def orders():
    return {"orders": [], "user": g.user}


@old.post("/login")
def login():
    session["user"] = request.get_json()["user"]
    return {"user": session["user"]}


def create_app() -> Flask:
    app = Flask(__name__)
    app.secret_key = os.environ.get("SHOP_SECRET", "only for this example")
    items = {"hat": {"slug": "hat", "price": 25}, "a/b": {"slug": "a/b", "price": 9}}

    @app.before_request
    def load_user() -> None:
        g.user = session.get("user")
        g.items = items

    @app.errorhandler(404)
    def missing(error):
        return {"error": "We never had that."}, 404

    app.register_blueprint(old)
    app.register_blueprint(RouteHandlersBlueprint("api", HERE / "app", url_prefix="/api"))
    return app
