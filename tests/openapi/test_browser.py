"""The viewers in Chromium, which can reach no other host than the server of the test."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import open_browser
from servers import Server, serve

from routehandlers import RouteHandlers
from routehandlers.openapi import document

pytestmark = pytest.mark.once

EXAMPLE = Path(__file__).parents[2] / "examples" / "openapi" / "app"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    offline = "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with open_browser(tmp_path_factory.mktemp("browser"), offline) as driver:
        yield driver


def served(folder: Path, viewer: str, **settings: Any) -> Any:
    """Serve the example with a viewer and settings."""
    shutil.copytree(EXAMPLE, folder / "app")
    (folder / "app" / "v1" / "openapi.py").write_text(f"viewer = {viewer!r}\n")
    (folder / "wsgi.py").write_text(f"from routehandlers import create_app\napp = create_app(**{settings!r})\n")
    return serve("wsgi:app", cwd=folder)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def hosts_of(browser: Any) -> set[str]:
    """Return the hosts that the page has loaded something from."""
    urls = browser.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    return {url.split("/")[2] for url in urls if not url.startswith("data:")}


def refused_by_policy(browser: Any) -> list[str]:
    return [one["message"] for one in browser.get_log("browser") if "Content Security Policy" in one["message"]]


STRICT = [{"source": "/:path*", "headers": [{"key": "Content-Security-Policy", "value": "default-src 'self'"}]}]


def test_the_plain_viewer_shows_every_operation_under_a_strict_policy(browser: Any, tmp_path: Path) -> None:
    operations = [(method, path) for path, item in document(RouteHandlers(EXAMPLE))["paths"].items() for method in item]
    with served(tmp_path, "plain", headers=STRICT) as server:
        assert server.request("GET", "/v1/docs").header("Content-Security-Policy") == "default-src 'self'"

        browser.get(f"{server.url}/v1/docs")

        shown = [one.text for one in browser.find_elements("css selector", "details summary")]
        for method, path in operations:
            assert any(text.startswith(f"{method.upper()} {path} ") for text in shown), (method, path, shown)
        width = browser.execute_script("return getComputedStyle(document.body).maxWidth")
        assert width == "960px"  # the style sheet counts
        first = browser.find_element("id", "post_v1_items")
        first.find_element("tag name", "summary").click()
        assert "ValidationProblem" in first.text
        assert hosts_of(browser) <= {server.url.split("/")[2]}
        assert refused_by_policy(browser) == []


def test_swagger_ui_sends_a_request_and_shows_its_response(browser: Any, tmp_path: Path) -> None:
    def find(selector: str) -> list[Any]:
        found: list[Any] = browser.find_elements("css selector", selector)
        return found

    with served(tmp_path, "swagger") as server:
        browser.get(f"{server.url}/v1/docs")
        until(lambda: len(find(".opblock")) == 8)

        find("#operations-items-get_v1_items .opblock-summary-control")[0].click()
        until(lambda: bool(find("#operations-items-get_v1_items .try-out__btn")))
        find("#operations-items-get_v1_items .try-out__btn")[0].click()
        until(lambda: bool(find("#operations-items-get_v1_items .execute")))
        browser.execute_script("arguments[0].click()", find("#operations-items-get_v1_items .execute")[0])
        until(lambda: bool(find(".live-responses-table .response .response-col_status")))

        response = find(".live-responses-table .response")[0].text
        assert response.startswith("200")
        assert '"name": "Chair"' in response
        assert hosts_of(browser) <= {server.url.split("/")[2]}
        assert refused_by_policy(browser) == []


def test_the_document_over_a_server_is_that_of_the_command(server_of_example: Server) -> None:
    answer = server_of_example.request("GET", "/v1/openapi.json")

    assert json.loads(answer.body) == document(RouteHandlers(EXAMPLE))


@pytest.fixture
def server_of_example() -> Iterator[Server]:
    with serve("routehandlers:create_app()", cwd=EXAMPLE.parent) as started:
        yield started
