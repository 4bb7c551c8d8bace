"""Handlers with checked inputs and declared responses, as users write them. Both checkers read this file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from typing_extensions import assert_type

import routehandlers.testing
from routehandlers import Request, RouteContext
from routehandlers.exceptions import ValidationError
from routehandlers.typing import EventStream


@dataclass
class Item:
    name: str
    price: float = 1.0


@dataclass
class Conflict:
    reason: str


@dataclass
class Search:
    page: int = 1
    tag: list[str] = field(default_factory=list)


def GET(query: Search) -> list[Item]:
    return [Item(tag) for tag in query.tag]


def POST(body: Item) -> tuple[Item, Literal[201]] | tuple[Conflict, Literal[409]]:
    if body.name == "taken":
        return Conflict(body.name), 409
    return body, 201


def PUT(request: Request, context: RouteContext, *, body: Item | None = None) -> Item | None:
    return body


def PATCH() -> Iterator[Item]:
    yield Item("a")


def DELETE() -> EventStream[Item]:
    yield Item("a")


def reads(request: Request) -> None:
    assert_type(request.json(Item), Item)
    assert_type(request.json(list[Item]), list[Item])
    assert_type(request.json(Item | Conflict), Item | Conflict)


def wrong(request: Request) -> tuple[Item, Literal[201]]:
    # Each of these is an error in both checkers.
    text: str = request.json(Item)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    query = Search()
    print(text, query.pgae)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    return Conflict("a"), 201  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def raises() -> None:
    raise ValidationError([{"detail": "Taken.", "pointer": "#/name"}], "That name is taken.")


def calls() -> None:
    routehandlers.testing.call(POST, json={"name": "a"})
    routehandlers.testing.call(GET)
    assert_type(POST(body=Item("a")), tuple[Item, Literal[201]] | tuple[Conflict, Literal[409]])
