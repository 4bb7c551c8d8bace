"""Make requests smaller while a finding persists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fuzz.requests import Request

Persists = Callable[[list[Request]], bool]

# Attempts for the requests before the last one, each of which sends all of them to a fresh application, and for the
# parts of the requests that are left.
_MOST_REPLAYS = 200
_MOST_ATTEMPTS = 400


def shrink(requests: list[Request], persists: Persists) -> list[Request]:
    """Return fewer and smaller requests, the last of which causes the finding."""
    left = _shrink_history(requests, persists)
    attempts = _MOST_ATTEMPTS
    index = len(left) - 1
    while index >= 0 and len(left) < 10:
        for smaller in _smaller_requests(left[index]):
            candidate = [*left[:index], smaller, *left[index + 1 :]]
            attempts -= 1
            if attempts and persists(candidate):
                left = candidate
                break
            if not attempts:
                return left
        else:
            index -= 1
    return left


def _shrink_history(requests: list[Request], persists: Persists) -> list[Request]:
    for length in (1, 10, 100, 1_000):
        if persists(requests[-length:]):
            requests = requests[-length:]
            break
    *before, last = requests
    size, replays = (len(before) + 1) // 2, _MOST_REPLAYS
    while size and replays:
        for start in range(0, len(before), size):
            candidate = before[:start] + before[start + size :]
            replays -= 1
            if persists([*candidate, last]):
                before = candidate
                break
            if not replays:
                break
        else:
            size //= 2
            continue
        size = min(size, (len(before) + 1) // 2)
    return [*before, last]


def _smaller_requests(request: Request) -> Iterator[Request]:
    for name, value in request.items():
        if name != "target":
            yield {key: other for key, other in request.items() if key != name}
        for smaller in _smaller_values(value):
            yield {**request, name: smaller}


def _smaller_values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, text in value.items():
            yield {key: other for key, other in value.items() if key != name}
            for smaller in _smaller_values(text):
                yield {**value, name: smaller}
    elif isinstance(value, (str, bytes)):
        size = (len(value) + 1) // 2
        while size:
            for start in range(0, len(value), size):
                yield value[:start] + value[start + size :]
            size //= 2
