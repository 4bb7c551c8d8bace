"""What one client sends is never another's answer, whatever the handler does and wherever entries are."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from servers import ask

from routehandlers import Request
from routehandlers._http.request.request import _LAZY
from routehandlers._http.request.vary import Vary
from routehandlers._http.request.watched import WatchedRequest, environ_without_client

# Ways to learn something of a client. Each is the body of a handler; what it returns differs from client to client.
READS = {
    "a header": "return request.headers.get('X-Who')",
    "a header by index": "return request.headers['X-Who']",
    "all headers": "return dict(request.headers)",
    "headers()": "return headers().get('X-Who')",
    "a cookie": "return request.cookies.get('who')",
    "cookies()": "return cookies().get('who')",
    "the names of cookies()": "return list(cookies().items())",
    "a query parameter": "return request.args.get('who')",
    "search_params": "return request.next_url.search_params.get('who')",
    "search": "return request.next_url.search",
    "href": "return request.next_url.href",
    "str(next_url)": "return str(request.next_url)",
    "a clone of next_url": "return request.next_url.clone().search",
    "the host of next_url": "return request.next_url.host",
    "url": "return request.url",
    "the query string": "return request.query_string",
    "full_path": "return request.full_path",
    "host": "return request.host",
    "host_url": "return request.host_url",
    "root_url": "return request.root_url",
    "scheme": "return request.scheme",
    "is_secure": "return str(request.is_secure)",
    "the address": "return request.remote_addr or ''",
    "access_route": "return list(request.access_route)",
    "environ": "return request.environ.get('HTTP_X_WHO')",
    "environ by getattr": "return getattr(request, 'env' + 'iron').get('HTTP_X_WHO')",
    "vars()": "return vars(request)['environ'].get('HTTP_X_WHO')",
    "__dict__": "return request.__dict__['environ'].get('HTTP_X_WHO')",
    "repr()": "return repr(request)",
    "a copy": "import copy; return copy.copy(request).environ.get('HTTP_X_WHO')",
    "the body": "return request.get_data()",
    "text()": "return request.text() + request.headers.get('X-Who')",
    "the user agent": "return request.user_agent.string",
    "user_agent()": "return user_agent(request).ua",
    "authorization": "return str(request.authorization)",
    "accepted languages": "return str(request.accept_languages)",
    "accepted types": "return str(request.accept_mimetypes)",
    "a Werkzeug attribute": "return str(request.if_none_match)",
    "values": "return request.values.get('who')",
    "remote user": "return request.remote_user or ''",
    "an absolute URL of the application": "return app().url_for('/', _external=True)",
    "a setting of its own after a read": "request.who = request.args.get('who'); return request.who",
    "a helper": "return helper()",
    "a method": "return getattr(request.headers, 'get')('X-Who')",
    "connection()": "connection(); return str(count())",
    "no_store()": "no_store(); return str(count())",
    "a late read in a stream": "return late()",
    "a read after the last chunk": "return after_the_last()",
    "a late read in a stream of Werkzeug": "return Response(late())",
    "a thread that copied the context": "return in_a_thread()",
    "a thread in a stream": "return iter([in_a_thread_later(request)])",
    "a swallowed exception": "\n    try:\n        who = cookies()['who']\n    except Exception:\n        who = ''\n    return who",
    "an exception that tells": "abort(404, cookies().get('who'))",
    "not_found() for one": "\n    if cookies().get('who') == '1': not_found()\n    return 'found'",
    "draft mode": "draft_mode().enable(); return str(count())",
}  # fmt: skip

PRELUDE = """
import itertools, threading
from contextvars import copy_context
from werkzeug.exceptions import abort
from routehandlers import Response
from routehandlers.cache import no_store
from routehandlers.headers import cookies, draft_mode, headers
from routehandlers.navigation import not_found
from routehandlers.server import connection, user_agent
revalidate = 3600
numbers = itertools.count()
APP = []
def count(): return next(numbers)
def app(): return APP[0]
def helper():
    return headers().get("X-Who")
def late():
    yield "a"
    yield "b"
    yield cookies().get("who")
def after_the_last():
    yield str(count())
    cookies().get("who")
def in_a_thread():
    found = []
    context = copy_context()
    thread = threading.Thread(target=context.run, args=(lambda: found.append(cookies().get("who")),))
    thread.start(); thread.join()
    return found[0]
def in_a_thread_later(request):
    return in_a_thread()
"""


@pytest.mark.parametrize("read", READS)
def test_what_reads_of_a_client_is_answered_with_the_truth_and_not_stored(
    make_app: MakeApp, client_for: ClientFor, storage: str, read: str
) -> None:
    source = f"{PRELUDE}\ndef GET(request):\n    {READS[read]}\n"
    app = make_app({"route.py": "def GET(): return 'root'", "x/route.py": source}, cache=storage, secret_key="k" * 32)
    app.load("/x").APP.append(app)
    client = client_for(app)

    def get(who: str) -> Any:
        base = {"1": "http://one.example", "2": "https://two.example"}[who]
        return client.get(
            f"/x?who={who}",
            base_url=base,
            headers={
                "X-Who": who,
                "Cookie": f"who={who}",
                "User-Agent": who,
                "Authorization": f"Bearer {who}",
                "Accept-Language": who,
                "Accept": f"text/{who}",
                "If-None-Match": f'"{who}"',
                "Content-Type": "text/plain",
            },
            data=who,
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{who}", "REMOTE_USER": who},
        )

    first, second, third = get("1"), get("2"), get("1")

    for answer in (first, second, third):
        assert answer.headers["Cache-Status"].startswith("routehandlers; fwd=bypass")
        assert answer.headers["Cache-Control"] == "private, no-cache, no-store"
        assert "ETag" not in answer.headers
    assert second.data != first.data
    assert list(app.cache.store.handler.entries()) == []
    assert list(app.cache.store.memory.entries()) == []


# What is the same for everyone who is answered from one key. A new name here is a new promise.
SAFE = {"method", "path", "root_path", "script_root", "base_path", "mount_prefix", "next_url", "__class__"}


def test_every_attribute_of_a_request_reports_but_for_those_of_a_short_list() -> None:
    environ = {**environ_without_client("", "/x"), "HTTP_COOKIE": "a=1"}
    clients = Request(environ)
    names = {name for name in {*dir(Request), *_LAZY, "environ", "anything", "_x"} if not hasattr(object, name)}
    assert len(names) > 80

    silent = set()
    for name in names | {"__dict__", "__class__"}:
        reported: list[str] = []
        request = WatchedRequest(clients, environ_without_client("", "/x"), Vary(), reported.append)
        with suppress(Exception):
            getattr(request, name)
        if not reported:
            silent.add(name)
    environ["routehandlers.body"].close()

    assert silent == SAFE


def test_every_attribute_of_next_url_reports_but_for_the_path() -> None:
    environ = environ_without_client("", "/x")
    clients = Request(environ)

    silent = set()
    for name in {name for name in [*dir(clients.next_url), "anything"] if not hasattr(object, name)}:
        reported: list[str] = []
        url = WatchedRequest(clients, environ, Vary(), reported.append).next_url
        getattr(url, name, None)
        if not reported:
            silent.add(name)

    assert silent == {"pathname", "base_path"}


def test_the_request_is_a_real_one(make_app: MakeApp) -> None:
    source = """
    import werkzeug
    from routehandlers import Request
    revalidate = 60
    def GET(request):
        request.note = 7
        kinds = [isinstance(request, Request), isinstance(request, werkzeug.Request)]
        return [*kinds, request.note, request.method, request.path, request.next_url.pathname]
    """
    client = make_app({"x/route.py": source}).test_client()

    answer = client.get("/x?a=1")

    assert answer.json == [True, True, 7, "GET", "/x", "/x"]
    assert answer.headers["Cache-Status"] == "routehandlers; fwd=miss; stored"


def test_a_path_is_stored_in_one_spelling_whoever_asks_first(make_app: MakeApp) -> None:
    source = (
        "revalidate = 60\ndef GET(request, context): return [request.next_url.pathname, request.path, context.params]"
    )
    app = make_app({"items/[slug]/route.py": source})

    _, _, first = ask(app, {"RAW_URI": "/items/%61%2f%C3%A9"}, path="/items/a/é")
    _, headers, second = ask(app, {"RAW_URI": "/items/a%2F%c3%a9"}, path="/items/a/é")

    assert first == second == '["/items/a%2F%C3%A9","/items/a%2Fé",{"slug":"a/é"}]'.encode()
    assert headers["Cache-Status"].startswith("routehandlers; hit")


def test_middleware_outside_can_leave_nothing_in_the_context_of_a_render(make_app: MakeApp) -> None:
    from contextvars import ContextVar

    user: ContextVar[str] = ContextVar("user", default="nobody")
    app = make_app({"x/route.py": "revalidate = 60\nVAR = []\ndef GET(): return VAR[0].get()"})
    app.load("/x").VAR.append(user)
    inner = app.wsgi_app

    def middleware(environ: Any, start_response: Any) -> Any:
        user.set(environ["HTTP_X_WHO"])
        return inner(environ, start_response)

    app.wsgi_app = middleware

    import contextvars

    answers = [
        contextvars.copy_context().run(app.test_client().get, "/x", headers={"X-Who": who}).text for who in ("1", "2")
    ]

    assert answers == ["nobody", "nobody"]


def test_flask_s_session_is_not_there_in_a_cached_render(make_app: MakeApp) -> None:
    import flask

    app = make_app(
        {"x/route.py": "import flask\nrevalidate = 60\ndef GET(): return flask.session.get('user', '')"}, debug=False
    )
    outer = flask.Flask(__name__)
    outer.secret_key = "k"

    @outer.get("/go/<user>")
    def go(user: str) -> Any:
        flask.session["user"] = user
        return app.wsgi_app, 200

    with outer.test_request_context("/"):
        flask.session["user"] = "ann"
        answer = app.test_client().get("/x")

    assert answer.status_code == 500  # no request of Flask's: it says so in place of telling ann's name to all
    assert list(app.cache.store.memory.entries()) == []


def test_force_static_sees_nobody(make_app: MakeApp, storage: str) -> None:
    source = """
    from routehandlers.headers import cookies, headers
    dynamic = "force-static"
    def GET(request):
        return {
            "cookies": dict(cookies()), "own": dict(request.cookies), "headers": headers().get("X-Who"),
            "args": dict(request.args), "search": request.next_url.search, "url": request.url, "body": request.text(),
            "address": request.remote_addr, "origin": request.next_url.origin, "path": request.path,
        }
    """
    client = make_app({"x/route.py": source}, cache=storage).test_client()

    first = client.get("/x?who=1", headers={"Cookie": "who=1", "X-Who": "1"}, base_url="https://one.example")

    assert first.json == {
        "cookies": {}, "own": {}, "headers": None, "args": {}, "search": "", "url": "http://localhost:3000/x",
        "body": "", "address": None, "origin": "http://localhost:3000", "path": "/x",
    }  # fmt: skip
    assert first.headers["Cache-Status"] == "routehandlers; fwd=miss; stored"
    assert client.get("/x").json == first.json


def test_dynamic_error_raises_where_a_client_is_read(make_app: MakeApp) -> None:
    source = "dynamic = 'error'\ndef GET(request): return request.headers.get('X-Who', '')"
    app = make_app({"x/route.py": source}, debug=True)

    answer = app.test_client().get("/x")

    assert answer.status_code == 500
    assert "GET /x read request.headers" in answer.json["detail"]
    assert answer.headers["Cache-Control"] == "private, no-cache, no-store"


NEVER = {
    "Set-Cookie of the response": "Response('x', headers={'Set-Cookie': 'a=1'})",
    "response.cookies": "with_cookie()",
    "cookies().set()": "(cookies_set(), 'x')[1]",
    "no-store": "Response('x', headers={'Cache-Control': 'no-store'})",
    "private": "Response('x', headers={'Cache-Control': 'max-age=60, Private'})",
    "Vary on something that is not in the key": "Response('x', headers={'Vary': 'Accept-Language'})",
    "Vary on everything": "Response('x', headers={'Vary': '*'})",
    "500": "('x', 500)",
    "503": "('x', 503)",
    "401": "('x', 401)",
    "403": "('x', 403)",
    "206": "('x', 206)",
    "429": "('x', 429)",
}
ALWAYS = {
    "200": "'x'", "203": "('x', 203)", "204": "('', 204)", "300": "('x', 300)", "301": "Response.redirect('/y', 301)",
    "302": "Response.redirect('/y', 302)", "303": "Response.redirect('/y', 303)", "307": "Response.redirect('/y')",
    "308": "Response.redirect('/y', 308)", "404": "('x', 404)", "410": "('x', 410)", "redirect()": "redirect('/y')",
    "permanent_redirect()": "permanent_redirect('/y')", "not_found()": "not_found()", "abort(410)": "abort(410)",
    "a generator": "iter(['a', 'b'])", "bytes": "b'x'", "public": "Response('x', headers={'Cache-Control': 'public'})",
}  # fmt: skip
RESULTS = """
import itertools
from werkzeug.exceptions import abort
from routehandlers import Response
from routehandlers.headers import cookies
from routehandlers.navigation import not_found, permanent_redirect, redirect
revalidate = 3600
calls = itertools.count(1)
seen = [0]
def with_cookie():
    response = Response("x"); response.cookies.set("a", "1"); return response
def cookies_set():
    cookies  # imported for those that set one
    from routehandlers._runtime.scope.scope import current_scope
    current_scope("cookies").jar.set("a", "1")
def GET():
    seen[0] = next(calls)
    return {result}
"""


@pytest.mark.parametrize("result", NEVER)
def test_some_answers_are_never_stored(make_app: MakeApp, client_for: ClientFor, storage: str, result: str) -> None:
    app = make_app({"x/route.py": RESULTS.format(result=NEVER[result])}, cache=storage)
    client = client_for(app)

    answers = [client.get("/x") for _ in range(2)]

    assert app.load("/x").seen == [2]
    assert list(app.cache.store.handler.entries()) == []
    assert {"private", "no-store"} & {part.strip().lower() for part in answers[1].headers["Cache-Control"].split(",")}


@pytest.mark.parametrize("result", ALWAYS)
def test_other_answers_are_stored_as_they_are(
    make_app: MakeApp, client_for: ClientFor, storage: str, result: str
) -> None:
    app = make_app({"x/route.py": RESULTS.format(result=ALWAYS[result])}, cache=storage)
    client = client_for(app)

    first, second, third = (client.get("/x") for _ in range(3))

    assert app.load("/x").seen == [1]
    assert (first.status, first.data, first.headers.get("Location")) == (
        third.status, third.data, third.headers.get("Location"),
    )  # fmt: skip
    assert second.headers["Cache-Status"].startswith("routehandlers; hit")
    assert third.headers["Content-Type" if first.status_code != 204 else "ETag"]


@pytest.mark.parametrize(
    "failure", ["raise RuntimeError('down')", "return 'down', 500", "return 'down', 503", "abort(502)"]
)
def test_a_failure_never_replaces_a_good_answer(make_app: MakeApp, storage: str, failure: str) -> None:
    source = f"""
from werkzeug.exceptions import abort
revalidate = 0.01
DOWN = []
def GET():
    if DOWN: {failure}
    return "good"
"""
    app = make_app({"x/route.py": source}, cache=storage)
    client = app.test_client()
    assert client.get("/x").text == "good"
    time.sleep(0.02)
    app.load("/x").DOWN.append(True)

    for _ in range(5):
        answer = client.get("/x")
        assert (answer.status_code, answer.text) == (200, "good")
        time.sleep(0.05)


# What a client may send with a request, and which must neither poison nor empty the cache.
ODD = [
    ("HEAD", {}), ("GET", {"Range": "bytes=0-1"}), ("GET", {"If-None-Match": "*"}), ("POST", {}), ("DELETE", {}),
    ("GET", {"Authorization": "Bearer x"}), ("GET", {"Cache-Control": "no-cache"}), ("GET", {"Pragma": "no-cache"}),
    ("GET", {"Host": "evil.example"}), ("GET", {"X-Forwarded-Host": "evil.example"}), ("GET", {"Accept-Encoding": "x"}),
    ("GET", {"Cookie": "a=1; __prerender_bypass=forged"}), ("OPTIONS", {}), ("PROPFIND", {}), ("GET", {"Purpose": "prefetch"}),
    ("GET", {"X-Prerender-Revalidate": "1"}), ("GET", {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}),
    ("GET", {"If-Match": '"x"'}), ("GET", {"Content-Length": "3"}),
]  # fmt: skip
PLAIN = "revalidate = 3600\nimport itertools\ncalls = itertools.count(1)\ndef GET(): return 'body %d' % next(calls)\ndef POST(): return 'posted'\n"


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize(("method", "headers"), ODD, ids=lambda value: str(value))
def test_nothing_that_a_client_sends_poisons_or_empties_an_entry(
    make_app: MakeApp, storage: str, method: str, headers: dict[str, str], first: bool
) -> None:
    app = make_app({"x/route.py": PLAIN}, cache=storage, secret_key="k" * 32)
    client = app.test_client()
    # From the second hit on, a path is answered without a look at the request.
    before = None if first else [client.get("/x") for _ in range(3)][-1]

    sent = {**headers}
    odd = client.open("/x?poison=1", method=method, headers=sent, data=b"abc" if "Content-Length" in headers else None)
    after, again = client.get("/x"), client.get("/x")

    assert (after.status_code, after.text) == (200, "body 1")
    assert again.headers["Cache-Status"].startswith("routehandlers; hit")
    assert "Set-Cookie" not in again.headers
    if before is not None:
        assert before.text == after.text
    if method == "POST":
        assert odd.text == "posted"


@pytest.mark.parametrize(
    "path", ["/x/", "//x", "/x%00", "/%78", "/X", "/x;a=1", "/x%20", "/./x", "/x.json", "/x" + "y" * 20_000]
)
def test_odd_paths_never_share_an_entry_with_another(make_app: MakeApp, storage: str, path: str) -> None:
    files = {"x/route.py": PLAIN, "[other]/route.py": PLAIN.replace("body", "other")}
    app = make_app(files, cache=storage)

    status, _, odd = ask(app, {"RAW_URI": path}, path=path.replace("%00", "\0").replace("%20", " ").replace("%78", "x"))

    assert app.test_client().get("/x").text == "body 1"
    if path == "/%78":
        assert odd == b"body 1"
    elif status == 200:
        assert odd == b"other 1"


def test_a_path_that_is_answered_at_once_still_looks_at_the_host(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": PLAIN}, trusted_hosts=["localhost"])
    client = app.test_client()
    assert [client.get("/x").text for _ in range(3)] == ["body 1"] * 3

    assert client.get("/x", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/x", headers={"Host": "a b"}).status_code == 400
    assert client.get("/x", headers={"Upgrade": "websocket"}).status_code == 400


def test_a_path_that_is_answered_at_once_is_still_split_before_it_is_decoded(make_app: MakeApp) -> None:
    app = make_app({"[...path]/route.py": "revalidate = 60\ndef GET(request, context): return context.params['path']"})
    plain = [ask(app, {"RAW_URI": "/a/b"}, path="/a/b")[2] for _ in range(3)]

    encoded = [ask(app, {"RAW_URI": "/a%2Fb"}, path="/a/b")[2] for _ in range(3)]

    assert (set(plain), set(encoded)) == ({b'["a","b"]'}, {b'["a/b"]'})


def test_what_is_stored_is_not_the_handler_s_object(make_app: MakeApp) -> None:
    source = """
    from routehandlers import Response
    revalidate = 3600
    SHARED = Response("good", headers={"X-A": "1"})
    def GET(): return SHARED
    """
    app = make_app({"x/route.py": source})
    client = app.test_client()
    client.get("/x")

    app.load("/x").SHARED.headers["X-A"] = "2"
    app.load("/x").SHARED.set_data("bad")

    answer = client.get("/x")
    assert (answer.text, answer.headers["X-A"]) == ("good", "1")


def test_wsgi_layers_around_it_cannot_change_an_entry_through_its_headers(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": PLAIN})
    inner = app.wsgi_app

    def layer(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers.append(("Set-Cookie", f"who={environ['HTTP_X_WHO']}"))
            return start_response(status, headers)

        return inner(environ, start)

    app.wsgi_app = layer
    cookies = [app.test_client().get("/x", headers={"X-Who": who}).headers.getlist("Set-Cookie") for who in "1234"]

    assert cookies == [["who=1"], ["who=2"], ["who=3"], ["who=4"]]


def test_threads_that_mix_statuses_never_mix_answers(make_app: MakeApp) -> None:
    source = "revalidate = 3600\ndef GET(request, context):\n    return ('', 204) if int(context.params['n']) % 2 else context.params['n'] * 100"
    app = make_app({"[n]/route.py": source})
    wrong: list[Any] = []

    def work(seed: int) -> None:
        client = app.test_client()
        for turn in range(60):
            number = (seed * 7 + turn) % 20
            answer = client.get(f"/{number}")
            expected = (204, "") if number % 2 else (200, str(number) * 100)
            if (answer.status_code, answer.text) != expected:
                wrong.append((number, answer.status_code, answer.text[:10]))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
