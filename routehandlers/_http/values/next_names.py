"""Next's names of the methods of ``URLSearchParams`` and ``FormData``, beside those of Werkzeug."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import FileStorage, MultiDict

FormValue: TypeAlias = str | FileStorage
V = TypeVar("V")

if TYPE_CHECKING:
    _Base = MultiDict[str, V]
else:
    from typing import Generic

    class _Base(Generic[V]):
        """A mixin has no methods of its own to hide those of Werkzeug."""


class NextNames(_Base[V]):
    """Methods for a ``MultiDict``. They use the methods of Werkzeug, and so does a subclass that reports reads."""

    def get_all(self, name: str) -> list[V]:
        """Return all values of a name, in order."""
        return self.getlist(name)

    def has(self, name: str, value: V | None = None) -> bool:
        """Return whether there is a name, or a name with this value."""
        return name in self if value is None else value in self.getlist(name)

    def append(self, name: str, value: V) -> None:
        """Add a value behind those that the name has."""
        self.add(name, value)

    def set(self, name: str, value: V) -> None:
        """Replace all values of a name."""
        self[name] = value

    def delete(self, name: str, value: V | None = None) -> None:
        """Remove a name, or only its pairs with this value. Unknown names are fine."""
        kept = [one for one in self.getlist(name) if value is not None and one != value]
        if kept:
            self.setlist(name, kept)
        elif name in self:
            del self[name]

    def entries(self) -> list[tuple[str, V]]:
        """Return all pairs. A name with several values comes several times."""
        return list(self.items(multi=True))

    @property
    def size(self) -> int:
        """The number of pairs; ``len()`` is the number of names."""
        return len(self.entries())


class SearchParams(NextNames[str], MultiDict[str, str]):
    """``request.next_url.search_params``: the query of a URL, decoded.

    A ``werkzeug.datastructures.MultiDict`` whose methods also have Next's names. ``str()`` returns the query.
    """

    def sort(self) -> None:
        """Sort the pairs by their names. The order of the values of a name stays."""
        pairs = sorted(self.lists(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        self.clear()
        for name, values in pairs:
            self.setlist(name, values)

    def to_string(self) -> str:
        """Return the query, encoded and without a question mark."""
        return urlencode(self.entries())

    def __str__(self) -> str:
        return self.to_string()


class FormData(NextNames[FormValue], MultiDict[str, FormValue]):
    """Result of ``request.form_data()``: a ``MultiDict`` of fields and files whose methods also have Next's names."""
