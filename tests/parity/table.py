"""What the tables of deviations are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from parity.replay import Seen

TEXT, BYTES, PROBLEM = "text/plain; charset=utf-8", "application/octet-stream", "application/problem+json"

# Makes the expected answer of the recorded one, and the exchange that it is of.
Change = Callable[[Seen, dict[str, Any]], Seen]


@dataclass(frozen=True)
class Deviation:
    """One difference.

    :param ids: A pattern that the whole id of an exchange matches.
    :param change: Makes the expected answer of the recorded one.
    """

    name: str
    ids: str
    next: str
    ours: str
    change: Change

    def applies(self, exchange: dict[str, Any]) -> bool:
        return re.fullmatch(self.ids, exchange["id"]) is not None
