"""Read ``redirects``, ``rewrites`` and ``headers`` from the settings, and report all mistakes in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

from ..._hints import hint
from ..._http.response.response import REDIRECTS
from ..._http.values.encoding import TOKEN, is_header_value
from ..._patterns.conditions import Condition, parse_conditions
from ..._patterns.destinations import Destination, compile_destination, names_in
from ..._patterns.patterns import compile_pattern
from ...exceptions import InvalidConfigError, InvalidPatternError
from .transforms import FRAMING, HeadersTransform, RedirectTransform, RewriteTransform, Source, Transforms

_COMMON = ("source", "has", "missing", "base_path")
_NEITHER, _BOTH = "neither 'permanent' nor 'status_code'", "both 'permanent' and 'status_code'"
_GROUPS = ("before_files", "after_files", "fallback")

Outcome = TypeVar("Outcome")


def compile_transforms(redirects: Any, rewrites: Any, headers: Any, base_path: str = "") -> Transforms:
    """Return the settings as values.

    :raise InvalidConfigError: With all mistakes and their places.
    """
    reader = _Reader()
    groups = {name: tuple(reader.each(where, items, reader.rewrite)) for name, where, items in reader.groups(rewrites)}
    made = Transforms(
        base_path,
        redirects=tuple(reader.each("redirects", redirects, reader.redirect)),
        headers=tuple(reader.each("headers", headers, reader.headers)),
        **groups,
    )
    if reader.mistakes:
        raise InvalidConfigError("\n".join(reader.mistakes))
    return made


class _Reader:
    """Converts dicts into values. It collects mistakes and continues, so that all are reported together."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def each(self, name: str, items: Any, read: Callable[[dict[str, Any], str], Outcome | None]) -> Iterator[Outcome]:
        if not isinstance(items, (list, tuple)):
            self.mistakes.append(f"{name} is {items!r}. Give a list of dicts, each with a 'source'.")
            return
        for place, item in enumerate(items):
            where = f"{name}[{place}]"
            if not isinstance(item, dict):
                self.mistakes.append(f"{where} is {item!r}. Give a dict with a 'source'.")
                continue
            made = read(item, where)
            if made is not None:
                yield made

    def groups(self, rewrites: Any) -> Iterator[tuple[str, str, Any]]:
        """Yield the name, the place and the items of each group. A plain list is the group ``after_files``."""
        if not isinstance(rewrites, dict):
            yield "after_files", "rewrites", rewrites
            return
        self._check_keys(rewrites, _GROUPS, "rewrites")
        for name in _GROUPS:
            yield name, f"rewrites[{name!r}]", rewrites.get(name, ())

    def redirect(self, item: dict[str, Any], where: str) -> RedirectTransform | None:
        self._check_keys(item, (*_COMMON, "destination", "permanent", "status_code"), where)
        source = self._source(item, where)
        status = self._status(item, where)
        destination = self._destination(item, where, source)
        if source is None or destination is None:
            return None
        if not destination.origin and not destination.text.startswith("/"):
            self.mistakes.append(
                f"{where}: 'destination' is {destination.text!r}. Begin it with '/', or with 'https://'."
            )
        return RedirectTransform(source, destination, status)

    def rewrite(self, item: dict[str, Any], where: str) -> RewriteTransform | None:
        self._check_keys(item, (*_COMMON, "destination"), where)
        if item.get("base_path") is False:
            self.mistakes.append(
                f"{where}: 'base_path' is False, which leads out of the application. Rewrites stay inside of it."
            )
        source = self._source(item, where)
        destination = self._destination(item, where, source)
        if source is None or destination is None:
            return None
        if destination.origin:
            self.mistakes.append(
                f"{where}: 'destination' is {destination.text!r}, on another host. Rewrites stay inside of the"
                " application. Put a proxy such as nginx in front of both, or write a redirect."
            )
        elif not destination.text.startswith("/"):
            self.mistakes.append(f"{where}: 'destination' is {destination.text!r}. Begin it with '/'.")
        return RewriteTransform(source, destination)

    def headers(self, item: dict[str, Any], where: str) -> HeadersTransform | None:
        self._check_keys(item, (*_COMMON, "headers"), where)
        source = self._source(item, where)
        pairs = item.get("headers")
        if not isinstance(pairs, (list, tuple)) or not pairs:
            self.mistakes.append(f"{where}: 'headers' is {pairs!r}. Give a list of {{'key': …, 'value': …}}.")
            return None
        known = source.names if source is not None else frozenset()
        headers: list[tuple[str, str]] = []
        for place, pair in enumerate(pairs):
            mistake = _header_mistake(pair, known)
            if mistake is not None:
                self.mistakes.append(f"{where}: headers[{place}] {mistake}")
            else:
                headers.append((pair["key"], pair["value"]))
        return HeadersTransform(source, tuple(headers)) if source is not None else None

    def _check_keys(self, item: dict[Any, Any], known: Collection[str], where: str) -> None:
        for key in item:
            if key not in known:
                self.mistakes.append(f"{where} has an unknown key {key!r}. {hint(key, known)}")

    def _source(self, item: dict[str, Any], where: str) -> Source | None:
        if item.get("base_path", False) is not False:
            self.mistakes.append(f"{where}: 'base_path' is {item['base_path']!r}. It can be False, or left out.")
        conditions: dict[str, tuple[Condition, ...]] = {}
        for name in ("has", "missing"):
            parsed = list(parse_conditions(item.get(name, ())))
            self.mistakes += [f"{where}: {name}{mistake}" for mistake in parsed if isinstance(mistake, str)]
            conditions[name] = tuple(condition for condition in parsed if isinstance(condition, Condition))
        source = item.get("source")
        if not isinstance(source, str):
            self.mistakes.append(f"{where} has no 'source'. Write the path that it is for, such as '/old/:path*'.")
            return None
        try:
            pattern = compile_pattern(source)
        except InvalidPatternError as error:
            self.mistakes.append(f"{where}: 'source' {error}")
            return None
        return Source(pattern, conditions["has"], conditions["missing"], is_whole=item.get("base_path") is False)

    def _destination(self, item: dict[str, Any], where: str, source: Source | None) -> Destination | None:
        text = item.get("destination")
        if not isinstance(text, str) or not text:
            self.mistakes.append(f"{where} has no 'destination'. Write where it leads, such as '/new/:path*'.")
            return None
        try:
            return compile_destination(text, source.names if source is not None else names_in(text))
        except InvalidPatternError as error:
            self.mistakes.append(f"{where}: 'destination' {error}")
            return None

    def _status(self, item: dict[str, Any], where: str) -> int:
        permanent, status = item.get("permanent"), item.get("status_code")
        if (permanent is None) == (status is None):
            self.mistakes.append(
                f"{where} has {_NEITHER if status is None else _BOTH}. Write"
                " 'permanent': True (308, kept by browsers for good) or False (307), or a 'status_code'."
            )
        elif permanent is not None and not isinstance(permanent, bool):
            self.mistakes.append(f"{where}: 'permanent' is {permanent!r}. Write True (308) or False (307).")
        elif status is not None and (status not in REDIRECTS or isinstance(status, bool)):
            self.mistakes.append(f"{where}: 'status_code' is {status!r}. It can be {', '.join(map(str, REDIRECTS))}.")
        elif status is not None:
            return int(status)
        return 308 if permanent else 307


def _header_mistake(pair: Any, known: Collection[str]) -> str | None:
    if not isinstance(pair, dict) or set(pair) != {"key", "value"}:
        return f"is {pair!r}. Give a 'key' and a 'value'."
    key, value = pair["key"], pair["value"]
    if not isinstance(key, str) or not isinstance(value, str):
        return f"is {pair!r}. Both are text."
    if not TOKEN.fullmatch(re.sub(":[A-Za-z_][A-Za-z0-9_]*", "x", key)):
        return f"has the key {key!r}, which cannot be the name of a header."
    if key.lower() in FRAMING:
        return f"has the key {key!r}, which only the server may set. Leave it out."
    if not is_header_value(value):
        return f"has the value {value!r}, which is not a valid header value. Use Latin-1 and no control characters."
    # In a value, unknown parameters stay as they are: "max-age=1:x" is a valid value.
    unknown = sorted(names_in(key) - set(known))
    return f"has the key {key!r}, but its source has no parameter {unknown[0]!r}." if unknown else None
