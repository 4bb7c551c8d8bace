"""What the functions of the fuzzed application note of the request in hand, and what they answer.

The fuzzer makes one request at a time, so one list is enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from routehandlers import Request, Response
from routehandlers.headers import cookies, draft_mode, headers

# The header in which each handler sends its pattern. A stored response has it too.
ROUTE = "X-Route"

# Attributes of a request, including those that are rarely read. Reading one must never put a client's data in the cache.
# The last ones change the request, or need arguments, or are the unwatched environ of an outer layer.
_ATTRIBUTES = sorted(
    name
    for name in dir(Request)
    if not name.startswith("_") and name not in {"application", "close", "from_values", "environ", "shallow"}
)


@dataclass
class Journal:
    """Notes of one request.

    :ivar events: ``(kind, name, path)`` with the kinds ``guard``, ``denied``, ``rewrote`` and ``reached``.
    :ivar asked: Failures that a handler caused on purpose: ``500``, ``cut`` or ``exit``.
    """

    events: list[tuple[str, str, str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)


now = Journal()


def begin() -> Journal:
    """Forget the last request."""
    global now
    now = Journal()
    return now


def ask(failure: str) -> None:
    """Note that the handler is about to fail on purpose."""
    now.asked.add(failure)


def reach(name: str, path: str) -> None:
    now.events.append(("reached", name, path))


def guard(name: str, request: Any) -> Response | None:
    """Note that a guard was called, and do what the header ``X-Guard`` says."""
    now.events.append(("guard", name, request.path))
    how = request.headers.get("X-Guard", "")
    if how == f"deny {name}":
        now.events.append(("denied", name, request.path))
        return Response("denied", 403)
    if how == "seen":
        return Response.next(request_headers={"X-Seen": name, "X-Raw": None}, headers={"X-Guarded": name})
    if how == "cookie":
        cookies().set(name, request.cookies.get("who", "none"))
    if how.startswith("rewrite "):
        now.events.append(("rewrote", name, request.path))
        return Response.rewrite(how.removeprefix("rewrite "))
    if how == "redirect":
        return Response.redirect(f"{request.next_url.pathname}?by={name}")
    return None


def echo(name: str, request: Any, context: Any) -> Response:
    """Answer with all that a handler can see of its client."""
    reach(name, request.path)
    seen = {
        "params": {key: str(value) for key, value in context.params.items()},
        "url": request.url,
        "next": str(request.next_url),
        "host": request.host,
        "args": request.args.to_dict(flat=False),
        "cookies": dict(request.cookies),
        "jar": {key: cookies().get(key) for key in cookies()},
        "headers": {key: value for key, value in headers().items() if key.startswith("X-")},
        "agent": str(request.user_agent),
        "authorization": str(request.authorization),
        "languages": str(request.accept_languages),
        "range": str(request.range),
        "draft": draft_mode().is_enabled,
    }
    return Response.json(seen, 200, {ROUTE: name})


def plain(name: str, request: Any, context: Any) -> Response:
    """Answer with what is the same for all clients of a path, so that the response can be stored."""
    reach(name, request.path)
    return Response(f"{context.params} {request.path} {request.next_url.pathname}", 200, {ROUTE: name})


def read_any(name: str, number: int, request: Any) -> Response:
    """Read one attribute of the request and answer with it."""
    reach(name, request.path)
    attribute = _ATTRIBUTES[number % len(_ATTRIBUTES)]
    ask("500")  # some need arguments
    value = getattr(request, attribute)
    if callable(value):
        value = value()
    if hasattr(value, "read"):
        value = value.read(100)
    return Response(f"{attribute}: {value!r}", 200, {ROUTE: name})


def read_body(name: str, request: Any) -> Response:
    """Read the body as the header ``X-Read`` says."""
    reach(name, request.path)
    how = request.headers.get("X-Read", "form_data")
    if how == "part":
        text = repr(request.stream.read(3))
    elif how == "form":
        text = f"{request.form.to_dict(flat=False)} {[file.filename for file in request.files.values()]}"
    elif how == "get_json":
        text = repr(request.get_json(silent=True))
    elif how == "files":
        text = str({key: (file.filename, file.read(50)) for key, file in request.files.items()})
    elif how == "none":
        text = ""
    elif how == "twice":
        text = repr((request.bytes(), request.get_data(), request.form))
    elif how in {"json", "text", "bytes", "get_data"}:
        text = repr(getattr(request, how)())
    else:
        text = str([(key, getattr(value, "filename", value)) for key, value in request.form_data().items()])
    return Response(text, 200, {ROUTE: name})
