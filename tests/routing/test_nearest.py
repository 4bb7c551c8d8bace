"""The routes that a path without a route may have meant."""

from __future__ import annotations

import pytest

from routehandlers._routing.nearest import nearest_patterns

PATTERNS = [
    "/",
    "/items",
    "/items/[slug]",
    "/items/[slug]/edit",
    "/orders/[id=int]",
    "/docs/[...path]",
    "/blog/[[...p]]",
]


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/item", "/items"),
        ("/ITEMS", "/items"),
        ("/itmes/7", "/items/[slug]"),
        ("/items/7/edti", "/items/[slug]/edit"),
        ("/order/7", "/orders/[id=int]"),
        ("/dosc/a/b/c/d/e/f", "/docs/[...path]"),
        ("/blogs/a/b", "/blog/[[...p]]"),
    ],
)
def test_the_nearest_pattern_comes_first(path: str, nearest: str) -> None:
    assert nearest_patterns(path, PATTERNS)[0] == nearest


@pytest.mark.parametrize("path", ["/zzzzzzzzzzzz", "/quite/another/thing/altogether"])
def test_a_path_that_is_like_no_route_has_no_nearest_one(path: str) -> None:
    assert nearest_patterns(path, PATTERNS) == []


def test_there_is_a_bound_for_the_patterns_and_for_the_path() -> None:
    many = [f"/items{number}" for number in range(30)]

    assert len(nearest_patterns("/items", many)) == 5
    assert nearest_patterns("/items0" + "/x" * 100_000, many) == []
