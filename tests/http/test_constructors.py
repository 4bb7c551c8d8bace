"""The constructors that do without Werkzeug's make what Werkzeug's make.

Where a new Werkzeug sets one more attribute, or another value, these tests fail: see what it is for, and set it too.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
import werkzeug.wrappers
from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import EnvironBuilder

from routehandlers import Request, Response
from routehandlers._http.request.request import _LAZY
from routehandlers._http.request.vary import Vary
from routehandlers._http.request.watched import WatchedRequest, environ_without_client
from routehandlers._http.response.response import STATUS_LINES, Continuation

# Requests -------------------------------------------------------------------

ENVIRONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "method in lower case": {"REQUEST_METHOD": "post"},
    "method of its own": {"REQUEST_METHOD": "PURGE"},
    "no path": {"PATH_INFO": ""},
    "path without a slash": {"PATH_INFO": "items"},
    "path with many slashes": {"PATH_INFO": "///items//"},
    "path in UTF-8": {"PATH_INFO": "/é/日本".encode().decode("latin-1")},
    "path that is not UTF-8": {"PATH_INFO": "/\xff\xe9"},
    "mounted": {"SCRIPT_NAME": "/shop"},
    "mounted with slashes at the end": {"SCRIPT_NAME": "/shop//"},
    "mounted in UTF-8": {"SCRIPT_NAME": "/é".encode().decode("latin-1")},
    "mounted on what is not UTF-8": {"SCRIPT_NAME": "/\xff"},
    "query": {"QUERY_STRING": "a=1&b=%20&a=2"},
    "query beyond ASCII": {"QUERY_STRING": "a=\xff"},
    "https": {"wsgi.url_scheme": "https"},
    "host": {"HTTP_HOST": "Example.COM:8443"},
    "headers": {"HTTP_X_A": "1", "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "3", "HTTP_COOKIE": "a=1"},
    "client": {"REMOTE_ADDR": "10.0.0.7"},
    "IPv6": {"REMOTE_ADDR": "::1", "SERVER_NAME": "::1", "SERVER_PORT": "8000"},
    "other port": {"SERVER_NAME": "10.0.0.1", "SERVER_PORT": "8000"},
    "port as a number": {"SERVER_PORT": 8000},
    "no port": {"SERVER_PORT": None},
    "socket": {"SERVER_NAME": "/run/app.sock", "SERVER_PORT": None},
    "no server": {"SERVER_NAME": None},
}

# What an environ may lack, by WSGI or with a server that leaves it out.
OPTIONAL = (
    "REQUEST_METHOD", "wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT",
)  # fmt: skip


def environ_with(**changes: Any) -> dict[str, Any]:
    return {**EnvironBuilder().get_environ(), **changes}


def comparable(value: Any) -> Any:
    return list(value) if isinstance(value, EnvironHeaders) else value


def assert_same_request(environ: dict[str, Any], **arguments: Any) -> None:
    explicit = Request.__new__(Request)
    werkzeug.wrappers.Request.__init__(explicit, environ, **arguments)
    theirs = werkzeug.wrappers.Request(environ, **arguments)
    environ.pop("werkzeug.request", None)

    ours = Request(environ, **arguments)

    assert environ.get("werkzeug.request") is (
        ours if arguments.get("populate_request", True) and not ours.shallow else None
    )
    for other in (theirs, explicit):
        # By "vars" before anything is read: what Werkzeug's constructor has set, and nothing that was read later.
        assert vars(other).keys() == {"environ", "shallow", *_LAZY}
        for name, value in vars(other).items():
            assert comparable(getattr(ours, name)) == comparable(value), name
            assert type(getattr(ours, name)) is type(value), name
    for name in (
        "content_type",
        "content_length",
        "mimetype",
        "is_secure",
        "access_route",
        "script_root",
        "user_agent",
        "method",
    ):
        assert str(getattr(ours, name)) == str(getattr(explicit, name)) == str(getattr(theirs, name)), name


@pytest.mark.parametrize("environ", ENVIRONS.values(), ids=ENVIRONS)
def test_a_request_has_what_werkzeug_s_constructor_sets(environ: dict[str, Any]) -> None:
    assert_same_request(environ_with(**environ))


@pytest.mark.parametrize("missing", OPTIONAL)
def test_a_request_has_the_same_without_a_variable(missing: str) -> None:
    environ = environ_with()
    environ.pop(missing, None)

    assert_same_request(environ)


@pytest.mark.parametrize("shallow", [False, True])
@pytest.mark.parametrize("populate_request", [False, True])
def test_a_request_takes_werkzeug_s_arguments(populate_request: bool, shallow: bool) -> None:
    assert_same_request(environ_with(), populate_request=populate_request, shallow=shallow)


@pytest.mark.parametrize("name", ["environ", "shallow", *_LAZY])
def test_a_watched_request_has_each_attribute_too(name: str) -> None:
    """Its constructor skips that of a request."""
    environ = environ_without_client("/shop", "/items")
    theirs = werkzeug.wrappers.Request(environ, populate_request=False)
    uses: list[str] = []

    watched = WatchedRequest(Request(environ), environ, Vary(), uses.append)

    assert vars(theirs).keys() == {"environ", "shallow", *_LAZY}
    assert comparable(getattr(watched, name)) == comparable(getattr(theirs, name))
    assert uses[:1] == ([] if name in {"method", "path", "root_path"} else [f"request.{name}"])


# Responses ------------------------------------------------------------------

STATUSES: list[Any] = [
    None, 200, 201, 299, 404, 418, 500, 599, HTTPStatus.NOT_FOUND, HTTPStatus.IM_A_TEAPOT, "404 Not Found", "404", "200 Fine", "299 Odd One",
    *(status.value for status in HTTPStatus if status >= 200),
]  # fmt: skip

HEADERS: list[Any] = [
    None,
    {},
    [],
    {"X-A": "1"},
    {"X-A": ["1", "2"]},
    [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    Headers([("X-A", "1"), ("x-a", "2")]),
    {"Content-Length": "3", "Location": "/é"},
    {"X-A": 1},
]

BODIES: list[Any] = [None, b"", b"abc", bytearray(b"abc"), [], ["a", b"b"], ("a", "b"), iter(()), iter([b"a"])]

PROPERTIES = (
    "status", "status_code", "headers", "mimetype", "mimetype_params", "content_type", "content_length", "location", "is_streamed",
    "is_sequence", "cache_control", "vary", "allow", "implicit_sequence_conversion", "direct_passthrough", "default_status", "max_cookie_size",
)  # fmt: skip


class Undressed(werkzeug.wrappers.Response):
    """Werkzeug's, without the type that it gives to each response. Ours has none by default."""

    default_mimetype = None
    autocorrect_location_header = False


def assert_same_response(*arguments: Any, **named: Any) -> None:
    explicit = Response.__new__(Response)
    werkzeug.wrappers.Response.__init__(explicit, *arguments, **named)
    theirs = Undressed(*arguments, **named)

    ours = Response(*arguments, **named)

    assert vars(ours).keys() == vars(theirs).keys() == vars(explicit).keys()
    for other in (theirs, explicit):
        if type(arguments[1] if len(arguments) > 1 else None) is int and ours._status_code in STATUS_LINES:
            # Of a number Werkzeug makes "404 NOT FOUND"; ours has the phrase in the usual spelling.
            phrases = {HTTPStatus(other._status_code).phrase, HTTP_STATUS_CODES[other._status_code]}
            assert ours._status in {f"{other._status_code} {phrase}" for phrase in phrases}
            other._status = ours._status
        # Werkzeug counts a body that it is given in one piece; ours is counted when it is sent.
        if (
            isinstance(arguments[0] if arguments else None, str | bytes | bytearray)
            and "Content-Length" not in ours.headers
        ):
            assert int(other.headers.pop("Content-Length")) == sum(map(len, ours.response))
        for name, value in vars(other).items():
            assert getattr(ours, name) == value, name
            assert type(getattr(ours, name)) is type(value), name
        for name in PROPERTIES:
            assert getattr(ours, name) == getattr(other, name), name
    if ours.is_sequence:
        assert ours.data == explicit.data == theirs.data
        assert ours.get_wsgi_headers({"REQUEST_METHOD": "GET"}) == explicit.get_wsgi_headers({"REQUEST_METHOD": "GET"})


@pytest.mark.parametrize("status", STATUSES)
def test_a_response_has_werkzeug_s_status(status: Any) -> None:
    assert_same_response(None, status)


@pytest.mark.parametrize("headers", HEADERS, ids=repr)
def test_a_response_has_werkzeug_s_headers(headers: Any) -> None:
    assert_same_response(None, 200, headers)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_a_response_has_werkzeug_s_body(body: Any) -> None:
    assert_same_response(body)


@pytest.mark.parametrize("text", ["", "abc", "é日"])
def test_a_text_has_werkzeug_s_body_and_the_type_that_werkzeug_gives_by_default(text: str) -> None:
    assert_same_response(text, mimetype="text/plain")
    assert Response(text).content_type == Response(text, mimetype="text/plain").content_type


@pytest.mark.parametrize("direct_passthrough", [False, True])
def test_a_response_may_be_passed_through(direct_passthrough: bool) -> None:
    assert_same_response([b"a"], direct_passthrough=direct_passthrough)


@pytest.mark.parametrize(
    "named",
    [
        {"mimetype": "text/css"}, {"mimetype": "image/png"}, {"mimetype": "application/json"}, {"mimetype": "text/html"}, {"mimetype": "image/svg+xml"},
        {"content_type": "text/css"}, {"content_type": "text/css; charset=latin-1"}, {"content_type": "image/png", "mimetype": "text/css"},
        {"headers": {"Content-Type": "a/b"}}, {"headers": {"content-type": "a/b"}, "mimetype": "text/css"},
    ],
    ids=repr,
)  # fmt: skip
def test_a_response_has_werkzeug_s_type(named: dict[str, Any]) -> None:
    assert_same_response(b"", **named)


def test_a_type_in_headers_is_kept_where_werkzeug_s_gives_way_to_content_type() -> None:
    """As Next's do: what stands in ``headers`` is what the author wrote last."""
    headers = {"Content-Type": "a/b"}

    assert Response(b"", headers=headers, content_type="text/css").content_type == "a/b"
    assert Undressed(b"", headers=headers, content_type="text/css").content_type == "text/css"


def test_a_response_copies_the_headers_that_werkzeug_s_would_share() -> None:
    headers = Headers([("X-A", "1")])

    response = Response(None, 200, headers)
    response.headers["X-B"] = "2"

    assert list(headers) == [("X-A", "1")]
    assert Undressed(None, 200, headers).headers is headers


def test_what_middleware_returns_to_go_on_has_all_attributes_of_a_response() -> None:
    assert vars(Continuation(None, None, None)).keys() == vars(Undressed()).keys() | {"destination", "request_headers"}
