"""Turn what a handler returns into the responses that it declares. Conversion to the model filters the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.response.fetch_response import FetchResponse
from .._http.response.response import JSON_HEADERS, STATUS_LINES, Response, made_response
from .._models.base import Fault, ModelAdapter
from ..exceptions import InvalidReturnError
from ..typing import EVENTS
from .responses import LINES, show_type
from .signature import DeclaredResponse, Signature

# They pass unchanged.
_RESPONSES = (WerkzeugResponse, HTTPException, FetchResponse)

_JSON = dict(JSON_HEADERS)

# An item of a stream of events may be a mapping of these; one of the second group shows that it is no data itself.
_EVENT_FIELDS = frozenset({"comment", "event", "id", "retry", "data"})
_ONLY_EVENTS = frozenset({"comment", "data"})


class Body:
    """A body of a declared response.

    :param where: The handler, for messages.
    :param validate: Whether instances of the model are checked, too.
    :raise Exception: If the adapter cannot write the model.
    """

    def __init__(self, model: Any, adapter: ModelAdapter, where: str, *, validate: bool) -> None:
        self._model = model
        self._adapter = adapter
        self._where = where
        self._convert = adapter.from_objects(model)
        self.is_exact = adapter.is_exact(model)
        self.write = adapter.to_json(model)
        self.errors = adapter.errors
        self._parse = adapter.from_json(model) if validate and _is_symmetric(adapter, model) else None

    def json(self, value: Any) -> bytes:
        """Return a value as JSON. All but instances of exactly the model are converted first.

        :raise InvalidReturnError: If the value cannot be converted.
        """
        try:
            if not self.is_exact(value):
                value = self._convert(value)
            data = self.write(value)
        except self.errors as error:
            raise self._mistake(value, self._adapter.faults(self._model, error, value)) from error
        except RecursionError:
            # The traceback would be a thousand lines of the library.
            raise self._mistake(value, [Fault("It contains itself, or is nested too deeply.")]) from None
        if self._parse is not None:
            self.check(data)
        return data

    def check(self, data: bytes) -> None:
        """Check JSON against the model, if its input and its output have one schema and checks are on.

        :raise InvalidReturnError: If it does not fit.
        """
        if self._parse is None:
            return
        try:
            self._parse(data)
        except self.errors as error:
            raise self._mistake(data, self._adapter.faults(self._model, error, None)) from error

    def _mistake(self, value: Any, faults: list[Fault]) -> InvalidReturnError:
        details = "; ".join(f"{'.'.join(map(str, fault.path)) or 'value'}: {fault.detail}" for fault in faults[:5])
        kind = "a body" if type(value) is bytes else f"{type(value).__qualname__}"
        return InvalidReturnError(
            f"{self._where} returned {kind}, which does not fit {show_type(self._model)}, the type that it declares."
            f" {details}"
        )


def _is_symmetric(adapter: ModelAdapter, model: Any) -> bool:
    """Return whether a model accepts as input what it writes."""
    taken, written = adapter.schemas([(model, "input"), (model, "output")], "{name}").schemas
    return taken == written


class Answers:
    """The declared responses of a handler.

    :param where: The handler, for messages: method, pattern, and file and line.
    :param validate: Whether instances, responses made by hand and statuses are checked, too.
    """

    def __init__(self, signature: Signature, where: str, *, validate: bool = False) -> None:
        self._where = where
        self._validate = validate
        self._also = signature.also
        self._by_status: Mapping[int, DeclaredResponse] = {one.status: one for one in signature.responses}
        self._bodies = {
            one.status: Body(one.model, one.adapter, where, validate=validate)
            for one in signature.responses
            if one.adapter is not None
        }
        usual = self._by_status.get(200)
        self._usual = self._bodies.get(200) if usual is not None and usual.media_type == "application/json" else None

    def converter(self) -> Callable[[Any], Any]:
        """Return ``convert()``, or a faster function that does the same for an instance of exactly the usual model."""
        convert, usual = self.convert, self._usual
        if usual is None or self._validate:
            return convert
        is_exact, write = usual.is_exact, usual.write
        errors: tuple[type[Exception], ...] = (*usual.errors, RecursionError)

        def convert_fast(result: Any) -> Any:
            try:
                if is_exact(result):
                    return made_response(write(result), 200, [*JSON_HEADERS])
            except errors:
                pass  # convert() raises an error that names the handler
            return convert(result)

        return convert_fast

    def convert(self, result: Any) -> Any:
        """Return the response for what the handler returned, or a result that needs no conversion.

        :raise InvalidReturnError: If it is not what the handler declares.
        """
        if type(result) is tuple:
            return self._from_tuple(result)
        if isinstance(result, _RESPONSES):
            return self._checked(result) if self._validate else result
        if type(result) in self._also:
            return self._unchecked(result, 200)
        if self._usual is not None:
            return made_response(self._usual.json(result), 200, [*JSON_HEADERS])
        if 200 not in self._by_status:
            if isinstance(result, self._also):
                return self._unchecked(result, 200)
            raise self._mistake(f"{type(result).__qualname__} without a status")
        return self._made(result, 200)

    def _from_tuple(self, result: tuple[Any, ...]) -> Any:
        """Return the result for ``(body, status)``, ``(body, headers)`` or ``(body, status, headers)``."""
        if len(result) not in {2, 3} or isinstance(result[0], _RESPONSES):
            return result
        second = result[1]
        status = 200 if second is None or (len(result) == 2 and not isinstance(second, (int, str))) else _number(second)
        if status not in self._by_status:
            return self._unchecked(result, status)
        body = self._made(result[0], status)
        if body is result[0]:
            return result
        if len(result) == 2 and isinstance(second, int) and second in STATUS_LINES:
            return body
        return (body, *result[1:])

    def _made(self, body: Any, status: int) -> Any:
        """Return a body as a response with a declared status, or the body itself if it is not checked."""
        declared, writer = self._by_status[status], self._bodies.get(status)
        if writer is None or isinstance(body, self._also):
            return body
        if declared.media_type == LINES:
            return Response(_Lines(body, writer), status, {"Content-Type": LINES})
        if declared.media_type == EVENTS:
            return Response.event_stream(_Events(body, writer))
        data = writer.json(body)
        return made_response(data, status, [*JSON_HEADERS]) if status in STATUS_LINES else Response(data, status, _JSON)

    def _unchecked(self, result: Any, status: int) -> Any:
        if self._validate and status not in self._by_status and not isinstance(result, self._also):
            raise self._mistake(f"the status {status}")
        return result

    def _checked(self, response: Any) -> Any:
        """Check a response that was made by hand: its status, and its body if it is JSON in memory."""
        if not isinstance(response, WerkzeugResponse) or isinstance(response, self._also):
            return response
        status = response.status_code
        if status not in self._by_status and status < 300:
            raise self._mistake(f"a response with the status {status}")
        writer = self._bodies.get(status)
        if writer is not None and response.mimetype == "application/json" and isinstance(response.response, list):
            writer.check(b"".join(response.iter_encoded()))
        return response

    def _mistake(self, what: str) -> InvalidReturnError:
        declared = ", ".join(map(str, self._by_status))
        return InvalidReturnError(f"{self._where} returned {what}, but it declares {declared}. Declare it, too.")


def _number(status: Any) -> int:
    digits = str(int(status) if isinstance(status, int) else status)[:3]
    return int(digits) if digits.isdigit() else 0


class _Converted(Iterator[Any]):
    """The items of a stream, converted one by one."""

    def __init__(self, items: Any, body: Body) -> None:
        self._source = items
        self._items = iter(items)
        self._body = body

    def __next__(self) -> Any:
        return self.convert(next(self._items))

    def convert(self, item: Any) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        """Close the stream of the handler."""
        close: Callable[[], object] | None = getattr(self._source, "close", None)
        if close is not None:
            close()


class _Lines(_Converted):
    """JSON lines: one document in each line."""

    def convert(self, item: Any) -> bytes:
        return self._body.json(item) + b"\n"


class _Events(_Converted):
    """Events whose data is written as the model. An item is the data, or a mapping with the fields of an event."""

    def convert(self, item: Any) -> Any:
        if isinstance(item, Mapping) and _EVENT_FIELDS.issuperset(item) and not _ONLY_EVENTS.isdisjoint(item):
            return {**item, "data": self._data(item["data"])} if item.get("data") is not None else item
        return {"data": self._data(item)}

    def _data(self, item: Any) -> str:
        return self._body.json(item).decode()
