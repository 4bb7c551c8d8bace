"""Names and texts in generated source code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Sequence
from unicodedata import normalize

from .._routing.segments import Segment


def quoted(text: str) -> str:
    """A string literal: what can be read is written as it is, everything else escaped."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in {'"', "\\"}:
        return f"\\{letter}"
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def is_plain(name: str) -> bool:
    """Whether a name can be written as a keyword argument and as an attribute, and is the same afterwards.

    Python folds the letters of identifiers (NFKC), and changes those of two underscores in the body of a class.
    """
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and normalize("NFKC", name) == name
        and not name.startswith("__")
    )


def unused(name: str, taken: Collection[str]) -> str:
    """A name that is not taken: the one wanted, or with underscores behind it."""
    while name in taken:
        name += "_"
    return name


def class_names(routes: Iterable[Sequence[Segment]], taken: Iterable[str]) -> list[str]:
    """A name for the params of each route, such as ``UsersIdParams``.

    Where several would have the same, all but one get a number, as in ``UsersIdParams2``. Those with fewer params come
    first, so that ``/[users]/[id]`` takes no name away from ``/users/[id]``.
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
