"""Tell whether a path that is purged can be the path of a stored response, and suggest another one if not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from urllib.parse import unquote_to_bytes, urlsplit

from .._hints import closest
from .._routing.nearest import nearest_patterns
from .._routing.segments import CATCH_ALLS, Kind, parse_segment
from ..exceptions import InvalidSegmentError
from .key import DEEPEST

# Files that answer a URL here or in Next. A URL never ends with their names.
_FILES = ("/route.py", "/route.ts", "/route.js", "/page.py", "/page.tsx", "/page.js")


LONGEST_PATH = 1_024  # as in Next

# A path that was probably meant lies below at most this many folders, such as that of the routes and the base path.
_MOST_DROPPED = 4


class _Folder:
    """A folder of the routes by its URL. The URL of a folder with a parameter has any segment in its place."""

    def __init__(self) -> None:
        self.static: dict[str, _Folder] = {}
        self.dynamic: _Folder | None = None
        self.has_route = self.has_catch_all = self.has_optional_catch_all = False


class PurgeTargets:
    """The paths that have an effect in ``revalidate_path()``.

    :param patterns: Patterns of all routes, with and without the groups of the folders.
    :param may_rewrite: Returns whether requests for a path may be answered by the route of another path.
    """

    def __init__(self, patterns: Collection[str], may_rewrite: Callable[[str], bool] = lambda _: False) -> None:
        self.patterns = frozenset(patterns)
        self._may_rewrite = may_rewrite

    # Only the first purge of a path needs these two, and the start of an application does not wait for them.

    @cached_property
    def _folders(self) -> frozenset[str]:
        """The patterns of all folders with routes in or below them."""
        parts_of_all = [_parts(pattern) for pattern in self.patterns]
        return frozenset("/" + "/".join(parts[:end]) for parts in [[], *parts_of_all] for end in range(len(parts) + 1))

    @cached_property
    def _root(self) -> _Folder:
        root = _Folder()
        for pattern in self.patterns:
            _add(root, _parts(pattern))
        return root

    def problem(self, path: str, *, is_layout: bool) -> str:
        """Return why a path can have no effect, with a suggestion; an empty string if it can."""
        if not is_well_formed(path):
            what = f"it has no effect. A path has a slash first, no query, and at most {LONGEST_PATH} characters."
            return f"{what} {self._suggestion(path[:LONGEST_PATH])}".rstrip()
        path = path.rstrip("/") or "/"
        if self._has(path, is_layout=is_layout):
            if "[" not in path or path in self._folders:
                return ""
            return f"there is no such route, so the brackets are taken literally. {self._nearest(path)}".rstrip()
        if self._may_rewrite(path):
            return ""
        what = "no route lies in this folder" if is_layout else "no route has this path"
        return f"it has no effect, because {what}. {self._suggestion(path)}".rstrip()

    def _suggestion(self, path: str) -> str:
        """Return a sentence with a path that has an effect and was probably meant; an empty string without one."""
        for near in _corrections(path):
            if self._has(near, is_layout=False):
                return f"Write {near!r}."
        if path in self._folders:
            return f'Write ({path!r}, "layout") for all routes below it.'
        return self._nearest(path)

    def _nearest(self, path: str) -> str:
        # Most mistakes are in a letter. In "/itmes/7" the "7" is none, and only the other segments can be compared.
        near = closest(path, self.patterns) or next(iter(nearest_patterns(path, self.patterns, 1)), None)
        return f"Did you mean {near!r}?" if near is not None else ""

    def _has(self, path: str, *, is_layout: bool) -> bool:
        if path in (self._folders if is_layout else self.patterns):
            return True
        parts = _parts(path)
        if is_layout and len(parts) > DEEPEST:
            return False
        decoded = parts
        with suppress(UnicodeError):  # it is not an encoded path
            decoded = [unquote_to_bytes(part).decode() for part in parts]
        return any(_reaches(self._root, given, is_layout=is_layout) for given in {(*parts,), (*decoded,)})


def _add(folder: _Folder, parts: Sequence[str]) -> None:
    """Add the folders of a route."""
    for part in parts:
        try:
            segment = parse_segment(part)
        except InvalidSegmentError:
            return
        if not segment.in_url:
            return  # the same route has a pattern without its groups
        if segment.kind in CATCH_ALLS:
            folder.has_catch_all = True
            folder.has_optional_catch_all |= segment.kind is Kind.OPTIONAL_CATCH_ALL
            return
        if segment.kind is Kind.STATIC:
            folder = folder.static.setdefault(segment.name, _Folder())
        else:
            folder.dynamic = folder.dynamic or _Folder()
            folder = folder.dynamic
    folder.has_route = True


def is_well_formed(path: str) -> bool:
    """Return whether a path has the form that ``revalidate_path()`` takes."""
    return path.startswith("/") and "?" not in path and len(path) <= LONGEST_PATH


def _reaches(folder: _Folder, parts: Sequence[str], *, is_layout: bool) -> bool:
    """Return whether a route has a URL in a folder, or below it."""
    if not parts:
        return is_layout or folder.has_route or folder.has_optional_catch_all
    if folder.has_catch_all:
        return True
    below = (folder.static.get(parts[0]), folder.dynamic)
    return any(next_ is not None and _reaches(next_, parts[1:], is_layout=is_layout) for next_ in below)


def _corrections(path: str) -> Iterator[str]:
    """Yield what was probably meant by a path: without host and query, file name, folder of the routes or base path."""
    try:
        path = urlsplit(path).path or "/"
    except ValueError:
        return
    path = f"/{path.strip('/')}"
    for file in _FILES:
        path = path.removesuffix(file) or "/"
    yield path
    parts = _parts(path)
    yield from ("/" + "/".join(parts[start:]) for start in range(1, min(len(parts), _MOST_DROPPED + 1)))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
