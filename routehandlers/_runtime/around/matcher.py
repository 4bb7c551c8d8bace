"""``config = {"matcher": …}``: the requests that a middleware runs for.

https://nextjs.org/docs/app/api-reference/file-conventions/middleware#matcher
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._hints import hint
from ..._patterns.conditions import Condition, match_conditions, parse_conditions
from ..._patterns.patterns import PathPattern, compile_pattern
from ..._start.loader import line_of
from ...exceptions import InvalidPatternError, InvalidRouteModuleError

if TYPE_CHECKING:
    from ..._patterns.regex import Budget
    from ..._start.folder_files import FolderFunction
    from ...typing import WSGIEnvironment


@dataclass(frozen=True)
class _Item:
    pattern: PathPattern
    has: tuple[Condition, ...] = ()
    missing: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Matcher:
    """Matches a request if any of its items does."""

    items: tuple[_Item, ...]

    @property
    def decides_by_path(self) -> bool:
        """Whether no item has conditions that depend on more than the path."""
        return not any(item.has or item.missing for item in self.items)

    def match_path(self, path: str, budget: Budget) -> bool | None:
        """Return whether requests for a path match; ``None`` if that depends on more than the path.

        :param path: Matching text.
        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        is_open = False
        for item in self.items:
            if not item.pattern.matches(path, budget):
                continue
            if not (item.has or item.missing):
                return None if is_open else True
            is_open = True
        return None if is_open else False

    def match(self, environ: WSGIEnvironment, path: str, budget: Budget) -> tuple[bool, bool]:
        """Return whether a request matches, and whether that depends on more than its path.

        :param path: Matching text.
        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        depends = False
        for item in self.items:
            if not item.pattern.matches(path, budget):
                continue
            if not (item.has or item.missing):
                return True, False
            depends = True
            if match_conditions(item.has, item.missing, environ, budget) is not None:
                return True, True
        return False, depends


# "runtime" is a key of Next. It is accepted and has no effect, as in route.py.
_CONFIG_KEYS = ("matcher", "runtime")
_ITEM_KEYS = ("source", "has", "missing")


def make_matcher(function: FolderFunction) -> Matcher | None:
    """Return the matcher in the ``config`` of a ``middleware.py``; ``None`` if it has none.

    :raise InvalidRouteModuleError: With all mistakes in it.
    """
    config = vars(function.module).get("config")
    if config is None:
        return None
    mistakes: list[str] = []
    items: list[_Item] = []
    if not isinstance(config, dict):
        mistakes.append(f"config is {config!r}. Write a dict, such as {_EXAMPLE}.")
    else:
        mistakes += [_unknown("config", key, _CONFIG_KEYS) for key in config if key not in _CONFIG_KEYS]
        if "matcher" in config:
            items = _read(config["matcher"], mistakes)
    if mistakes:
        raise InvalidRouteModuleError(
            function.folder_file.file, "\n  ".join(mistakes), line_of(function.module, "config")
        )
    return Matcher(tuple(items)) if "matcher" in config else None


_EXAMPLE = 'config = {"matcher": "/api/:path*"}'


def _read(matcher: Any, mistakes: list[str]) -> list[_Item]:
    listed = matcher if isinstance(matcher, (list, tuple)) else [matcher]
    if not listed:
        mistakes.append("config: the matcher is empty, so this middleware never runs. Leave it out for all requests.")
    items: list[_Item] = []
    for place, item in enumerate(listed):
        where = f"config: matcher[{place}]" if listed is matcher else "config: the matcher"
        made = _read_item(item, where, mistakes)
        if made is not None:
            items.append(made)
    return items


def _read_item(item: Any, where: str, mistakes: list[str]) -> _Item | None:
    if isinstance(item, str):
        item = {"source": item}
    if not isinstance(item, dict):
        mistakes.append(f"{where} is {item!r}. Give a path such as '/api/:path*', or a dict with a 'source'.")
        return None
    mistakes += [_unknown(where, key, _ITEM_KEYS) for key in item if key not in _ITEM_KEYS]
    conditions: dict[str, tuple[Condition, ...]] = {}
    for name in ("has", "missing"):
        parsed = list(parse_conditions(item.get(name, ())))
        mistakes += [f"{where}: {name}{mistake}" for mistake in parsed if isinstance(mistake, str)]
        conditions[name] = tuple(condition for condition in parsed if isinstance(condition, Condition))
    if not isinstance(item.get("source"), str):
        mistakes.append(f"{where} has no 'source'. Write a path, such as '/api/:path*'.")
        return None
    try:
        pattern = compile_pattern(item["source"])
    except InvalidPatternError as error:
        mistakes.append(f"{where}: {error}")
        return None
    return _Item(pattern, conditions["has"], conditions["missing"])


def _unknown(where: str, key: Any, known: tuple[str, ...]) -> str:
    return f"{where} has an unknown key {key!r}. {hint(key, known)}"
