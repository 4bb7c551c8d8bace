"""Write names and string literals in generated source code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Sequence
from unicodedata import normalize

from .._routing.segments import Segment


def quoted(text: str) -> str:
    """Return a string literal. Printable characters stay as they are, others are escaped."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in {'"', "\\"}:
        return f"\\{letter}"
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def is_plain(name: str) -> bool:
    """Check that a name works unchanged as a keyword argument and as an attribute.

    Python normalizes identifiers (NFKC), and mangles names with two leading underscores in the body of a class.
    """
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and normalize("NFKC", name) == name
        and not name.startswith("__")
    )


def unused(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken, by adding underscores if needed."""
    while name in taken:
        name += "_"
    return name


def class_names(routes: Iterable[Sequence[Segment]], taken: Iterable[str]) -> list[str]:
    """Return a class name for the params of each route, such as ``UsersIdParams``.

    If several routes have the same name, all but the first get a number: ``UsersIdParams2``. Routes with fewer params
    come first, so that ``/users/[id]`` keeps its name beside ``/[users]/[id]``.
    """
    routes = list(routes)
    used = set(taken)
    names = dict.fromkeys(range(len(routes)), "")
    for place in sorted(names, key=lambda place: sum(segment.is_parameter for segment in routes[place])):
        name = wanted = f"{_camel(segment.name for segment in routes[place]) or 'Route'}Params"
        number = 2
        while name in used:
            name, number = f"{wanted}{number}", number + 1
        used.add(name)
        names[place] = name
    return list(names.values())


def _camel(names: Iterable[str]) -> str:
    words = [word for name in names for word in re.findall(r"[^\W_]+", normalize("NFKC", name))]
    text = normalize("NFKC", "".join(word[0].upper() + word[1:] for word in words))
    text = "".join(letter for letter in text if f"a{letter}".isidentifier())
    return text if text.isidentifier() or not text else f"Route{text}"
