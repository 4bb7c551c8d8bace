"""Parts of a request that ``vary = ("search_params:page", "accept-language")`` adds to the key of a cached route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from werkzeug.datastructures import EnvironHeaders, ImmutableMultiDict, MultiDict

from ..response.cookies import parse_cookies
from ..values.encoding import TOKEN
from .request import Request

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

# Attributes that Werkzeug makes from one header alone.
_DERIVED = {
    "accept": ("accept_mimetypes",),
    "accept-encoding": ("accept_encodings",),
    "accept-language": ("accept_languages",),
    "user-agent": ("user_agent",),
    "referer": ("referrer",),
    "origin": ("origin",),
}

_PARAMETER, _COOKIE = "search_params:", "cookie:"


def is_vary(name: object) -> bool:
    """Return whether a name is allowed in ``vary``."""
    if not isinstance(name, str):
        return False
    for prefix in (_PARAMETER, _COOKIE):
        if name.startswith(prefix):
            return len(name) > len(prefix)
    return TOKEN.fullmatch(name) is not None and name.lower() != "cookie"


@dataclass(frozen=True)
class Vary:
    """The parts of a request that a key covers beside its path.

    :param headers: In lower case.
    """

    headers: tuple[str, ...] = ()
    search_params: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> Vary:
        """Make it from the names of a ``vary`` setting."""
        names = tuple(names)
        return cls(
            tuple(sorted({name.lower() for name in names if ":" not in name})),
            tuple(sorted({name.removeprefix(_PARAMETER) for name in names if name.startswith(_PARAMETER)})),
            tuple(sorted({name.removeprefix(_COOKIE) for name in names if name.startswith(_COOKIE)})),
        )

    @property
    def header(self) -> str:
        """Value of the ``Vary`` header for shared caches."""
        names = ["-".join(part.capitalize() for part in name.split("-")) for name in self.headers]
        return ", ".join([*names, *(["Cookie"] if self.cookies else [])])

    def values(self, environ: WSGIEnvironment) -> list[Any]:
        """Return the values of these parts in a request, for its key."""
        parts: list[Any] = [environ.get(variable_of(name)) for name in self.headers]
        if self.search_params:
            args = Request(environ, populate_request=False).args
            parts += [args.getlist(name) for name in self.search_params]
        if self.cookies:
            cookies = parse_cookies(environ.get("HTTP_COOKIE") or "")
            parts += [cookies.get(name) for name in self.cookies]
        return parts

    def only(self, environ: WSGIEnvironment) -> WSGIEnvironment:
        """Return an environment that holds only these parts of a request."""
        only: WSGIEnvironment = {}
        for variable in map(variable_of, self.headers):
            if variable in environ:
                only[variable] = environ[variable]
        if self.search_params:
            args = Request(environ, populate_request=False).args
            only["QUERY_STRING"] = urlencode([(name, one) for name in self.search_params for one in args.getlist(name)])
        if self.cookies:
            cookies = parse_cookies(environ.get("HTTP_COOKIE") or "")
            only["HTTP_COOKIE"] = "; ".join(
                f"{name}={quote(cookies[name])}" for name in self.cookies if name in cookies
            )
        return only

    @property
    def derived(self) -> tuple[str, ...]:
        """Attributes of a request that depend only on the covered headers."""
        return tuple(attribute for name in self.headers for attribute in _DERIVED.get(name, ()))


# A key that covers the path alone.
NO_VARY = Vary()


def variable_of(header: str) -> str:
    """Return the name of a header in a WSGI environment."""
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"


class CoveredHeaders(EnvironHeaders):
    """Headers of a request, of which a key covers only some.

    It stores only the covered ones. Reading others, or all, is reported and
    returns the headers of the client.

    :param covered: Names of the covered headers in lower case.
    :param shared: An environment with only the covered headers.
    :param sent: The environment of the client.
    """

    def __init__(
        self,
        covered: tuple[str, ...],
        shared: WSGIEnvironment,
        sent: WSGIEnvironment,
        report: Callable[[str], None],
    ) -> None:
        super().__init__(shared)
        self._covered = covered
        self._shared = EnvironHeaders(shared)
        self._sent = EnvironHeaders(sent)
        self._report = report

    def _of(self, name: object = None) -> EnvironHeaders:
        if isinstance(name, str) and name.lower() in self._covered:
            return self._shared
        self._report(f"the header {name}" if isinstance(name, str) else "headers")
        return self._sent

    def __getitem__(self, key: Any) -> Any:
        return self._of(key)[key]

    def __contains__(self, key: object) -> bool:
        return self._of(key).__contains__(key)  # type: ignore[operator]  # Werkzeug's takes anything

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).getlist(key, *args, **kwargs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._of())

    def __len__(self) -> int:
        return len(self._of())

    def __str__(self) -> str:
        return str(self._of())

    def __repr__(self) -> str:
        return repr(self._of())

    def items(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().items(*args, **kwargs)

    def keys(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().keys(*args, **kwargs)

    def values(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().values(*args, **kwargs)

    def to_wsgi_list(self) -> Any:
        return self._of().to_wsgi_list()


class CoveredArgs(ImmutableMultiDict[str, str]):
    """Query of a request, of which a key covers only some names; see ``CoveredHeaders``."""

    def __init__(
        self,
        covered: tuple[str, ...],
        shared: MultiDict[str, str],
        sent: Callable[[], MultiDict[str, str]],
        report: Callable[[str], None],
    ) -> None:
        super().__init__(shared)
        self._covered = covered
        self._shared = shared
        self._sent = sent
        self._report = report

    def _of(self, name: object = None) -> MultiDict[str, str]:
        if name in self._covered:
            return self._shared
        self._report(f"the query parameter {name}" if isinstance(name, str) else "the query")
        return self._sent()

    def __getitem__(self, key: str) -> str:
        return self._of(key)[key]

    def __contains__(self, key: object) -> bool:
        return key in self._of(key)

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._of(key).getlist(key, *args, **kwargs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._of())

    def __len__(self) -> int:
        return len(self._of())

    def __eq__(self, other: object) -> bool:
        return self._of() == other

    def __hash__(self) -> int:  # type: ignore[override]  # as Werkzeug's immutable one has it
        return hash(self._of())

    def __repr__(self) -> str:
        return repr(self._of())

    def keys(self) -> Any:
        return self._of().keys()

    def values(self) -> Any:
        return self._of().values()

    def items(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().items(*args, **kwargs)

    def lists(self) -> Any:
        return self._of().lists()

    def listvalues(self) -> Any:
        return self._of().listvalues()

    def to_dict(self, *args: Any, **kwargs: Any) -> Any:
        return self._of().to_dict(*args, **kwargs)

    def copy(self) -> Any:
        return self._of().copy()
