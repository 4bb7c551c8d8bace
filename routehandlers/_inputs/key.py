"""The part of a cache key that the query model of a cached ``GET`` adds: the values of its fields, in one spelling."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any, get_origin

from .._cache.key import make_key
from .inputs import Inputs, Values
from .readers import query_of, query_texts
from .signature import DeclaredInput

if TYPE_CHECKING:
    from ..typing import Params, WSGIEnvironment

# Bounds of the memo of each route: queries, and characters of a query and its part of the key.
MOST_QUERIES = 1_000
LONGEST_QUERY = 1_000


class KeyedInputs:
    """The inputs of a cached ``GET``. Its key covers them.

    Models are checked in an empty context. So their validators cannot read anything of the request that is neither in
    the input nor in the key: ``headers()`` raises there what it raises outside of a request.
    """

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        query = next((reader.declared for reader in inputs.readers if reader.declared.place == "query"), None)
        self.has_query = query is not None
        self._part = _part_of(query) if query is not None else None
        self._all_set = query.adapter.with_all_set(query.model) if query is not None else None
        self._others = inputs.without("query") if len(inputs.readers) > 1 else None
        self._query = inputs.only("query") if query is not None else None
        self._parts: dict[str, str] = {}
        self.default_part = self._read_default()

    def _read_default(self) -> str | None:
        """Return the part of a request without a query; ``None`` if that is invalid."""
        if self._query is None:
            return ""
        try:
            return Context().run(self._read, self._query, {}, {})[1]
        except Exception:  # a required field, or a default that cannot be made now
            return None

    def read(self, environ: WSGIEnvironment, params: Params) -> tuple[Values, str]:
        """Return the inputs of a request, with each field of the query counted as sent, and their part of the key.

        :raise ValidationError: If an input is invalid.
        :raise HTTPException: If the query is too long.
        """
        return Context().run(self._read, self._inputs, environ, params)

    def part_of(self, environ: WSGIEnvironment, params: Params) -> str:
        """Return the part of the key of a request. The parts of some queries are remembered.

        :raise ValidationError: If an input is invalid.
        :raise HTTPException: If the query is too long.
        """
        query = query_of(environ)
        part = self._parts.get(query)
        if part is None:
            part = self.read(environ, params)[1]
            self._remember(query, part)
        elif self._others is not None:
            Context().run(self._read, self._others, environ, params)
        return part

    def _read(self, inputs: Inputs, environ: WSGIEnvironment, params: Params) -> tuple[Values, str]:
        values = inputs.read(_NO_REQUEST, environ, params)
        if self._part is None or self._all_set is None or "query" not in values:
            return values, ""
        query = values["query"]
        part = self._part(query, query_of(environ))
        return {**values, "query": self._all_set(query)}, part

    def _remember(self, query: str, part: str) -> None:
        if len(query) + len(part) > LONGEST_QUERY:
            return
        while len(self._parts) >= MOST_QUERIES:
            with suppress(RuntimeError, StopIteration):  # another thread may change it at the same time
                self._parts.pop(next(iter(self._parts)), None)
        self._parts[query] = part


# No reader of these inputs uses the request: a GET has no body.
_NO_REQUEST: Any = None


def _part_of(query: DeclaredInput) -> Callable[[Any, str], str]:
    """Return a function that makes the part of the key from a valid value, and from the query as it was sent."""
    values = query.adapter.values(query.model)
    assert values is not None, "checked at start"
    split = query_texts(query)
    names = {name for field in query.fields for name in (field.alias, *field.other_names)}
    takes_all = _reads_other_names(query.model)

    def part_of(value: Any, sent: str) -> str:
        try:
            return make_key("values", list(values(value)))
        except TypeError:  # a value that is not plain
            texts = split(sent)
            used = texts.keys() if takes_all else names & texts.keys()
            return make_key("sent", [[name, texts[name]] for name in sorted(used)])

    return part_of


def _reads_other_names(model: Any) -> bool:
    """Return whether code of a model gets names of the query that are no fields, and could put them into a value.

    These are an ``InitVar`` of a dataclass, and validators of pydantic that run before or around all fields.
    """
    cls: Any = get_origin(model) or model
    pseudo = getattr(cls, "__dataclass_fields__", {}).values()
    if any(field._field_type is dataclasses._FIELD_INITVAR for field in pseudo):  # type: ignore[attr-defined]
        return True
    validators = getattr(getattr(cls, "__pydantic_decorators__", None), "model_validators", {}).values()
    return any(one.info.mode != "after" for one in validators) or getattr(cls, "__pydantic_custom_init__", False)
