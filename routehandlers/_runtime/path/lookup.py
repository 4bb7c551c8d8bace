"""Find the endpoint of a path, and its params."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..._http.response.interrupts import Interrupt
from ..._routing.segment_tree import UNDECIDED, SegmentTree

if TYPE_CHECKING:
    from ...typing import Params
    from .plans import Plan

# Returns whether a route accepts these params.
Admits = Callable[["Params"], bool]

# The endpoint and its params. It is a plain tuple because each request makes one.
Found: TypeAlias = "tuple[Any, Params]"

FindPublic = Callable[[str], Any]


class Lookup:
    """The endpoints of one application by their paths.

    :param endpoints: The endpoints, in the order of the routes in the tree.
    :param admissions: Checks of params for routes with ``dynamic_params = False``, by their index.
    :param public: Finds the public file of a path; ``None`` if the application has none.
    :param has_lasting_files: Whether the public files stay the same while the process runs.
    """

    def __init__(
        self, tree: SegmentTree, endpoints: Sequence[Any], admissions: Mapping[int, Admits],
        public: FindPublic | None = None, *, has_lasting_files: bool = True,
    ) -> None:  # fmt: skip
        self._tree = tree
        self._endpoints = endpoints
        self._admissions = admissions
        self._public = public
        self._with_lists = tree.catch_alls
        self._has_lasting_files = has_lasting_files
        self._decide = tree.decide if tree.has_converters else tree.match
        # Without public files and listed params, the tree alone decides.
        self._is_bare = public is None and not admissions
        self._match = tree.match

    def plan(self, plan: Plan) -> None:
        """Note the route on a plan if the path alone decides it, without converters or files that may change."""
        if not self._has_lasting_files or plan.text is None:
            return
        if self._public is not None and (file := self._public(plan.text)) is not None:
            plan.found, plan.is_decided = (file, {}), True
            return
        try:
            match = self._decide(plan.text) if not self._admissions else self._admitted(plan.text, self._decide)
        except Exception:  # from generate_static_params(); the stage of the routes will raise it again
            return
        if match is UNDECIDED:
            return
        if match is not None:
            index, params = match
            plan.has_lists = index in self._with_lists
            plan.found = self._endpoints[index], params
        plan.is_decided = True  # last, for other threads that have the plan already

    def decide(self, plan: Plan) -> None:
        """Note the route on the plan of one request, so that each converter is called once for the request."""
        assert plan.text is not None
        plan.is_decided = plan.has_lists = True
        try:
            plan.found = self.match(plan.text)
        except (Exception, Interrupt) as error:
            plan.error = error

    def match_static(self, text: str) -> Found | None:
        """Return the public file or the static route of a path."""
        if self._public is not None and (file := self._public(text)) is not None:
            return file, {}
        index = self._tree.exact.get(text)
        return (self._endpoints[index], {}) if index is not None else None

    def match(self, text: str) -> Found | None:
        """Return the public file or the route of a path. Static routes come before dynamic routes.

        :param text: Matching text.
        """
        if self._is_bare:
            match = self._match(text)
        elif self._public is not None and (file := self._public(text)) is not None:
            return file, {}
        else:
            match = self._match(text) if not self._admissions else self._admitted(text, self._match)
        return None if match is None else (self._endpoints[match[0]], match[1])

    def _admitted(self, text: str, find: Callable[..., tuple[int, Params] | None]) -> tuple[int, Params] | None:
        """Return the first match whose route accepts its params.

        A route with ``dynamic_params = False`` accepts only listed params.
        """
        match = find(text)
        refused: frozenset[int] = frozenset()
        while match is not None and match[0] in self._admissions and not self._admissions[match[0]](match[1]):
            refused |= {match[0]}
            match = find(text, refused)
        return match

    def knows(self, text: str) -> bool:
        """Return whether a route or a public file has a path."""
        return self.match(text) is not None
