"""Where the cache answers differently from Next's, and why: a part of the table in ``deviations.py``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from zlib import crc32

from parity.replay import Seen
from parity.table import Change, Deviation

_UNSTORED = "private, no-cache, no-store"
_YEAR = "s-maxage=31536000"

_EXPIRE_TIMES = {"expire": 60, "expire3": 3}


def _cache(word: str, cache_control: str | None = None) -> Change:
    """It is as cached as ``word`` says."""
    more = {} if cache_control is None else {"cache-control": [cache_control]}
    return lambda seen, exchange: replace(seen, headers={**seen.headers, "cache": [word], **more})


def _stored(cache_control: str) -> Change:
    """It is rendered and stored by the first request, and served from there to the second."""
    return lambda seen, exchange: _cache("HIT" if exchange["id"].endswith(".2") else "MISS", cache_control)(
        seen, exchange
    )


def _bypass(seen: Seen, exchange: dict[str, Any]) -> Seen:
    """It is rendered for one client, and not stored."""
    headers = {**seen.headers, "cache": ["BYPASS"], "cache-control": [_UNSTORED]}
    return replace(_render(exchange["id"])(seen, exchange), headers=headers)


def _render(name: str) -> Change:
    """It is the render of that name, whichever was recorded."""
    number = 10**13 + crc32(name.encode())

    def change(seen: Seen, exchange: dict[str, Any]) -> Seen:
        if isinstance(seen.body, dict) and "now" in seen.body:
            return replace(seen, body={**seen.body, "now": number})
        if isinstance(seen.body, str):
            return replace(seen, body=re.sub(r"\d{13,}", str(number), seen.body))
        return seen

    return change


def _all(*changes: Change) -> Change:
    def change(seen: Seen, exchange: dict[str, Any]) -> Seen:
        for one in changes:
            seen = one(seen, exchange)
        return seen

    return change


def _answer(status: int, body: Any = "", **headers: str) -> Change:
    """It is this, whatever was recorded."""
    kept = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return lambda seen, exchange: Seen(status, kept, body)


def _regenerated(render: int, word: str) -> Change:
    """It is a good render of ``/regen/KEY``."""
    return _answer(200, {"now": render}, cache=word, cache_control="s-maxage=1", content_type="application/json")


def _for_a_period(seen: Seen, exchange: dict[str, Any]) -> Seen:
    """What interrupted it, for one period, and then what is well again."""
    number = exchange["id"].rpartition(".")[2]
    if number == "4":
        return _regenerated(2, "HIT")(seen, exchange)
    headers = {**seen.headers, "cache-control": ["s-maxage=1"], "cache": ["HIT" if number == "2" else "STALE"]}
    return replace(seen, headers=headers)


def _beside_a_post(seen: Seen, exchange: dict[str, Any]) -> Seen:
    target = exchange["request"]["target"]
    return _all(_render(target), _stored("s-maxage=2" if "reval-2" in target else _YEAR))(seen, exchange)


def _on_demand(seen: Seen, exchange: dict[str, Any]) -> Seen:
    _, _, method, number = exchange["id"].split(".")
    if number == "1":
        return Seen(204, {"allow": ["GET, HEAD, OPTIONS"]}, "") if method == "options" else Seen(405, {}, "")
    stored = {"cache": ["MISS" if number == "2" else "HIT"], "cache-control": [_YEAR]}
    return Seen(200, {**stored, "content-type": ["application/json"]}, {"id": method, "now": 1})


def _ran_after(seen: Seen, exchange: dict[str, Any]) -> Seen:
    times = {"1.build": 0, "1": 0, "2": 1, "3": 1, "4": 2, "count": 3}[exchange["id"].removeprefix("cache.fs-after.")]
    return replace(seen, body={**seen.body, "ran" if "ran" in seen.body else "seen": times})


def _expired(seen: Seen, exchange: dict[str, Any]) -> Seen:
    number = int(exchange["id"][-1])
    word = {1: "MISS", 2: "HIT", 3: "STALE", 4: "MISS", 5: "HIT"}[number]
    return _all(_render("first" if number < 4 else "second"), _cache(word))(seen, exchange)


def _whole_cache_control(seen: Seen, exchange: dict[str, Any]) -> Seen:
    expire = _EXPIRE_TIMES.get(exchange["app"], 31_536_000)
    period = re.fullmatch(r"s-maxage=(\d+)", "".join(seen.headers.get("cache-control", [])))
    if period is None or int(period[1]) >= expire:
        return seen
    whole = f"{period[0]}, stale-while-revalidate={expire - int(period[1])}"
    return replace(seen, headers={**seen.headers, "cache-control": [whole]})


def _with_etag(seen: Seen, exchange: dict[str, Any]) -> Seen:
    is_stored = "".join(seen.headers.get("cache", [])) in {"HIT", "STALE", "MISS"}
    if not is_stored or seen.headers.get("etag"):
        return seen
    return replace(seen, headers={**seen.headers, "etag": ["(made here)"]})


CACHE_DEVIATIONS = [
    Deviation(
        "The first request", r".*\.build", "Served from the build (`HIT`).",
        "Rendered and stored (`fwd=miss; stored`), unless you have run `routehandlers build`.", _cache("MISS"),
    ),
    Deviation(
        "Cacheable routes that turn out dynamic", r"cache\.(reval-2-(requrl|connection)\..*|error-dyn)|auth\.forbidden-fs\.1",
        "Found at the build, and served without a message.",
        "Found at each render, whose response has `private, no-cache, no-store` and `Cache-Status: …; fwd=bypass`.", _bypass,
    ),
    Deviation(
        "A POST beside a cached GET", r"cache\.((reval-2-post|fs-post)\.[12]|gsp-post\.[ac])",
        "Switches its caching off, as every other method does.", "The GET is cached.", _beside_a_post,
    ),
    Deviation(
        "A POST to a cached path", r"cache\.gsp-false\.POST-known", "200, with the cached response to GET.",
        "405, as for every method that the route lacks.", _answer(405),
    ),
    Deviation(
        "A first request that is not a GET", r"cache\.ondemand\..*",
        "Its 405 or 400 is stored for a year, and answers every later GET.", "Only responses to GET are stored.", _on_demand,
    ),
    Deviation(
        "Other methods on a prerendered path", r"cache\.(propfind|options)", "405 with two `Allow` lines, also for OPTIONS.",
        "As on any other route.",
        lambda seen, exchange: Seen(405, {}, "") if exchange["request"]["method"] == "PROPFIND"
        else Seen(204, {"allow": ["GET, HEAD, OPTIONS"]}, ""),
    ),
    Deviation(
        "An exported HEAD beside a cached GET", r"cache\.fs-head\.HEAD", "Never called.", "Called, and not cached.",
        _answer(200, x_from="head"),
    ),
    Deviation(
        "204 from a cached route", r"cache\.fs-204\..*", "500, permanently.", "Stored and served.",
        _all(_answer(204), _stored(_YEAR)),
    ),
    Deviation(
        "410 from a cached route", r"cache\.fs-410\.[12]", "Makes the route dynamic.", "Stored, as 404 is.",
        _all(_render("410"), _stored(_YEAR)),
    ),
    Deviation(
        "`Set-Cookie` from a cached route", r"cache\.fs-setcookie\..*", "Stored, and sent to all clients.", "Such a response is not stored.",
        _bypass,
    ),
    Deviation(
        "`cookies().set()` under `force-static`", r"cache\.fs-mutcookie.*", "An error.", "Set; such a response is not stored.",
        lambda seen, exchange: _bypass(
            replace(seen, headers={**seen.headers, "set-cookie": ["a=1; Path=/"]}, body={"m": "ok"}), exchange
        ),
    ),
    Deviation(
        "`no-store` from a cached route", r"cache\.fs-nostore\..*", "Stored, and sent unchanged.", "Not stored, and sent unchanged.",
        _all(_bypass, _cache("BYPASS", "no-store")),
    ),
    Deviation(
        "Errors in a cached render", r"cache\.error-caught(\.build)?|ucache\.(cookies-inside|bad-revalidate)",
        "Next's texts.", "`DynamicUsageError`, a `RuntimeError`; and a `ValueError` for `revalidate=0`.",
        lambda seen, exchange: replace(seen, body={
            name: text if text.startswith("ok") else "ValueError" if "Invariant" in text else "DynamicUsageError"
            for name, text in seen.body.items()
        }),
    ),
    Deviation(
        "`If-None-Match` against a cached response", r"cache\.fs-headers\.inm", "Ignored: 200.", "304.",
        lambda seen, exchange: Seen(304, {**seen.headers, "content-type": []}, ""),
    ),
    Deviation(
        "`after()` in a refresh", r"cache\.fs-after\..*", "Its functions never run.", "They run, as after each render.", _ran_after,
    ),
    Deviation(
        "A refresh that fails", r"cache\.regen\.(throw|undef|dyn)\.[23]",
        "The last good response stays, and is fresh for 3 more seconds (`s-maxage=3`).",
        "It stays, and remains stale; the next try is after the same time.", _regenerated(0, "STALE"),
    ),
    Deviation(
        "A refresh that answers 5xx or sets a cookie", r"cache\.regen\.(s500|cookie)\.[23]",
        "Replaces the last good response, cookie included.", "Counts as failed: the last good response stays.", _regenerated(0, "STALE"),
    ),
    Deviation(
        "A refresh that ends in `redirect()` or `not_found()`", r"cache\.regen\.(nf|redir)\.[234]", "Stored for a year.",
        "Stored for the route's period.", _for_a_period,
    ),
    Deviation(
        "`expire_time`", r"expire\.e3\.[1-5]", "Only a number in `Cache-Control`: an older response is served as stale.",
        "An older response is not served; the request renders a new one.", _expired,
    ),
    Deviation(
        "A purge before `not_found()`", r"revalidate\.(notfound\.1|after\.0)", "Not applied.", "Takes effect when it is called.",
        lambda seen, exchange: _all(
            _render("after the purge"), _cache("MISS" if exchange["id"] == "revalidate.notfound.1" else "HIT")
        )(seen, exchange),
    ),
    Deviation(
        "A value computed again in the request that purged it", r"ucache\.5", "Computed once more by the next request.", "Kept.",
        lambda seen, exchange: replace(seen, body={"n": 3}),
    ),
    Deviation(
        "A forged cookie of draft mode", r"draft\.status-forged", "Cleared, together with `__next_preview_data`.",
        "Cleared.",
        lambda seen, exchange: replace(seen, headers={
            **seen.headers,
            "set-cookie": ["__prerender_bypass=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=none"],
        }),
    ),
    Deviation(
        "Draft mode in a cached route", r"draft\.force-static\.on(-again)?", "`isEnabled` is false, and `x-nextjs-cache` says `HIT`.",
        "`is_enabled` is true, and `Cache-Status` says `fwd=bypass`.",
        _all(_bypass, lambda seen, exchange: replace(seen, body={**seen.body, "isEnabled": True})),
    ),
    Deviation(
        "`stale-while-revalidate`", r".*", "Missing after the first regeneration.", "Always sent.", _whole_cache_control,
    ),
    Deviation(
        "`ETag` on cached responses", r".*", "None.", "Always sent, and conditional requests get a 304.", _with_etag,
    ),
]  # fmt: skip
