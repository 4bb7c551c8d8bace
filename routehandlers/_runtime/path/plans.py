"""Plans: decisions that depend only on the path of a request, made once for each path.

A plan holds no result of a custom converter, which may query a database, and
nothing that depends on the method, on a header or on draft mode. Each request gets
its own params. The table is only an optimisation: every request works without it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ..._http.request.path import target_of

if TYPE_CHECKING:
    from ...typing import Params, WSGIEnvironment
    from .hits import Ready, ReadyQueries

# Bounds of the table, in bytes and in paths.
MOST_BYTES = 16 * 2**20
MOST_PATHS = 50_000

# Divisor: paths without a route get 1/16 of the table, so that they never push out paths with a route.
_SHARE_OF_UNKNOWN = 16

# Number of places that remember paths requested once; a power of two.
_SEEN = 4_096
_MASK = _SEEN - 1

# Size of the objects of one plan in bytes, measured with tracemalloc for a path with one parameter.
_OBJECTS = 1_000

# Bytes of a segment in a list, of a matching transform, and of a header that it adds; without the path and the texts.
_SEGMENT, _TRANSFORM, _PAIR = 72, 350, 170

# PATH_INFO alone, or SCRIPT_NAME, PATH_INFO and the raw request target if there is a prefix or an escape.
Key = str | tuple[str, str, str]


class Plan:
    """Decisions for one path.

    :ivar text: The path below the base path as matching text; ``None`` outside of the base path.
    :ivar whole: The path with the base path as matching text.
    :ivar location: Target of a redirect that corrects slashes, with the prefix, in the encoding that was sent.
    :ivar found: The endpoint and its params, if the path alone decides them and there is a route.
    :ivar is_decided: Whether the path alone decides the route.
    :ivar error: The exception of a converter, on the plan of one request.
    :ivar headers: The ``headers`` transforms whose sources match. The other groups follow the same rule.
    :ivar config_headers: Headers that the transforms add; ``None`` if conditions must be checked first.
    :ivar meets_root: Whether the matcher of the root's middleware takes the path; ``None`` if that depends on a
        condition. Without a matcher nothing is noted here, and the scope of each request knows.
    :ivar key: Cache key of the response of ``found``, if no header is part of the key.
    :ivar ready: The stored response that is ready in memory, if there is one.
    :ivar queries: The stored responses that are ready by query, if the route has a query model.
    :ivar size: Approximate bytes in the table.
    """

    # Most plans have only a path and a route, so the defaults of all else are in the class.
    location: str | None = None
    found: tuple[Any, Params] | None = None
    has_lists = False
    is_decided = False
    error: BaseException | None = None
    headers: Any = ()
    config_headers: tuple[tuple[str, str], ...] | None = ()
    redirects: Any = ()
    before_files: Any = ()
    after_files: Any = ()
    fallback: Any = ()
    meets_root: bool | None = False
    key: str | None = None
    ready: Ready | None = None
    queries: ReadyQueries | None = None
    size = 0

    def __init__(self, text: str | None, whole: str) -> None:
        self.text = text
        self.whole = whole

    @property
    def is_unconditional(self) -> bool:
        """Whether no middleware or transform can apply to any request for this path."""
        return (
            self.meets_root is False
            and self.config_headers is not None
            and not (self.redirects or self.before_files or self.after_files)
        )

    def params(self) -> Params:
        """Return a copy of the params for one request."""
        assert self.found is not None
        params = self.found[1]
        if not self.has_lists:
            return dict(params)
        return {name: list(value) if type(value) is list else value for name, value in params.items()}


class Plans:
    """The plans of one application. The least recently used plans are dropped first.

    A path is remembered at its second request. Many applications have paths that are requested once, and
    remembering those would cost more than it saves.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_paths: int = MOST_PATHS) -> None:
        unknown = most_bytes // _SHARE_OF_UNKNOWN, most_paths // _SHARE_OF_UNKNOWN
        self._known = _Share(most_bytes - unknown[0], most_paths - unknown[1])
        self._unknown = _Share(*unknown)
        self._get_known, self._get_unknown = self._known.plans.get, self._unknown.plans.get
        # Hashes of paths that were requested once. A new hash replaces the one at its place.
        self._seen = [0] * _SEEN

    def find(self, environ: WSGIEnvironment) -> Plan | None:
        """Return the plan of the path of a request, or ``None``."""
        get = environ.get
        key: Key = get("PATH_INFO") or ""
        if "%" in (get("RAW_URI") or get("REQUEST_URI") or "") or get("SCRIPT_NAME"):
            key = key_of(environ)
        plan = self._get_known(key)
        if plan is not None:
            share = self._known
        else:
            plan = self._get_unknown(key)
            if plan is None:
                return None
            share = self._unknown
        try:  # suppress() would take longer than the rest of the method
            share.plans.move_to_end(key)
        except KeyError:  # another thread has just dropped it
            return plan
        return plan

    def note_request(self, key: Key) -> bool:
        """Return whether a path was requested before, as far as is known, and note this request."""
        seen, mark = self._seen, hash(key)
        place = mark & _MASK
        if seen[place] == mark:
            return True
        seen[place] = mark
        return False

    def keep(self, key: Key, plan: Plan) -> None:
        """Remember the plan of a path."""
        is_unknown = plan.is_decided and plan.found is None
        (self._unknown if is_unknown else self._known).put(key, plan)

    @property
    def size(self) -> int:
        """Approximate bytes in use."""
        return self._known.size + self._unknown.size


def key_of(environ: WSGIEnvironment) -> Key:
    """Return the key of the plan of a request."""
    path: str = environ.get("PATH_INFO") or ""
    prefix: str = environ.get("SCRIPT_NAME") or ""
    sent = (target_of(environ) or "").partition("?")[0]
    return (prefix, path, sent) if prefix or "%" in sent else path


class _Share:
    """Plans in the order of their last use, within bounds."""

    def __init__(self, most_bytes: int, most_paths: int) -> None:
        self.plans: OrderedDict[Key, Plan] = OrderedDict()
        self.size = 0
        self._most_bytes = most_bytes
        self._most_paths = most_paths
        self._lock = threading.Lock()

    def put(self, key: Key, plan: Plan) -> None:
        plan.size = _size_of(key, plan)
        if plan.size > self._most_bytes // 8:
            return
        with self._lock:
            known = self.plans.pop(key, None)
            if known is not None:
                self.size -= known.size
            self.plans[key] = plan
            self.size += plan.size
            while self.size > self._most_bytes or len(self.plans) > self._most_paths:
                _, oldest = self.plans.popitem(last=False)
                self.size -= oldest.size


def _size_of(key: Key, plan: Plan) -> int:
    # The path is in the key, in the texts, in the params and in the key of a stored response. A character outside of
    # Latin-1 takes two or four bytes. A catch-all holds a string for each segment, and a transform the parameters that
    # it captured.
    path, length = (key, len(key)) if isinstance(key, str) else (key[1], sum(map(len, key)))
    size = _OBJECTS + 6 * length + _SEGMENT * path.count("/")
    for matched in (plan.headers, plan.redirects, plan.before_files, plan.after_files, plan.fallback):
        size += (_TRANSFORM + length) * len(matched)
    return size + sum(_PAIR + len(name) + len(value) for name, value in plan.config_headers or ())
