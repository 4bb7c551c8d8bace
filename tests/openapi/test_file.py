"""``openapi.py``: the file that turns on the document, and its viewer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from servers import write_app
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidAppError
from routehandlers.flask import RouteHandlersBlueprint
from routehandlers.openapi import document

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

HANDLER = "def GET(): return {}\n"
ITEMS = {"v1/items/route.py": HANDLER, "v2/items/route.py": HANDLER}


def test_the_file_serves_the_document_of_the_routes_below_its_folder(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({**ITEMS, "v1/openapi.py": 'info = {"title": "Shop", "version": "1.4.0"}'})
    client = client_for(app)

    answer = client.get("/v1/openapi.json")

    assert answer.content_type == "application/json"
    assert answer.json is not None
    assert answer.json["info"] == {"title": "Shop", "version": "1.4.0"}
    assert list(answer.json["paths"]) == ["/v1/items"]
    assert answer.json == document(app) == document(app, prefix="/v1")
    assert [client.get(path).status_code for path in ("/openapi.json", "/v2/openapi.json", "/v1/docs")] == [404] * 3


def test_without_the_file_there_is_no_document(make_app: MakeApp, client_for: ClientFor) -> None:
    assert client_for(make_app(ITEMS)).get("/openapi.json").status_code == 404


def test_a_file_in_a_group_describes_its_group(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"(a)/openapi.py": "", "(a)/x/route.py": HANDLER, "(b)/y/route.py": HANDLER})

    answer = client_for(app).get("/openapi.json")

    assert answer.json is not None
    assert list(answer.json["paths"]) == ["/x"]


def test_the_document_is_not_sent_again_to_who_has_it(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app({**ITEMS, "openapi.py": ""}))

    first = client.get("/openapi.json")
    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert (again.status_code, again.data) == (304, b"")


def test_the_same_tree_gives_the_same_bytes(make_app: MakeApp, client_for: ClientFor) -> None:
    files = {**ITEMS, "openapi.py": "viewer = 'plain'", "[x]/[[...y]]/route.py": HANDLER}
    one, other = client_for(make_app(files)), client_for(make_app(dict(reversed(files.items()))))

    assert one.get("/openapi.json").data == other.get("/openapi.json").data
    assert one.get("/docs").data == other.get("/docs").data


def test_the_function_makes_the_last_changes_once(make_app: MakeApp, client_for: ClientFor) -> None:
    source = "calls = []\ndef openapi(document):\n    calls.append(1)\n    return {**document, 'x-calls': len(calls)}"
    client = client_for(make_app({"openapi.py": source, "route.py": HANDLER}))

    assert [client.get("/openapi.json").json["x-calls"] for _ in range(3)] == [1, 1, 1]  # type: ignore[index]


def test_the_function_cannot_change_the_constants_of_the_files(make_app: MakeApp) -> None:
    source = "info = {'contact': {'name': 'a'}}\ndef openapi(document):\n    document['info']['contact']['name'] += 'b'\n    return document"
    app = make_app({"openapi.py": source, "route.py": HANDLER})

    assert [document(app)["info"]["contact"]["name"] for _ in range(2)] == ["ab", "ab"]


def test_a_function_that_returns_nothing_is_an_error(make_app: MakeApp) -> None:
    app = make_app({"openapi.py": "def openapi(document): document['x-a'] = 1", "route.py": HANDLER})

    with pytest.raises(TypeError, match=re.escape("openapi() returned None. Return the document.")):
        document(app)


def test_all_constants_are_in_the_document(make_app: MakeApp) -> None:
    source = """
info = {"title": "Shop", "version": "2", "description": "All of it."}
servers = [{"url": "https://api.example.com"}]
tags = [{"name": "items", "description": "What the shop sells."}]
external_docs = {"url": "https://example.com/manual"}
security_schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
spec_version = "3.2"
"""

    made = document(make_app({"openapi.py": source, "route.py": HANDLER}, base_path="/base"))

    assert made["openapi"] == "3.2.0"
    assert made["info"]["description"] == "All of it."
    assert made["servers"] == [{"url": "https://api.example.com"}]
    assert made["tags"] == [{"name": "items", "description": "What the shop sells."}]
    assert made["externalDocs"] == {"url": "https://example.com/manual"}
    assert list(made["components"]["securitySchemes"]) == ["key"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("info = 'Shop'", "info is 'Shop'. Give a dict such as"),
        ("servers = {'url': '/'}", "servers is {'url': '/'}. Give a list"),
        ("servers = ['/']", "servers is ['/']. Give a list"),
        ("tags = ['items']", "tags is ['items']. Give a list such as"),
        ("info = {'title': 1}", "info is {'title': 1}. Give a dict such as"),
        ("viewer = 'redoc'", "viewer is 'redoc'. Give one of 'plain', 'swagger'"),
        ("spec_version = '3.0'", "spec_version is '3.0'. Give one of '3.1', '3.2'"),
        ("security_schemes = {'a': {'type': 'x'}}", "security_schemes: 'a' is {'type': 'x'}"),
        ("async def openapi(document): ...", "Write 'def openapi(document):'"),
        ("def openapi(): ...", "Write 'def openapi(document):'"),
        ("server = []", "It exports 'server'. Did you mean 'servers'?"),
    ],
)
def test_mistakes_are_found_at_start_with_their_line(make_app: MakeApp, source: str, message: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({"v1/openapi.py": f"\n{source}\n", "route.py": HANDLER})

    assert message in str(caught.value)


@pytest.mark.parametrize("route", ["openapi.json/route.py", "docs/route.py", "docs/style.css/route.py"])
def test_a_route_at_the_same_url_is_a_conflict(make_app: MakeApp, route: str) -> None:
    with pytest.raises(InvalidAppError, match="Two files answer"):
        make_app({"openapi.py": "viewer = 'plain'", route: HANDLER})


@pytest.mark.parametrize(
    ("settings", "environ", "prefix"),
    [
        ({}, {}, ""),
        ({"base_path": "/base"}, {}, "/base"),
        ({"base_path": "/base"}, {"SCRIPT_NAME": "/outer"}, "/outer/base"),
        ({"trailing_slash": True}, {"SCRIPT_NAME": "/outer"}, "/outer"),
    ],
)
def test_urls_have_the_prefix_of_the_application(
    make_app: MakeApp, client_for: ClientFor, settings: dict[str, Any], environ: dict[str, str], prefix: str
) -> None:
    app = make_app({"v1/openapi.py": "viewer = 'plain'", "v1/items/route.py": HANDLER}, **settings)
    client, base = client_for(app), settings.get("base_path", "")
    slash = "/" if settings.get("trailing_slash") else ""

    page = client.get(f"{base}/v1/docs{slash}", environ_overrides=environ).text
    made = client.get(f"{base}/v1/openapi.json", environ_overrides=environ).json

    assert f'href="{prefix}/v1/docs/style.css"' in page
    assert f'href="{prefix}/v1/openapi.json"' in page
    assert made is not None
    assert made.get("servers") == ([{"url": prefix}] if prefix else None)


def test_a_blueprint_serves_the_document_below_its_prefix(tmp_path: Path) -> None:
    write_app(tmp_path, {"v1/openapi.py": "viewer = 'plain'", "v1/items/route.py": HANDLER})
    application = Flask(__name__)
    application.register_blueprint(RouteHandlersBlueprint("api", tmp_path / "app", url_prefix="/api"))
    client = application.test_client()

    made = client.get("/api/v1/openapi.json").json

    assert made is not None
    assert (list(made["paths"]), made["servers"]) == (["/v1/items"], [{"url": "/api"}])
    assert 'href="/api/v1/docs/style.css"' in client.get("/api/v1/docs").text


def test_a_document_below_a_parameter_has_its_value_in_the_urls(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app({"[shop]/openapi.py": "viewer = 'plain'", "[shop]/items/route.py": HANDLER}))

    page = client.get("/a%20b/docs").text

    assert 'href="/a%20b/docs/style.css"' in page
    assert client.get("/a%20b/openapi.json").status_code == 200


def test_many_prefixes_do_not_fill_the_memory(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"[shop]/openapi.py": "viewer = 'plain'", "[shop]/items/route.py": HANDLER})
    client = client_for(app)

    for number in range(100):
        assert client.get(f"/{number}/docs").status_code == 200

    assert len(app._documents[0]._made) <= 16


TEXT = "<script>alert('x')</script> & \"quotes\""


def test_the_plain_page_shows_every_operation_and_has_no_script(make_app: MakeApp, client_for: ClientFor) -> None:
    source = f"def GET():\n    {TEXT!r}\ndef POST(): return {{}}\n"
    files = {
        "a/route.py": source,
        "(b)/[x=int]/route.py": source,
        "openapi.py": f"viewer = 'plain'\ninfo = {{'title': {TEXT!r}}}",
    }
    client = client_for(make_app(files))

    answer = client.get("/docs")

    made = json.loads(client.get("/openapi.json").data)
    ids = [one["operationId"] for item in made["paths"].values() for one in item.values()]
    assert len(ids) == 4
    assert all(f'id="{name}"' in answer.text for name in ids)
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;quotes&quot;" in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'self'; img-src 'self'"
    assert client.get("/docs/style.css").content_type == "text/css; charset=utf-8"


def test_the_plain_page_shows_inputs_responses_and_credentials(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from typing import Literal
from pydantic import BaseModel, Field
from routehandlers.openapi import operation

class Search(BaseModel):
    page: int = Field(1, ge=1, description="Which <page>.")
class Item(BaseModel):
    name: str

@operation(deprecated=True)
def POST(body: Item, query: Search) -> list[Item] | tuple[Item, Literal[201]]:
    \"\"\"Add.

    First part.

    Second part.
    \"\"\"
"""
    guard = "security = {'bearer': {'type': 'http', 'scheme': 'bearer'}}\nconfig = {'matcher': '/items'}\ndef middleware(): return None"
    files = {
        "items/route.py": source,
        "middleware.py": guard,
        "openapi.py": "viewer = 'plain'\ninfo = {'description': 'All <of> it.'}",
    }

    page = client_for(make_app(files, base_path="/base")).get("/base/docs").text

    for part in (
        "<p>All &lt;of&gt; it.</p>", "<p>Server: <code>/base</code></p>", "<h2>items</h2>", '<details id="post_items" class="deprecated">',
        "<p>First part.</p>\n<p>Second part.</p>", "<p>Deprecated.</p>", "<p>Requires <code>bearer</code>.</p>", "<td><code>page</code></td><td>query</td>",
        "<td>Which &lt;page&gt;.</td>", "<h3>Body: <code>application/json</code></h3>", '<p><a href="#schema-Item"><code>Item</code></a></p>',
        "<p><b>201</b> Created</p>", '<details id="schema-Item">',
    ):  # fmt: skip
        assert part in page


def test_no_viewer_loads_anything_from_another_host(make_app: MakeApp, client_for: ClientFor) -> None:
    for viewer in ("plain", "swagger"):
        page = client_for(make_app({"openapi.py": f"viewer = {viewer!r}", "route.py": HANDLER})).get("/docs").text

        assert not re.search(r"(src|href)=\"(?!/docs/|/openapi\.json)", page)
        assert not re.search(r"<script(?! src=)|<style", page)


def test_swagger_ui_is_served_from_its_installed_files(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app({"v1/openapi.py": "viewer = 'swagger'", "v1/a/route.py": HANDLER}))

    page = client.get("/v1/docs").text
    urls = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)

    assert urls == ["/v1/docs/swagger-ui.css", "/v1/docs/swagger-ui-bundle.js", "/v1/docs/initializer.js"]
    assert [client.get(url).status_code for url in urls] == [200, 200, 200]
    assert '"url": "/v1/openapi.json"' in client.get("/v1/docs/initializer.js").text


def test_a_missing_extra_is_a_mistake_that_says_what_to_install(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routehandlers._metadata.openapi.find_swagger_folder", lambda: None)

    with pytest.raises(InvalidAppError, match=re.escape("pip install 'routehandlers[swagger]'")):
        make_app({"openapi.py": "viewer = 'swagger'", "route.py": HANDLER})


def test_the_document_is_made_at_its_first_request(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"openapi.py": "", "route.py": HANDLER})

    assert not any(name in vars(app._described) for name in ("_found", "operations"))

    client_for(app).get("/openapi.json")
    assert "_found" in vars(app._described)
