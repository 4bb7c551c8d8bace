"""From a path to the route that answers it, and its params."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from werkzeug.exceptions import NotFound

from ..._routing.urlmap import UrlMap
from .entrance import PLAIN, Entrance

if TYPE_CHECKING:
    from ...config import Config
    from ...typing import Params
    from ..endpoints.cached import CachedEndpoint
    from ..endpoints.plain import Endpoint
    from ..endpoints.public import FindPublic, PublicFile

# Whether a route takes some params.
Admits = Callable[["Params"], bool]

# The endpoint, what its brackets matched, and the path as it was matched. (A plain tuple: each request makes one.)
Found: TypeAlias = "tuple[Endpoint | CachedEndpoint | PublicFile, Params, str]"


class UnknownPathError(NotFound):
    """There is nothing at a path, neither route nor file."""


class Matching:
    """The routes of one application by their paths.

    :param endpoints: By their place in the map.
    :param admissions: Those of which ``dynamic_params = False`` admits only some params, by their place.
    :param public: The files that lie before them, if there are any.
    """

    def __init__(
        self, url_map: UrlMap, endpoints: Sequence[Endpoint | CachedEndpoint], admissions: Mapping[int, Admits],
        config: Config, entrance: Entrance, public: FindPublic | None = None,
    ) -> None:  # fmt: skip
        self._map = url_map
        self._endpoints = endpoints
        self._admissions = admissions
        self._takes_plain = entrance.takes_plain
        self._public = public
        # Files come before routes, and are looked for in the long way.
        self._ready = self._ready_paths(config.base_path, entrance) if public is None else {}

    def match_plain(self, path: str) -> Found | None:
        """The route of a path that is spelled as most are, or ``None`` for one to look at closely.

        :param path: ``PATH_INFO``, of a target without escapes.
        :raise UnknownPathError: If there is none.
        """
        ready = self._ready.get(path)
        if ready is not None:
            return ready[0], {}, ready[1]
        return self.match(path) if self._takes_plain and PLAIN.fullmatch(path) else None

    def match_static(self, text: str) -> Found | None:
        """The file or static route of a path."""
        if self._public is not None and (file := self._public(text)) is not None:
            return file, {}, text
        index = self._map.exact.get(text)
        return (self._endpoints[index], {}, text) if index is not None else None

    def match(self, text: str) -> Found:
        """The file or route of a path; static ones come first.

        :param text: Matching text.
        :raise UnknownPathError: If there is none.
        """
        if self._public is not None and (file := self._public(text)) is not None:
            return file, {}, text
        match = self._map.match(text)
        refused: frozenset[int] = frozenset()
        # dynamic_params = False: what is not listed falls to the next route that matches.
        while match is not None and match[0] in self._admissions and not self._admissions[match[0]](match[1]):
            refused |= {match[0]}
            match = self._map.match(text, refused)
        if match is None:
            raise UnknownPathError
        return self._endpoints[match[0]], match[1], text

    def knows(self, text: str) -> bool:
        """Whether there is anything at a path."""
        try:
            self.match(text)
        except UnknownPathError:
            return False
        return True

    def _ready_paths(self, base: str, entrance: Entrance) -> dict[str, tuple[Endpoint | CachedEndpoint, str]]:
        """The paths of static routes exactly as ``PATH_INFO`` spells them when nothing is to be redirected."""
        ready: dict[str, tuple[Endpoint | CachedEndpoint, str]] = {}
        for path, index in self._map.static.items():
            if not PLAIN.fullmatch(path) and path != "/":
                continue
            full = base + ("" if base and path == "/" else path)
            for spelling in (full, f"{full.rstrip('/')}/"):
                if entrance.redirect_target(spelling) is None:
                    ready[spelling] = self._endpoints[index], path
        return ready
