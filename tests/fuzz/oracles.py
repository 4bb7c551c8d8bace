"""What must hold for every response, whatever was requested."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from traceback import extract_tb
from typing import Any
from urllib.parse import urlsplit

from fuzz.calling import Answer
from fuzz.journal import ROUTE
from fuzz.requests import mark_of

# What the root's matcher takes, read independently of the library, and the guards of the patterns that handlers have.
_OF_ROOT = re.compile(r"/(?:admin|legacy|inner|kept/admin)(?:/.*)?", re.IGNORECASE | re.DOTALL)
_GUARDS = {"root": ("/admin", "/inner", "/kept/admin"), "vault": ("/vault",), "closed": ("/(closed)",)}

# Where the settings send clients on purpose.
_PARTNERS = {"partner.example"}

# An exception in the middle of a stream ends the connection, and SystemExit the process.
_ASKED: dict[str, type[BaseException]] = {"cut": OSError, "exit": SystemExit}

_MARK = re.compile(rb"zq(\d+)qz", re.IGNORECASE)


def complaints(
    environ: dict[str, Any], number: int, answer: Answer, *, has_guards: bool, base_path: str
) -> Iterator[tuple[str, str]]:
    """Yield the names of the oracles that a response offends, each with what is wrong.

    :param base_path: The part of ``request.path`` that the matchers of guards do not see.
    """
    for oracle in _ORACLES:
        for complaint in oracle(environ, number, answer):
            yield oracle.__name__.strip("_").replace("_", " "), complaint
    if has_guards and not answer.error:
        for complaint in _guards_are_called(answer, base_path):
            yield "guards are called", complaint


def place_of(error: BaseException) -> str:
    """Return the type of an exception and the last line of the library that it passed."""
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "routehandlers" in frame.filename] or list(frames)
    where = f" at {ours[-1].filename.rpartition('routehandlers/')[2]}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


def _only_responses_leave(environ: dict[str, Any], number: int, answer: Answer) -> Iterator[str]:
    if answer.error is None or type(answer.error) is _ASKED.get("".join(answer.journal.asked)):
        return
    yield f"{place_of(answer.error)}: {str(answer.error)[:200]}"


def _no_failure_unasked(environ: dict[str, Any], number: int, answer: Answer) -> Iterator[str]:
    if answer.journal.asked:
        return
    for error in answer.logged:
        yield f"{place_of(error)}: {str(error)[:200]}"
    if answer.code >= 500 and not answer.logged:
        yield f"{answer.status} without an exception"


def _framing_is_right(environ: dict[str, Any], number: int, answer: Answer) -> Iterator[str]:
    if not answer.has_ended:
        return
    is_empty = environ["REQUEST_METHOD"] == "HEAD" or answer.code in (204, 304) or 100 <= answer.code < 200
    lengths = answer.all("content-length")
    if is_empty and answer.body:
        yield f"{environ['REQUEST_METHOD']} {answer.status} has a body"
    if len(lengths) > 1:
        yield f"several lengths: {lengths}"
    if lengths and not is_empty and lengths[0] != str(len(answer.body)):
        yield f"Content-Length {lengths[0]} of {len(answer.body)} bytes"


def _no_location_leads_away(environ: dict[str, Any], number: int, answer: Answer) -> Iterator[str]:
    own = _host_of("//" + (environ.get("HTTP_HOST") or "localhost"))
    locations = answer.all("location") + answer.all("content-location")
    locations += [value.partition("url=")[2] for value in answer.all("refresh")]
    for location in locations:
        # Browsers drop tabs and line ends, and read a backslash as a slash.
        read = re.sub(r"[\t\r\n]", "", location).strip(" \0").replace("\\", "/")
        host = _host_of(read)
        if host is None and not re.match(r"[a-z][a-z0-9+.\-]*:", read, re.IGNORECASE):
            continue
        if host != own and host not in _PARTNERS:
            yield f"Location {location!r}"


def _host_of(url: str) -> str | None:
    try:
        netloc = urlsplit(url).netloc
    except ValueError:
        return "invalid"
    return netloc.lower().removesuffix(":80").removesuffix(".") if netloc or url.startswith("//") else None


def _secrets_stay_with_their_client(environ: dict[str, Any], number: int, answer: Answer) -> Iterator[str]:
    own = mark_of(number).encode()
    parts = [answer.status, *(f"{name}: {value}" for name, value in answer.headers)]
    for part in [answer.body, *(part.encode("latin-1", "replace") for part in parts)]:
        for found in _MARK.finditer(part):
            if found[0].lower() != own:
                yield f"the mark of request {int(found[1]) - number:+} is in the response"
                return


def _what_is_shared_is_public(environ: dict[str, Any], number: int, answer: Answer) -> Iterator[str]:
    """A shared cache must not be told to keep a response with something of its client."""
    control = ",".join(answer.all("cache-control")).lower()
    if "s-maxage" not in control and "public" not in control:
        return
    if answer.all("set-cookie"):
        yield f"{control} with Set-Cookie"
    # The mark in a path or host is in the key of shared caches, too.
    url = f"{environ.get('HTTP_HOST')}{environ['PATH_INFO']}{environ['QUERY_STRING']}{environ.get('RAW_URI')}"
    varies = ",".join(answer.all("vary")).lower()
    mark = mark_of(number).encode()
    if mark in answer.body and mark.decode() not in url and "cookie" not in varies and "accept-language" not in varies:
        yield f"{control} with the mark of a client"


def has_dots(path: str) -> bool:
    return not {".", ".."}.isdisjoint(re.split(r"[/\\]", path))


def _guards_are_called(answer: Answer, base_path: str) -> Iterator[str]:
    """Each guard was called before the handlers behind it were reached, and for no other path."""
    # Only not_found.py is reached outside of the base path, and no guard is called there.
    events = [
        (kind, name, path.removeprefix(base_path))
        for kind, name, path in answer.journal.events
        if f"{path}/".startswith(f"{base_path}/")
    ]
    if not any(kind == "reached" for kind, _, _ in events):
        events += [("reached", route, "") for route in answer.all(ROUTE.lower())]  # a hit calls no handler
    called: dict[str, list[str]] = {name: [] for name in _GUARDS}
    reached: dict[str, list[str]] = {name: [] for name in _GUARDS}
    denied = False
    for kind, name, path in events:
        if kind == "guard":
            called[name].append(path)
        elif kind == "denied":
            denied = True
        else:
            if denied:
                yield f"{name} was reached after a guard had denied"
            for guard, patterns in _GUARDS.items():
                if any(name == pattern or name.startswith(f"{pattern}/") for pattern in patterns):
                    reached[guard].append(name)
                    if not called[guard]:
                        yield f"{name} was reached without the guard {guard}"
            # A path with dot segments is refused before any guard.
            if _OF_ROOT.fullmatch(path) and not called["root"] and not has_dots(path):
                yield f"{name} was reached as {path!r} without the guard root"
    if any(kind == "rewrote" for kind, _, _ in events):
        return
    others = [name for kind, name, _ in events if kind == "reached" and name not in ("not found", "other")]
    for path in called["root"]:
        if not _OF_ROOT.fullmatch(path) and others and not reached["root"]:
            yield f"the guard root was called for {path!r}, which is {others[-1]}"
    for guard in ("vault", "closed"):
        if called[guard] and others and not reached[guard]:
            yield f"the guard {guard} was called for {called[guard]}, which is {others[-1]}"


_ORACLES: list[Callable[[dict[str, Any], int, Answer], Iterator[str]]] = [
    _only_responses_leave, _no_failure_unasked, _framing_is_right, _no_location_leads_away,
    _secrets_stay_with_their_client, _what_is_shared_is_public,
]  # fmt: skip
