"""From a path to the endpoint that answers it, and its params."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..._routing.segment_tree import SegmentTree

if TYPE_CHECKING:
    from ...typing import Params
    from .plans import Plan

# Returns whether a route takes some params.
Admits = Callable[["Params"], bool]

# The endpoint, and what its brackets matched. (A plain tuple: each request makes one.)
Found: TypeAlias = "tuple[Any, Params]"

FindPublic = Callable[[str], Any]


class Lookup:
    """The endpoints of one application by their paths.

    :param endpoints: By their place in the tree.
    :param admissions: Those of which ``dynamic_params = False`` admits only some params, by their place.
    :param public: Finds the public file of a path; ``None`` where the application has none.
    :param has_lasting_files: Whether that always finds the same.
    """

    def __init__(
        self, tree: SegmentTree, endpoints: Sequence[Any], admissions: Mapping[int, Admits],
        public: FindPublic | None = None, *, has_lasting_files: bool = True, has_converters: bool = False,
    ) -> None:  # fmt: skip
        self._tree = tree
        self._endpoints = endpoints
        self._admissions = admissions
        self._public = public
        self._with_lists = tree.catch_alls
        self._is_lasting = has_lasting_files and not has_converters and not admissions

    def plan(self, plan: Plan) -> None:
        """Note what a path decides alone: not the result of a custom converter, nor files that come and go."""
        if not self._is_lasting or plan.text is None:
            return
        plan.is_decided = True
        match = self._tree.match(plan.text) if self._public is None or self._public(plan.text) is None else None
        if match is not None:
            index, params = match
            plan.found, plan.has_lists = (self._endpoints[index], params), index in self._with_lists
        elif self._public is not None and (file := self._public(plan.text)) is not None:
            plan.found = file, {}

    def match_static(self, text: str) -> Found | None:
        """Return the file or the static route of a path."""
        if self._public is not None and (file := self._public(text)) is not None:
            return file, {}
        index = self._tree.exact.get(text)
        return (self._endpoints[index], {}) if index is not None else None

    def match(self, text: str) -> Found | None:
        """Return the file or the route of a path; static ones come first.

        :param text: Matching text.
        """
        if self._public is not None and (file := self._public(text)) is not None:
            return file, {}
        match = self._tree.match(text)
        if self._admissions:
            refused: frozenset[int] = frozenset()
            # dynamic_params = False: what is not listed falls to the next route that matches.
            while match is not None and match[0] in self._admissions and not self._admissions[match[0]](match[1]):
                refused |= {match[0]}
                match = self._tree.match(text, refused)
        return None if match is None else (self._endpoints[match[0]], match[1])

    def knows(self, text: str) -> bool:
        """Return whether there is anything at a path."""
        return self.match(text) is not None
