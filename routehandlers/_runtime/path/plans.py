"""Plans: what the path of a request decides alone, decided once for each path.

A plan holds no result of a custom converter, which may query a database, and
nothing that depends on the method, on a header or on draft mode. Each request gets
params of its own. The table is an optimisation: every request may go without it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ..._http.request.path import target_of

if TYPE_CHECKING:
    from ...typing import Params, WSGIEnvironment
    from .hits import Ready

# The bound of the table, in bytes and in paths.
MOST_BYTES = 16 * 2**20
MOST_PATHS = 50_000

# Paths without a route get this part of it, so that requests for them never push out good paths.
_SHARE_OF_UNKNOWN = 16

# How many paths that came once are told from new ones; a power of two.
_SEEN = 4_096
_MASK = _SEEN - 1

# The objects of one plan, in bytes; measured with tracemalloc for a path with one parameter.
_OBJECTS = 1_000

# A segment in a list, a transform that matches, and a header that it adds: their bytes without the path and the texts.
_SEGMENT, _TRANSFORM, _PAIR = 72, 350, 170

# PATH_INFO, or with a prefix or an escape also SCRIPT_NAME and the target as it was sent.
Key = str | tuple[str, str, str]


class Plan:
    """What one path decides.

    :ivar text: The path below the base path as matching text; ``None`` outside of the base path.
    :ivar whole: The same with the base path.
    :ivar location: Where a wrong slash is put right, with the prefix, as the path was sent.
    :ivar is_plain: Whether PATH_INFO is that text, letter for letter.
    :ivar found: The endpoint and its params, where the path decides them and there is a route.
    :ivar is_decided: Whether the path decides that.
    :ivar error: What a converter raised, on the plan of one request.
    :ivar headers: The ``headers`` transforms whose sources match, and so on for the other groups.
    :ivar config_headers: What they add, where no condition is to be checked.
    :ivar meets_root: Whether the root's middleware is met; ``None`` where a condition decides it.
    :ivar key: That of the stored response of ``found``, unless a header is part of it.
    :ivar ready: The stored response that answers at once, where there is one.
    :ivar size: Bytes in the table, more or less.
    """

    # Most plans of most applications have nothing but a path and a route; the rest is in the class.
    location: str | None = None
    is_plain = False
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
    size = 0

    def __init__(self, text: str | None, whole: str) -> None:
        self.text = text
        self.whole = whole

    @property
    def is_unconditional(self) -> bool:
        """Whether nothing of the application stands around the route for this path, whatever the request has."""
        return (
            self.meets_root is False
            and self.config_headers is not None
            and not (self.redirects or self.before_files or self.after_files)
        )

    def params(self) -> Params:
        """Return params for one request."""
        assert self.found is not None
        params = self.found[1]
        if not self.has_lists:
            return dict(params)
        return {name: list(value) if type(value) is list else value for name, value in params.items()}


class Plans:
    """The plans of one application, the least recently used of them leaving first.

    A path is remembered when it comes a second time. Many applications have paths that come once, and to remember
    those would cost more than it saves.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_paths: int = MOST_PATHS) -> None:
        unknown = most_bytes // _SHARE_OF_UNKNOWN, most_paths // _SHARE_OF_UNKNOWN
        self._known = _Segment(most_bytes - unknown[0], most_paths - unknown[1])
        self._unknown = _Segment(*unknown)
        self._get_known, self._get_unknown = self._known.plans.get, self._unknown.plans.get
        # The hashes of paths that came once, each at a place of its own until another takes it.
        self._seen = [0] * _SEEN

    def find(self, environ: WSGIEnvironment) -> Plan | None:
        """Return the plan of a request's path."""
        get = environ.get
        target = get("RAW_URI") or get("REQUEST_URI") or ""
        key: Key = get("PATH_INFO") or ""
        if "%" in target or get("SCRIPT_NAME"):
            key = key_of(environ)
        plan = self._get_known(key)
        segment = self._known
        if plan is None:
            plan = self._get_unknown(key)
            if plan is None:
                return None
            segment = self._unknown
        try:  # suppress() would take longer than all the rest
            segment.plans.move_to_end(key)
        except KeyError:  # another thread has just dropped it
            return plan
        return plan

    def keep(self, environ: WSGIEnvironment, plan: Plan) -> None:
        """Remember the plan of a request's path, unless it came for the first time."""
        key: Key = plan.whole if plan.is_plain and not environ.get("SCRIPT_NAME") else key_of(environ)
        seen, mark = self._seen, hash(key)
        place = mark & _MASK
        if seen[place] != mark:
            seen[place] = mark
            return
        is_unknown = plan.is_decided and plan.found is None
        (self._unknown if is_unknown else self._known).put(key, plan)

    @property
    def size(self) -> int:
        """Bytes in use, more or less."""
        return self._known.size + self._unknown.size


def key_of(environ: WSGIEnvironment) -> Key:
    """Return all that the plan of a request depends on."""
    path: str = environ.get("PATH_INFO") or ""
    prefix: str = environ.get("SCRIPT_NAME") or ""
    sent = (target_of(environ) or "").partition("?")[0]
    return (prefix, path, sent) if prefix or "%" in sent else path


class _Segment:
    """Plans in the order of their use, within bounds."""

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
    # The path stands in the key, in the texts, in the params and in the key of a stored response; a character that
    # is no Latin-1 takes two bytes or four. A catch-all holds each segment by itself, and a transform what it took of
    # the path.
    path, length = (key, len(key)) if isinstance(key, str) else (key[1], sum(map(len, key)))
    size = _OBJECTS + 6 * length + _SEGMENT * path.count("/")
    for matched in (plan.headers, plan.redirects, plan.before_files, plan.after_files, plan.fallback):
        size += (_TRANSFORM + length) * len(matched)
    return size + sum(_PAIR + len(name) + len(value) for name, value in plan.config_headers or ())
