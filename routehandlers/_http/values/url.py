"""``request.next_url``: a URL in parts that can be set."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..._hints import show
from .encoding import encode_url_part
from .next_names import SearchParams

# https://url.spec.whatwg.org/#special-scheme
_DEFAULT_PORTS = {"http:": "80", "https:": "443", "ws:": "80", "wss:": "443"}


class URL:
    """A URL whose parts have the names and the formats of the WHATWG URL standard.

    ``protocol`` ends with a colon. ``search`` begins with a question mark and
    ``hash`` with a number sign, unless they are empty. ``port`` is a ``str``, empty
    for the default port of the scheme. You can set all parts. ``search_params`` is a
    ``werkzeug.datastructures.MultiDict`` that also has Next's names of its methods; changes to it
    appear in ``search`` and ``href``. All functions of this library that take a URL also take this class.

    https://nextjs.org/docs/app/api-reference/functions/next-request#nexturl

    :param href: An absolute URL.
    :param base_path: Path under which the application is mounted. ``pathname`` does not contain it.
    :raise ValueError: If the URL has no scheme and host.
    """

    username: str
    password: str

    def __init__(self, href: str, base_path: str = "") -> None:
        self.base_path = base_path
        self.href = href

    @property
    def href(self) -> str:
        """The whole URL."""
        path = self.base_path if self._is_base else f"{self.base_path}{self.pathname}"
        return f"{self._authority()}{path}{self.search}{self.hash}"

    @href.setter
    def href(self, value: str) -> None:
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:  # its message may show a part of the password
            raise ValueError(f"{show(value)} has an invalid host or port.") from None
        if not parts.scheme or not parts.netloc:
            raise ValueError(
                f"{show(value)} is not an absolute URL. It needs a scheme and a host, as in 'https://example.com/'."
            )
        self.protocol = f"{parts.scheme}:"
        self.username, self.password = parts.username or "", parts.password or ""
        self.hostname = parts.hostname or ""
        self.port = str(port) if port is not None else ""
        path = parts.path or "/"
        if self.base_path and (path + "/").startswith(self.base_path + "/"):
            path = path[len(self.base_path) :] or "/"
        else:
            self.base_path = ""
        self.pathname = path
        # "/docs" and "/docs/" are two URLs with the same pathname. Remember which one it was.
        self._is_base = bool(self.base_path) and parts.path == self.base_path
        self._set_query(parts.query)
        self.hash = parts.fragment

    @property
    def protocol(self) -> str:
        """The scheme with its colon: ``"https:"``. You can set it with or without the colon."""
        return self._protocol

    @protocol.setter
    def protocol(self, value: str) -> None:
        scheme = value.removesuffix(":").lower()
        if not re.fullmatch(r"[a-z][a-z0-9+.\-]*", scheme):
            raise ValueError(f"{value!r} is not a scheme. Use a name such as 'https'.")
        self._protocol = f"{scheme}:"

    @property
    def hostname(self) -> str:
        """The host without its port, an IPv6 address in brackets."""
        return self._hostname

    @hostname.setter
    def hostname(self, value: str) -> None:
        name = value.lower().removeprefix("[").removesuffix("]")
        if not name or not name.isprintable() or re.search(r"[\s/?#@\\\[\]<>^|%]", name):
            raise ValueError(f"{value!r} is not a host name. Use a name such as 'example.com'.")
        self._hostname = f"[{name}]" if ":" in name else name

    @property
    def origin(self) -> str:
        """Scheme, host and port: ``"https://example.com"``."""
        return f"{self.protocol}//{self.host}"

    @property
    def host(self) -> str:
        """Host name and port: ``"example.com:8000"``."""
        return f"{self.hostname}:{self.port}" if self.port else self.hostname

    @host.setter
    def host(self, value: str) -> None:
        parts = urlsplit(f"//{value}")
        self.hostname = parts.hostname or ""
        if parts.port is not None:
            self.port = str(parts.port)

    @property
    def port(self) -> str:
        """The port; empty for the default port of the scheme."""
        return "" if self._port == _DEFAULT_PORTS.get(self.protocol) else self._port

    @port.setter
    def port(self, value: str | int) -> None:
        text = str(value)
        if not re.fullmatch(r"[0-9]{0,5}", text) or int(text or 0) > 65_535:
            raise ValueError(f"{value!r} is not a port. Use a number from 0 to 65535.")
        self._port = text

    @property
    def pathname(self) -> str:
        """The path below ``base_path``, percent-encoded: ``"/items/a%20b"``."""
        return self._pathname

    @pathname.setter
    def pathname(self, value: str) -> None:
        path = encode_url_part(value).replace("?", "%3F")
        self._pathname = path if path.startswith("/") else f"/{path}"
        self._is_base = False

    @property
    def search(self) -> str:
        """The query with its question mark, or an empty ``str``."""
        query = self._query
        if self._search_params is not None:
            # Compared as a list: the order of the names counts.
            pairs = list(self._search_params.items(multi=True))
            query = query if pairs == self._parsed else urlencode(pairs)
        return f"?{query}" if query else ""

    @search.setter
    def search(self, value: str) -> None:
        self._set_query(value.removeprefix("?"))

    def _set_query(self, query: str) -> None:
        self._query = encode_url_part(query)
        self._search_params: SearchParams | None = None
        self._parsed: list[tuple[str, str]] = []

    @property
    def search_params(self) -> SearchParams:
        """The query, decoded."""
        if self._search_params is None:
            pairs = parse_qsl(self._query, keep_blank_values=True, errors="replace")
            self._search_params = SearchParams(pairs)
            self._parsed = list(self._search_params.items(multi=True))
        return self._search_params

    @property
    def hash(self) -> str:
        """The fragment with its number sign, or an empty ``str``. Browsers do not send fragments to servers."""
        return f"#{self._fragment}" if self._fragment else ""

    @hash.setter
    def hash(self, value: str) -> None:
        self._fragment = encode_url_part(value.removeprefix("#"))

    def clone(self) -> URL:
        """Return an independent copy."""
        return URL(self.href, self.base_path)

    def _authority(self) -> str:
        user = self.username + (f":{self.password}" if self.password else "")
        return f"{self.protocol}//{f'{user}@' if user else ''}{self.host}"

    def __str__(self) -> str:
        return self.href

    def __repr__(self) -> str:
        return f"URL({show(self.href)})"

    def __eq__(self, other: object) -> bool:
        return self.href == other.href if isinstance(other, URL) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it can change
