"""The request: a Werkzeug request with the methods of Next's manual."""

from __future__ import annotations

from builtins import bytes as Bytes  # noqa: N812  # Next names a method so
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import parse_qsl

import werkzeug.wrappers
from werkzeug.datastructures import Authorization, EnvironHeaders, ImmutableDict, MultiDict
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType
from werkzeug.utils import cached_property

from ..response.cookies import parse_cookies
from ..values import json as _json
from ..values.next_names import FormData
from ..values.url import URL
from .body import read_body, read_bytes
from .checked_json import read_checked
from .form import Fields, Files, FormLimits, parse_multipart, parse_urlencoded
from .host import host_of
from .path import canonical_path, escape, readable_path

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from ...typing import ModelAdapter, WSGIEnvironment

# Values that Werkzeug's __init__ reads from the environment. Here each one is
# read at its first use, since most handlers use one or two of them.
_LAZY: dict[str, Callable[[WSGIEnvironment], Any]] = {
    "method": lambda environ: environ.get("REQUEST_METHOD", "GET").upper(),
    "scheme": lambda environ: environ.get("wsgi.url_scheme", "http"),
    "root_path": lambda environ: _text(environ.get("SCRIPT_NAME") or "").rstrip("/"),
    "path": lambda environ: "/" + readable_path(canonical_path(environ)[1]).lstrip("/"),
    "query_string": lambda environ: environ.get("QUERY_STRING", "").encode("latin-1"),
    "headers": lambda environ: EnvironHeaders(environ),
    "remote_addr": lambda environ: environ.get("REMOTE_ADDR"),
    "server": lambda environ: _server(environ),
}

_WITHOUT_BODY = ("GET", "HEAD")

LIMITS = ("max_content_length", "max_form_memory_size", "max_form_parts")
"""The limits of bodies: attributes of the class, settings of the application, and constants of a route."""

OF_THE_BODY = frozenset({"data", "files", "form", "stream"})

# For get_json(): raises ValueError for everything that is not JSON, and for too deep nesting.
_JSON: Any = SimpleNamespace(loads=lambda data: _json.loads(data if isinstance(data, bytes) else data.encode()))


# Stands for no model. None is one: JSON has null.
_LAX: Any = object()

_T = TypeVar("_T")


class Request(werkzeug.wrappers.Request):
    """A request, with Next's methods on top of Werkzeug's.

    ``args``, ``files``, ``get_json()`` and everything else that a Flask user knows
    work. ``json`` is a method, as in Next. ``cookies`` are decoded as browsers encode them.

    https://nextjs.org/docs/app/api-reference/functions/next-request
    """

    json_module = _JSON

    model_adapters: Sequence[ModelAdapter] = ()
    """The setting ``model_adapters`` of the application."""

    base_path = ""
    """The ``base_path`` of the application's configuration."""

    def __init__(self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False) -> None:
        # Without super().__init__(), which reads eight values. __getattr__ reads them at their first use.
        self.environ = environ
        self.shallow = shallow
        if populate_request and not shallow:
            environ["werkzeug.request"] = self

    def __getattr__(self, name: str) -> Any:
        read = _LAZY.get(name)
        if read is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value: Any = read(self.environ)
        self.__dict__[name] = value
        return value

    # Next's methods ---------------------------------------------------------

    @overload
    def json(self) -> Any: ...
    @overload
    def json(self, model: TypeForm[_T]) -> _T: ...
    def json(self, model: Any = _LAX) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Parse the body as JSON. Without a model, the ``Content-Type`` does not matter.

        :param model: A class with fields, or another type such as ``list[Item]`` or ``Item | Draft``. The result is a
            value of it. A checked input, ``def POST(body: Item)``, does the same for a whole handler.
        :raise BadRequest: If the body is empty, not JSON, or not UTF-8 (a 400).
        :raise RequestEntityTooLarge: If the body is over the limit (a 413).
        :raise UnsupportedMediaType: With a model, if the ``Content-Type`` is not that of JSON (a 415).
        :raise ValidationError: If the body does not fit the model (a 422).
        """
        if model is not _LAX:
            return read_checked(self, model, type(self).model_adapters)
        try:
            return _json.loads(self.bytes())
        except ValueError as error:
            raise BadRequest(f"The body is not valid JSON: {error}.") from None

    def text(self) -> str:
        """Return the body decoded as UTF-8, without a BOM. Invalid bytes become U+FFFD."""
        return self.bytes().removeprefix(b"\xef\xbb\xbf").decode(errors="replace")

    def bytes(self) -> Bytes:
        """Return the body. As in Next it is empty for GET and HEAD; ``get_data()`` returns what was sent."""
        if self.environ["REQUEST_METHOD"] in _WITHOUT_BODY:
            return b""
        data: Bytes = self.get_data()
        return data

    def form_data(self) -> FormData:
        """Return the fields and files of a form, urlencoded or multipart.

        Files are ``werkzeug.datastructures.FileStorage`` with ``filename``,
        ``content_type``, ``read()`` and ``save()``. The result is a ``MultiDict`` whose methods also have
        Next's names: ``get_all()``, ``has()``, ``append()`` and so on.

        :raise UnsupportedMediaType: If the ``Content-Type`` is not that of a form (a 415).
        :raise RequestEntityTooLarge: If the form has more parts, or longer ones, than the limits allow (a 413).
        :raise BadRequest: If the body is incomplete or its boundary is missing (a 400).
        """
        if self.mimetype == "application/x-www-form-urlencoded":
            text: str = self.get_data(as_text=True)
            return FormData(parse_urlencoded(text, self._form_limits, "replace"))
        if self.mimetype != "multipart/form-data":
            raise UnsupportedMediaType(
                "Send a form as application/x-www-form-urlencoded or multipart/form-data,"
                f" not as {self.mimetype or 'a body without Content-Type'}."
            )
        entries = FormData(self.form.items(multi=True))
        for name, file in self.files.items(multi=True):
            if not file.content_type:
                file.headers["Content-Type"] = "text/plain"  # RFC 7578 section 4.4
            entries.add(name, file)
        return entries

    @cached_property
    def next_url(self) -> URL:
        """The URL in parts. You can change it; nothing else changes with it.

        https://nextjs.org/docs/app/api-reference/functions/next-request#nexturl
        """
        return URL(self.url, self.mount_prefix + self.base_path)

    # Werkzeug's attributes, made to agree with the methods above ------------

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query, decoded. After a rewrite it includes the query of the destination.

        Bytes that are not UTF-8 stay percent-encoded, or become U+FFFD if they were sent without encoding.
        """
        rewritten: str | None = self.environ.get("routehandlers.query")
        return self.parameter_storage_class(
            parse_query(self.environ.get("QUERY_STRING") or "" if rewritten is None else rewritten)
        )

    @cached_property
    def cookies(self) -> ImmutableDict[str, str]:  # type: ignore[override]  # one value a name, as in Next
        """The cookies, decoded as ``routehandlers.headers.cookies()`` decodes them."""
        return ImmutableDict(parse_cookies(self.environ.get("HTTP_COOKIE") or ""))

    @cached_property
    def authorization(self) -> Authorization | None:
        """The credentials of the ``Authorization`` header; ``None`` if there are none, or they are malformed."""
        try:
            return Authorization.from_header(self.headers.get("Authorization"))
        except ValueError:  # Werkzeug lets this one pass for Basic with other characters than ASCII
            return None

    @cached_property
    def host(self) -> str:
        """Host name and port, from ``Host`` or else from the server, without a default port and a final dot."""
        return host_of(self.scheme, self.environ.get("HTTP_HOST"), self.server)

    @cached_property
    def url(self) -> str:
        """The whole URL: the path in canonical spelling, the query as it was sent."""
        query = self.sent_query
        return self.base_url + (f"?{query}" if query else "")

    @cached_property
    def base_url(self) -> str:
        """``url`` without its query."""
        prefix, path = canonical_path(self.environ)
        return f"{self.scheme}://{self.host}{prefix}{path or '/'}"

    @cached_property
    def root_url(self) -> str:
        """URL under which the application is mounted, with a slash at the end."""
        return f"{self.scheme}://{self.host}{self.mount_prefix.rstrip('/')}/"

    @cached_property
    def host_url(self) -> str:
        """Scheme and host, with a slash at the end."""
        return f"{self.scheme}://{self.host}/"

    @property
    def full_path(self) -> str:
        """``path`` with the query as it was sent."""
        return f"{self.path}?{self.sent_query}"

    @property
    def mount_prefix(self) -> str:
        """Path under which the application is mounted, percent-encoded."""
        return canonical_path(self.environ)[0]

    @property
    def sent_query(self) -> str:
        """The query as it was sent, without its question mark. Characters that a URL cannot contain are encoded."""
        query: str = self.environ.get("QUERY_STRING") or ""
        return escape(query).replace("\\", "%5C")

    # Changes by middleware --------------------------------------------------

    def _forget(self, *names: str) -> None:
        """Make some attributes be read again.

        Call it as ``Request._forget(request, …)``, since a watched request reports each attribute that is read.
        """
        own = object.__getattribute__(self, "__dict__")
        for name in names:
            own.pop(name, None)

    def _forget_headers(self) -> None:
        """Make the attributes that depend on headers be read again after a change. The body stays as it was read."""
        kind = type(self)
        names = [name for name in object.__getattribute__(self, "__dict__") if name not in OF_THE_BODY]
        Request._forget(
            self,
            "_parsed_content_type",
            *(name for name in names if isinstance(getattr(kind, name, None), cached_property)),
        )

    # The body ---------------------------------------------------------------

    @cached_property
    def stream(self) -> IO[Bytes]:
        """The body, within ``max_content_length``. Reading it keeps a copy in ``wsgi.input``."""
        if self.shallow:
            raise RuntimeError("This request was made with shallow=True and does not read the body.")
        return read_body(self.environ, self.max_content_length)

    @property
    def _form_limits(self) -> FormLimits:
        return FormLimits(self.max_form_memory_size, self.max_form_parts)

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        stream, make = self.stream, self.parameter_storage_class
        try:
            fields, files = self._parse_form(stream)
        except (ValueError, HTTPException) as error:
            Request._forget(self, "stream")  # a second reader gets the same error
            if isinstance(error, HTTPException):
                raise
            raise BadRequest("The body is not a valid form: it is incomplete, or its boundary is missing.") from None
        read_body(self.environ, None)  # rewound for the next reader
        self.__dict__.update(form=make(fields), files=make(files))

    def _parse_form(self, stream: IO[Bytes]) -> tuple[Fields, Files]:
        if self.mimetype == "application/x-www-form-urlencoded":
            return parse_urlencoded(stream.read().decode(), self._form_limits, "werkzeug.url_quote"), []
        if self.mimetype != "multipart/form-data":
            return [], []
        boundary = self.mimetype_params.get("boundary", "").encode("ascii")
        return parse_multipart(stream, boundary, self.content_length, self._get_file_stream, self._form_limits)

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """Return the body as it was sent; see Werkzeug. A form can be read before and after it."""
        if parse_form_data:
            self._load_form_data()
            if "form" in self.__dict__ and (self.form or self.files):
                return "" if as_text else b""
        data = self.__dict__.get("_cached_data")
        if data is None:
            data = read_bytes(self.environ, self.max_content_length)
            if cache:
                self._cached_data = data
        return data.decode(errors="replace") if as_text else data


def parse_query(query: str) -> list[tuple[str, str]]:
    """Parse a query, given in the format of WSGI, into pairs.

    Bytes that are not UTF-8 stay percent-encoded, or become U+FFFD if they were sent without encoding.
    """
    text = query.encode("latin-1").decode(errors="replace")
    return parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("latin-1").decode(errors="replace")


def _server(environ: WSGIEnvironment) -> tuple[str, int | None] | None:
    name = environ.get("SERVER_NAME")
    if not name:
        return None
    port = str(environ.get("SERVER_PORT") or "")
    return (name, int(port)) if port.isdigit() else (name, None)
