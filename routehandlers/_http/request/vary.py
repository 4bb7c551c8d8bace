"""Parts of a request that ``vary = ("search_params:page", "accept-language")`` adds to the key of a cached route."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

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
