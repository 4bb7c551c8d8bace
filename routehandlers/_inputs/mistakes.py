"""Find mistakes in the inputs of a handler that depend on its route: its folders, and the parts that its key covers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .._hints import hint
from .._http.request.vary import Vary, variable_of
from .responses import show_type
from .signature import DeclaredInput, Signature


def route_mistakes(method: str, signature: Signature, segments: Collection[str], vary: Vary | None) -> Iterator[str]:
    """Yield messages, each of which begins with the method.

    :param segments: Names of the folders in brackets.
    :param vary: The parts of a request that the key covers beside the path; ``None`` if the handler is not cached.
    """
    inputs = signature.inputs
    if "query" in inputs:
        for field in inputs["query"].fields:
            if field.alias in segments:
                yield (
                    f"{method}: the field {field.name!r} of 'query' has the name of a folder, [{field.alias}]. Rename"
                    " one of them, or read the folder with 'params'."
                )
    if "params" in inputs:
        for field in inputs["params"].fields:
            if not {field.alias, *field.other_names} & {*segments}:
                yield (
                    f"{method}: the field {field.name!r} of 'params' names no folder in brackets."
                    f" {hint(field.alias, segments)}"
                )
    if vary is not None:
        yield from _outside_of_key(method, signature, vary)


def _outside_of_key(method: str, signature: Signature, vary: Vary) -> Iterator[str]:
    """Yield messages for inputs of a cached handler that differ between requests with one key."""
    headers = {variable_of(name) for name in vary.headers}
    for place, declared in signature.inputs.items():
        if place == "headers":
            for name in _names(declared):
                if variable_of(name) not in headers:
                    yield _not_varied(method, place, name, name.lower().replace("_", "-"))
        elif place == "cookies":
            for name in _names(declared):
                if name not in vary.cookies:
                    yield _not_varied(method, place, name, f"cookie:{name}")
        elif place == "query" and declared.adapter.values(declared.model) is None:
            yield (
                f"{method} is cached, and its key covers the fields of 'query', but {show_type(declared.model)} has"
                " more than its fields: private attributes, or names that it takes without declaring them. Remove"
                " these, or remove the cache."
            )


def _names(declared: DeclaredInput) -> list[str]:
    return [name for field in declared.fields for name in (field.alias, *field.other_names)]


def _not_varied(method: str, place: str, name: str, entry: str) -> str:
    return (
        f'{method} is cached, and its key does not cover the field {name!r} of {place!r}. Write vary = ("{entry}",),'
        " or read it in a route that is not cached."
    )
