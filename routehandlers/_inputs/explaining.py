"""Describe the inputs of a request in words, for ``routehandlers explain``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.exceptions import HTTPException

from .._http.request.request import Request
from .._models.parts.plain import Typed
from ..exceptions import ValidationError
from .prepared import Prepared
from .responses import show_type
from .signature import DeclaredInput, Signature

if TYPE_CHECKING:
    from ..typing import Params, WSGIEnvironment

# The body is not at hand, and no other reader uses the request.
_NO_REQUEST: Any = Request({}, populate_request=False)

_SETS = frozenset({"set", "frozenset", "tuple"})


def explain_inputs(
    signature: Signature, prepared: Prepared, environ: WSGIEnvironment, params: Params
) -> Iterator[tuple[str, str]]:
    """Yield the inputs of a handler, and what those of a request are: the query in one spelling, or the errors."""
    assert prepared.inputs is not None
    declared = signature.inputs
    yield "inputs", "\n".join(f"{place}: {show_type(one.model)}" for place, one in declared.items())
    try:
        values = prepared.inputs.without("body").without("form").read(_NO_REQUEST, environ, params)
    except ValidationError as error:
        yield "invalid", "\n".join(["422", *map(_error, error.errors)])
        return
    except HTTPException as error:
        yield "invalid", f"{error.code}: {error.description}"
        return
    if "query" in values:
        query = canonical_query(declared["query"], values["query"])
        if query is not None:
            yield "query", query or "(no values)"


def _error(error: dict[str, str]) -> str:
    where = f"{error['in']} {error['name']}" if "name" in error else error.get("in", "")
    return f"{where}: {error['detail']}"


def canonical_query(declared: DeclaredInput, value: Any) -> str | None:
    """Return the query that all spellings of a valid value have in common; ``None`` if the value has parts beside."""
    take = declared.adapter.values(declared.model)
    if take is None:
        return None
    pairs = [
        (field.alias, text)
        for field, part in zip(declared.fields, take(value), strict=True)
        if part is not None
        for text in _texts(part)
    ]
    return urlencode(pairs)


def _texts(value: Any) -> list[str]:
    if isinstance(value, Typed):
        parts = list(value.parts)
        if value.name == "timedelta":
            return [str(timedelta(*parts))]
        return [text for part in parts for text in _texts(part)] if value.name in _SETS else _texts(parts[-1])
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _texts(part)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]
