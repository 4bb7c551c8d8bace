"""Read the responses that a handler declares from its return annotation."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.request.checked_json import INSTALL
from .._http.response.fetch_response import FetchResponse
from .._http.response.response import WITHOUT_BODY
from .._models.base import ModelAdapter
from ..typing import EVENTS
from .signature import DeclaredResponse

Choose = Callable[[Any], "ModelAdapter | None"]

JSON, LINES = "application/json", "application/jsonl"

_STREAMS = (abc.Iterator, abc.Generator, abc.Iterable)
_UNIONS = (Union, types.UnionType)

# These are sent as they are.
_RESPONSES = (WerkzeugResponse, FetchResponse)


class Declared(NamedTuple):
    """The responses of a return annotation.

    :param also: Types that it allows beside them, which are sent unchecked.
    """

    responses: tuple[DeclaredResponse, ...] = ()
    also: tuple[type, ...] = ()
    mistakes: tuple[str, ...] = ()


def responses_of(annotation: Any, choose: Choose, extra: Sequence[ModelAdapter] = ()) -> Declared:
    """Return the responses that a return annotation declares.

    :param annotation: The annotation, resolved.
    :param choose: Returns the adapter of a model.
    :param extra: Adapters of the application. All that they own are models.
    """
    return _Reader(choose, extra).read(annotation)


def is_model(annotation: Any, extra: Sequence[ModelAdapter] = ()) -> bool:
    """Return whether an annotation is a class with fields, or contains one."""
    origin = get_origin(annotation)
    if _has_fields(origin or annotation) or any(adapter.owns(annotation) for adapter in extra):
        return True
    if origin is Literal:
        return False
    return any(is_model(argument, extra) for argument in get_args(annotation))


def _has_fields(kind: Any) -> bool:
    if not isinstance(kind, type) or issubclass(kind, _RESPONSES):
        return False
    names = ("__struct_fields__", "__pydantic_fields__", "__attrs_attrs__")
    is_named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    is_typed_dict = issubclass(kind, dict) and hasattr(kind, "__required_keys__")
    return dataclasses.is_dataclass(kind) or is_named_tuple or is_typed_dict or any(hasattr(kind, n) for n in names)


class _Reader:
    def __init__(self, choose: Choose, extra: Sequence[ModelAdapter]) -> None:
        self._choose = choose
        self._extra = extra
        self._found: dict[int, DeclaredResponse] = {}
        self._also: list[type] = []
        self._mistakes: list[str] = []

    def read(self, annotation: Any) -> Declared:
        plain: list[Any] = []
        for alternative in _alternatives(annotation):
            if get_origin(alternative) is tuple:
                self._read_tuple(alternative)
            elif _stream_of(alternative) is not None or is_model(alternative, self._extra):
                plain.append(alternative)
            elif alternative is type(None):
                plain.append(None)
            else:
                self._allow(alternative)
        self._read_plain(plain)
        if not self._found:
            return Declared(mistakes=tuple(self._mistakes))
        ordered = tuple(self._found[status] for status in sorted(self._found))
        return Declared(ordered, tuple(self._also), tuple(self._mistakes))

    def _read_plain(self, plain: list[Any]) -> None:
        """Add the response of all alternatives without a status: one with the status 200."""
        streams = [one for one in plain if one is not None and _stream_of(one) is not None]
        models = [one for one in plain if one not in streams]
        for stream in streams:
            self._add(200, stream)
        if any(model is not None for model in models):
            self._add(200, Union[tuple(models)])  # noqa: UP007  # made of values

    def _allow(self, alternative: Any) -> None:
        kind = get_origin(alternative) or alternative
        if isinstance(kind, type) and kind is not object:
            self._also.append(kind)

    def _read_tuple(self, annotation: Any) -> None:
        body, *rest = get_args(annotation) or (Any,)
        statuses = list(_statuses(rest[0])) if rest else []
        if not is_model(body, self._extra) and not statuses:
            self._also.append(tuple)
            return
        if rest[:1] == [Ellipsis] or not rest:
            self._mistakes.append(f"it returns {show_type(annotation)}. Write list[…] for a JSON array.")
        elif not statuses and _is_status(rest[0]):
            self._mistakes.append(
                f"the status in {show_type(annotation)} is not known. Write a literal, such as"
                f" tuple[{show_type(body)}, Literal[201]]."
            )
        for status in statuses or [200]:
            self._add(status, body)

    def _add(self, status: int, body: Any) -> None:
        response = self._response(status, body)
        if response is None:
            return
        known = self._found.setdefault(status, response)
        if known != response:
            self._mistakes.append(
                f"it declares the status {status} twice. Write one response with a union:"
                f" tuple[A | B, Literal[{status}]]."
            )

    def _response(self, status: int, body: Any) -> DeclaredResponse | None:
        if body is None or body is type(None):
            return DeclaredResponse(status, None, None)
        if status in WITHOUT_BODY:
            self._mistakes.append(f"a response {status} has no body. Write tuple[None, Literal[{status}]].")
            return None
        stream = _stream_of(body)
        model, media_type = stream if stream is not None else (body, JSON)
        if not is_model(model, self._extra):
            return DeclaredResponse(status, Any, None, media_type) if stream is None else None
        adapter = self._choose(model)
        if adapter is None:
            self._mistakes.append(f"no library that checks {show_type(model)} is installed. {INSTALL}")
            return None
        return DeclaredResponse(status, model, adapter, media_type)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Yield the members of a union, or the annotation itself. Names of types are replaced by the types."""
    annotation = _unwrapped(annotation)
    if get_origin(annotation) in _UNIONS:
        for member in get_args(annotation):
            yield from _alternatives(member)
    else:
        yield annotation


def _unwrapped(annotation: Any) -> Any:
    """Return the type that a ``type`` statement or ``Annotated`` has inside."""
    while True:
        if get_origin(annotation) is Annotated and EVENTS not in annotation.__metadata__:
            if is_model(annotation.__origin__):
                return annotation  # the metadata may be for the adapter
            annotation = annotation.__origin__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation


def _stream_of(annotation: Any) -> tuple[Any, str] | None:
    """Return the type of the elements of a stream, and its media type; ``None`` for all else, and for plain streams."""
    media_type = LINES
    if get_origin(annotation) is Annotated and EVENTS in annotation.__metadata__:
        annotation, media_type = annotation.__origin__, EVENTS
    if get_origin(annotation) not in _STREAMS:
        return None
    element = get_args(annotation)[0]
    return (element, media_type) if is_model(element) else None


def _statuses(annotation: Any) -> Iterator[int]:
    """Yield the statuses of ``Literal[200, 201]``. A status may also be a line, or of ``http.HTTPStatus``."""
    for value in get_args(annotation) if get_origin(annotation) is Literal else ():
        digits = str(value)[:3] if isinstance(value, str) else value
        with_number = int(digits) if isinstance(digits, int) or digits.isdigit() else 0
        if 200 <= with_number <= 599:
            yield with_number


def _is_status(annotation: Any) -> bool:
    kinds = [get_origin(one) or one for one in _alternatives(annotation)]
    return any(isinstance(kind, type) and issubclass(kind, (int, str)) for kind in kinds)


def show_type(annotation: Any) -> str:
    """Return an annotation as users write it."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__qualname__.rpartition("<locals>.")[2]
    if get_origin(annotation) in _UNIONS:
        return " | ".join("None" if one is type(None) else show_type(one) for one in get_args(annotation))
    if get_origin(annotation) in (Annotated, Literal) or not get_args(annotation):
        return str(annotation).replace("typing.", "")
    arguments = ", ".join("…" if one is ... else show_type(one) for one in get_args(annotation))
    return f"{show_type(typing.get_origin(annotation))}[{arguments}]"
