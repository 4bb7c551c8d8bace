"""Slashes are put right by a redirect that never leaves the site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import servers
from werkzeug.test import Client

from routehandlers import RouteHandlers

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

GET = "def GET(request): return request.next_url.pathname\n"
FILES = {
    f"{name}/route.py".lstrip("/"): GET for name in ("", "x", "dyn/[id]", "all/[...p]", "f.txt", ".well-known/acme/[t]")
}


@pytest.fixture
def ask(make_app: MakeApp, client_for: ClientFor) -> Callable[..., tuple[int, str]]:
    def send(target: str, method: str = "GET", script_name: str = "", **settings: Any) -> tuple[int, str]:
        path, _, query = target.partition("?")
        environ = {
            "RAW_URI": target,
            "PATH_INFO": path.removeprefix(script_name),
            "SCRIPT_NAME": script_name,
            "QUERY_STRING": query,
        }
        answer = client_for(make_app(FILES, **settings)).open(method=method, environ_overrides=environ)
        return answer.status_code, answer.headers.get("Location") or answer.text

    return send


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/x/", "/x"),
        ("/x/?a=1&b=%20", "/x?a=1&b=%20"),
        ("/x//", "/x/"),
        ("//x", "/x"),
        ("/dyn//a", "/dyn/a"),
        ("/dyn\\a", "/dyn/a"),
        ("/nope/", "/nope"),
        ("//evil.example/", "/evil.example/"),
        ("/\\evil.example", "/evil.example"),
        ("///evil.example//a", "/evil.example/a"),
        ("/\\/evil.example/", "/evil.example/"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_slashes_too_many_are_a_308_within_the_site(
    ask: Callable[..., tuple[int, str]], target: str, location: str, method: str
) -> None:
    assert ask(target, method) == (308, location)


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/x", (308, "/x/")), ("/x/", (200, "/x/")), ("/f.txt", (200, "/f.txt")), ("/f.txt/", (308, "/f.txt")),
        ("/dyn/a.b/", (308, "/dyn/a.b")), ("/.well-known/acme/t", (200, "/.well-known/acme/t")),
        ("/.well-known/acme/t/", (200, "/.well-known/acme/t/")), ("/", (200, "/")), ("/all/a/b?q", (308, "/all/a/b/?q")),
    ],
)  # fmt: skip
def test_with_trailing_slash_urls_end_in_one(ask: Callable[..., tuple[int, str]], target: str, answer: object) -> None:
    assert ask(target, trailing_slash=True) == answer


@pytest.mark.parametrize(("target", "answer"), [("/x", (200, "/x")), ("/x/", (200, "/x/")), ("/x//", (308, "/x/"))])
def test_without_the_redirect_both_forms_are_answered(
    ask: Callable[..., tuple[int, str]], target: str, answer: object
) -> None:
    assert ask(target, skip_trailing_slash_redirect=True) == answer


@pytest.mark.parametrize(
    ("target", "answer"),
    [("/b/x", (200, "/x")), ("/b", (200, "/")), ("/b/", (308, "/b")), ("/b/dyn/a/?q", (308, "/b/dyn/a?q"))],
)
def test_the_base_path_is_taken_off_and_kept_in_redirects(
    ask: Callable[..., tuple[int, str]], target: str, answer: object
) -> None:
    assert ask(target, base_path="/b") == answer


@pytest.mark.parametrize("target", ["/x", "/x/", "/bx", "/B/x", "/"])
def test_outside_of_the_base_path_there_is_nothing(ask: Callable[..., tuple[int, str]], target: str) -> None:
    assert ask(target, base_path="/b")[0] == 404


def test_a_redirect_keeps_the_prefix_that_the_application_is_mounted_under(ask: Callable[..., tuple[int, str]]) -> None:
    assert ask("/mount/x/", script_name="/mount") == (308, "/mount/x")


def test_a_308_helps_clients_that_do_not_know_it(make_app: MakeApp, client_for: ClientFor) -> None:
    answer = client_for(make_app(FILES)).get("/x/")

    assert answer.headers["Refresh"] == "0;url=/x"
    assert answer.text == "/x"


@pytest.mark.parametrize(
    ("sent", "path_info", "slug"),
    [
        ("/s/a%2Fb", "/s/a%2Fb", "a/b"),  # cheroot, and Apache with NoDecode, leave slashes encoded
        ("/s/a%2fb", "/s/a%2fb", "a/b"),
        ("/s/a%2fb", "/s/a%2Fb", "a/b"),
        ("/s/a%20%2Fb", "/s/a %2Fb", "a /b"),
        ("/s/a%252Fb", "/s/a%2Fb", "a%2Fb"),
        ("/s/a%252Fb%2Fc", "/s/a%2Fb%2Fc", "a%2Fb/c"),
        ("/s/a%2Fb", "/s/a/b", "a/b"),
        ("/other/a%2Fb", "/s/a%2Fb", "a%2Fb"),  # an outer layer has changed the path, and its word holds
    ],
)
def test_a_server_may_leave_slashes_encoded(make_app: MakeApp, sent: str, path_info: str, slug: str) -> None:
    app = make_app({"s/[slug]/route.py": "def GET(request, context): return context.params['slug']"})

    status, _, body = servers.ask(app, {"RAW_URI": sent, "REQUEST_URI": sent, "PATH_INFO": path_info})

    assert (status, body.decode()) == (200, slug)
