"""Recognise files whose names are almost those that the library uses, so that they are not ignored silently."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from .._hints import closest
from ..exceptions import InvalidTreeError
from .metadata_files import parse_metadata_file

_METADATA = ("robots", "sitemap", "manifest", "icon", "apple_icon", "opengraph_image", "twitter_image")

# Next's files for pages, which have no counterpart.
_PAGES = frozenset({"page", "layout", "template", "loading", "global_error"})

# The languages of Next.
_JAVASCRIPT = frozenset({".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"})

# Usual names of modules that only look like typing mistakes.
_USUAL = frozenset({"errors", "icons", "router"})

_SIMILARITY = 0.88


@dataclass(frozen=True)
class NearMiss:
    """A file that the library ignores, although its name lets expect something else.

    :param reason: What is wrong with it.
    :param remedy: What to do instead.
    """

    file: Path
    reason: str
    remedy: str

    @property
    def problem(self) -> InvalidTreeError:
        """The mistake, unless another file imports the module."""
        return InvalidTreeError(self.reason, [self.file], self.remedy)


def near_miss(file: Path, known: Collection[str]) -> NearMiss | None:
    """Return the mistake in the name of a file that the library does not use, or ``None``.

    :param known: Names of the files that apply to routes and folders, such as ``"route.py"``.
    """
    name = file.name
    if name.startswith(("_", ".")):
        return None
    stem = file.stem.lower().replace("-", "_")
    ending = file.suffix.lower()
    stems = {*(one.removesuffix(".py") for one in known), *_METADATA}
    if ending in _JAVASCRIPT:
        if stem not in stems and stem not in _PAGES:
            return None
        instead = "route.py" if stem in _PAGES else f"{stem}.py"
        return NearMiss(
            file,
            "The library ignores this file, because it runs only Python:",
            f"Write {instead} in its place, or move it to another folder.",
        )
    if name != name.lower() and (name.lower() in known or parse_metadata_file(name.lower()) is not None):
        return _misspelt(file, name.lower())
    if ending != ".py" or stem in _USUAL:
        return None
    if stem in _PAGES:
        return NearMiss(
            file,
            "The library ignores this file, because it has no pages:",
            f"Return the response from a handler in route.py. {_another_name(file)}",
        )
    meant = stem if stem in stems else closest(stem, sorted(stems), _SIMILARITY)
    return _misspelt(file, f"{meant}.py") if meant is not None else None


def _misspelt(file: Path, meant: str) -> NearMiss:
    return NearMiss(
        file,
        f"The library ignores this file, whose name is almost {meant!r}:",
        f"Rename it to {meant}. {_another_name(file)}",
    )


def _another_name(file: Path) -> str:
    return f"A module for other files can have a name with an underscore: _{file.name}."
