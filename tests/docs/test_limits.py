"""The page on limits has the values of the code, and what it says happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import MakeApp

from routehandlers._cache import cache, key, refresh
from routehandlers._http.request import body, draining, form, host
from routehandlers._http.response import additions, event_stream, faults
from routehandlers._inputs import readers
from routehandlers._patterns.regex import budget
from routehandlers._runtime.path import entrance, hits, plans
from routehandlers._runtime.scope import wrapped
from routehandlers.cache_handlers import entry, purges, variants
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
    "parameters of a query with a [model](inputs.md)": [readers.MOST_PARAMETERS],
    "errors that a 422 lists": [faults.MOST_ERRORS],
    "seconds for each 64 KiB of a body that is read": [body.SLOWEST],
    "bytes of a body that no code has read, which are discarded": [draining.MOST_BYTES],
    "seconds to discard such a body": [draining.MOST_SECONDS],
    "characters of a path, if rules or middleware see it": [entrance._LONGEST_PATH],
    "steps to match all patterns of rules and matchers": [budget.MOST_STEPS],
    "steps to match one pattern": [budget.MOST_STEPS_AT_ONCE],
    "characters of `Host`": [host._LONGEST],
    "rewrites of one request by middleware": [wrapped._MOST_REWRITES],
    "threads of event streams with `keep_alive` whose clients have left": [event_stream.MOST_ABANDONED],
    "bytes of entries in memory": [Config().cache_max_memory_size],
    "bytes of one entry": [entry.ENTRY_SHARE],
    "share of entries of 404 and 410": [entry.MISSING_SHARE],
    "share in memory of the entries for other [queries](inputs.md#cached-routes) of one route": [
        variants.VARIANTS_SHARE
    ],
    "entries for other queries of one route, in `file://`, `redis://` and your own storage": [variants.SLOTS],
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
    "queries of each route with a query model": [hits.MOST_READY],
    "plans of paths": [plans.MOST_BYTES, plans.MOST_PATHS],
    "values of `Host` that are known to be valid": [entrance._MOST_HOSTS],
    "headers that middleware adds": [additions._MOST_ADDITIONS, additions._LONGEST_ADDITION],
    "paths whose responses could not be stored": [cache._MOST_UNSTORABLE],
}
WORDS = {"an eighth of all": [8], "an eighth": [8], "a sixteenth": [16]}


def rows() -> dict[str, list[str]]:
    page = PAGE.partition("### Slow clients")[0] + PAGE.partition("## The cache")[2]  # without the table of servers
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells if row[0] not in {"What", "---"}}


def numbers(cell: str) -> list[float]:
    found = re.findall(r"([0-9][0-9,]*)( MiB)?", cell)
    return WORDS.get(cell) or [int(number.replace(",", "")) * (MIB if unit else 1) for number, unit in found]


def test_the_page_lists_the_limits_of_the_code() -> None:
    assert {name: numbers(cells[0]) for name, cells in rows().items()} == LIMITS


# Each row with a test that reaches the limit and checks what happens.
HERE = "docs/test_limits.py::test_a_client_that_reaches_a_limit_gets_what_the_page_says"
EACH = "limits/test_each_limit.py::"
SLOW = "limits/test_slow_bodies.py::"
REACHED = {
    "bytes of a body": HERE,
    "bytes of a text field in a multipart form": HERE,
    "fields and files of a form": HERE,
    "headers of one part of a form": HERE,
    "parameters of a query with a [model](inputs.md)": "inputs/test_inputs.py::test_the_number_of_parameters_is_bounded",
    "errors that a 422 lists": "inputs/test_faults.py::test_the_list_is_bounded",
    "seconds for each 64 KiB of a body that is read": SLOW + "test_a_client_that_falls_silent_in_a_body_that_is_read_held_a_thread_for_ever",
    "bytes of a body that no code has read, which are discarded": SLOW + "test_a_client_that_sends_more_than_is_discarded_is_cut_off",
    "seconds to discard such a body": SLOW + "test_clients_that_fall_silent_in_a_body_that_is_not_read_blocked_the_server",
    "characters of a path, if rules or middleware see it": HERE,
    "steps to match all patterns of rules and matchers": "around/test_limits_of_patterns.py::test_all_rules_have_one_limit_for_a_path",
    "steps to match one pattern": "around/test_limits_of_patterns.py::test_sec_47_a_guard_whose_matcher_takes_too_long_answers_414",
    "characters of `Host`": HERE,
    "rewrites of one request by middleware": "around/test_middleware.py::test_more_than_eight_rewrites_are_a_500",
    "threads of event streams with `keep_alive` whose clients have left": "streaming/test_events.py::test_threads_whose_clients_had_left_had_no_bound",
    "bytes of entries in memory": "threats/test_cache.py::test_sec_44_a_hundred_thousand_paths_and_queries_stay_within_the_bytes",
    "bytes of one entry": "cache/test_freshness.py::test_a_body_over_the_bound_is_sent_and_not_stored",
    "share of entries of 404 and 410": EACH + "test_missing_pages_never_push_out_others",
    "share in memory of the entries for other [queries](inputs.md#cached-routes) of one route": "cache/test_variants.py::test_many_variants_of_a_route_do_not_evict_other_entries",
    "entries for other queries of one route, in `file://`, `redis://` and your own storage": "cache/test_variants.py::test_many_variants_of_a_route_do_not_evict_other_entries",
    "characters of a key": EACH + "test_a_response_with_a_long_key_is_sent_and_not_stored",
    "tags of one call": EACH + "test_tags_over_the_limits_are_dropped_and_logged",
    "characters of a tag": EACH + "test_tags_over_the_limits_are_dropped_and_logged",
    "purged tags that are remembered one by one": "cache/test_purges.py::test_a_great_many_purges_are_folded_and_nothing_old_is_ever_fresh",
    "seconds that a request waits for the render of another": "cache/test_stuck_renders.py::test_one_of_17_renders_at_the_deadline_and_the_others_wait_for_it",
    "seconds that a request waits in total": "cache/test_stuck_renders.py::test_if_every_render_hangs_each_request_renders_itself_at_the_bound",
    "seconds of a refresh": "cache/test_stuck_refreshes.py::test_four_refreshes_that_never_end_do_not_keep_another_from_running",
    "refreshes at a time": EACH + "test_further_refreshes_wait",
    "keys that wait for a refresh": EACH + "test_requests_render_themselves_while_too_many_refreshes_wait",
    "refreshes that are stuck": "cache/test_stuck_refreshes.py::test_the_number_of_stuck_threads_is_bounded",
    "queries of each route with a query model": "inputs/test_cached.py::test_many_queries_do_not_grow_without_bound",
    "plans of paths": "equivalence/test_plans.py::test_thousands_of_paths_below_a_cached_catch_all_keep_the_table_within_its_bounds",
    "values of `Host` that are known to be valid": "equivalence/test_plans.py::test_values_of_host_do_not_fill_the_memory",
    "headers that middleware adds": "http/test_additions.py::test_additions_that_clients_choose_neither_fill_the_memory_nor_keep_new_ones_out",
    "paths whose responses could not be stored": EACH + "test_a_full_table_of_responses_that_are_not_stored_starts_again",
}  # fmt: skip


@pytest.mark.parametrize("name", rows())
def test_each_limit_on_the_page_has_a_test_that_reaches_it(name: str) -> None:
    file, _, function = REACHED[name].partition("::")

    assert f"\ndef {function}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")
    if REACHED[name] == HERE:
        assert name in {row[0] for row in ANSWERS}


@pytest.mark.parametrize("name", [name for name, cells in rows().items() if len(cells) > 1 and cells[1]])
def test_a_setting_on_the_page_exists(name: str) -> None:
    for setting in re.findall(r"`(\w+)`", rows()[name][1]):
        assert hasattr(Config(), setting)


LONG_PATHS = {"middleware.py": "def middleware(request): return None"}
FORM = "def POST(request): return [len(request.form), len(request.files)]"
BOUNDARY = "multipart/form-data; boundary=B"
PART = "--B\r\nContent-Disposition: form-data; name=a\r\n{headers}\r\n{value}\r\n"


ANSWERS: list[tuple[str, int, dict[str, str], dict[str, object]]] = [
    ("bytes of a body", 413, {}, {"data": b"x" * (16 * MIB + 1)}),
    ("bytes of a text field in a multipart form", 413, {}, {"data": PART.format(headers="", value="x" * 500_001) + "--B--", "content_type": BOUNDARY}),
    ("fields and files of a form", 413, {}, {"data": "a&" * 1_001, "content_type": "application/x-www-form-urlencoded"}),
    ("headers of one part of a form", 413, {}, {"data": PART.format(headers="".join(f"X-{n}: 1\r\n" for n in range(50)), value="x") + "--B--", "content_type": BOUNDARY}),
    ("characters of a path, if rules or middleware see it", 414, LONG_PATHS, {"path": "/" + "x" * 8_192}),
    ("characters of `Host`", 400, {}, {"headers": {"Host": "a." * 127 + "abcde:65535"}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "files", "request_"), ANSWERS)
def test_a_client_that_reaches_a_limit_gets_what_the_page_says(
    make_app: MakeApp, name: str, status: int, files: dict[str, str], request_: dict[str, object]
) -> None:
    request_ = dict(request_)
    path = str(request_.pop("path", "/f"))
    client = make_app({"f/route.py": FORM, **files}).test_client()

    answer = client.post(path, buffered=True, **request_)  # type: ignore[arg-type]

    assert answer.status_code == status
    assert str(status) in rows()[name][2]
