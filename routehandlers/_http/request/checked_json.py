"""Read a JSON body as a value of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from ..._models.base import Fault, ModelAdapter
from ..._models.choosing import adapter_for
from ..response.faults import errors_in_body, invalid_inputs
from ..values import json as _json

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment
    from .request import Request

_BOM = b"\xef\xbb\xbf"


class InvalidInputError(Exception):
    """An input has faults.

    :param rest: The text of the other fields, if a field is invalid before the library of the model reads it.
    """

    def __init__(self, faults: list[Fault], rest: dict[str, Any] | None = None) -> None:
        super().__init__(faults)
        self.faults = faults
        self.rest = rest


class HasRequest(Protocol):
    """An object that has the request, which may be made only now."""

    @property
    def request(self) -> Request:
        """The request."""
        ...


@dataclass(frozen=True)
class _Made:
    request: Request


ReadJson = Callable[[HasRequest, "WSGIEnvironment", object], Any]


def json_reader(adapter: ModelAdapter, model: Any) -> ReadJson:
    """Return a function that reads the body of a request as a value of a model. Its last argument is not used.

    It raises ``InvalidInputError`` for faults, ``BadRequest`` for what is not JSON, ``UnsupportedMediaType`` for
    another type, and all that reading a body raises.
    """
    parse, errors = adapter.from_json(model), adapter.errors

    def read(source: HasRequest, environ: WSGIEnvironment, _params: object) -> Any:
        if environ.get("CONTENT_TYPE") == "application/json":
            data: bytes = source.request.get_data()
        else:
            data = _of_other_type(source.request)
        if data[:3] == _BOM:
            data = data[3:]
        try:
            return parse(data)
        except errors as error:
            if not data:
                raise InvalidInputError([Fault("A body is required.")]) from None
            raise InvalidInputError(adapter.faults(model, error, parsed(data))) from None

    return read


INSTALL = "Install one: pip install 'routehandlers[pydantic]' or 'routehandlers[msgspec]'."

# The readers of request.json(model), by model and adapters.
_readers: dict[Any, ReadJson] = {}
_MOST_READERS = 1_000


def read_checked(request: Request, model: Any, adapters: Sequence[ModelAdapter]) -> Any:
    """Return the body of a request as a value of a model.

    :param adapters: Adapters of the application.
    :raise ValidationError: If the body does not fit the model.
    :raise TypeError: If no library that checks the model is installed.
    """
    try:
        read = _reader_of(model, tuple(adapters))
        return read(_Made(request), request.environ, None)
    except InvalidInputError as invalid:
        raise invalid_inputs(errors_in_body(invalid.faults)) from None


def _reader_of(model: Any, adapters: tuple[ModelAdapter, ...]) -> ReadJson:
    # int | float is equal to float | int, but a library may try them in their order.
    key = (model, adapters) if isinstance(model, type) else (model, repr(model), adapters)
    try:
        known = _readers.get(key)
    except TypeError:  # an annotation that cannot be hashed
        return _make_reader(model, adapters)
    if known is None:
        if len(_readers) >= _MOST_READERS:  # an application that makes models while it runs
            _readers.clear()
        known = _readers[key] = _make_reader(model, adapters)
    return known


def _make_reader(model: Any, adapters: tuple[ModelAdapter, ...]) -> ReadJson:
    adapter = adapter_for(model, adapters)
    if adapter is None:
        raise TypeError(f"request.json({model!r}): no library that checks it is installed. {INSTALL}")
    return json_reader(adapter, model)


def _of_other_type(request: Request) -> bytes:
    """Return the body of a request whose type is not just ``application/json``. Without a body, it may have no type."""
    if request.environ.get("CONTENT_TYPE"):
        check_type(request.environ)
        sent: bytes = request.get_data()
        return sent
    if request.get_data():
        check_type(request.environ)
    return b""


def parsed(data: bytes) -> Any:
    """Return JSON as Python values.

    :raise BadRequest: If it is not JSON.
    """
    try:
        return _json.loads(data)
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None


def check_type(environ: WSGIEnvironment) -> None:
    """Check that a body is sent as JSON. Forms of other sites cannot send this type.

    :raise UnsupportedMediaType: If it is not.
    """
    sent: str = environ.get("CONTENT_TYPE") or ""
    essence = sent.partition(";")[0].strip(" \t").lower()
    if essence != "application/json" and not ("/" in essence and essence.endswith("+json")):
        raise UnsupportedMediaType(f"Send the body as application/json, not as {essence[:100] or 'nothing'}.")
