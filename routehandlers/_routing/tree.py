"""The ``app`` folder, as a value.

Reads names from the disk and nothing else: no file is opened, no user code
runs, and nothing here has heard of Werkzeug.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..exceptions import AppFolderError, InvalidSegmentError, InvalidTreeError, RouteHandlersError
from .segments import Kind, Segment, parse_segment

ROUTE_FILE = "route.py"


@dataclass(frozen=True)
class RouteFile:
    """A ``route.py`` and where it lies.

    :param file: The path to open.
    :param folders: The folder names from the ``app`` folder down, groups and all.
    :param segments: What those folders add to the URL.
    """

    file: Path
    folders: tuple[str, ...]
    segments: tuple[Segment, ...]

    @property
    def pattern(self) -> str:
        """The URL with its brackets, as ``url_for()`` takes it: ``/items/[slug]``."""
        return "/" + "/".join(segment.folder for segment in self.segments)


@dataclass(frozen=True)
class RouteTree:
    """What was found below an ``app`` folder, and what was wrong with it."""

    root: Path
    routes: tuple[RouteFile, ...]
    problems: tuple[RouteHandlersError, ...]


def scan(root: Path) -> RouteTree:
    """Walk an ``app`` folder.

    :raise AppFolderError: If there is no such folder. Everything else that is
        wrong is part of the result, so that it can be reported together.
    """
    if not root.is_dir():
        raise AppFolderError(root)

    routes: list[RouteFile] = []
    problems: list[RouteHandlersError] = []
    for found in _walk(root, root.resolve(), (), ()):
        if isinstance(found, RouteFile):
            routes.append(found)
        else:
            problems.append(found)
    return RouteTree(root, tuple(routes), tuple(problems))


def _walk(
    folder: Path, real_root: Path, folders: tuple[str, ...], segments: tuple[Segment, ...]
) -> Iterator[RouteFile | RouteHandlersError]:
    # os.scandir gives entries in the order of the disk, which differs between
    # machines. Sorted, so that the same folders always make the same map.
    with os.scandir(folder) as entries:
        listing = sorted(entries, key=lambda entry: entry.name)

    for entry in listing:
        path = folder / entry.name
        if entry.name == ROUTE_FILE and entry.is_file():
            yield _refuse_link(path, real_root) or RouteFile(path, folders, segments)
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


def _refuse_link(path: Path, real_root: Path) -> InvalidTreeError | None:
    """A link out of the tree would import code that nobody sees in it; one to a parent never ends."""
    if not path.is_symlink():
        return None
    target = path.resolve()
    inside = target.is_relative_to(real_root)
    if inside and not path.parent.resolve().is_relative_to(target):
        return None
    reason = "to a folder above itself" if inside else "out of the application's folder"
    return InvalidTreeError(f"This is a link {reason}, to {target}:", [path], "Put the files here instead.")


def _holds_routes(folder: Path) -> bool:
    """Folders that no URL could come from (``[draft`` with notes in it) are nobody's mistake."""
    return any(ROUTE_FILE in files for _, _, files in os.walk(folder))
