"""The place where the processes of a family meet: a folder, and numbers in memory."""

from __future__ import annotations

import os
import weakref

from .board import Board
from .membership import Membership


class Place:
    """Share of this process in the place of a family. All applications of the process use the same one.

    :param name: Name of the family.
    :raise OSError: If no temporary folder can be used.
    """

    def __init__(self, name: str) -> None:
        self.process = os.getpid()
        membership = Membership(name)
        # Leave when the last application is dropped, or when the process ends.
        self.leave = weakref.finalize(self, membership.leave)
        self.folder = membership.folder
        try:
            self.board = Board(membership.folder / "board")
        except BaseException:
            self.leave()
            raise


_places: weakref.WeakValueDictionary[str, Place] = weakref.WeakValueDictionary()


def enter(name: str) -> Place:
    """Return the place of a family. If two threads enter at once, the process is a member twice, which does no harm.

    :raise OSError: If no temporary folder can be used.
    """
    place = _places.get(name)
    if place is None or place.process != os.getpid() or not place.board.is_in_place():
        place = _places[name] = Place(name)
    return place
