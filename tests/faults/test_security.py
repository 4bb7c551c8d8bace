"""Faults of security: values of clients and of handlers that were passed on unchecked."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import flask
import pytest
from conftest import MakeApp
from servers import ask, write_app
from werkzeug.test import EnvironBuilder

from routehandlers import Request
from routehandlers._http.request.host import is_trusted_host
from routehandlers.flask import RouteHandlersBlueprint

# G3: hosts --------------------------------------------------------------------

WHERE = """
def GET(request):
    return [request.url, request.host, request.next_url.host, request.host_url, request.root_url]
"""


def where(app: Any, **environ: Any) -> tuple[int, Any]:
    status, _, body = ask(app, environ, path="/i")
    return status, json.loads(body)


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        ("my_service:8000", "my_service:8000"),
        ("_internal.example.com", "_internal.example.com"),
        ("localhost:", "localhost"),
        ("localhost.:", "localhost"),
        ("a:0", "a:0"),
        ("a:00", "a:0"),
        ("1.2.3.4:00080", "1.2.3.4"),
        ("1.2.3.4:0008000", "1.2.3.4:8000"),
        ("[::1]:080", "[::1]"),
        ("[::FFFF:1.2.3.4]:8000", "[::ffff:1.2.3.4]:8000"),
    ],
)
def test_a_host_that_is_valid_was_a_500_or_missing_in_the_url(make_app: MakeApp, sent: str, host: str) -> None:
    app = make_app({"i/route.py": WHERE})

    assert where(app, HTTP_HOST=sent) == (200, [f"http://{host}/i", host, host, f"http://{host}/", f"http://{host}/"])


@pytest.mark.parametrize(
    "host", ["[::::]", "[1:2]", "[...]", "[:]", "[::1%25eth0]", "a..b", "a:b", "a:99999", ".a", "[]"]
)
def test_a_host_that_is_no_host_was_a_500(make_app: MakeApp, host: str) -> None:
    assert where(make_app({"i/route.py": WHERE}), HTTP_HOST=host)[0] == 400


@pytest.mark.parametrize(
    ("name", "port", "host"),
    [
        ("my_service", "8000", "my_service:8000"),
        ("::1", "80", "[::1]"),
        ("/run/app.sock", "", "localhost"),
        ("", "", "localhost"),
        ("a b", "x", "localhost"),
    ],
)
def test_without_a_host_the_url_had_none_if_the_servers_name_was_odd(
    make_app: MakeApp, name: str, port: str, host: str
) -> None:
    status, seen = where(make_app({"i/route.py": WHERE}), HTTP_HOST="", SERVER_NAME=name, SERVER_PORT=port)

    assert (status, seen[0]) == (200, f"http://{host}/i")


@pytest.mark.parametrize(
    ("host", "trusted", "expected"),
    [
        ("my_service:8000", ["my_service"], True),
        ("my_service:8000", ["my_service:8000"], True),
        ("a.my_service", [".my_service"], True),
        ("[::1]:8000", ["[::1]"], True),
        ("[::1]", ["[::1]:8000"], True),
        ("localhost:", ["localhost"], True),
        ("xn--bcher-kva.example", ["bücher.example"], True),
        ("evil_my_service", [".my_service"], False),
        ("[::2]", ["[::1]"], False),
        ("a..b", ["a..b"], False),
    ],
)
def test_trusted_hosts_had_no_underscores_and_no_ipv6_addresses(host: str, trusted: list[str], expected: bool) -> None:
    assert is_trusted_host(host, trusted) is expected


def test_no_generated_host_is_a_500_and_each_url_names_a_host(make_app: MakeApp) -> None:
    app = make_app({"i/route.py": WHERE})
    chance = random.Random(3)
    parts = ["a", "_", "-", ".", "..", ":", "::", "[", "]", "0", "00080", "99999", "1.2.3.4", "::1", "%", "@", "/", " ",
             "é", "xn--", "\\", ",", "localhost", "[::1]", "ffff", "A", "?", "#", "\t", "v1.x", "\x7f"]  # fmt: skip
    for _ in range(3_000):
        host = "".join(chance.choices(parts, k=chance.randint(1, 6)))
        status, seen = where(app, HTTP_HOST=host)

        assert status in {200, 400}, host
        assert status == 400 or len(seen[0]) > len("http:///i"), host


def test_a_blueprint_takes_the_same_hosts(tmp_path: Path) -> None:
    app = flask.Flask("hosts")
    app.register_blueprint(RouteHandlersBlueprint("api", write_app(tmp_path, {"i/route.py": WHERE})))
    for host, status in (("my_service:8000", 200), ("localhost:", 200), ("[::::]", 400), ("a:0", 200)):
        seen = where(app, HTTP_HOST=host)

        assert seen[0] == status, host
        assert status == 400 or host.rstrip(":") in seen[1][0]


def test_a_request_without_an_application_has_a_host_too() -> None:
    request = Request(EnvironBuilder("/i", environ_overrides={"HTTP_HOST": "[::::]"}).get_environ())

    assert request.url == "http://localhost/i"
    assert request.next_url.hostname == "localhost"
