"""Headers that are added to many responses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routehandlers._http.response import additions
from routehandlers._http.response.additions import Addition, Pairs, addition_of
from routehandlers._http.values.encoding import ACCUMULATED

NAMES = st.sampled_from(["Vary", "vary", "Set-Cookie", "X-A", "x-a", "X-B", "Content-Type"])
PAIRS = st.lists(st.tuples(NAMES, st.sampled_from(["1", "2", "Origin"])), max_size=5)


def overlaid(headers: Pairs, over: Pairs) -> Pairs:
    """The definition: ``over`` in front, which replaces headers of the same name unless the name accumulates."""
    names = {name.lower() for name, _ in over} - ACCUMULATED
    return [*over, *[pair for pair in headers if pair[0].lower() not in names and pair not in over]]


@given(headers=PAIRS, over=PAIRS)
def test_an_addition_gives_the_headers_that_overlaying_them_gives(
    headers: list[tuple[str, str]], over: list[tuple[str, str]]
) -> None:
    before = list(headers)

    assert Addition(tuple(over)).to(headers) == overlaid(headers, over)
    assert headers == before


def test_additions_that_clients_choose_neither_fill_the_memory_nor_keep_new_ones_out() -> None:
    for number in range(2_000):
        addition_of((("Access-Control-Allow-Origin", f"https://{number}.example.com"),))
    addition_of((("X-Long", "x" * 100_000),))

    assert len(additions._additions) <= additions._MOST_ADDITIONS
    assert sum(len(value) for pairs in additions._additions for _, value in pairs) < 256 * 1_000
    assert (("Access-Control-Allow-Origin", "https://1999.example.com"),) in additions._additions
