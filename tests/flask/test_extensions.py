"""Extensions as their users write them, around and inside handlers: Flask-Login and Flask-SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import flask
import pytest
from flask_login import LoginManager, UserMixin
from flask_sqlalchemy import SQLAlchemy

MakeFlask = Callable[..., flask.Flask]


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


LOGIN = {
    "login/route.py": """
        from flask import current_app
        from flask_login import login_user
        def POST(request):
            login_user(current_app.extensions["users"][request.json()["user"]], remember=True)
            return "", 204
    """,
    "logout/route.py": "from flask_login import logout_user\ndef POST():\n logout_user()\n return '', 204",
    "me/route.py": """
        from flask_login import current_user, login_required
        @login_required
        def GET(): return {"user": current_user.get_id()}
    """,
    "mine/[slug]/route.py": """
        from flask_login import current_user, login_required
        revalidate = 60
        @login_required
        def GET(request, context): return {"user": current_user.get_id(), "slug": context.params["slug"]}
    """,
}


def with_login(app: flask.Flask) -> flask.Flask:
    manager = LoginManager(app)
    users = app.extensions["users"] = {name: User(name) for name in ("ada", "bob")}
    manager.user_loader(users.get)
    return app


def test_users_log_in_and_out(make_flask: MakeFlask) -> None:
    client = with_login(make_flask(LOGIN)).test_client()

    assert client.get("/api/me").status_code == 401
    logged_in = client.post("/api/login", json={"user": "ada"})
    assert client.get("/api/me").json == {"user": "ada"}
    client.post("/api/logout")

    assert {line.partition("=")[0] for line in logged_in.headers.getlist("Set-Cookie")} == {"session", "remember_token"}
    assert client.get("/api/me").status_code == 401


def test_a_login_view_is_redirected_to(make_flask: MakeFlask) -> None:
    app = with_login(make_flask(LOGIN))
    app.login_manager.login_view = "api./login"  # type: ignore[attr-defined]

    assert app.test_client().get("/api/me").location == "/api/login?next=%2Fapi%2Fme"


def test_no_user_gets_what_is_another_users(make_flask: MakeFlask) -> None:
    app = with_login(make_flask(LOGIN))
    ada, bob, nobody = app.test_client(), app.test_client(), app.test_client()
    ada.post("/api/login", json={"user": "ada"})
    bob.post("/api/login", json={"user": "bob"})

    for _ in range(3):
        assert ada.get("/api/mine/x").json == {"user": "ada", "slug": "x"}
        assert bob.get("/api/mine/x").json == {"user": "bob", "slug": "x"}
        assert nobody.get("/api/mine/x").status_code == 401


DATABASE = {
    "notes/route.py": """
        from flask import current_app
        def db(): return current_app.extensions["sqlalchemy"]
        def GET():
            Note = current_app.extensions["Note"]
            return [note.text for note in db().session.scalars(db().select(Note).order_by(Note.id))]
        def POST(request):
            db().session.add(current_app.extensions["Note"](text=request.json()["text"]))
            if request.args.get("commit", "1") == "1":
                db().session.commit()
            return "", 204
    """,
    "cached/route.py": """
        from flask import current_app
        revalidate = 60
        def GET():
            db = current_app.extensions["sqlalchemy"]
            return [note.text for note in db.session.scalars(db.select(current_app.extensions["Note"]))]
    """,
    "stream/route.py": """
        from flask import current_app
        def GET():
            db = current_app.extensions["sqlalchemy"]
            for number in range(3):
                yield f"{number}:{len(db.session.scalars(db.select(current_app.extensions['Note'])).all())} "
    """,
}


@pytest.fixture
def database(make_flask: MakeFlask, tmp_path: Path) -> Iterator[flask.Flask]:
    """An application with a table of notes. At the end each context has given its session back."""
    app = make_flask(DATABASE)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/notes.sqlite3"
    db = SQLAlchemy(app)

    class Note(db.Model):  # type: ignore[name-defined]
        id = db.Column(db.Integer, primary_key=True)
        text = db.Column(db.String)

    app.extensions["Note"] = Note
    with app.app_context():
        db.create_all()
    yield app
    assert not db.session.registry.registry, "a session was left behind"
    with app.app_context():
        db.engine.dispose()


def test_handlers_have_the_session_of_their_request(database: flask.Flask) -> None:
    client = database.test_client()

    client.post("/api/notes", json={"text": "kept"})
    client.post("/api/notes?commit=0", json={"text": "rolled back at the end of the request"})

    assert client.get("/api/notes").json == ["kept"]


def test_a_cached_render_has_a_session_of_its_own(database: flask.Flask) -> None:
    client = database.test_client()
    client.post("/api/notes", json={"text": "first"})

    first = client.get("/api/cached")
    client.post("/api/notes", json={"text": "second"})
    second = client.get("/api/cached")

    assert (first.json, second.json) == (["first"], ["first"])
    assert second.headers["Cache-Status"].startswith("routehandlers; hit")


def test_a_stream_can_ask_the_database_to_its_end(database: flask.Flask) -> None:
    client = database.test_client()
    client.post("/api/notes", json={"text": "first"})

    assert client.get("/api/stream").text == "0:1 1:1 2:1 "
