"""Scan the ``app`` folder, and return its routes and files as a value.

It reads only names from the disk: it opens no file, runs no user code, and
does not use Werkzeug.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..exceptions import AppFolderError, InvalidSegmentError, InvalidTreeError, RouteHandlersError
from .metadata_files import MetadataFile, parse_metadata_file
from .near_misses import NearMiss, near_miss
from .segments import Kind, Segment, parse_segment

ROUTE_FILE = "route.py"

# Files that apply to all below their folder.
FOLDER_FILES = frozenset(
    f"{name}.py" for name in ("middleware", "proxy", "error", "not_found", "forbidden", "unauthorized", "unprocessable")
)

# The file of middleware has a new name since Next 16.
MIDDLEWARE_FILES = ("middleware.py", "proxy.py")

# The file that applies to the whole application.
INSTRUMENTATION_FILE = "instrumentation.py"

_KNOWN = frozenset({ROUTE_FILE, INSTRUMENTATION_FILE, *FOLDER_FILES})

# Names from Next's manual that Python cannot import, and the names to use instead.
_NEXTS_NAMES = {
    f"{name}.py": f"{name.replace('-', '_')}.py"
    for name in ("not-found", "apple-icon", "opengraph-image", "twitter-image")
}


@dataclass(frozen=True)
class Folder:
    """A folder of the tree, the ``app`` folder itself included.

    :param folders: The names of the folders below the ``app`` folder, including groups.
    :param segments: The segments of the URL that they add.
    """

    folders: tuple[str, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class FolderFile:
    """A file that applies to all below its folder, such as ``middleware.py`` or ``error.py``."""

    file: Path
    folders: tuple[str, ...]
    segments: tuple[Segment, ...]

    @property
    def name(self) -> str:
        """The name of the file without ``.py``, which is also the name of its function."""
        return self.file.stem


@dataclass(frozen=True)
class RouteFile:
    """A ``route.py`` or a metadata file, and its folder.

    :param file: The path to open.
    :param folders: The names of the folders below the ``app`` folder, including groups.
    :param segments: The segments of the URL that these folders add.
    :param metadata: The parsed name of a metadata file, whose last segment is the name of the file; ``None`` for a
        ``route.py``.
    """

    file: Path
    folders: tuple[str, ...]
    segments: tuple[Segment, ...]
    metadata: MetadataFile | None = None

    @property
    def pattern(self) -> str:
        """The URL with its brackets, such as ``/items/[slug]``. ``url_for()`` takes it."""
        return "/" + "/".join(segment.folder for segment in self.segments)


@dataclass(frozen=True)
class RouteTree:
    """Routes and files below an ``app`` folder, and the problems found there.

    :param metadata: The routes of metadata files.
    :param folders: All folders that can have a URL, even those without files. Outer folders come first.
    :param folder_files: In the same order.
    :param near_misses: Files that are mistakes, unless another file imports them.
    """

    root: Path
    routes: tuple[RouteFile, ...]
    problems: tuple[RouteHandlersError, ...]
    metadata: tuple[RouteFile, ...] = ()
    folders: tuple[Folder, ...] = ()
    folder_files: tuple[FolderFile, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()


def scan(root: Path) -> RouteTree:
    """Scan an ``app`` folder.

    :raise AppFolderError: If there is no such folder. All other problems are part
        of the result, so that they can be reported together.
    """
    if not root.is_dir():
        raise AppFolderError(root)

    found = list(_walk(root, root.resolve(), (), ()))
    return RouteTree(
        root,
        tuple(item for item in found if isinstance(item, RouteFile) and item.metadata is None),
        tuple(item for item in found if isinstance(item, RouteHandlersError)),
        tuple(item for item in found if isinstance(item, RouteFile) and item.metadata is not None),
        tuple(sorted((item for item in found if isinstance(item, Folder)), key=_depth)),
        tuple(sorted((item for item in found if isinstance(item, FolderFile)), key=_depth)),
        tuple(item for item in found if isinstance(item, NearMiss)),
    )


def _depth(found: Folder | FolderFile) -> int:
    return len(found.folders)


def _walk(
    folder: Path, real_root: Path, folders: tuple[str, ...], segments: tuple[Segment, ...]
) -> Iterator[RouteFile | Folder | FolderFile | NearMiss | RouteHandlersError]:
    yield Folder(folders, segments)
    # os.scandir() yields entries in the order of the disk, which differs between
    # machines. Sort them, so that the same folders always make the same map.
    with os.scandir(folder) as entries:
        listing = sorted(entries, key=lambda entry: entry.name)
    both = [folder / entry.name for entry in listing if entry.name in MIDDLEWARE_FILES and entry.is_file()]
    if len(both) > 1:
        yield InvalidTreeError(
            "Both of these files are the middleware of one folder:",
            both,
            "Keep one of them; proxy.py is the newer name.",
        )

    for entry in listing:
        path = folder / entry.name
        if entry.name == ROUTE_FILE and entry.is_file():
            yield _refuse_link(path, real_root) or RouteFile(path, folders, segments)
        elif entry.name in FOLDER_FILES and entry.is_file():
            yield _refuse_link(path, real_root) or FolderFile(path, folders, segments)
        elif entry.name == INSTRUMENTATION_FILE and entry.is_file():
            yield _refuse_link(path, real_root) or _only_at_the_top(path, folders) or FolderFile(path, (), ())
        elif (metadata := parse_metadata_file(entry.name)) is not None and entry.is_file():
            misplaced = _only_at_the_top(path, folders) if metadata.is_for_root else None
            last = Segment(Kind.STATIC, metadata.url_name, folder=metadata.url_name)
            yield _refuse_link(path, real_root) or misplaced or RouteFile(path, folders, (*segments, last), metadata)
        elif entry.name in _NEXTS_NAMES and entry.is_file():
            yield InvalidTreeError(
                "Python cannot import a file with this name:", [path], f"Rename it to {_NEXTS_NAMES[entry.name]}."
            )
        elif entry.is_file():
            if (missed := near_miss(path, _KNOWN)) is not None:
                yield missed
        elif entry.is_dir():
            try:
                segment = parse_segment(entry.name)
            except InvalidSegmentError as error:
                if _holds_routes(path):
                    yield InvalidSegmentError(error.folder, error.remedy, path)
                continue
            if segment.kind is Kind.PRIVATE:
                continue
            if refused := _refuse_link(path, real_root):
                yield refused
                continue
            below = (*segments, segment) if segment.in_url else segments
            yield from _walk(path, real_root, (*folders, entry.name), below)


def _only_at_the_top(path: Path, folders: tuple[str, ...]) -> InvalidTreeError | None:
    if not folders:
        return None
    return InvalidTreeError(
        f"{path.name} applies to the whole application, so it cannot be in a folder below:",
        [path],
        "Move it to the top of the application's folder, or rename it.",
    )


def _refuse_link(path: Path, real_root: Path) -> InvalidTreeError | None:
    """Return an error for a link that leaves the tree or leads to a parent.

    The first would run code that is not in the tree, and the second would make an endless tree.
    """
    if not path.is_symlink():
        return None
    target = path.resolve()
    inside = target.is_relative_to(real_root)
    if inside and not path.parent.resolve().is_relative_to(target):
        return None
    reason = "to a folder above itself" if inside else "out of the application's folder"
    return InvalidTreeError(f"This is a link {reason}, to {target}:", [path], "Put the files here instead.")


def _holds_routes(folder: Path) -> bool:
    """Return whether there are routes in or below a folder. Without them, an invalid name is no error."""
    return any(ROUTE_FILE in files for _, _, files in os.walk(folder))
