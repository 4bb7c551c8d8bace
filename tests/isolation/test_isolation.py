"""Requests, applications and servers do not see each other's state."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import serve, write_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from routehandlers import RouteHandlers

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

# It reads its cookie, lets others run, and reads and sets it again: as a
# response, as a stream, after the answer, and by an interrupt.
JAR = """
import time
from routehandlers.headers import cookies, headers
from routehandlers.navigation import redirect
from routehandlers.server import after
WRONG = []

def check(name):
    if not cookies()["me"] == headers()["x-me"] == name:
        WRONG.append((name, dict(cookies())))

def GET(request):
    name = headers()["x-me"]
    time.sleep(0.001)
    cookies().set("you", name)
    after(check, name)
    check(name)
    return {"me": cookies()["me"], "you": cookies()["you"]}

def POST(request):
    name = headers()["x-me"]
    cookies().set("you", name)
    for _ in range(3):
        time.sleep(0.001)
        check(name)
        yield cookies()["me"] + ";"

def PUT(request):
    cookies().set("you", headers()["x-me"])
    time.sleep(0.001)
    redirect("/" + cookies()["me"])
"""


def ask(client: Client, name: str) -> None:
    headers = {"Cookie": f"me={name}", "X-Me": name}
    wanted = [f"you={name}; Path=/"]

    one = client.get("/jar", headers=headers, buffered=True)
    assert one.json == {"me": name, "you": name}
    assert one.headers.getlist("Set-Cookie") == wanted
    two = client.post("/jar", headers=headers, buffered=True)
    assert (two.text, two.headers.getlist("Set-Cookie")) == (f"{name};" * 3, wanted)
    three = client.put("/jar", headers=headers, buffered=True)
    assert (three.headers["Location"], three.headers.getlist("Set-Cookie")) == (f"/{name}", wanted)


def test_thirty_two_threads_never_see_each_others_cookies(make_app: MakeApp) -> None:
    app = make_app({"jar/route.py": JAR})
    failures: list[BaseException] = []

    def hammer(number: int) -> None:
        client = Client(app, use_cookies=False)
        try:
            for turn in range(15):
                ask(client, f"t{number}-{turn}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert app.load("/jar").WRONG == []


GREENLETS = """
from gevent import monkey; monkey.patch_all()
import gevent
from werkzeug.test import Client
from isolation.test_isolation import ask
from routehandlers import RouteHandlers

app = RouteHandlers("app")

def hammer(number):
    client = Client(app, use_cookies=False)
    for turn in range(3):
        ask(client, f"g{number}-{turn}")

jobs = [gevent.spawn(hammer, number) for number in range(200)]
gevent.joinall(jobs, raise_error=True)
assert app.load("/jar").WRONG == []
print("done", len(jobs))
"""


def test_two_hundred_greenlets_never_see_each_others_cookies(tmp_path: Path) -> None:
    write_app(tmp_path, {"jar/route.py": JAR})
    tests = Path(__file__).parents[1]

    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tests)!r})\n{GREENLETS}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip

    assert ended.stdout == "done 200\n", ended.stderr


def test_two_applications_share_nothing(make_app: MakeApp, client_for: ClientFor) -> None:
    source = "STATE = []\ndef GET(request):\n    STATE.append(1)\n    return {'n': len(STATE), 'limit': request.max_content_length}\n"
    first, second = (make_app({"x/route.py": source}, max_content_length=size) for size in (10, 20))

    answers = [client_for(app).get("/x").json for app in (first, second, first)]

    assert answers == [{"n": 1, "limit": 10}, {"n": 1, "limit": 20}, {"n": 2, "limit": 10}]


def test_one_application_inside_another_has_its_own_scope(make_app: MakeApp) -> None:
    inner = make_app(
        {
            "x/route.py": "from routehandlers.headers import cookies\nfrom routehandlers.navigation import redirect\n"
            "def GET(request):\n    cookies().set('inner', request.root_path)\n    yield request.url\n"
            "def POST(): redirect('/away')\n"
        }
    )
    outer = make_app(
        {
            "call/route.py": "from routehandlers.headers import cookies\nAPP = None\n"
            "def GET(request):\n    cookies().set('outer', '1')\n    answer = APP.test_client().get('/x')\n"
            "    return {'inner': answer.text, 'names': list(cookies()), 'set': answer.headers.getlist('Set-Cookie')}\n"
        }
    )
    outer.load("/call").APP = inner
    client = Client(DispatcherMiddleware(outer, {"/mount": inner}), use_cookies=False)

    assert client.get("/mount/x").headers["Set-Cookie"] == "inner=%2Fmount; Path=/"
    assert client.get("/mount/x").text == "http://localhost/mount/x"
    assert client.get("/mount/x/").headers["Location"] == "/mount/x"
    assert client.post("/mount/x").headers["Location"] == "/away"
    assert client.get("/mount/nope").status_code == 404
    nested = client.get("/call")
    assert nested.json == {"inner": "http://localhost/x", "names": ["outer"], "set": ["inner=; Path=/"]}
    assert nested.headers.getlist("Set-Cookie") == ["outer=1; Path=/"]


def test_url_for_knows_the_prefix_during_a_request(make_app: MakeApp) -> None:
    app = make_app(
        {
            "[id]/route.py": "APP = None\ndef GET(): return [APP.url_for('/[id]', id=7), APP.url_for('/[id]', id=7, _external=True)]\n"
        }
    )
    app.load("/[id]").APP = app

    answer = Client(DispatcherMiddleware(app, {"/mount": app})).get("/mount/1")

    assert answer.json == ["/mount/7", "http://localhost/mount/7"]


def test_forwarded_headers_count_with_proxy_fix_and_not_without(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": "def GET(request): return request.url\n"})
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "public.example", "X-Forwarded-Prefix": "/p"}

    plain = Client(app).get("/x", headers=headers).text
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]

    assert (plain, Client(app).get("/x", headers=headers).text) == ("http://localhost/x", "https://public.example/p/x")


CHECKED = {
    "items/[slug]/route.py": """
        from routehandlers.headers import cookies
        def GET(request, context):
            cookies().set("a", "b c")
            return {"slug": context.params["slug"], "url": request.next_url.pathname}
        def POST(request):
            return request.json()
        """,
    "stream/route.py": "def GET():\n    yield 'a'\n    yield 'b'\n",
}


@pytest.mark.parametrize(
    ("server", "worker"),
    [("gunicorn", "sync"), ("gunicorn", "gthread"), ("gunicorn", "gevent"), ("waitress", ""), ("werkzeug", "")],
)
def test_the_application_runs_unchanged_under_every_server(tmp_path: Path, server: str, worker: str) -> None:
    write_app(tmp_path, CHECKED)
    (tmp_path / "checked.py").write_text(
        "from wsgiref.validate import validator\nfrom werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
        "from routehandlers import RouteHandlers\napp = RouteHandlers('app')\nmounted = DispatcherMiddleware(app, {'/mount': app})\n"
    )

    with serve(
        "checked:mounted", server=server, worker=worker, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}
    ) as running:
        item = running.request("GET", "/items/caf%C3%A9%20x")
        slash = running.request("GET", "/items/a%2Fb")
        results: list[Any] = [
            (item.status, item.body.decode(), item.all("Set-Cookie")),
            running.request("POST", "/items/a", body='{"a": 1}').body,
            running.request("POST", "/items/a", body="{").status,
            running.request("GET", "/stream").body,
            running.request("HEAD", "/stream").body,
            running.request("GET", "/items/a/?q=1").header("Location"),
            running.request("GET", "/mount/items/a/?q=1").header("Location"),
            running.request("GET", "/mount/stream").body,
            running.request("DELETE", "/stream").header("Allow"),
        ]

    assert results == [
        (200, '{"slug":"café x","url":"/items/caf%C3%A9%20x"}', ["a=b%20c; Path=/"]),
        b'{"a":1}', 400, b"ab", b"", "/items/a?q=1", "/mount/items/a?q=1", b"ab", "GET, HEAD, OPTIONS",
    ]  # fmt: skip
    assert slash.body == b'{"slug":"a/b","url":"/items/a%2Fb"}'
