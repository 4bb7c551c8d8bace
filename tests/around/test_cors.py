"""``cors()`` as a folder's middleware."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import ClientFor, MakeApp

from routehandlers.cors import cors
from routehandlers.exceptions import InvalidConfigError

ORIGIN = "https://app.example.com"


def app_with(make_app: MakeApp, settings: str, **files: str) -> Any:
    return make_app(
        {
            "api/middleware.py": f"import re\nfrom routehandlers.cors import cors\nmiddleware = cors({settings})",
            "api/items/route.py": "def GET(): return 'items'\ndef POST(): return 'made', 201",
            "api/fail/route.py": "def GET(): 1 / 0",
            "api/gone/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()",
            "api/cached/route.py": "revalidate = 60\ndef GET(): return 'cached'",
            "open/route.py": "def GET(): return 'open'",
            **files,
        }
    )


PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "content-type,x-a",
}


def test_a_preflight_is_answered_for_an_origin_that_may(make_app: MakeApp, client_for: ClientFor) -> None:
    app = app_with(make_app, f"origins=['{ORIGIN}'], credentials=True, max_age=60, methods=['GET', 'PUT']")

    answer = client_for(app).options("/api/items", headers=PREFLIGHT)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, PUT"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type,x-a"
    assert answer.headers["Access-Control-Max-Age"] == "60"
    assert answer.headers.getlist("Vary") == ["Origin", "Access-Control-Request-Headers"]


@pytest.mark.parametrize("path", ["/api/items", "/api/fail", "/api/gone", "/api/cached"])
@pytest.mark.parametrize("times", [1, 2])
def test_every_answer_below_has_the_headers_failures_too(
    make_app: MakeApp, client_for: ClientFor, path: str, times: int
) -> None:
    client = client_for(app_with(make_app, f"origins=['{ORIGIN}'], expose_headers=['X-Total']"))

    for _ in range(times):
        answer = client.get(path, headers={"Origin": ORIGIN})

    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Total"
    assert "Origin" in answer.headers.getlist("Vary")
    assert "Access-Control-Allow-Credentials" not in answer.headers


# SEC-08: what is no plain origin is another site's.
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", f"{ORIGIN}.evil.example", f"{ORIGIN}/", f"{ORIGIN}, https://evil.example", f"{ORIGIN}:443",
     "HTTPS://APP.EXAMPLE.COM.", f" {ORIGIN}", "https://app.example.com\x00", "//app.example.com"],
)  # fmt: skip
def test_sec_08_another_origin_gets_no_permission(make_app: MakeApp, client_for: ClientFor, origin: str) -> None:
    client = client_for(
        app_with(make_app, f"origins=['{ORIGIN}', re.compile('https://[a-z]+\\\\.preview\\\\.example')]")
    )

    plain = client.get("/api/items", headers={"Origin": origin})
    preflight = client.options("/api/items", headers={**PREFLIGHT, "Origin": origin})

    assert (plain.status_code, plain.text) == (200, "items")
    assert preflight.status_code == 403
    for answer in (plain, preflight):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers.getlist("Vary")


def test_a_regular_expression_takes_whole_origins(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(app_with(make_app, "origins=[re.compile('https://[a-z]+\\\\.preview\\\\.example')]"))

    def allowed(origin: str) -> str | None:
        return client.get("/api/items", headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")

    assert allowed("https://a.preview.example") == "https://a.preview.example"
    assert allowed("https://a.preview.example.evil") is None
    assert allowed("https://evil/https://a.preview.example") is None


def test_any_origin_leaves_cached_answers_public(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(app_with(make_app, "origins='*'"))

    answer = client.get("/api/cached", headers={"Origin": "https://any.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("s-maxage=60")
    assert "Vary" not in answer.headers


def test_listed_origins_make_cached_answers_private(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(app_with(make_app, f"origins=['{ORIGIN}']"))

    assert client.get("/api/cached", headers={"Origin": ORIGIN}).headers["Cache-Control"] == "private, no-cache"


def test_an_options_request_that_is_no_preflight_reaches_the_route(make_app: MakeApp, client_for: ClientFor) -> None:
    answer = client_for(app_with(make_app, "origins='*'")).options("/api/items")

    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_other_folders_have_nothing_of_it(make_app: MakeApp, client_for: ClientFor) -> None:
    answer = client_for(app_with(make_app, "origins='*'")).get("/open", headers={"Origin": ORIGIN})

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"origins": "*", "credentials": True}, "would let every page act for a signed-in user"),
        ({"origins": ["*", ORIGIN]}, "Give '\\*' alone"),
        ({"origins": ["app.example.com"]}, "is not an origin"),
        ({"origins": [f"{ORIGIN}/"]}, "without a slash"),
        ({"origins": ["null"]}, "is not an origin"),
        ({"origins": "*", "methods": "GET"}, r"methods is 'GET'. Give a list, such as \['GET'\]"),
        ({"origins": "*", "headers": ["a b"]}, "which is not a valid name"),
        ({"origins": "*", "expose_headers": "X-A"}, "Give a list"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=message):
        cors(**settings)


def test_it_is_refused_when_the_application_starts(make_app: MakeApp) -> None:
    with pytest.raises(InvalidConfigError, match="List the origins"):
        app_with(make_app, "origins='*', credentials=True")


def test_origins_are_compared_in_lower_case_as_browsers_send_them(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(app_with(make_app, "origins=['https://APP.example.com']"))

    assert client.get("/api/items", headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == ORIGIN
    assert re.fullmatch("https://.*", ORIGIN)
