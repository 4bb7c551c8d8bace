"""Handlers whose models are of each library that checks them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

Module = Callable[..., str]

_IMPORTS = """\
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Iterator, Literal
import routehandlers
from routehandlers import Request, Response, RouteContext
from routehandlers.typing import EventStream
"""

_BASES = {
    "pydantic": ("from pydantic import BaseModel", "", "(BaseModel)"),
    "msgspec": ("from msgspec import Struct", "", "(Struct)"),
    "dataclass": ("", "@dataclass\n", ""),
}


def module_of(kind: str, code: str, **models: str) -> str:
    """Return the text of a module that defines some models, each by its fields.

    ``[]`` is the default of a list in each library.
    """
    library, decorator, base = _BASES[kind]
    parts = [_IMPORTS, library]
    for name, fields in models.items():
        lines = [line.strip() for line in fields.split(";")]
        if kind == "dataclass":
            lines = [line.replace("= []", "= field(default_factory=list)") for line in lines]
        parts.append(f"{decorator}class {name}{base}:\n" + "\n".join(f"    {line}" for line in lines))
    return "\n".join([*parts, textwrap.dedent(code), ""])


@pytest.fixture(params=["pydantic", "msgspec", "dataclass"])
def module(request: pytest.FixtureRequest) -> Module:
    """Make the text of a module with models of one library: ``module("def GET(query: Q): …", Q="page: int = 1")``."""
    return lambda code, **models: module_of(request.param, code, **models)
