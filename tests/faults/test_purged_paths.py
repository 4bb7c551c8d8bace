"""Faults of ``revalidate_path()``, and of purges by code whose result is cached, each by what was wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers._cache.single_flight import Flight

# Values and fetched responses of a purged path ----------------------------------------------------------------

VALUE = """
import itertools
from routehandlers.cache import cached
calls = itertools.count(1)
@cached
def value(): return next(calls)
"""

READS = """
from {dots}_value import value
{constants}
def GET(request): return {{"n": value()}}
"""


def reads(dots: str, constants: str = "revalidate = 3600") -> str:
    return READS.format(dots=dots, constants=constants)


SHOP = {
    "_value.py": VALUE,
    "posts/route.py": reads(".."),
    "posts/[slug]/route.py": reads("..."),
    "live/route.py": reads("..", ""),
    "live/[id]/route.py": reads("...", ""),
    "(group)/inside/route.py": reads("..."),
    "other/route.py": reads("..", ""),
}


def number(client: Any, path: str) -> int:
    answer = client.get(path)
    assert answer.status_code == 200
    found: int = answer.json["n"]
    return found


@pytest.mark.parametrize(
    ("path", "purge"),
    [
        ("/posts", ("/posts",)), ("/posts", ("/posts/",)), ("/posts", ("/posts", "page")), ("/posts/a", ("/posts/a",)),
        ("/posts/a", ("/posts/[slug]",)), ("/posts/a", ("/posts", "layout")), ("/posts/b%20c", ("/posts/b c",)),
        ("/live", ("/live",)), ("/live/7", ("/live/7",)), ("/live/7", ("/live/[id]", "page")),
        ("/live/7", ("/live", "layout")), ("/inside", ("/inside",)), ("/inside", ("/(group)", "layout")),
        ("/inside", ("/(group)/inside",)), ("/posts", ("/", "layout")),
    ],
)  # fmt: skip
def test_a_purged_path_was_rendered_again_from_the_old_value(
    make_app: MakeApp, client_for: ClientFor, storage: str, path: str, purge: tuple[str, ...]
) -> None:
    app = make_app(SHOP, cache=storage)
    client = client_for(app)
    before = [number(client, path) for _ in range(2)]

    app.cache.revalidate_path(*purge)

    assert (before, [number(client, path) for _ in range(2)]) == ([1, 1], [2, 2])


def test_another_path_reads_the_value_that_a_purged_path_has_stored(
    make_app: MakeApp, client_for: ClientFor, storage: str
) -> None:
    app = make_app(SHOP, cache=storage)
    client = client_for(app)
    number(client, "/live"), number(client, "/other")

    app.cache.revalidate_path("/live")

    assert [number(client, path) for path in ("/other", "/live", "/other", "/live")] == [1, 2, 2, 2]


def test_a_purge_of_a_path_leaves_the_values_and_responses_of_others(
    make_app: MakeApp, client_for: ClientFor, storage: str
) -> None:
    app = make_app(SHOP, cache=storage)
    client = client_for(app)
    for path in ("/posts", "/posts/a", "/live"):
        number(client, path)

    app.cache.revalidate_path("/posts/b")
    app.cache.revalidate_path("/posts")
    app.cache.revalidate_path("/other")

    assert [number(client, path) for path in ("/posts/a", "/live", "/live/7")] == [1, 1, 1]
    assert client.get("/posts/a").headers["Cache-Status"].startswith("routehandlers; hit")


def test_the_values_in_a_value_of_a_purged_path_were_old(
    make_app: MakeApp, client_for: ClientFor, storage: str
) -> None:
    outer = "from .._value import value\nfrom routehandlers.cache import cached\n@cached\ndef outer(): return value()\n"
    app = make_app({**SHOP, "nested/route.py": f"{outer}def GET(): return {{'n': outer()}}"}, cache=storage)
    client = client_for(app)
    before = number(client, "/nested")

    app.cache.revalidate_path("/nested")

    assert (before, number(client, "/nested"), number(client, "/other")) == (1, 2, 2)


def test_the_purge_of_a_handler_left_the_value_that_it_reads_next(
    make_app: MakeApp, client_for: ClientFor, storage: str
) -> None:
    posts = "from routehandlers.cache import revalidate_path\ndef POST():\n    revalidate_path('/live')\n    return GET(None)"
    client = client_for(make_app({**SHOP, "live/route.py": f"{reads('..', '')}{posts}"}, cache=storage))

    answers = [number(client, "/live"), client.post("/live").json["n"], number(client, "/live")]

    assert answers == [1, 2, 2]


def test_the_fetched_response_of_a_purged_path_was_kept(make_app: MakeApp, storage: str) -> None:
    count = """
        import itertools
        calls = itertools.count(1)
        def GET(): return {"n": next(calls)}
    """
    read = """
        from routehandlers.fetch import fetch
        def GET(request, context):
            n = fetch(context.params["url"], cache="force-cache").json()["n"]
            return {"n": n}
    """
    files = {"[url]/a/route.py": f"        revalidate = 60{read}", "[url]/b/route.py": read, "count/route.py": count}
    app = make_app(files, cache=storage)
    with serving(app) as port:
        url = f"/http%3A%2F%2F127.0.0.1:{port}%2Fcount"

        def numbers() -> list[int]:
            return [number(app.test_client(), f"{url}/{name}") for name in "abab"]

        before = numbers()
        app.cache.revalidate_path(f"{url}/b")
        after = numbers()
        app.cache.revalidate_path("/[url]/a")
        last = numbers()

    # The first response of "a" is stored itself, until its own path is purged.
    assert (before, after, last) == ([1, 1, 1, 1], [1, 2, 1, 2], [3, 3, 3, 3])


def serving(app: RouteHandlers) -> Any:
    from contextlib import contextmanager
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: Any) -> None: ...

    @contextmanager
    def served() -> Iterator[int]:
        with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield server.server_port
            finally:
                server.shutdown()
                thread.join()

    return served()


@pytest.mark.parametrize("storage", ["file", "redis"], indirect=True)
def test_the_value_of_a_path_that_another_process_purged_was_kept(tmp_path: Path, storage: str) -> None:
    (tmp_path / "count").write_text("1")
    value = f"from pathlib import Path\nfrom routehandlers.cache import cached\n@cached\ndef value(): return int(Path({str(tmp_path / 'count')!r}).read_text())"
    folder = write_app(tmp_path, {**SHOP, "_value.py": value})
    first, second = (RouteHandlers(folder, cache=storage) for _ in range(2))
    before = [number(app.test_client(), path) for app in (first, second) for path in ("/live", "/posts", "/other")]

    (tmp_path / "count").write_text("2")
    for path in ("/live", "/posts"):
        first.cache.revalidate_path(path)

    assert [number(second.test_client(), "/other"), before] == [1, [1] * 6]
    assert [number(second.test_client(), path) for path in ("/posts", "/live", "/other")] == [2, 2, 2]
    assert [number(first.test_client(), path) for path in ("/posts", "/live", "/other")] == [2, 2, 2]


def test_a_value_that_another_path_was_making_before_the_purge_was_shared(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(
        {
            **SHOP,
            "_value.py": """
                import threading
                from routehandlers.cache import cached
                data, started, may_end = [1], threading.Event(), threading.Event()
                @cached
                def value():
                    found = data[0]
                    started.set()
                    assert may_end.wait(30)
                    return found
            """,
        }
    )
    state = app.load("/other").value.__wrapped__.__globals__
    answers: dict[str, int] = {}
    threads = [
        threading.Thread(target=lambda path=path: answers.update({path: number(app.test_client(), path)}))
        for path in ("/other", "/live")
    ]
    threads[0].start()
    assert state["started"].wait(30)
    state["data"][0] = 2
    app.cache.revalidate_path("/live")
    waits, wait = threading.Event(), Flight.wait
    monkeypatch.setattr(Flight, "wait", lambda *given: (waits.set(), wait(*given))[1])
    threads[1].start()
    assert waits.wait(30)
    state["may_end"].set()
    for thread in threads:
        thread.join(30)

    assert answers == {"/other": 1, "/live": 2}
    assert number(app.test_client(), "/live") == 2


def test_a_refresh_in_the_background_rendered_a_purged_path_from_the_old_value(make_app: MakeApp, storage: str) -> None:
    app = make_app(SHOP, cache=storage)
    client = app.test_client()
    number(client, "/posts")

    app.cache.revalidate_tag("_N_T_/posts", "max")
    stale = number(client, "/posts")

    assert stale == 1
    assert eventually(lambda: number(client, "/posts") == 2)
    assert number(client, "/other") == 2


def test_a_value_that_is_stale_for_its_path_alone_is_refreshed_in_the_background(
    make_app: MakeApp, storage: str
) -> None:
    app = make_app(SHOP, cache=storage)
    client = app.test_client()
    number(client, "/live")

    app.cache.revalidate_tag("_N_T_/live", "max")

    assert [number(client, "/other"), number(client, "/live")] == [1, 1]
    assert eventually(lambda: number(client, "/live") == 2)
    assert number(client, "/other") == 2


def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether a refresh in the background makes a condition true."""
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("purge", [("/(shop)", "layout"), ("/", "layout")])
def test_a_purge_of_a_folder_left_the_values_that_its_routes_read(
    make_app: MakeApp, client_for: ClientFor, purge: tuple[str, ...]
) -> None:
    app = make_app({"_value.py": VALUE, "(shop)/v/route.py": reads("..."), "(shop)/w/route.py": reads("...", "")})
    client = client_for(app)
    before = [number(client, path) for path in ("/v", "/w")]

    app.cache.revalidate_path(*purge)

    assert (before, [number(client, path) for path in ("/w", "/v", "/w")]) == ([1, 1], [2, 2, 2])
