"""Read one input of a request: find the text or the bytes, and let the adapter check them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from .._http.request.checked_json import HasRequest, InvalidInputError, json_reader
from .._http.request.vary import variable_of
from .._http.response.cookies import parse_cookies
from .._http.response.faults import Error, errors_in, errors_in_body
from .._models.base import Fault
from .signature import DeclaredInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..typing import Params, WSGIEnvironment

# A query with more parameters is refused. A pair in a list takes fifty times its bytes in the URL.
MOST_PARAMETERS = 1_000

MISSING: Any = object()
"""Result of a reader for an input that was not sent and has a default."""

Read = Callable[[HasRequest, "WSGIEnvironment", "Params"], Any]
"""Returns the value of an input, or raises ``InvalidInputError`` or an ``HTTPException``.

Its arguments are an object with the request, which only a body is read from, the environment, and the params.
"""

Texts = dict[str, Any]


class Reader(NamedTuple):
    """A reader of one input.

    :param errors: Makes the errors of faults.
    """

    declared: DeclaredInput
    read: Read
    errors: Callable[[Iterable[Fault]], list[Error]]


def make_reader(declared: DeclaredInput) -> Reader:
    """Return the reader of an input.

    :raise Exception: If the adapter cannot check the model.
    """
    if declared.place == "body":
        return Reader(declared, _body_reader(declared), errors_in_body)
    names = {field.alias: _header_name(field.alias) for field in declared.fields} if declared.place == "headers" else {}
    return Reader(declared, _MAKERS[declared.place](declared), lambda faults: errors_in(declared.place, faults, names))


def _checking(declared: DeclaredInput, read_texts: Callable[[HasRequest, WSGIEnvironment, Params], Texts]) -> Read:
    """Return a reader of text."""
    check, errors, adapter, model = (
        declared.adapter.from_strings(declared.model),
        declared.adapter.errors,
        declared.adapter,
        declared.model,
    )

    def faults_of(texts: Texts) -> list[Fault]:
        try:
            check(texts)
        except errors as error:
            return adapter.faults(model, error, texts)
        return []

    def read(source: HasRequest, environ: WSGIEnvironment, params: Params) -> Any:
        try:
            texts = read_texts(source, environ, params)
        except InvalidInputError as invalid:
            known = {fault.path[0] for fault in invalid.faults}
            more = faults_of(invalid.rest or {})
            more = [fault for fault in more if fault.path and fault.path[0] not in known]
            raise InvalidInputError(invalid.faults + more) from None
        try:
            return check(texts)
        except errors as error:
            raise InvalidInputError(adapter.faults(model, error, texts)) from None

    return read


# Params ----------------------------------------------------------------------


def _params_reader(declared: DeclaredInput) -> Read:
    lists = {field.alias for field in declared.fields if field.is_list}

    def texts(_source: HasRequest, _environ: WSGIEnvironment, params: Params) -> Texts:
        return {name: _param(value, is_list=name in lists) for name, value in params.items()}

    return _checking(declared, texts)


def _param(value: Any, *, is_list: bool) -> Any:
    """Return a param as text. The segments of a catch-all are joined for a field that takes one text."""
    if type(value) is str:
        return [value] if is_list else value
    if isinstance(value, list):
        return value if is_list else "/".join(value)
    return value if isinstance(value, str) else str(value)


# Query -----------------------------------------------------------------------


def query_of(environ: WSGIEnvironment) -> str:
    """Return the query as the server passes it on. After a rewrite, it includes that of the destination."""
    rewritten: str | None = environ.get("routehandlers.query")
    return (environ.get("QUERY_STRING") or "") if rewritten is None else rewritten


def query_texts(declared: DeclaredInput) -> Callable[[str], Texts]:
    """Return a function that splits a query into the text of fields.

    :raise InvalidInputError: From the function, if a plain field is given twice, or is not UTF-8.
    """
    lists = _names(declared, of_lists=True)
    plain = _names(declared, of_lists=False)

    def split(query: str) -> Texts:
        if "%" in query or "+" in query or not query.isascii():
            return _split(query, lists, plain)
        texts: Texts = {}
        pairs = query.split("&")
        for pair in pairs:
            name, _, value = pair.partition("=")
            if name in lists:
                if name in texts:
                    texts[name].append(value)
                else:
                    texts[name] = [value]
            elif name in texts:
                return _split(query, lists, plain)
            elif name:
                texts[name] = value
        if len(pairs) > MOST_PARAMETERS:
            raise _too_many()
        return texts

    return split


def _query_reader(declared: DeclaredInput) -> Read:
    split = query_texts(declared)

    def texts(_source: HasRequest, environ: WSGIEnvironment, _params: Params) -> Texts:
        query = environ.get("QUERY_STRING") if "routehandlers.query" not in environ else query_of(environ)
        return split(query) if query else {}

    return _checking(declared, texts)


def _too_many() -> BadRequest:
    return BadRequest(f"The query has more than {MOST_PARAMETERS} parameters.")


def _split(query: str, lists: frozenset[str], plain: frozenset[str]) -> Texts:
    """Return the text of fields of any query."""
    pairs = query.split("&")
    if len(pairs) > MOST_PARAMETERS:
        raise _too_many()
    texts: Texts = {}
    faults: list[Fault] = []
    for pair in pairs:
        encoded, _, sent = pair.partition("=")
        name = _decoded(encoded, "replace")
        try:
            value = _decoded(sent, "strict")
        except UnicodeDecodeError:
            if name in plain or name in lists:
                faults.append(Fault("It is not UTF-8.", (name,)))
            value = _decoded(sent, "replace")
        if name in lists:
            texts.setdefault(name, []).append(value)
        elif name not in texts:
            if name:
                texts[name] = value
        elif name in plain and (fault := Fault("It was given more than once.", (name,))) not in faults:
            faults.append(fault)
    if faults:
        raise InvalidInputError(faults, texts)
    return texts


def _decoded(text: str, errors: str) -> str:
    """Return the text of a name or value of a query, which WSGI passes on in Latin-1."""
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode(errors=errors)


def _names(declared: DeclaredInput, *, of_lists: bool) -> frozenset[str]:
    return frozenset(
        name for field in declared.fields if field.is_list is of_lists for name in (field.alias, *field.other_names)
    )


# Headers and cookies -----------------------------------------------------------


def _headers_reader(declared: DeclaredInput) -> Read:
    variables = [
        (name, variable_of(name), field.is_list)
        for field in declared.fields
        for name in (field.alias, *field.other_names)
    ]

    def texts(_source: HasRequest, environ: WSGIEnvironment, _params: Params) -> Texts:
        found: Texts = {}
        for name, variable, is_list in variables:
            value = environ.get(variable)
            if value is None or (not value and variable.startswith("CONTENT_")):
                continue
            found[name] = [item.strip(" \t") for item in value.split(",")] if is_list else value
        return found

    return _checking(declared, texts)


def _header_name(name: str) -> str:
    """Return the name of a header as it is usually written."""
    return "-".join(word.capitalize() for word in name.replace("_", "-").split("-"))


def _cookies_reader(declared: DeclaredInput) -> Read:
    lists = _names(declared, of_lists=True)
    known = lists | _names(declared, of_lists=False)

    def texts(_source: HasRequest, environ: WSGIEnvironment, _params: Params) -> Texts:
        sent = parse_cookies(environ.get("HTTP_COOKIE") or "")
        return {name: [sent[name]] if name in lists else sent[name] for name in sent.keys() & known}

    return _checking(declared, texts)


# Bodies ------------------------------------------------------------------------


def _body_reader(declared: DeclaredInput) -> Read:
    read = json_reader(declared.adapter, declared.model)
    if declared.is_required:
        return read

    def read_optional(source: HasRequest, environ: WSGIEnvironment, params: Params) -> Any:
        # A type that is not JSON is refused even without a body: it comes from a form of another site.
        if not source.request.get_data() and environ.get("CONTENT_TYPE") in (None, "", "application/json"):
            return MISSING
        return read(source, environ, params)

    return read_optional


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _form_reader(declared: DeclaredInput) -> Read:
    lists = _names(declared, of_lists=True)
    plain = _names(declared, of_lists=False)
    files = {field.alias for field in declared.fields if field.is_file}
    allowed = FORMS[1:] if files else FORMS

    def texts(source: HasRequest, _environ: WSGIEnvironment, _params: Params) -> Texts:
        request = source.request
        if request.mimetype not in allowed:
            sent = request.mimetype[:100] or "a body without Content-Type"
            raise UnsupportedMediaType(f"Send a form as {' or '.join(allowed)}, not as {sent}.")
        # A field for a file without a file: browsers send an empty name and no bytes.
        entries: list[tuple[str, Any]] = [
            *request.form.items(multi=True),
            *((name, file) for name, file in request.files.items(multi=True) if file.filename),
        ]
        return _grouped(entries, lists, plain, files)

    read = _checking(declared, texts)
    if declared.is_required:
        return read
    return lambda source, environ, params: (
        MISSING if not environ.get("CONTENT_TYPE") and not source.request.get_data() else read(source, environ, params)
    )


def _grouped(entries: list[tuple[str, Any]], lists: frozenset[str], plain: frozenset[str], files: set[str]) -> Texts:
    texts: Texts = {}
    faults: list[Fault] = []
    for name, value in entries:
        if isinstance(value, FileStorage) is not (name in files) and (name in lists or name in plain):
            faults.append(Fault("Expected a file." if name in files else "Expected text, got a file.", (name,)))
        elif name in lists:
            texts.setdefault(name, []).append(value)
        elif name not in texts:
            texts[name] = value
        elif name in plain:
            faults.append(Fault("It was given more than once.", (name,)))
    if faults:
        raise InvalidInputError(faults, texts)
    return texts


_MAKERS: Mapping[str, Callable[[DeclaredInput], Read]] = {
    "params": _params_reader,
    "query": _query_reader,
    "headers": _headers_reader,
    "cookies": _cookies_reader,
    "form": _form_reader,
}
