"""Every sample of Next's Route Handlers page, under a real server."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from servers import Server, serve

EXAMPLE = Path(__file__).parents[2] / "examples" / "route_handlers"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve("routehandlers:create_app()", cwd=EXAMPLE) as started:
        yield started


def test_hello(server: Server) -> None:
    assert json.loads(server.request("GET", "/hello").body) == {"message": "Hello, world!"}


@pytest.mark.parametrize(
    ("url", "params"),
    [("/items/a", {"slug": "a"}), ("/shop/1/2", {"tag": "1", "item": "2"}), ("/blog/1/2/3", {"slug": ["1", "2", "3"]})],
)
def test_dynamic_segments(server: Server, url: str, params: object) -> None:
    assert json.loads(server.request("GET", url).body) == params


def test_cookies(server: Server) -> None:
    answer = server.request("GET", "/token", headers={"Cookie": "token=old"})

    assert json.loads(answer.body) == {"token": "old"}
    (line,) = answer.all("Set-Cookie")
    assert re.fullmatch(r"token=new; Path=/; Expires=.*; Max-Age=3600; Secure; HttpOnly; SameSite=Lax", line)
    assert "1970" in server.request("DELETE", "/token").all("Set-Cookie")[0]


def test_headers(server: Server) -> None:
    assert server.request("GET", "/agent", headers={"Referer": "/from"}).header("X-Referer") == "/from"


def test_redirects(server: Server) -> None:
    assert (answer := server.request("GET", "/old")).status == 307
    assert answer.header("Location") == "/hello"
    assert server.request("GET", "/old?for-good").status == 308


def test_query_parameters(server: Server) -> None:
    assert json.loads(server.request("GET", "/search?query=hello+you&page=2").body) == {"query": "hello you", "page": 2}


def test_streaming(server: Server) -> None:
    assert server.request("GET", "/stream").body == b"one\ntwo\nthree\n"


def test_events(server: Server) -> None:
    body = server.request("GET", "/events", headers={"Last-Event-ID": "4"}).body.decode()

    assert re.findall(r"id: (\d)", body) == ["5", "6", "7"]


def test_json_body(server: Server) -> None:
    assert server.request("POST", "/items", body='{"name": "hat"}').status == 201
    assert server.request("POST", "/items", body='{"name": 3}').status == 400
    assert server.request("POST", "/items", body="{").status == 400


def test_form_data_with_a_file(server: Server) -> None:
    lines = [
        "--B", 'Content-Disposition: form-data; name="name"', "", "Ada", "--B",
        'Content-Disposition: form-data; name="file"; filename="a.txt"', "Content-Type: text/plain", "", "content", "--B--", "",
    ]  # fmt: skip
    headers = {"Content-Type": "multipart/form-data; boundary=B"}

    answer = server.request("POST", "/upload", body="\r\n".join(lines), headers=headers)

    assert json.loads(answer.body) == {"name": "Ada", "filename": "a.txt", "type": "text/plain", "size": 7}
    assert (
        server.request(
            "POST", "/upload", body="name=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
        ).status
        == 400
    )


def test_cors(server: Server) -> None:
    preflight = server.request(
        "OPTIONS", "/cors", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )

    assert (preflight.status, preflight.header("Access-Control-Allow-Methods")) == (204, "GET, POST, OPTIONS")
    assert server.request("GET", "/cors").header("Access-Control-Allow-Origin") == "*"


def test_a_webhook_verifies_the_raw_body(server: Server) -> None:
    body = '{"event":  "paid"}'
    signature = hmac.new(b"secret", body.encode(), hashlib.sha256).hexdigest()

    assert json.loads(server.request("POST", "/webhook", body=body, headers={"X-Signature": signature}).body) == {
        "received": "paid"
    }
    assert (
        server.request("POST", "/webhook", body=body.replace("  ", " "), headers={"X-Signature": signature}).status
        == 401
    )
    assert server.request("POST", "/webhook", body=body, headers={"X-Signature": "\xe9"}).status == 401
    assert server.request("POST", "/webhook", body=body).status == 401


def test_rss(server: Server) -> None:
    answer = server.request("GET", "/rss.xml")

    assert answer.header("Content-Type") == "application/rss+xml; charset=utf-8"
    titles = [item.text for item in ElementTree.fromstring(answer.body).iter("title")]
    assert titles == ["Posts", "Tea & biscuits", "Rain <again>"]


def test_every_sample_of_the_table_exists() -> None:
    named = set(re.findall(r"`(app/[^`]+route\.py)`", (EXAMPLE / "README.md").read_text()))
    found = {str(file.relative_to(EXAMPLE)) for file in EXAMPLE.rglob("route.py")}

    assert named == found
