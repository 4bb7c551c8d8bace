"""Cached routes in a Flask application: what is one client's is never stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
import pytest
from freezegun import freeze_time
from servers import write_app

from routehandlers.flask import RouteHandlersBlueprint

MakeFlask = Callable[..., flask.Flask]

COUNTED = """
    import flask
    from flask import current_app, g, request, session, url_for
    from routehandlers.cache import cached
    revalidate = 60
    calls = []
    def GET(req, context):
        calls.append(1)
        return f"{len(calls)} {READ}"
"""


def reading(what: str, config: str = "revalidate = 60") -> dict[str, str]:
    """A route that reads something and counts its calls."""
    return {"x/[slug]/route.py": COUNTED.replace("{READ}", "{" + what + "}").replace("revalidate = 60", config)}


def status(answer: Any) -> str:
    return str(answer.headers.get("Cache-Status"))


@pytest.mark.parametrize(
    "what",
    [
        "request.args.get('q')",
        "request.headers.get('X-User')",
        "request.cookies.get('user')",
        "request.path",
        "request.remote_addr",
        "request.environ['REMOTE_ADDR']",
        "request.user",
        "session.get('user')",
        "dict(session)",
        "len(session)",
        "'user' in session",
        "g.user",
        "g.get('user')",
        "'user' in g",
        "flask.request._get_current_object().args",
        "flask.globals.request_ctx.request.args",
        "flask.globals.request_ctx.session.get('user')",
        "flask.globals.app_ctx.g.user",
        "flask.get_flashed_messages()",
        "flask.render_template_string('{{ request.args.q }}')",
        "flask.render_template_string('{{ session.user }}')",
        "flask.render_template_string('{{ g.user }}')",
        "url_for('api./x/[slug]', slug='a', _external=True)",
        "flask.after_this_request(lambda response: response)",
    ],
)
def test_what_reads_flasks_client_is_answered_and_not_stored(make_flask: MakeFlask, what: str) -> None:
    app = make_flask(reading(what), debug=True)

    class WithUser(flask.Request):
        user = "attribute"

    app.request_class = WithUser

    @app.before_request
    def prepare() -> None:
        flask.g.user = flask.request.args.get("q")
        flask.session["user"] = flask.request.args.get("q")

    ada, bob = app.test_client().get("/api/x/a?q=ada"), app.test_client().get("/api/x/a?q=bob")

    assert (ada.status_code, bob.status_code) == (200, 200)
    assert (ada.text[0], bob.text[0]) == ("1", "2")
    assert "fwd=bypass" in status(ada)
    assert ada.headers["Cache-Control"] == "private, no-cache, no-store"
    assert "ada" not in bob.text


def test_the_real_values_are_read(make_flask: MakeFlask) -> None:
    app = make_flask(reading("request.args['q']} {session.get('user')} {g.user} {request.user"))

    class WithUser(flask.Request):
        user = "attribute"

    app.request_class = WithUser

    @app.before_request
    def prepare() -> None:
        flask.session["user"], flask.g.user = "ada", "g"

    assert app.test_client().get("/api/x/a?q=1").text == "1 1 ada g attribute"


@pytest.mark.parametrize(
    "what",
    [
        "current_app.name",
        "current_app.config['X']",
        "url_for('api./x/[slug]', slug='a')",
        "url_for('./x/[slug]', slug='b')",
        "flask.render_template_string('{{ 1 + 1 }} {{ config.X }}')",
        "flask.jsonify(a=1).get_data(as_text=True)",
        "flask.make_response('x').get_data(as_text=True)",
        "bool(request)",
        "flask.has_request_context()",
        "context.params['slug']",
        "req.path",
    ],
)
def test_what_is_the_same_for_everyone_is_stored(make_flask: MakeFlask, what: str) -> None:
    app = make_flask(reading(what))
    app.config["X"] = 1

    first, second = app.test_client().get("/api/x/a?q=ada"), app.test_client().get("/api/x/a?q=bob")

    assert first.status_code == 200, first.text
    assert second.text == first.text
    assert status(first) == "routehandlers; fwd=miss; stored"
    assert status(second).startswith("routehandlers; hit")


def test_what_flask_users_return_is_stored_too(make_flask: MakeFlask) -> None:
    app = make_flask(
        {"a/route.py": "import flask\nrevalidate = 60\ndef GET(): return flask.jsonify(a=1), 200, {'X-A': '1'}"}
    )
    client = app.test_client()
    client.get("/api/a")

    hit = client.get("/api/a")

    assert (hit.json, hit.headers["X-A"]) == ({"a": 1}, "1")
    assert status(hit).startswith("routehandlers; hit")


def test_force_static_sees_nobody(make_flask: MakeFlask) -> None:
    app = make_flask(reading("request.args.get('q')} {session.get('user')} {g.get('user')", "dynamic = 'force-static'"))
    app.before_request(lambda: setattr(flask.g, "user", "ada"))
    client = app.test_client()
    with client.session_transaction() as session:
        session["user"] = "ada"

    assert client.get("/api/x/a?q=ada").text == "1 None None None"
    assert client.get("/api/x/a?q=ada").text == "1 None None None"


def test_dynamic_error_says_what_was_read(make_flask: MakeFlask) -> None:
    app = make_flask(reading("request.args.get('q')", "dynamic = 'error'"))
    app.testing = True

    with pytest.raises(Exception, match=r"flask\.request"):
        app.test_client().get("/api/x/a")


def test_a_function_of_cached_may_not_read_the_client(make_flask: MakeFlask) -> None:
    source = """
        from flask import current_app, g
        from routehandlers.cache import cached
        @cached(revalidate=60)
        def name(): return current_app.name
        @cached(revalidate=60)
        def user(): return g.user
    """
    app = make_flask(
        {
            "_values.py": source,
            "name/route.py": "from .._values import name\ndef GET(): return name()",
            "user/route.py": "from .._values import user\ndef GET(): return user()",
        }
    )
    app.testing = True
    app.before_request(lambda: setattr(flask.g, "user", "ada"))

    assert app.test_client().get("/api/name").text == "shop"
    with pytest.raises(Exception, match=r"flask\.g"):
        app.test_client().get("/api/user")


def test_a_refresh_has_the_application_and_no_client(make_flask: MakeFlask) -> None:
    app = make_flask(reading("current_app.name} {url_for('./x/[slug]', slug='b')} {flask.has_request_context()"))
    client = app.test_client()

    with freeze_time("2026-01-01", tick=True) as clock:
        assert client.get("/api/x/a").text == "1 shop /api/x/b True"
        clock.tick(61)
        assert client.get("/api/x/a").text[0] == "1"
        assert until(lambda: client.get("/api/x/a").text == "2 shop /api/x/b True")


def test_a_refresh_that_turns_to_the_client_keeps_the_last_answer(
    make_flask: MakeFlask, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_flask(
        {
            "x/route.py": """
            from flask import g
            revalidate = 1
            calls = []
            def GET():
                calls.append(1)
                return "first" if len(calls) == 1 else g.user
        """
        }
    )
    app.before_request(lambda: setattr(flask.g, "user", "ada"))
    client = app.test_client()

    with freeze_time("2026-01-01", tick=True) as clock:
        client.get("/api/x")
        clock.tick(2)
        client.get("/api/x")
        assert until(lambda: any("flask.g" in record.getMessage() for record in caplog.records))
        assert client.get("/api/x").text == "first"


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


# What leaves ----------------------------------------------------------------

PLAIN = {
    "x/route.py": "revalidate = 60\ndef GET(): return 'x'",
    "p/route.py": "revalidate = 60\npublic = True\ndef GET(): return 'x'",
}
SHARED = "s-maxage=60, stale-while-revalidate=31535940"


def test_a_cached_answer_is_for_shared_caches_where_nothing_stands_before_it(make_flask: MakeFlask) -> None:
    assert make_flask(PLAIN).test_client().get("/api/x").headers["Cache-Control"] == SHARED


@pytest.mark.parametrize(("path", "cache_control"), [("/api/x", "private, no-cache"), ("/api/p", SHARED)])
def test_behind_a_before_request_function_it_is_private_unless_the_route_says_otherwise(
    make_flask: MakeFlask, path: str, cache_control: str
) -> None:
    app = make_flask(PLAIN)

    @app.before_request
    def guard() -> Any:
        return None if flask.request.headers.get("X-Key") == "k" else ("no", 403)

    client = app.test_client()

    for _ in range(2):
        answer = client.get(path, headers={"X-Key": "k"})
        assert (answer.text, answer.headers["Cache-Control"]) == ("x", cache_control)
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("how", ["after_request", "session", "after_this_request"])
def test_an_answer_on_which_flask_sets_a_cookie_is_private(make_flask: MakeFlask, how: str) -> None:
    app = make_flask(PLAIN)

    if how == "session":
        app.session_interface.should_set_cookie = lambda app, session: True  # type: ignore[method-assign]
        app.after_request(lambda response: (flask.session.update(a=1), response)[1])
    else:
        app.after_request(lambda response: (response.set_cookie("a", "1"), response)[1])
    client = app.test_client()

    for _ in range(2):
        answer = client.get("/api/x")
        assert answer.text == "x"
        assert "Set-Cookie" in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_after_request_functions_do_not_change_what_is_stored(make_flask: MakeFlask) -> None:
    app = make_flask(PLAIN)
    names = iter("ab")

    @app.after_request
    def sign(response: flask.Response) -> flask.Response:
        name = next(names)
        response.headers["X-Name"] = name
        response.set_data(response.get_data() + name.encode())
        return response

    client = app.test_client()

    assert [(answer.text, answer.headers["X-Name"]) for answer in (client.get("/api/x"), client.get("/api/x"))] == [
        ("xa", "a"),
        ("xb", "b"),
    ]


def test_a_stored_404_is_flasks_to_answer(make_flask: MakeFlask) -> None:
    app = make_flask(
        {"x/route.py": "from routehandlers.navigation import not_found\nrevalidate = 60\ndef GET(): not_found()"}
    )
    app.errorhandler(404)(lambda error: (f"no {flask.request.args['q']}", 404))
    client = app.test_client()

    assert [client.get(f"/api/x?q={q}").text for q in "ab"] == ["no a", "no b"]


def test_two_mounts_of_one_application_have_entries_of_their_own(make_flask: MakeFlask) -> None:
    app = make_flask({"x/route.py": "from flask import url_for\nrevalidate = 60\ndef GET(): return url_for('./x')"})
    client = app.test_client()

    assert client.get("/api/x").text == "/api/x"
    assert client.get("/api/x", base_url="http://localhost/mounted").text == "/mounted/api/x"
    assert client.get("/api/x").text == "/api/x"


def test_one_render_for_many_threads_each_with_its_own_g(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "x/route.py": """
            import time
            revalidate = 60
            calls = []
            def GET():
                calls.append(1)
                time.sleep(0.2)
                return str(len(calls))
        """
        }
    )
    app.before_request(lambda: setattr(flask.g, "name", flask.request.args["name"]))
    app.after_request(lambda response: (response.headers.set("X-Name", flask.g.name), response)[1])
    seen: list[tuple[str, str, str]] = []

    def ask(name: str) -> None:
        answer = app.test_client().get(f"/api/x?name={name}")
        seen.append((name, answer.headers["X-Name"], answer.text))

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {text for _, _, text in seen} == {"1"}
    assert all(name == header for name, header, _ in seen)


def test_a_render_tears_down_its_own_application_context_and_leaves_the_clients(make_flask: MakeFlask) -> None:
    app = make_flask({"x/route.py": "revalidate = 60\ndef GET(): return 'x'"})
    torn: list[str | None] = []
    app.before_request(lambda: setattr(flask.g, "db", "the client's"))
    app.teardown_appcontext(lambda error: torn.append(flask.g.pop("db", None)))
    left: list[str | None] = []
    app.after_request(lambda response: (left.append(flask.g.get("db")), response)[1])

    app.test_client().get("/api/x")

    assert left == ["the client's"]
    # The client of the tests has one more.
    assert [name for name in torn if name] == ["the client's"]
    assert len(torn) >= 2


# The contexts of a render ----------------------------------------------------------


@pytest.mark.parametrize(
    "what",
    [
        "flask.globals.request_ctx.url_adapter.server_name",
        "flask.globals.request_ctx.url_adapter.get_host(None)",
        "flask.globals.request_ctx.url_adapter.query_args",
        "flask.globals.request_ctx.url_adapter.url_scheme",
        "flask.globals.request_ctx.url_adapter.build('api./x/[slug]', {'slug': 'a'}, force_external=True)",
    ],
)
@pytest.mark.skipif("RequestContext" not in vars(flask.ctx), reason="Flask 3.2 has one context for both")
def test_the_url_adapter_had_one_clients_host_in_a_stored_response(make_flask: MakeFlask, what: str) -> None:
    app = make_flask(reading(what), debug=True)

    first = app.test_client().get("/api/x/a", base_url="http://ada.example")
    second = app.test_client().get("/api/x/a", base_url="http://bob.example")

    assert (first.status_code, second.status_code) == (200, 200)
    assert "fwd=bypass" in status(first)
    assert "ada.example" not in second.text


@pytest.mark.parametrize(
    "what",
    [
        "vars(adapter)",
        "adapter.__dict__['server_name']",
        "adapter.script_name",
        "adapter.subdomain",
        "adapter.path_info",
        "adapter.make_redirect_url('x')",
        "copy.copy(adapter).server_name",
        "current_app.create_url_adapter(request).server_name",
        "current_app.create_url_adapter(flask.globals.request_ctx.request).get_host(None)",
        "flask.globals.request_ctx.copy().url_adapter.server_name",
    ],
)
@pytest.mark.skipif("RequestContext" not in vars(flask.ctx), reason="Flask 3.2 has one context for both")
def test_other_ways_to_the_url_adapter_count_as_reads_too(make_flask: MakeFlask, what: str) -> None:
    source = f"""
        import copy, flask
        from flask import current_app, request
        revalidate = 60
        def GET(req, context):
            adapter = flask.globals.request_ctx.url_adapter
            return str({what})
    """
    app = make_flask({"x/[slug]/route.py": source}, debug=True)

    first = app.test_client().get("/api/x/a?q=ada", base_url="http://ada.example")
    second = app.test_client().get("/api/x/a?q=bob", base_url="http://bob.example")

    assert (first.status_code, second.status_code) == (200, 200)
    assert "fwd=bypass" in status(first)
    assert "ada.example" not in second.text


@pytest.mark.parametrize(
    "url", ["url_for('api./x/[slug]', slug='a')", "url_for('static', filename='a')", "adapter.build('static', {'filename': 'a'})"]
)  # fmt: skip
@pytest.mark.skipif("RequestContext" not in vars(flask.ctx), reason="Flask 3.2 has one context for both")
def test_a_path_that_the_url_adapter_builds_does_not_count(make_flask: MakeFlask, url: str) -> None:
    app = make_flask(reading(f"{url.replace('adapter', 'flask.globals.request_ctx.url_adapter')}"))

    first = app.test_client().get("/api/x/a", base_url="http://ada.example")
    second = app.test_client().get("/api/x/a", base_url="http://bob.example")

    assert "stored" in status(first)
    assert first.text == second.text


def test_a_path_was_stored_that_is_right_for_one_subdomain_only(tmp_path: Path) -> None:
    # Werkzeug builds a path for the host of the client, and a whole URL for others.
    app = flask.Flask("shop", subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    files = {"x/route.py": "from flask import url_for\nrevalidate = 60\ndef GET(): return url_for('other')\n"}
    app.add_url_rule("/other", "other", lambda: "", subdomain="ada")
    app.register_blueprint(RouteHandlersBlueprint("api", write_app(tmp_path, files), subdomain="<user>"))
    client = app.test_client()

    texts = [client.get("/x", base_url=f"http://{user}.example.com").text for user in ("ada", "bob", "ada")]

    assert texts == ["/other", "http://ada.example.com/other", "/other"]


def test_a_function_for_the_end_of_the_request_runs_once_for_the_client(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "x/route.py": """
            from flask import after_this_request, session
            revalidate = 60
            def change(response):
                response.headers.add("X-Late", "1")
                return response
            def GET():
                after_this_request(change)
                return "x"
        """
        }
    )
    client = app.test_client()

    for _ in range(2):
        answer = client.get("/api/x")
        assert answer.headers.getlist("X-Late") == ["1"]
        assert "fwd=bypass" in status(answer)


def test_a_render_that_reads_no_session_marks_none_as_read(make_flask: MakeFlask) -> None:
    app = make_flask(reading("current_app.name"))

    answer = app.test_client().get("/api/x/a")

    assert "Vary" not in answer.headers
    assert status(answer) == "routehandlers; fwd=miss; stored"


@pytest.mark.parametrize(
    "what", ["flask.stream_with_context(iter('ab'))", "flask.copy_current_request_context(str)('ab')"]
)
def test_a_context_that_is_pushed_again_in_a_render_matches_nothing(make_flask: MakeFlask, what: str) -> None:
    app = make_flask({"x/route.py": f"import flask\nrevalidate = 60\ndef GET(): return {what}"})
    app.url_value_preprocessor(lambda endpoint, values: None)

    assert [app.test_client().get("/api/x").text for _ in range(2)] == ["ab", "ab"]


def test_what_a_render_stores_in_the_session_is_the_clients(make_flask: MakeFlask) -> None:
    app = make_flask(
        {
            "x/route.py": """
            from flask import session
            revalidate = 60
            def GET():
                session["n"] = session.get("n", 0) + 1
                return str(session["n"])
        """
        }
    )
    client = app.test_client()

    assert [client.get("/api/x").text for _ in range(3)] == ["1", "2", "3"]


def test_no_context_is_a_class_of_ours(make_flask: MakeFlask) -> None:
    app = make_flask(
        reading(
            "[type(c._get_current_object()).__module__ for c in (flask.globals.app_ctx, flask.globals.request_ctx)]"
        )
    )

    assert app.test_client().get("/api/x/a").text == "1 ['flask.ctx', 'flask.ctx']"
