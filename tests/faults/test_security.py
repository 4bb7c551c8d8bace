"""Faults of security: values of clients and of handlers that were passed on unchecked."""

from __future__ import annotations

import builtins
import json
import logging
import pprint
import random
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import flask
import pytest
from cache.test_storages import eventually
from conftest import MakeApp
from freezegun import freeze_time
from servers import ask, write_app
from werkzeug.test import Client, EnvironBuilder

from routehandlers import Request, Response, RouteHandlers
from routehandlers._hints import hide_password
from routehandlers._http.request.host import is_trusted_host
from routehandlers._runtime.endpoints.own_errors import own_error
from routehandlers.cache_handlers import open_cache_handler
from routehandlers.config import Config, make_config, open_storage
from routehandlers.exceptions import InvalidConfigError
from routehandlers.flask import RouteHandlersBlueprint
from routehandlers.headers import Cookies
from routehandlers.server import URL
from routehandlers.testing import call

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


def test_a_second_look_at_a_form_over_a_limit_gets_the_same_error(make_app: MakeApp) -> None:
    source = """
from werkzeug.exceptions import HTTPException
def POST(request):
    seen = []
    for read in (request.form_data, lambda: request.form, lambda: request.files, request.form_data):
        try:
            read()
        except HTTPException as error:
            seen.append(error.code)
    return seen
"""
    client = make_app({"f/route.py": source}, max_form_parts=3).test_client()
    for body, code in (
        (part() * 4 + b"--B--\r\n", 413),
        (part() * 2, 400),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--", 400),
    ):
        assert client.post("/f", data=body, content_type=MULTIPART, buffered=True).json == [code] * 4


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


# G22: cookies -------------------------------------------------------------------

DROPPED: list[tuple[str, dict[str, Any], str]] = [
    ("__Secure-a", {}, "'__Secure-' require secure=True"),
    ("__secure-a", {}, "'__Secure-' require secure=True"),
    ("__Host-a", {}, "'__Host-' require secure=True"),
    ("__HOST-a", {"secure": True, "path": "/a"}, "'__Host-' require path='/'"),
    ("__Host-a", {"secure": True, "path": None}, "'__Host-' require path='/'"),
    ("__Host-a", {"secure": True, "domain": "example.com"}, "'__Host-' require no domain"),
    ("__Http-a", {"secure": True}, "'__Http-' require httponly=True"),
    ("__Host-Http-a", {"secure": True}, "'__Host-Http-' require httponly=True"),
    ("__Host-Http-a", {"secure": True, "httponly": True, "path": "/x"}, "'__Host-Http-' require path='/'"),
    ("a", {"samesite": "none"}, "samesite='None' requires secure=True"),
    ("a", {"samesite": "None", "secure": False}, "samesite='None' requires secure=True"),
]


@pytest.mark.parametrize(("name", "attributes", "rule"), [*DROPPED, ("a", {"partitioned": True}, "partitioned=True")])
def test_cookies_that_browsers_drop_were_sent(name: str, attributes: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        Cookies({}).set(name, "1", **attributes)
    with pytest.raises(ValueError, match=re.escape(rule)):
        Response("x").cookies.set(name, "1", **attributes)


@pytest.mark.parametrize(("name", "attributes", "rule"), DROPPED)
def test_werkzeugs_method_set_cookies_that_browsers_drop(name: str, attributes: dict[str, Any], rule: str) -> None:
    response = Response("x")
    response.set_cookie("first", "1")
    with pytest.raises(ValueError, match=re.escape(rule)):
        response.set_cookie(name, "1", **attributes)

    assert response.headers.getlist("Set-Cookie") == ["first=1; Path=/"]


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("__Host-a", {"secure": True}),
        ("__Secure-a", {"secure": True, "domain": "example.com", "path": "/x"}),
        ("__Host-Http-a", {"secure": True, "httponly": True}),
        ("__Hosta", {}),
        ("a", {"samesite": "None", "secure": True, "partitioned": True}),
    ],
)
def test_cookies_that_keep_the_rules_are_sent(name: str, attributes: dict[str, Any]) -> None:
    response = Response("x")
    response.set_cookie(name, "1", **attributes)

    assert Cookies({}).set(name, "1", **attributes).lines[0].startswith(f"{name}=1; ")
    assert response.headers["Set-Cookie"].startswith(f"{name}=1; ")


def test_a_cookie_with_a_prefix_was_never_deleted() -> None:
    ending = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure"

    assert Cookies({}).delete("__Host-a").lines == [f"__Host-a=; Path=/; {ending}"]
    assert Cookies({}).delete("__Http-a").lines == [f"__Http-a=; Path=/; {ending}; HttpOnly"]
    assert Cookies({}).delete("a").lines == ["a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]


def test_a_test_can_send_a_cookie_with_a_prefix() -> None:
    source = call(lambda request: dict(request.cookies), cookies={"__Host-a": "1", "__Secure-b": "ü"})

    assert source.json == {"__Host-a": "1", "__Secure-b": "ü"}


# G24: status lines ----------------------------------------------------------------

BROKEN_LINES = [
    "200 a\r\nX: 1", "200\r\nX: 1", "200 你", "200 a\0", "200 a\tb", "２００ OK", "+200 OK", "2_00 OK", "0200 OK",
    "OK", "", "99 X", "199 X", "600 X", "1000 X", "-200 X", "200 \x7f",
]  # fmt: skip


@pytest.mark.parametrize("line", BROKEN_LINES)
def test_a_status_line_that_breaks_the_message_was_passed_on(line: str) -> None:
    with pytest.raises(ValueError):
        Response("x", line)
    response = Response("x")
    with pytest.raises(ValueError):
        response.status = line

    assert response.status == "200 OK"


@pytest.mark.parametrize(("status", "line"), [("200 Fine", "200 Fine"), ("299 é", "299 é"), ("404", "404 NOT FOUND")])
def test_a_status_line_of_printable_latin_1_is_sent(make_app: MakeApp, status: str, line: str) -> None:
    app = make_app({"s/route.py": f"from routehandlers import Response\ndef GET(): return Response('x', {status!r})"})

    assert app.test_client().get("/s").status == line


@pytest.mark.parametrize("number", [0, 99, 100, 199, 600, 999, 1000])
def test_a_number_that_is_no_status_could_be_set_later(number: int) -> None:
    response = Response("x")
    with pytest.raises(ValueError, match="from 200 to 599"):
        response.status_code = number


@pytest.mark.parametrize("body", ["'x'", "iter(['x'])"])
@pytest.mark.parametrize("line", ["200 a\\r\\nX: 1", "200 你", "999 X", "OK"])
def test_a_response_of_werkzeug_with_a_broken_status_line_is_a_500(make_app: MakeApp, body: str, line: str) -> None:
    app = make_app({"s/route.py": f"import werkzeug\ndef GET(): return werkzeug.Response({body}, '{line}')"})
    status, headers, _ = ask(app, {}, path="/s")

    assert status == 500
    assert "X" not in headers


# G18: locations -------------------------------------------------------------------

LINKS = "def GET(request): return [request.mount_prefix, request.root_url, request.url]"
PREFIXES = ["//evil.com", "///evil.com/", "/\\evil.com", "\\\\evil.com", "\\/evil.com", "https://evil.com", "evil.com",
            "javascript:alert(1)", "//", "/\t/evil.com", "//evil.com//", "/%2F/evil.com"]  # fmt: skip


def is_path_of_this_host(location: str) -> bool:
    path = location.removeprefix("http://localhost")
    return re.match(r"/(?![/\\\t\r\n])", path) is not None and "\t" not in location


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("trailing_slash", [False, True])
def test_a_prefix_that_begins_with_two_slashes_led_to_another_host(
    make_app: MakeApp, prefix: str, trailing_slash: bool
) -> None:
    app = make_app(
        {
            "i/route.py": LINKS,
            "middleware.py": "from routehandlers import Response\n"
            "def middleware(request):\n"
            "    if request.path.startswith('/mw'): return Response.redirect(request.root_url + '/evil.com/', 308)\n",
        },
        redirects=[{"source": "/old/:p*", "destination": "/new/:p*", "permanent": True}],
        base_path="/base",
        trailing_slash=trailing_slash,
    )
    for path in ("/base/old/x", "/base/old", "/base/i/", "/base/i", "/base//i", "/base/mw"):
        _, headers, _ = ask(app, {"SCRIPT_NAME": prefix, "PATH_INFO": path})
        location = headers.get("Location")

        assert location is None or is_path_of_this_host(location), (path, location)
        assert location is None or headers["Refresh"] == f"0;url={location}"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_url_that_is_built_for_a_prefix_led_to_another_host(make_app: MakeApp, prefix: str) -> None:
    app = make_app({"i/route.py": LINKS})
    scope = EnvironBuilder(environ_overrides={"SCRIPT_NAME": prefix}).get_environ()
    request = Request({**scope, "SCRIPT_NAME": prefix, "PATH_INFO": "/i"})

    assert request.mount_prefix == "" or is_path_of_this_host(request.mount_prefix)
    assert is_path_of_this_host(f"{request.mount_prefix.rstrip('/')}/i")
    assert json.loads(ask(app, {"SCRIPT_NAME": prefix, "PATH_INFO": "/i"})[2])[2].startswith("http://localhost/")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/a%2Fb/http://c", "/a%2Fb/http:/c"),
        ("/a%2Fb//http://c", "/a%2Fb/http:/c"),
        ("/a%2fb/x+y://c?q=http://d", "/a%2fb/x+y:/c?q=http://d"),
        ("http://evil.com/a%2Fb/http://c", "/a%2Fb/http:/c"),
        ("http://evil.com//evil.com/%2Fa", "/evil.com/%2Fa"),
    ],
)
def test_a_scheme_within_the_path_made_encoded_slashes_plain(make_app: MakeApp, target: str, location: str) -> None:
    app = make_app({"[...rest]/route.py": "def GET(request, context): return context.params['rest']"})
    sent = re.sub("^http://evil.com", "", target)
    path, _, query = sent.partition("?")
    environ = {"RAW_URI": target, "PATH_INFO": unquote(path), "QUERY_STRING": query}

    assert ask(app, environ)[1]["Location"] == location


def test_a_redirect_of_middleware_to_an_own_url_led_to_another_host(make_app: MakeApp) -> None:
    source = "from routehandlers import Response\ndef middleware(request):\n    return Response.redirect({!r})\n"
    for url, location in (
        ("http://localhost//evil.com/", "http://localhost//evil.com/"),
        ("http://localhost/\\evil.com/", "http://localhost/\\evil.com/"),
        ("http://localhost/fine", "/fine"),
    ):
        app = make_app({"middleware.py": source.format(url)})

        assert ask(app, {}, path="/x")[1]["Location"] == location


# G17: halves of surrogate pairs, and long names of public files -------------------------

SURROGATES = """
from werkzeug.exceptions import BadRequest
from routehandlers import Response
from routehandlers.cache import cached
from routehandlers.navigation import redirect

@cached()
def keep(value): return value

def POST(request):
    data, how = request.json(), request.args["how"]
    if how == "value": return data
    if how == "pair": return data, 201
    if how == "list": return [data, {data: data}]
    if how == "text": return Response(data)
    if how == "json": return Response.json(data)
    if how == "stream": return iter([data, data])
    if how == "events": return Response.event_stream([data, {"data": data, "event": data}])
    if how == "error": raise BadRequest(data)
    if how == "failure": raise ValueError(data)
    if how == "redirect": redirect("/" + data)
    if how == "location": return Response.redirect("/" + data)
    if how == "url":
        request.next_url.pathname = "/" + data
        return Response.redirect(request.next_url)
    if how == "cached": return [keep(data)]
"""


@pytest.mark.parametrize(
    ("how", "status", "sent"),
    [
        ("value", 200, b"x\\ud800"), ("pair", 201, b"x\\ud800"), ("text", 200, b"x\\ud800"), ("json", 200, b'"x\\ud800"'),
        ("list", 200, b'["x\\ud800",{"x\\ud800":"x\\ud800"}]'), ("stream", 200, b"x\\ud800x\\ud800"),
        ("events", 200, b"data: x\\ud800\n"), ("error", 400, b"x\\ud800"), ("cached", 200, b'["x\\ud800"]'),
        ("redirect", 307, b""), ("location", 307, b""), ("url", 307, b""), ("failure", 500, b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_half_a_surrogate_pair_of_a_request_was_a_500(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, how: str, status: int, sent: bytes, accept: str
) -> None:
    caplog.set_level(logging.CRITICAL + 1, "routehandlers")  # pytest-xdist cannot send such text to its main process
    app = make_app({"s/route.py": SURROGATES})
    answer = app.test_client().post(
        "/s", query_string={"how": how}, data=b'"x\\ud800"', headers={"Accept": accept}, buffered=True
    )

    assert answer.status_code == status
    assert sent in answer.data
    assert status != 307 or "/x%EF%BF%BD" in answer.headers["Location"]


@pytest.mark.parametrize(
    "path", ["a" * 300, "é" * 200, "/".join(["a" * 200] * 30), "a/" + "b" * 256 + ".txt", "a.txt/b"]
)
def test_a_path_that_is_too_long_for_a_file_was_a_500_that_named_the_folder(
    make_app: MakeApp, tmp_path: Path, path: str
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (public / "a.txt").write_text("a")
    app = make_app(
        {"x/route.py": "def GET(): return 'x'", "long/[...p]/route.py": "def GET(): return 'p'"}, public=public
    )

    assert app.test_client().get("/a.txt", buffered=True).status_code == 200
    for before, status in (("/", 404), ("/long/", 200)):
        answer = app.test_client().get(before + path, buffered=True)
        assert answer.status_code == status
        assert str(tmp_path) not in answer.text


# G13: passwords ---------------------------------------------------------------------

PASSWORD = "tr0ub4dor"
URLS_OF_CACHES = [
    f"redis://:{PASSWORD}@h", f"redis://user:{PASSWORD}@h:6379/0", f"rediss://:{PASSWORD}@h?prefix=a", f"redis://h?password={PASSWORD}",
    f"unix://user:{PASSWORD}@/run/redis.sock", f"redis://:a@{PASSWORD}@h",
]  # fmt: skip
MISSPELT = [
    f"reddis://:{PASSWORD}@h", f"redis:/:{PASSWORD}@h", f"redis//:{PASSWORD}@h", f":{PASSWORD}@h", f"redis://:{PASSWORD}",
    f"redis://:/{PASSWORD}@h", f"redis://:a#{PASSWORD}@h", f"redis://:{PASSWORD}@h:port", f"redis://:{PASSWORD}@h:99999",
    f"redis://:[{PASSWORD}@h", f"redis://:a]b[{PASSWORD}@h", f"redis://:{PASSWORD}@h?socket_timeout=x", f"file://u:{PASSWORD}@h/x",
    f"memory://:{PASSWORD}@h", f"redis://:a b{PASSWORD}@h:x", f"redis://:'{PASSWORD}@h:x", f"redis://h?password={PASSWORD}&db=x",
    f"redis ://:{PASSWORD}@h", f"http://u:{PASSWORD}@h/a@b",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS_OF_CACHES)
def test_the_settings_showed_the_password_of_the_cache(make_app: MakeApp, url: str) -> None:
    config = make_app({"x/route.py": "def GET(): return 'x'"}, cache=url).config
    text = f"{config} {config!r} {pprint.pformat(config)}"

    assert PASSWORD not in text
    assert config.cache == url
    assert eval(repr(make_config({"base_path": "/a"})), {"Config": Config}) == Config(base_path="/a")


@pytest.mark.parametrize("url", MISSPELT)
def test_the_error_of_a_misspelt_url_showed_its_password(url: str) -> None:
    for make in (lambda: open_storage(make_config({"cache": url})), lambda: open_cache_handler(url, 0)):
        try:
            make()
        except ValueError as error:
            assert PASSWORD not in "".join(traceback.format_exception(error))
        else:
            assert url.startswith("redis://:")  # a valid URL for redis-py, or for Python 3.10
    with suppress(InvalidConfigError):
        assert PASSWORD not in repr(make_config({"cache": url}))


@pytest.mark.parametrize(
    "name", ["origin", "base_path", "trusted_hosts", "redirects", "public", "fallback", "max_form_parts"]
)
def test_the_error_of_another_setting_showed_a_password(name: str) -> None:
    url = f"https//u:{PASSWORD}@h"
    for value in (url, {url}, {"url": url}):
        with pytest.raises(InvalidConfigError) as caught:
            make_config({name: value, "no": 1})

        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("origin", [f"https://u:{PASSWORD}@h", f"https://[{PASSWORD}@h", "https://[::::]"])
def test_an_origin_has_no_password(origin: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        make_config({"origin": origin})

    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"http://u:{PASSWORD}@127.0.0.1:1/a", f"http://u:{PASSWORD}/@127.0.0.1:1/", f"http://u:{PASSWORD}@127.0.0.1:port/", f"htp://u:{PASSWORD}@h/",
        f"http://u:[{PASSWORD}@h/", f"u:{PASSWORD}@h",
    ],
)  # fmt: skip
def test_a_fetch_that_fails_showed_the_password(make_app: MakeApp, caplog: pytest.LogCaptureFixture, url: str) -> None:
    source = f"from routehandlers.fetch import fetch\ndef GET(): return fetch({url!r}, timeout=1, revalidate=60)"
    app = make_app({"x/route.py": source})
    answer = app.test_client().get("/x", buffered=True)

    assert answer.status_code == 500
    assert "failed" in caplog.text
    log = "\n".join(line for line in caplog.text.splitlines() if "def GET" not in line)
    assert PASSWORD not in log + answer.text


def test_a_url_showed_its_password_in_messages() -> None:
    url = URL(f"https://u:{PASSWORD}@example.com/@a?q=1")

    assert repr(url) == "URL('https://***@example.com/@a?q=1')"
    assert PASSWORD in str(url)
    for wrong in (f"//u:{PASSWORD}@h", f"u:{PASSWORD}@h", f"http://u:{PASSWORD}/x@h", f"http://u:{PASSWORD}@h:port/"):
        with pytest.raises(ValueError) as caught:
            URL(wrong)
        assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/@user/a", "https://example.com/@user/a"),
        ("https://example.com:8000/a?b=c@d", "https://example.com:8000/a?b=c@d"),
        ("file:///var/cache/a@b", "file:///var/cache/a@b"),
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("redis://[::1]:6379/0", "redis://[::1]:6379/0"),
        ("memory://", "memory://"),
        ("redis://u:p@h:6379/0?prefix=x&password=p", "redis://***@h:6379/0?prefix=x&password=***"),
    ],
)
def test_a_url_without_a_password_is_shown_as_it_is(url: str, shown: str) -> None:
    assert hide_password(url) == shown


# G21: after() --------------------------------------------------------------------------

AFTER = """
import sys
from routehandlers import Response
from routehandlers.headers import cookies
from routehandlers.server import after
SEEN = []

def stop(error):
    SEEN.append("stopped")
    raise error

def nested():
    after(SEEN.append, "nested")
    raise SystemExit(2)

def GET(request):
    SEEN.clear()
    after(SEEN.append, "first")
    after(stop, {error})
    after(nested)
    after(stop, ValueError("x"))
    after(lambda: SEEN.append(cookies().get("a")))
    return {body}

def POST(): return SEEN
"""


@pytest.mark.parametrize("error", ["SystemExit(1)", "KeyboardInterrupt()", "GeneratorExit()"])
@pytest.mark.parametrize("body", ["'x'", "iter(['x', 'y'])", "Response(None, 204)"])
@pytest.mark.parametrize("framework", ["none", "flask"])
def test_an_exit_in_after_lost_the_functions_behind_it(tmp_path: Path, error: str, body: str, framework: str) -> None:
    folder = write_app(tmp_path, {"a/route.py": AFTER.format(error=error, body=body)})
    app: Any = RouteHandlers(folder)
    if framework == "flask":
        app = flask.Flask("after")
        app.register_blueprint(RouteHandlersBlueprint("api", folder))
    client = Client(app, use_cookies=False)

    with pytest.raises((SystemExit, KeyboardInterrupt, GeneratorExit)) as caught:
        client.get("/a", headers={"Cookie": "a=1"}, buffered=True)

    assert repr(caught.value) == error
    assert client.post("/a").json == ["first", "stopped", "stopped", "1", "nested"]


# G23: draft mode ------------------------------------------------------------------------

DRAFT = {
    "on/route.py": "from routehandlers.headers import draft_mode\n"
    "def GET(request):\n"
    "    age = request.args.get('age', type=int)\n"
    "    draft_mode().enable(max_age=age) if age is not None else draft_mode().enable()\n"
    "    return 'on'",
    "x/route.py": "from routehandlers.headers import draft_mode\ndef GET(): return [draft_mode().is_enabled]",
}
OLD, NEW = "o" * 32, "n" * 32


def enabled(app: RouteHandlers, query: str = "") -> str:
    line = app.test_client().get(f"/on?{query}", buffered=True).headers["Set-Cookie"]
    return line.partition(";")[0]


def is_draft(app: RouteHandlers, cookie: str) -> bool:
    answer = Client(app, use_cookies=False).get("/x", headers={"Cookie": cookie}, buffered=True)
    assert answer.json == [True] or answer.headers["Set-Cookie"].startswith("__prerender_bypass=; Path=/; Expires=")
    assert answer.json == [False] or "Set-Cookie" not in answer.headers
    return answer.json == [True]


def test_a_cookie_of_draft_mode_was_valid_for_ever(make_app: MakeApp) -> None:
    app, short = make_app(DRAFT, secret_key=OLD), make_app(DRAFT, secret_key=OLD, draft_max_age=60)
    with freeze_time("2026-05-01 12:00:00") as clock:
        cookies = [enabled(app), enabled(short), enabled(app, "age=600")]
        seen = []
        for seconds in (0, 59, 2, 538, 2, 85_798, 2):
            clock.tick(seconds)
            seen.append([is_draft(app, cookie) for cookie in cookies])

    assert seen == [
        [True, True, True], [True, True, True], [True, False, True], [True, False, True], [True, False, False],
        [True, False, False], [False, False, False],
    ]  # fmt: skip


def test_a_cookie_of_draft_mode_had_one_value_for_all_clients(make_app: MakeApp) -> None:
    app = make_app(DRAFT, secret_key=OLD)
    with freeze_time("2026-05-01 12:00:00") as clock:
        first = enabled(app)
        clock.tick(1)

        assert enabled(app) != first


def test_a_secret_could_not_be_changed_without_ending_all_cookies(make_app: MakeApp) -> None:
    old, both, new = (make_app(DRAFT, secret_key=key) for key in (OLD, [NEW, OLD], (NEW,)))
    cookies = {name: enabled(app) for name, app in (("old", old), ("both", both), ("new", new))}

    assert [is_draft(both, cookies[name]) for name in ("old", "both", "new")] == [True, True, True]
    assert [is_draft(new, cookies[name]) for name in ("old", "both", "new")] == [False, True, True]
    assert [is_draft(old, cookies[name]) for name in ("old", "both", "new")] == [True, False, False]


def test_the_time_of_a_cookie_of_draft_mode_is_signed(make_app: MakeApp) -> None:
    app = make_app(DRAFT, secret_key=[NEW, OLD])
    name, _, token = enabled(app).partition("=")
    later = f"{int(token[:16], 16) + 60:016x}"

    assert is_draft(app, f"{name}={token}")
    for forged in (
        later + token[16:],
        token[:-1],
        token + "0",
        token.upper(),
        "0" * 80,
        token[16:],
        "f" * 80,
        "-" + token[1:],
        "",
    ):
        assert forged == token or not is_draft(app, f"{name}={forged}")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"secret_key": []}, "secret_key is too short. Give at least 16 bytes of text"),
        ({"secret_key": [OLD, "short"]}, "secret_key is too short"),
        ({"secret_key": [OLD, 7]}, "secret_key is not text"),
        ({"secret_key": 7}, "secret_key is not text"),
        ({"draft_max_age": 0}, "draft_max_age is 0. Give a number of seconds above 0"),
        ({"draft_max_age": True}, "draft_max_age is True"),
    ],
)
def test_a_secret_that_cannot_be_used_is_not_shown(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        make_config(settings)

    assert message in str(caught.value)
    assert OLD not in str(caught.value)
    assert OLD not in repr(make_config({"secret_key": [OLD, NEW]}))


def test_a_draft_can_last_for_any_time(make_app: MakeApp) -> None:
    app = make_app(DRAFT, secret_key=OLD + "\udc80", draft_max_age=1e300)  # a byte of an environment variable

    assert is_draft(app, enabled(app))


@pytest.mark.parametrize("age", [0, -1])
def test_a_draft_that_ends_at_once_is_a_mistake(make_app: MakeApp, age: int) -> None:
    assert make_app(DRAFT, secret_key=OLD).test_client().get(f"/on?age={age}").status_code == 500


# G11: exceptions of a render that several requests wait for ---------------------------------

FAILING = """
import threading
revalidate = 60
CALLS, GO, BEGUN = [], threading.Event(), threading.Event()
class Down(Exception):
    def __init__(self, host, port):
        super().__init__(f"{host}:{port} is down")
        self.host = host
def GET():
    CALLS.append(1)
    BEGUN.set()
    GO.wait(30)
    try:
        raise OSError(5, "reset", "cable")
    except OSError as error:
        raise Down("db", 5432) from error
"""
NOTING = "SEEN = []\ndef error(request, error):\n    SEEN.append(error)\n    return type(error).__name__, 503\n"


def waiters() -> int:
    """Number of threads that wait for the render of another."""
    stacks = [[where.f_code.co_name for where in stack(frame)] for frame in sys._current_frames().values()]
    return sum("once" in names and "_lead" not in names for names in stacks)


def stack(frame: Any) -> Iterator[Any]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def frames_of(error: BaseException | None) -> set[int]:
    """The frames of an exception and its causes."""
    found = set()
    while error is not None:
        found |= {id(frame) for frame, _ in traceback.walk_tb(error.__traceback__)}
        error = error.__cause__ or error.__context__
    return found


def test_those_who_wait_for_a_render_that_fails_shared_one_exception(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": FAILING, "error.py": NOTING})
    route = app.load("/x")
    answers: list[str] = []

    def get() -> None:
        answers.append(app.test_client().get("/x", buffered=True).text)

    threads = [threading.Thread(target=get) for _ in range(6)]
    threads[0].start()
    assert route.BEGUN.wait(10)
    for thread in threads[1:]:
        thread.start()
    assert eventually(lambda: waiters() >= 5, 20)
    route.GO.set()
    for thread in threads:
        thread.join()
    seen = sys.modules[f"{route.__name__.partition('.')[0]}.error"].SEEN

    assert answers == ["Down"] * 6
    assert len(route.CALLS) == 1
    assert len({id(error) for error in seen}) == len({id(error.__cause__) for error in seen}) == 6
    assert {(str(error), error.host, error.__cause__.args) for error in seen} == {
        ("db:5432 is down", "db", (5, "reset"))
    }
    for error in seen:
        others = set().union(*[frames_of(other) for other in seen if other is not error])
        assert not frames_of(error) & others


class TwoArguments(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)
        self.second = second


class Uncopied(ValueError):
    def __copy__(self) -> Uncopied:
        return self


class Unreducible(OSError):
    def __reduce__(self) -> Any:
        raise TypeError("no")


def raised(error: BaseException) -> BaseException:
    try:
        try:
            raise KeyError("inner")
        except KeyError:
            raise error  # noqa: B904  # its context is a part of the test
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("down", 5), TwoArguments("a", "b"), Uncopied("x"), OSError(2, "missing", "file"), Unreducible(2, "x"), KeyError("k"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), StopIteration(3), SystemExit(4),
    ],
)  # fmt: skip
def test_an_exception_of_any_class_is_copied(error: BaseException) -> None:
    error = raised(error)
    vars(error)["__notes__"] = ["a note"]
    own = own_error(error)

    assert own is not error
    assert type(own) is type(error)
    assert (own.args, str(own), repr(own)) == (error.args, str(error), repr(error))
    assert vars(own) == vars(error)
    assert vars(own)["__notes__"] is not vars(error)["__notes__"]
    assert own.__traceback__ is None
    assert repr(own.__context__) == "KeyError('inner')"
    assert own.__context__ is not error.__context__


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11")
def test_the_exceptions_of_a_group_are_copied() -> None:
    group: Any = raised(builtins.ExceptionGroup("two", [raised(ValueError(1)), raised(TwoArguments("a", "b"))]))
    own: Any = own_error(group)

    assert [repr(one) for one in own.exceptions] == [repr(one) for one in group.exceptions]
    assert all(one is not other for one, other in zip(own.exceptions, group.exceptions, strict=True))
    assert [one.__traceback__ for one in own.exceptions] == [None, None]


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(1), ValueError(2)
    first.__cause__, second.__cause__ = second, first

    assert repr(own_error(first)) == "ValueError(1)"
