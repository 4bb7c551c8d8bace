"""The exchanges of the cache, in sequences: what is sent, in which order, and after how long.

Whether two answers are one render shows only beside each other. A sequence is
what Next answered one after the other; sequences do not know of each other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from servers import Server

from parity.replay import Seen, send

Exchange = dict[str, Any]

_IN_SEQUENCE = r"(cache|revalidate|expire|draft|fetch|ucache)\..*|basepath\.rp\..*|trailing\.28|auth\.forbidden-fs\..*"

# Several names for one sequence: they all ask for /force-static.
_OF_FORCE_STATIC = ("ims", "options", "propfind", "range", "reval-header", "trailing")

# Seconds before a request: as long as the route's period, the storage's limit or the next try takes, and a little.
_WAITS = (
    (r"cache\.(reval-2-(pathname|static)\.1|isr\.(a|d|head))", 2.1),
    (r"cache\.fs-after\.[13]|cache\.regen\..*\.1|expire\.isr\.1", 1.1),
    (r"ucache\.ttl\.3|revalidate\.ttl\.2|fetch\.revalidate\.3|expire\.e3\.3", 1.2),
    (r"cache\.regen\..*\.3|expire\.e3\.1", 3.3),
    (r"expire\.e3\.4", 3.6),
)

# What runs in the background has no moment: these are sent until their answer is not the one before.
_PATIENT = (
    r"cache\.(isr\.(b|e|head-then-get)|fs-after\.[24]|regen\..*\.4|regen\.(nf|redir|s404)\.2)"
    r"|expire\.isr\.2|revalidate\.(after\.1|ttl\.3)|ucache\.ttl\.4|fetch\.revalidate\.4"
)
_PATIENCE = 5.0

_TOKEN = re.compile(r"__prerender_bypass=([0-9a-f]{32,})")

_YEAR = "s-maxage=31536000"


def _stated(id: str, target: str, cache: str = "", body: str = "", **more: Any) -> Exchange:
    """Return an exchange that was seen with Next 15.5 but is not among the recordings.

    :param cache: Of ``x-nextjs-cache``.
    :param more: ``app``, ``method``, ``status``, ``cookie``, and headers of the answer.
    """
    app, method, status = more.pop("app", "cache"), more.pop("method", "GET"), more.pop("status", 200)
    cookie = [["Cookie", more.pop("cookie")]] if "cookie" in more else []
    headers = [["x-nextjs-cache", cache]] if cache else []
    headers += [[name.replace("_", "-"), value] for name, value in more.items()]
    if body:
        headers.append(["content-type", "application/json" if body.startswith("{") else "text/plain;charset=UTF-8"])
    return {
        "id": id,
        "app": app,
        "request": {"method": method, "target": target, "headers": [["Host", "localhost"], *cookie]},
        "response": {"status": status, "headers": headers, "body": body},
    }


def _now(render: int) -> str:
    return f'{{"now":{render}}}'


def _regenerations(key: str, *answers: dict[str, Any]) -> dict[str, list[Exchange]]:
    """Four answers of ``/regen/KEY``: two while its handler goes wrong, and two when it is well again."""
    stated = [
        _stated(f"cache.regen.{key}.{number}", f"/regen/{key}", **answer) for number, answer in enumerate(answers, 1)
    ]
    return {f"cache.ctl.{key}.on": stated[:2], f"cache.ctl.{key}.off": stated[2:]}


def _answer(cache: str, body: str, period: int = 1, **more: Any) -> dict[str, Any]:
    return {"cache": cache, "body": body, "cache_control": f"s-maxage={period}", **more}


_OLD, _WRONG, _NEW = _now(0), _now(1), _now(2)
_WELL = _answer("HIT", _NEW)
_STALE = _answer("STALE", _OLD)
_KEPT = (_STALE, _answer("HIT", _OLD, 3), _answer("STALE", _OLD, 3), _WELL)


def _replaced(**more: Any) -> tuple[dict[str, Any], ...]:
    """The good entry gives way to what went wrong, for one period: an error's status, a cookie."""
    return _STALE, _answer("HIT", **more), _answer("STALE", **more), _WELL


def _for_good(**more: Any) -> tuple[dict[str, Any], ...]:
    """The good entry gives way for ever: a redirect, ``notFound()``."""
    return _STALE, *[_answer("HIT", "", 31_536_000, **more)] * 3


_ON = "__prerender_bypass=dffc4220736f84e29971b879e607b883"
_DRAFT = "private, no-cache, no-store, max-age=0, must-revalidate"

# What stands between recorded exchanges, by the one before it.
_BETWEEN: dict[str, list[Exchange]] = {
    **_regenerations("throw", *_KEPT),
    **_regenerations("undef", *_KEPT),
    **_regenerations("dyn", *_KEPT),
    **_regenerations("s500", *_replaced(body="500 10000000000001", status=500)),
    **_regenerations("s404", *_replaced(body="404 10000000000001", status=404)),
    **_regenerations("cookie", *_replaced(body=_WRONG, set_cookie="a=1; Path=/")),
    **_regenerations("redir", *_for_good(status=307, location="/target")),
    **_regenerations("nf", *_for_good(status=404)),
    "cache.trailing": [_stated("cache.options", "/force-static", method="OPTIONS", status=405, body="Method Not Allowed")],
    # The recording goes on with n: 2, and n: 4, from here.
    "ucache.2": [_stated("ucache.bust", "/uc/bust", app="main", method="POST", body='{"done":true}')],
    "revalidate.get.2": [
        _stated("revalidate.again.do", "/do/get?p=/rp/target", body='{"done":true,"now":4}'),
        _stated("revalidate.again.1", "/rp/target", "MISS", '{"n":4,"now":1795327760096}', cache_control=_YEAR),
    ],
    "basepath.rp.nobase": [_stated("basepath.rp.nobase.1", "/base/fs", "MISS", _now(1), app="basepath", cache_control=_YEAR)],
    "basepath.rp.base": [_stated("basepath.rp.base.1", "/base/fs", "HIT", _now(1), app="basepath", cache_control=_YEAR)],
    # With the cookie of draft mode, a cached route runs on each request and stores nothing; inside, isEnabled is false.
    "draft.enable-redirect": [
        _stated(f"draft.force-static.{name}", "/dm/force-static", "HIT", body, app="main", cache_control=control, **more)
        for name, body, control, more in (
            ("off", '{"now":0,"isEnabled":false}', _YEAR, {}),
            ("on", '{"now":1,"isEnabled":false}', _DRAFT, {"cookie": _ON}),
            ("on-again", '{"now":2,"isEnabled":false}', _DRAFT, {"cookie": _ON}),
            ("off-again", '{"now":0,"isEnabled":false}', _YEAR, {}),
        )
    ],
}  # fmt: skip

# Rows 1 and 3 of section 0.
_BESIDE: list[Exchange] = [
    exchange
    for method, status, then in (("POST", 405, 405), ("PROPFIND", 400, 400), ("OPTIONS", 400, 500))
    for name in [method.lower()]
    for exchange in (
        _stated(f"cache.ondemand.{name}.1", f"/fs-dyn/{name}", method=method, status=status),
        _stated(f"cache.ondemand.{name}.2", f"/fs-dyn/{name}", "HIT", status=then, cache_control=_YEAR),
        _stated(f"cache.ondemand.{name}.3", f"/fs-dyn/{name}", "HIT", status=then, cache_control=_YEAR),
    )
] + [_stated(f"cache.fs-204.{number}", "/fs-204", status=500) for number in (1, 2)]


def is_in_sequence(exchange: Exchange) -> bool:
    """Whether an exchange says something only beside others."""
    return re.fullmatch(_IN_SEQUENCE, exchange["id"]) is not None


def make_sequences(recorded: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    """All sequences by their names: the build that was before them, what is recorded, and what stands between."""
    sequences: dict[str, list[Exchange]] = {}
    for exchange in [*recorded, *_BESIDE]:
        steps = [exchange, *_BETWEEN.get(exchange["id"], [])]
        sequences.setdefault(_name_of(exchange), []).extend(steps)
    return {name: [*_build(steps), *steps] for name, steps in sequences.items()}


def app_of(exchange: Exchange) -> str:
    """The application that an exchange is sent to, as ``routes_cache.APPS`` names it."""
    if exchange["id"].startswith("revalidate."):
        return "revalidate"
    return "cache" if exchange["app"] == "auth" else str(exchange["app"])


def _name_of(exchange: Exchange) -> str:
    area, name, *rest = exchange["id"].split(".")
    if area != "cache":
        return f"{area}-{app_of(exchange)}"
    if name == "ctl":
        return f"regen.{rest[0]}"
    return "force-static" if name in _OF_FORCE_STATIC else str(name)


def _build(steps: list[Exchange]) -> list[Exchange]:
    """Next renders at its build what its first answer has from there; here somebody asks for it."""
    first: dict[str, Exchange] = {}
    for exchange in steps:
        first.setdefault(exchange["request"]["target"].partition("?")[0], exchange)
    return [
        {
            **exchange,
            "id": f"{exchange['id']}.build",
            "request": {"method": "GET", "target": path, "headers": exchange["request"]["headers"][:1]},
        }
        for path, exchange in first.items()
        if {"HIT", "STALE"} & {value for name, value in exchange["response"]["headers"] if name == "x-nextjs-cache"}
    ]


def play(server: Server, steps: list[Exchange]) -> list[Seen]:
    """Send a sequence, and give its answers."""
    answers: list[Seen] = []
    bodies: dict[str, Any] = {}
    token = ""
    for exchange in steps:
        request, path = _with_token(exchange["request"], token), exchange["request"]["target"].partition("?")[0]
        time.sleep(next((seconds for ids, seconds in _WAITS if re.fullmatch(ids, exchange["id"])), 0))
        answer = send(server, request)
        if re.fullmatch(_PATIENT, exchange["id"]):
            deadline = time.monotonic() + _PATIENCE
            while answer.body == bodies[path] and time.monotonic() < deadline:
                time.sleep(0.02)
                answer = send(server, request)
        if request["method"] == "GET":
            bodies[path] = answer.body
        for found in _TOKEN.finditer("".join(answer.headers.get("set-cookie", []))):
            token = found[1]
        answers.append(answer)
    return answers


def _with_token(request: dict[str, Any], token: str) -> dict[str, Any]:
    """A request with our draft mode cookie in place of the recorded one."""
    headers = [[name, _TOKEN.sub(f"__prerender_bypass={token}", value)] for name, value in request["headers"]]
    return {**request, "headers": headers}
