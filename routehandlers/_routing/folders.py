"""Find the folder that a path leads into, even if no route answers the path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .segment_tree import SegmentTree
from .segments import CATCH_ALLS, Segment
from .spelling import from_matching, to_matching
from .tree import RouteFile, RouteTree

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter


def folders_in_use(tree: RouteTree) -> list[RouteFile]:
    """Return the folders with routes or folder files in or below them, each as if it were a route."""
    holding = [route.folders for route in (*tree.routes, *tree.metadata)]
    holding += [folder_file.folders for folder_file in tree.folder_files]
    used = {folders[:depth] for folders in holding for depth in range(len(folders) + 1)}
    return [
        RouteFile(tree.root, folder.folders, folder.segments)
        for folder in tree.folders
        if folder.folders in used and _is_sound(folder.segments)
    ]


def _is_sound(segments: tuple[Segment, ...]) -> bool:
    """Return whether no catch-all stands before the end. Such mistakes are reported with the routes."""
    return not any(segment.kind in CATCH_ALLS for segment in segments[:-1])


class FolderMap:
    """Finds folders of a tree by the paths that lead into them.

    :param folders: From ``folders_in_use``.
    """

    def __init__(self, folders: Iterable[RouteFile], converters: Mapping[str, type[BaseConverter]]) -> None:
        # Groups make several folders with the same URL. The first one counts; outer folders come first.
        by_pattern: dict[str, RouteFile] = {}
        for folder in folders:
            by_pattern.setdefault(folder.pattern, folder)
        self._folders = list(by_pattern.values())
        self._tree = SegmentTree(self._folders, converters)
        self._depth = max((len(folder.segments) for folder in self._folders), default=0)
        self._has_catch_all = any(folder.segments[-1].kind in CATCH_ALLS for folder in self._folders if folder.segments)

    def nearest(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders down to the deepest one that a path leads into.

        :param path: Matching text, from ``to_matching``.
        """
        segments = from_matching(path)
        depths = range(min(len(segments), self._depth), 0, -1)
        for length in [len(segments)] * self._has_catch_all + list(depths):
            match = self._tree.match(to_matching(segments[:length]))
            if match is not None:
                return self._folders[match[0]].folders
        return ()
