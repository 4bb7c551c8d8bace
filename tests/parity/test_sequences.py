"""Recorded sequences of a Next.js that caches, replayed: which answers are one render, and which are new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from parity.deviations import comparable, expected, reason_not_replayed
from parity.deviations_cache import CACHE_DEVIATIONS
from parity.replay import Seen, load, recorded, serve_app
from parity.routes_cache import APPS
from parity.sequences import Exchange, app_of, is_in_sequence, make_sequences, play

RECORDED = [exchange for exchange in load() if is_in_sequence(exchange)]
SEQUENCES = make_sequences(exchange for exchange in RECORDED if reason_not_replayed(exchange) is None)
STEPS = [
    pytest.param(name, index, id=step["id"]) for name, steps in SEQUENCES.items() for index, step in enumerate(steps)
]

# What counts renders or tells their times. Nobody's are Next's; which of them are equal is.
_OF_A_RENDER = ("", "now", "n", "v", "up", "root", "post")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[list[Seen]]]]:
    """The answers to all sequences, which are sent beside each other: most of their time is waiting."""
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(serve_app(tmp_path_factory.mktemp(name), files, settings))
            for name, (files, settings) in APPS.items()
        }
        threads = stack.enter_context(ThreadPoolExecutor(len(SEQUENCES)))
        yield {name: threads.submit(play, servers[app_of(steps[0])], steps) for name, steps in SEQUENCES.items()}


@pytest.mark.parametrize(("name", "index"), STEPS)
def test_an_answer_repeats_those_that_nexts_repeats_or_the_table_names_why_not(
    played: dict[str, Future[list[Seen]]], name: str, index: int
) -> None:
    steps = SEQUENCES[name]

    answers = [comparable(answer, step) for answer, step in zip(played[name].result(60), steps, strict=True)]

    wanted = [comparable(expected(recorded(step), step), step) for step in steps]
    assert _renumbered(answers, steps)[index] == _renumbered(wanted, steps)[index]


def test_every_exchange_is_of_a_sequence_or_has_a_reason_not_to_be() -> None:
    covered = {step["id"] for steps in SEQUENCES.values() for step in steps}

    assert {exchange["id"] for exchange in RECORDED if reason_not_replayed(exchange) is None} <= covered
    assert len(RECORDED) == 206
    assert len(covered) == len(STEPS)


@pytest.mark.parametrize("deviation", CACHE_DEVIATIONS, ids=lambda deviation: deviation.name)
def test_every_deviation_changes_what_is_expected(deviation: Any) -> None:
    concerned = [step for steps in SEQUENCES.values() for step in steps if deviation.applies(step)]

    assert [step for step in concerned if deviation.change(recorded(step), step) != recorded(step)]


def _renumbered(answers: list[Seen], steps: list[Exchange]) -> list[Seen]:
    """Answers in which each number that is of a render says only which of those it is, in order."""
    known: dict[str, dict[Any, int]] = {}

    def number(name: str, value: Any) -> int:
        numbers = known.setdefault(name, {})
        return numbers.setdefault(value, len(numbers))

    def renumber(value: Any, name: str, target: str) -> Any:
        if isinstance(value, dict):
            # Next's build counts in another process than its server: the time is enough.
            left_out = ("n", "run") if "now" in value else ()
            return {key: renumber(item, key, target) for key, item in value.items() if key not in left_out}
        if isinstance(value, str):
            return re.sub(r"\d{13,}", lambda found: str(number(target, found[0])), value)
        # Next's build renders several routes in one millisecond.
        return number(f"{name} {target}" if name == "now" else name, value) if name in _OF_A_RENDER else value

    return [
        replace(answer, body=renumber(answer.body, "", step["request"]["target"]))
        for answer, step in zip(answers, steps, strict=True)
    ]
