"""The page on limits has the values of the code, and what it says happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import MakeApp

from routehandlers._cache import cache, key, refresh
from routehandlers._http.request import body, form, host
from routehandlers._http.response import additions, event_stream
from routehandlers._patterns.regex import budget
from routehandlers._runtime.path import entrance, plans
from routehandlers._runtime.scope import wrapped
from routehandlers.cache_handlers import entry, purges
from routehandlers.config import Config

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/guides/limits.md").read_text(encoding="utf-8")
MIB = 2**20

# Each row with the numbers of the code.
LIMITS = {
    "bytes of a body": [Config().max_content_length],
    "bytes of a text field in a multipart form": [Config().max_form_memory_size],
    "fields and files of a form": [Config().max_form_parts],
    "headers of one part of a form": [form._MOST_HEADERS],
    "bytes of a body that are read and discarded after the response": [body.DRAINED_AT_MOST],
    "characters of a path, if rules or middleware see it": [entrance._LONGEST_PATH],
    "steps to match all patterns of rules and matchers": [budget.MOST_STEPS],
    "steps to match one pattern": [budget.MOST_STEPS_AT_ONCE],
    "characters of `Host`": [host._LONGEST],
    "rewrites of one request by middleware": [wrapped._MOST_REWRITES],
    "threads of event streams with `keep_alive` whose clients have left": [event_stream.MOST_ABANDONED],
    "bytes of entries in memory": [Config().cache_max_memory_size],
    "bytes of one entry": [entry.ENTRY_SHARE],
    "share of entries of 404 and 410": [entry.MISSING_SHARE],
    "characters of a key": [key.LONGEST_KEY],
    "tags of one call": [key.MOST_TAGS],
    "characters of a tag": [key.LONGEST_TAG],
    "purged tags that are remembered one by one": [purges.MOST_TAGS],
    "seconds that a request waits for the render of another": [cache.DEADLINE],
    "seconds that a request waits in total": [cache.DEADLINE * cache._MOST_DEADLINES],
    "seconds of a refresh": [refresh.LONGEST_REFRESH],
    "refreshes at a time": [refresh._MOST_THREADS],
    "keys that wait for a refresh": [refresh._MOST_WAITING],
    "refreshes that are stuck": [refresh._MOST_STUCK],
    "plans of paths": [plans.MOST_BYTES, plans.MOST_PATHS],
    "values of `Host` that are known to be valid": [entrance._MOST_HOSTS],
    "headers that middleware adds": [additions._MOST_ADDITIONS, additions._LONGEST_ADDITION],
    "paths whose responses could not be stored": [cache._MOST_UNSTORABLE],
}
WORDS = {"an eighth of all": [8], "a sixteenth": [16]}


def rows() -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells if row[0] not in {"What", "---"}}


def numbers(cell: str) -> list[float]:
    found = re.findall(r"([0-9][0-9,]*)( MiB)?", cell)
    return WORDS.get(cell) or [int(number.replace(",", "")) * (MIB if unit else 1) for number, unit in found]


def test_the_page_lists_the_limits_of_the_code() -> None:
    assert {name: numbers(cells[0]) for name, cells in rows().items()} == LIMITS


@pytest.mark.parametrize("name", [name for name, cells in rows().items() if len(cells) > 1 and cells[1]])
def test_a_setting_on_the_page_exists(name: str) -> None:
    for setting in re.findall(r"`(\w+)`", rows()[name][1]):
        assert hasattr(Config(), setting)


LONG_PATHS = {"middleware.py": "def middleware(request): return None"}
REWRITES = {
    "middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.rewrite('/' + request.next_url.pathname.strip('/') + 'x')"
}
FORM = "def POST(request): return [len(request.form), len(request.files)]"
BOUNDARY = "multipart/form-data; boundary=B"
PART = "--B\r\nContent-Disposition: form-data; name=a\r\n{headers}\r\n{value}\r\n"


@pytest.mark.parametrize(
    ("name", "status", "files", "request_"),
    [
        ("bytes of a body", 413, {}, {"data": b"x" * (16 * MIB + 1)}),
        ("bytes of a text field in a multipart form", 413, {}, {"data": PART.format(headers="", value="x" * 500_001) + "--B--", "content_type": BOUNDARY}),
        ("fields and files of a form", 413, {}, {"data": "a&" * 1_001, "content_type": "application/x-www-form-urlencoded"}),
        ("headers of one part of a form", 413, {}, {"data": PART.format(headers="".join(f"X-{n}: 1\r\n" for n in range(50)), value="x") + "--B--", "content_type": BOUNDARY}),
        ("characters of a path, if rules or middleware see it", 414, LONG_PATHS, {"path": "/" + "x" * 8_192}),
        ("characters of `Host`", 400, {}, {"headers": {"Host": "a." * 127 + "abcde:65535"}}),
    ],
)  # fmt: skip
def test_a_client_that_reaches_a_limit_gets_what_the_page_says(
    make_app: MakeApp, name: str, status: int, files: dict[str, str], request_: dict[str, object]
) -> None:
    request_ = dict(request_)
    path = str(request_.pop("path", "/f"))
    client = make_app({"f/route.py": FORM, **files}).test_client()

    answer = client.post(path, buffered=True, **request_)  # type: ignore[arg-type]

    assert answer.status_code == status
    assert str(status) in rows()[name][2]
