"""Next's ``redirects``, ``rewrites`` and ``headers``, compiled and applied.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects
https://nextjs.org/docs/app/api-reference/config/next-config-js/rewrites
https://nextjs.org/docs/app/api-reference/config/next-config-js/headers
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeVar
from urllib.parse import quote, unquote_plus

from ..._http.response.response import Response
from ..._http.values.encoding import ACCUMULATED, TOKEN, encode_non_ascii
from ..._patterns.conditions import Condition, match_conditions
from ..._patterns.destinations import Destination, fill_text, to_url
from ..._patterns.patterns import PathPattern
from ..._routing.spelling import ESCAPES, restore
from ..path.entrance import to_text

if TYPE_CHECKING:
    from ..._patterns.regex import Budget
    from ..scope.wrapped import WrappedScope

Params = dict[str, str]


@dataclass(frozen=True)
class Source:
    """The paths and conditions that a transform applies to.

    :param is_whole: Whether the pattern matches the path with the base path: ``base_path = False``.
    """

    pattern: PathPattern
    has: tuple[Condition, ...] = ()
    missing: tuple[Condition, ...] = ()
    is_whole: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of all parameters that the pattern and the conditions can capture."""
        return frozenset((*self.pattern.names, *(name for condition in self.has for name in condition.names)))

    @property
    def has_conditions(self) -> bool:
        return bool(self.has or self.missing)

    def captured(self, scope: WrappedScope, params: Params) -> Params | None:
        """Return the params with those that the conditions capture, or ``None`` if a condition does not hold.

        :param params: The parameters that the pattern captured.
        """
        if not self.has_conditions:
            return params
        scope.read(f"the conditions of {self.pattern.source!r}")
        captured = match_conditions(self.has, self.missing, scope.environ, scope.budget)
        if captured is None:
            return None
        # Escape captured slashes, so that they stay inside of their segment, as in a path.
        return {**params, **{name: value.translate(ESCAPES) for name, value in captured.items()}}


@dataclass(frozen=True)
class RedirectTransform:
    source: Source
    destination: Destination
    status: int
    fixed: ClassVar[None] = None


@dataclass(frozen=True)
class RewriteTransform:
    source: Source
    destination: Destination
    fixed: ClassVar[None] = None


@dataclass(frozen=True)
class HeadersTransform:
    source: Source
    headers: tuple[tuple[str, str], ...]

    @cached_property
    def fixed(self) -> tuple[tuple[str, str], ...] | None:
        """The headers, or ``None`` if they depend on a condition or a parameter."""
        is_open = [pair for pair in self.headers if any(sign in text for text in pair for sign in ":\\")]
        if self.source.has_conditions or is_open:
            return None
        return tuple(headers_for(((self, {}),), None))


AnyTransform = TypeVar("AnyTransform", RedirectTransform, RewriteTransform, HeadersTransform)

# Transforms whose sources match a path, in order, with the captured parameters. Conditions are not checked yet.
Matched: TypeAlias = "tuple[tuple[AnyTransform, Params], ...]"


@dataclass(frozen=True)
class Transforms:
    """The transforms of one application, each group in its order."""

    base_path: str = ""
    redirects: tuple[RedirectTransform, ...] = ()
    before_files: tuple[RewriteTransform, ...] = ()
    after_files: tuple[RewriteTransform, ...] = ()
    fallback: tuple[RewriteTransform, ...] = ()
    headers: tuple[HeadersTransform, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.redirects or self.before_files or self.after_files or self.fallback or self.headers)


# For transforms that need no parameters.
_NO_PARAMS: Params = {}


def match_sources(
    transforms: Iterable[AnyTransform], text: str | None, whole: str, budget: Budget
) -> Matched[AnyTransform]:
    """Return the transforms whose source matches a path.

    :param text: Matching text below the base path; ``None`` outside of it.
    :param whole: Matching text with the base path.
    :raise Exception: That of the budget, if it does not suffice to tell.
    """
    matched = []
    for transform in transforms:
        source = transform.source
        seen = whole if source.is_whole else text
        if seen is None:
            continue
        if transform.fixed is not None:
            if source.pattern.matches(seen, budget):
                matched.append((transform, _NO_PARAMS))
        elif (params := source.pattern.match(seen, budget)) is not None:
            matched.append((transform, params))
    return tuple(matched)


def headers_for(matched: Matched[HeadersTransform], scope: WrappedScope | None) -> list[tuple[str, str]]:
    """Return the headers that the configuration adds. If a name occurs twice, the last value wins.

    :param scope: Needed to check conditions; ``None`` if there are none.
    """
    headers: list[tuple[str, str]] = []
    for transform, taken in matched:
        params: Params | None = taken if scope is None else transform.source.captured(scope, taken)
        if params is None:
            continue
        known = transform.source.names
        for key, value in transform.headers:
            name = key
            if ":" in key or "\\" in key:
                name = fill_text(key, params, known)
                if not TOKEN.fullmatch(name) or name.lower() in FRAMING:
                    continue  # a client chose a part of the name
            if ":" in value or "\\" in value:
                value = _header_value(fill_text(value, params, known))  # check the filled value
            if headers and name.lower() not in ACCUMULATED:
                headers = [pair for pair in headers if pair[0].lower() != name.lower()]
            headers.append((name, value))
    return headers


def redirect_for(matched: Matched[RedirectTransform], scope: WrappedScope, base_path: str) -> Response | None:
    """Return the first redirect that applies."""
    for transform, taken in matched:
        params = transform.source.captured(scope, taken)
        location = _location(transform, scope, params, base_path) if params is not None else None
        if location is not None:
            headers = {"Location": location}
            if transform.status == 308:  # old clients do not know 308; Next sends them Refresh
                headers["Refresh"] = f"0;url={location}"
            return Response(location, transform.status, headers)
    return None


def _location(transform: RedirectTransform, scope: WrappedScope, params: Params, base_path: str) -> str | None:
    filled = transform.destination.fill(params)
    if filled is None:
        return None
    names = {name for name, _ in filled.query}
    sent = scope.route.request_class(scope.environ, populate_request=False).sent_query
    kept = [part for part in sent.split("&") if part and unquote_plus(part.partition("=")[0]) not in names]
    location = to_url(filled, "&".join(kept))
    if not filled.origin:
        base = "" if transform.source.is_whole else base_path
        path_is_base = base and filled.path == "/"
        location = scope.mount_prefix.rstrip("/") + base + (location[1:] if path_is_base else location)
    return encode_non_ascii(location)


def rewrite(matched: Matched[RewriteTransform], scope: WrappedScope) -> str | None:
    """Apply the first rewrite that matches, and return its destination as matching text."""
    for transform, taken in matched:
        params = transform.source.captured(scope, taken)
        filled = transform.destination.fill(params) if params is not None else None
        if params is None or filled is None:
            continue
        own = filled.query
        scope.rewrite([*_unused(transform, params, {name for name, _ in own}), *own])
        return to_text(filled.path)
    return None


def _unused(transform: RewriteTransform, params: Params, names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the params for the query of a destination that uses none of them. Params without a name are left out.

    :param names: Names that the query has already.
    """
    if transform.destination.used & set(params):
        return
    repeated = transform.source.pattern.repeated
    for name in params:
        if name and not name.isdigit() and name not in names:
            for value in params[name].split("/") if name in repeated else [params[name]]:
                yield name, restore(value)


# Headers that describe the framing of a message. Only the server and this library set them.
FRAMING = frozenset(
    "connection content-encoding content-length keep-alive te trailer transfer-encoding upgrade".split()
)


def _header_value(value: str) -> str:
    """Return a header value that a client chose a part of, quoted so that it stays one header."""
    # PEP 3333 forbids control characters, and so the tab, which RFC 9110 allows.
    is_plain = value.isascii() and value.isprintable()
    return value if is_plain else quote(value, safe="".join(map(chr, range(0x20, 0x7F))))
