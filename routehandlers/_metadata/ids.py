"""List the ids of several sitemaps or images: ``generate_sitemaps()`` and ``generate_image_metadata()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._start.arguments import named_arguments
from ..exceptions import InvalidReturnError
from ..metadata import ImageMetadata
from .checks import check_keys, listed

_KEYS = tuple(ImageMetadata.__annotations__)


@dataclass(frozen=True)
class Lister:
    """User function that lists ids.

    :param ending: Text that follows an id in the URL.
    """

    name: str
    function: Callable[..., Any]
    ending: str

    def items(self, params: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """Return the items for some params, by the last segment of their URLs.

        :raise InvalidReturnError: If an item has no valid id, or two items have the same id.
        """
        name = self.name
        returned = self.function(**({"params": dict(params)} if named_arguments(self.function, ("params",)) else {}))
        if returned is None or isinstance(returned, (str, Mapping)):
            raise InvalidReturnError(f"{name}() returned {returned!r}. Return a list of dicts, each with an 'id'.")
        found: dict[str, Mapping[str, Any]] = {}
        for item in listed(f"the result of {name}()", returned):
            check_keys(f"an item of {name}()", item, _KEYS, required=("id",))
            number = item["id"]
            if isinstance(number, bool) or not isinstance(number, (str, int)) or number == "":
                raise InvalidReturnError(f"{name}() lists the id {number!r}. Give text or a whole number.")
            segment = f"{number}{self.ending}"
            if segment in found:
                raise InvalidReturnError(f"{name}() lists the id {number!r} twice. Each id needs a URL of its own.")
            found[segment] = item
        return found
