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


# G6 and G7: forms ---------------------------------------------------------------

FORM = """
def POST(request):
    by = request.args.get("by", "form_data")
    return {"fields": len(request.form_data() if by == "form_data" else getattr(request, by))}
"""
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"


def part(name: str = "a", value: bytes = b"x", extra: str = "", headers: str = "") -> bytes:
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n{headers}\r\n'
    return head.encode() + value + b"\r\n"


def post(app: Any, data: bytes, content_type: str = MULTIPART, path: str = "/f", **query: str) -> tuple[int, str]:
    answer = app.test_client().post(path, query_string=query, content_type=content_type, data=data, buffered=True)
    return answer.status_code, (answer.get_json(silent=True) or {}).get("detail", "")


@pytest.mark.parametrize("by", ["form_data", "form", "files"])
def test_an_urlencoded_form_had_no_limit_of_fields(make_app: MakeApp, by: str) -> None:
    app = make_app({"f/route.py": FORM})

    assert post(app, b"a&" * 1_000, URLENCODED, by=by)[0] == 200
    assert post(app, b"a&" * 1_001, URLENCODED, by=by) == (413, "The form has more than 1000 fields.")
    assert post(app, b"a=1&" * 2**20, URLENCODED, by=by)[0] == 413
    assert post(app, b"a=" + b"x" * 2**20, URLENCODED, by=by)[0] == 200


@pytest.mark.parametrize("by", ["form_data", "form", "files"])
def test_the_limits_of_a_multipart_form_could_not_be_set(make_app: MakeApp, by: str) -> None:
    files = {"f/route.py": FORM, "own/route.py": f"max_form_memory_size = 10\nmax_form_parts = 3\n{FORM}"}
    app = make_app(files, max_form_memory_size=600_000, max_form_parts=2_000)
    end = b"--B--\r\n"

    assert post(app, part(value=b"x" * 501_000) + end, by=by)[0] == 200
    assert post(app, part() * 1_001 + end, by=by)[0] == 200
    assert post(app, part() * 2_001 + end, by=by) == (413, "The form has more than 2000 fields.")
    assert post(app, part(value=b"x" * 600_001) + end, by=by) == (
        413, "A text field of the form is longer than 600000 bytes."
    )  # fmt: skip
    own = "/own"
    assert post(app, part(value=b"x" * 10) * 3 + end, path=own, by=by)[0] == 200
    assert post(app, part(value=b"x" * 11) + end, path=own, by=by)[0] == 413
    assert post(app, part() * 4 + end, path=own, by=by)[0] == 413
    assert post(app, b"a&b&c&d", URLENCODED, path=own, by=by)[0] == 413
    # A file is no text field, however small the limit is.
    assert post(app, part(value=b"x" * 700_000, extra='; filename="a"') + end, path=own, by=by)[0] == 200


def test_without_limits_a_form_is_limited_by_its_body_alone(make_app: MakeApp) -> None:
    app = make_app({"f/route.py": FORM}, max_form_memory_size=None, max_form_parts=None, max_content_length=2 * 2**20)

    assert post(app, part() * 3_000 + b"--B--\r\n")[0] == 200
    assert post(app, part(value=b"x" * 2**20) + b"--B--\r\n")[0] == 200
    assert post(app, b"a&" * 50_000, URLENCODED)[0] == 200
    assert post(app, b"a&" * 2**21, URLENCODED) == (413, "The body is longer than 2097152 bytes.")


def test_the_headers_of_a_part_had_no_limit(make_app: MakeApp) -> None:
    app = make_app({"f/route.py": FORM}, max_form_memory_size=None)
    end = b"--B--\r\n"

    assert post(app, part(headers="X: 1\r\n" * 40) + end)[0] == 200
    assert post(app, part(headers="X: 1\r\n" * 60, extra='; filename="a"') + end)[0] == 413
    assert post(app, part(headers="X: " + "1" * 2**20 + "\r\n") + end) == (
        413, "The headers of a part of the form are too long."
    )  # fmt: skip
    assert post(app, b"no boundary at all")[0] == 400
    assert post(app, b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n")[0] == 400


def test_a_route_behind_middleware_that_reads_the_form_has_its_own_limits(make_app: MakeApp) -> None:
    middleware = """
from werkzeug.exceptions import RequestEntityTooLarge
def middleware(request):
    request.form
"""
    app = make_app({"middleware.py": middleware, "f/route.py": f"max_form_parts = 2\n{FORM}"})

    assert post(app, b"a&b", URLENCODED)[0] == 200
    assert post(app, b"a&b&c", URLENCODED)[0] == 413


def test_a_form_that_was_read_can_be_read_again_in_every_way(make_app: MakeApp) -> None:
    source = """
def POST(request):
    files = [[name, file.filename, file.read().decode()] for name, file in request.files.items(multi=True)]
    return [request.form.getlist("a"), files, len(request.get_data()), sorted(request.form_data())]
"""
    body = part(value="é".encode()) + part(value=b"y") + part("u", b"up\r\n", '; filename="n.txt"') + b"--B--\r\n"
    answer = make_app({"f/route.py": source}).test_client().post("/f", data=body, content_type=MULTIPART, buffered=True)

    assert answer.json == [["é", "y"], [["u", "n.txt", "up\r\n"]], len(body), ["a", "u"]]


@pytest.mark.parametrize(
    ("settings", "constant", "most"), [({}, "", 5), ({"max_form_parts": 7}, "", 7), ({}, "max_form_parts = 9", 9)]
)
def test_the_limits_of_flask_were_ignored(tmp_path: Path, settings: dict[str, Any], constant: str, most: int) -> None:
    app = flask.Flask("forms")
    app.config.update(MAX_FORM_PARTS=5, MAX_FORM_MEMORY_SIZE=20)
    folder = write_app(tmp_path, {"f/route.py": f"{constant}\n{FORM}"})
    app.register_blueprint(RouteHandlersBlueprint("api", folder, **settings))
    end = b"--B--\r\n"

    assert post(app, b"a&" * most, URLENCODED)[0] == 200
    assert post(app, b"a&" * (most + 1), URLENCODED)[0] == 413
    assert post(app, part() * most + end)[0] == 200
    assert post(app, part() * (most + 1) + end)[0] == 413
    assert post(app, part(value=b"x" * 20) + end)[0] == 200
    assert post(app, part(value=b"x" * 21) + end)[0] == 413
