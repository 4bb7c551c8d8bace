"""Where this library answers differently from the recorded Next.js 15.5, and why.

Each deviation names the exchanges it is about, the reason, and what is expected
in place of the recorded answer. ``docs/parity.md`` is made of this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from parity.deviations_around import AROUND_APPS, AROUND_DEVIATIONS, AROUND_NOT_REPLAYED
from parity.deviations_cache import CACHE_DEVIATIONS
from parity.replay import Seen
from parity.table import BYTES, PROBLEM, TEXT, Deviation

# What each path of the recordings can do, as Allow names it.
ALLOW = {
    "/m/get-only": "GET, HEAD, OPTIONS",
    "/m/post-only": "OPTIONS, POST",
    "/m/options-custom": "GET, HEAD, OPTIONS",
    "/m/no-get": "OPTIONS, PATCH, PUT",
    "/force-static": "GET, HEAD, OPTIONS",
    "/gsp-false/a": "GET, HEAD, OPTIONS",
    "/fs-dyn/post": "GET, HEAD, OPTIONS",
    "/fs-dyn/propfind": "GET, HEAD, OPTIONS",
}

# Cache-Control of Next's own pages.
_OF_PAGES = "private, no-cache, no-store, max-age=0, must-revalidate"

# JavaScript's own views of an object, which have no counterpart here.
_JAVASCRIPT = [
    "class",
    "buildId",
    "locale",
    "defaultLocale",
    "domainLocale",
    "trailingSlash",
    "json",
    "toString",
    "iterable",
    "reqSize",
    "retClass",
    "bodyUsed",
    "bodyNull",
    "ctor",
    "xh",
    "message",
    "digest",
    "name",
    "errorName",
    "errorMessage",
]


def _status(status: int) -> Callable[[Seen, dict[str, Any]], Seen]:
    return lambda seen, exchange: replace(seen, status=status, body="")


def _fields(**fields: Any) -> Callable[[Seen, dict[str, Any]], Seen]:
    return lambda seen, exchange: replace(seen, body={**seen.body, **fields})


def _answer(status: int, body: Any, **headers: str) -> Callable[[Seen, dict[str, Any]], Seen]:
    kept = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return lambda seen, exchange: Seen(status, kept, body)


def _header(name: str, *values: str) -> Callable[[Seen, dict[str, Any]], Seen]:
    return lambda seen, exchange: replace(seen, headers={**seen.headers, name: list(values)})


def _undecoded(seen: Seen, exchange: dict[str, Any]) -> Seen:
    value = "%ff" if exchange["id"].endswith("ff") else "%zz"
    one = {"name": "a", "value": value}
    others = [{"name": "b", "value": "2"}] if value == "%zz" else []
    fields = {"getAll": [one, *others], "get_a": one, "getAll_a": [one], "reqCookies": [one, *others]}
    return replace(seen, body={**seen.body, **fields, "has_a": True})


def _with_host(seen: Seen, exchange: dict[str, Any]) -> Seen:
    host = dict(exchange["request"]["headers"])["Host"].lower()
    body = {
        key: value.replace("localhost:4101", host) if isinstance(value, str) else value
        for key, value in seen.body.items()
    }
    return replace(seen, body={**body, "host": host, "hostname": host.split(":")[0], "port": host.partition(":")[2]})


def _http_again(seen: Seen, exchange: dict[str, Any]) -> Seen:
    body = {key: value.replace("https:", "http:") for key, value in seen.body.items() if isinstance(value, str)}
    return replace(seen, body={**seen.body, **body})


def _sent_query(seen: Seen, exchange: dict[str, Any]) -> Seen:
    query = exchange["request"]["target"].partition("?")[2].replace('"', "%22").replace("|", "%7C")
    url = f"http://localhost:4101/q/echo?{query}"
    return replace(seen, body={**seen.body, "url": url, "search": f"?{query}"})


def _below_base_path(seen: Seen, exchange: dict[str, Any]) -> Seen:
    url = seen.body["url"].replace("4103/", "4103/base/")
    return replace(seen, body={**seen.body, "url": url, "href": url, "basePath": "/base"})


def _problem(seen: Seen, exchange: dict[str, Any]) -> Seen:
    """Errors without a word become problem documents."""
    if seen.status < 400 or seen.body not in ("", "(HTML page)"):
        return seen
    kept = {
        name: value
        for name, value in seen.headers.items()
        if (name != "etag" or value == ["(made here)"]) and value != [_OF_PAGES]
    }
    kept["content-type"] = [PROBLEM]
    problem = {"type": "about:blank", "title": HTTPStatus(seen.status).phrase, "status": seen.status}
    return replace(seen, headers=kept, body="" if exchange["request"]["method"] == "HEAD" else problem)


def _allow(seen: Seen, exchange: dict[str, Any]) -> Seen:
    if seen.status != 405 or exchange["request"]["target"] not in ALLOW:
        return seen
    return replace(seen, headers={**seen.headers, "allow": [ALLOW[exchange["request"]["target"]]]})


def _params(seen: Seen, exchange: dict[str, Any]) -> Seen:
    if isinstance(seen.body, dict) and "params" in seen.body and seen.body["params"] is None:
        return replace(seen, body={**seen.body, "params": {}})
    return seen


def _typed(seen: Seen, exchange: dict[str, Any]) -> Seen:
    if "content-type" in seen.headers or seen.status in (204, 304):
        return seen
    of_bytes = re.match(
        r"(defaults\.(blob|array|uint8|buffer|stream)|stream\.(late|async|throw)|cache\.fs-(bytes|stream)).*",
        exchange["id"],
    )
    return replace(seen, headers={**seen.headers, "content-type": [BYTES if of_bytes else TEXT]})


DEVIATIONS = [
    Deviation(
        "Methods that no handler can have", r"methods\.get-only\.(TRACE|PROPFIND|FOO|CONNECT|QUERY|LINK|PURGE|REPORT|M-SEARCH)",
        "400, an HTML page with 500 (TRACE), or a closed connection (CONNECT).",
        "405, as for every method that the route lacks.", _status(405),
    ),
    Deviation(
        "Return values", r"methods\.return-(string|object)", "500: only a `Response` is accepted.",
        "A `str` is text, a `dict` JSON.",
        lambda seen, exchange: Seen(200, {"content-type": [TEXT]}, "str") if exchange["id"].endswith("string")
        else Seen(200, {"content-type": ["application/json"]}, {"ok": True}),
    ),
    Deviation(
        "Encoded spellings of folder names",
        r"routing\.(underscore-encoded|underscore-nested-encoded|space|tilde-enc|at-enc)",
        "404: a static folder is compared with the path as it was sent.",
        "Paths are decoded once, by segment, and so is the folder's name: every spelling of one path is one path.",
        lambda seen, exchange: Seen(200, {"content-type": ["application/json"]}, {"route": _ROUTES[exchange["id"]], "params": {}}),
    ),
    Deviation(
        "Dot segments below a catch-all", r"params\.all\.(dotdot|dot-enc)",
        "The catch-all sees the path with its dot segments resolved, a static route does not.",
        "404, in every spelling: guards and routes never see two paths.", _status(404),
    ),
    Deviation(
        "The query string", r"query\.(novalue|pct20|zz|amps|space-raw-quote|slash|pipe)",
        "`request.url` and `search` are parsed and written again: `?a` becomes `?a=`, `%20` becomes `+`.",
        "They stay as they were sent; only characters that no URL may contain are percent-encoded.", _sent_query,
    ),
    Deviation(
        "Keys that Next reserves", r"query\.nxtP", "`nxtP…` and `nxtI…` are removed from the query.", "They are ordinary keys.",
        lambda seen, exchange: Seen(seen.status, seen.headers, {
            "url": "http://localhost:4101/q/echo?nxtPid=evil&a=1", "search": "?nxtPid=evil&a=1",
            "entries": [["nxtPid", "evil"], ["a", "1"]], "viaURL": [["nxtPid", "evil"], ["a", "1"]],
        }),
    ),
    Deviation(
        "The `Host` header", r"query\.(host|host-port|host-upper)",
        "The origin is `http://localhost:PORT`, whatever host the client sends.",
        "The `Host` header is used, within `trusted_hosts`.", _with_host,
    ),
    Deviation(
        "A malformed `Host`", r"query\.host-userinfo", "200.", "400.",
        _answer(400, {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "The Host header is malformed."},
                content_type=PROBLEM),
    ),
    Deviation(
        "Forwarded headers", r"query\.(xfp|xfp-list|xf-all)",
        "The first `X-Forwarded-Proto` of any client sets the scheme.",
        "`X-Forwarded-*` headers are ignored without Werkzeug's `ProxyFix`. (gunicorn itself reads the scheme from the proxies that it trusts.)",
        lambda seen, exchange: _with_host(_http_again(seen, exchange), exchange),
    ),
    Deviation(
        "Bytes in cookies", r"cookies\.read\.unicode", "Raw UTF-8 in a cookie is read as Latin-1.", "It is read as UTF-8.",
        lambda seen, exchange: replace(seen, body={
            **seen.body, "header": "a=cafÃ©", "getAll": [{"name": "a", "value": "café"}],
            "get_a": {"name": "a", "value": "café"}, "getAll_a": [{"name": "a", "value": "café"}],
            "reqCookies": [{"name": "a", "value": "café"}],
        }),
    ),
    Deviation(
        "Cookies in quotes", r"cookies\.read\.quoted", "The quotes are part of the value.",
        "Werkzeug, Flask and `http.cookies` write such values; they are read without quotes and backslashes.",
        lambda seen, exchange: replace(seen, body={
            **seen.body, "getAll": [{"name": "a", "value": "quoted val"}], "get_a": {"name": "a", "value": "quoted val"},
            "getAll_a": [{"name": "a", "value": "quoted val"}], "reqCookies": [{"name": "a", "value": "quoted val"}],
        }),
    ),
    Deviation(
        "Cookies that cannot be decoded", r"cookies\.read\.(badenc|ff)", "Dropped.",
        "Read as they were sent, since Werkzeug and Flask write a percent sign so.", _undecoded,
    ),
    Deviation(
        "Characters that could break out of `Set-Cookie`", r"cookies\.set\.(n-space|n-eq|n-empty|path-inject)",
        "Names and attributes are sent unchecked.", "A `ValueError`: a 500, with the reason in the log.",
        lambda seen, exchange: Seen(500, {}, ""),
    ),
    Deviation(
        "`samesite=True`", r"cookies\.set\.samesite-true", "Sent as `SameSite=true`, which no browser knows.", "A `ValueError`.",
        lambda seen, exchange: Seen(500, {}, ""),
    ),
    Deviation(
        "Fractions of a second", r"cookies\.set\.maxage-float", "`Max-Age=1.5`, which is not valid.", "`Max-Age=1`.",
        _header("set-cookie", "a=1; Path=/; Expires=(date); Max-Age=1"),
    ),
    Deviation(
        "`path=None`", r"cookies\.set\.path-null", "`null` is `Path=/`.", "`None` leaves the path out, as in Werkzeug.",
        _header("set-cookie", "a=1"),
    ),
    Deviation(
        "Cookies set before `not_found()`, `forbidden()` and `unauthorized()`",
        r"cookies\.notfound|auth\.(forbidden|unauthorized)-cookie", "Lost.", "Sent, as they are before `redirect()`.",
        lambda seen, exchange: _header("set-cookie", "nf=1; Path=/" if "notfound" in exchange["id"] else "a=1; Path=/")(seen, exchange),
    ),
    Deviation(
        "Cookies set after the first chunk", r"cookies\.in-stream",
        "Sent if the stream's `start` had not yet waited for anything.", "An error, because the headers have been sent.",
        lambda seen, exchange: Seen(200, {}, "first;The cookie 'instream' comes too late: the headers have been sent. Set it"
                                    " before the first chunk is yielded, and not in after()."),
    ),
    Deviation(
        "`Content-Encoding`", r"headers\.content-encoding.*", "Dropped, so that a compressed body arrives as garbage.", "Sent.",
        lambda seen, exchange: replace(seen, headers={**seen.headers, "content-encoding": ["gzip"]}, body="(gzip)"),
    ),
    Deviation(
        "The POST of a form", r"flow\.redirect\.POST-next-action", "A `Next-Action` header makes `redirect()` a 303.",
        "Only the content type of a form does; there are no server actions here.",
        lambda seen, exchange: replace(seen, status=307),
    ),
    Deviation(
        "`forbidden()` and `unauthorized()`", r"flow\.(forbidden|unauthorized)", "500 without an experimental setting.",
        "403 and 401.", lambda seen, exchange: replace(seen, status=403 if "forbidden" in exchange["id"] else 401),
    ),
    Deviation(
        "`Response.redirect()` to a path", r"flow\.r-redirect-relative", "500: only absolute URLs are accepted.",
        "Sent as written, as RFC 9110 allows.",
        lambda seen, exchange: Seen(302, {"location": ["/t"]}, ""),
    ),
    Deviation(
        "The host in redirects", r"flow\.nr-redirect\.host", "`localhost`.", "The host that the client sent.",
        _header("location", "http://example.com/t"),
    ),
    Deviation(
        "One `Response` for two requests", r"flow\.same-response\.2", "Empty the second time.", "The same body both times.",
        lambda seen, exchange: replace(seen, body="shared"),
    ),
    Deviation(
        "Interrupts that are caught", r"(flow|auth)\.(forbidden|unauthorized|notfound)-try",
        "Every `catch` catches them.", "`except Interrupt` catches them, and `except Exception` does not.",
        lambda seen, exchange: replace(seen, body={"status": {"f": 403, "u": 401, "n": 404}[exchange["id"].split(".")[1][0]]}),
    ),
    Deviation(
        "Errors while reading the body", r"body\.(json\.(malformed2?|empty|nobody|nan|GET|GET-nobody)|form\.(multipart-(badboundary|noboundary|truncated)|json-ct|no-ct|GET-nobody))",
        "`SyntaxError` and `TypeError`, a 500 if they are not caught.",
        "400 for a malformed body and 415 for a body that is no form, also if the handler does not catch the error.",
        lambda seen, exchange: replace(seen, body={"status": 415 if re.search(r"json-ct|no-ct|form\.GET", exchange["id"]) else 400}),
    ),
    Deviation(
        "JSON that is not UTF-8", r"body\.json\.latin1", "Read with U+FFFD in it.", "400.",
        lambda seen, exchange: replace(seen, status=400, body={"status": 400}),
    ),
    Deviation(
        "Large integers", r"body\.json\.bigint", "Rounded to a double.", "Kept.",
        _fields(j={"a": 12345678901234567890}),
    ),
    Deviation(
        "The order of form fields", r"body\.form\.urlencoded", "As they were sent.",
        "Grouped by name, in the order in which the names first appear; the order within a name is kept.",
        _fields(out=[["a", "1"], ["a", "2"], ["b", "two words"], ["c", "café"], ["d", ""], ["e", ""]]),
    ),
    Deviation(
        "Reading the body twice", r"body\.twice(\.empty)?", "An error.", "The same text again.",
        lambda seen, exchange: replace(seen, status=200, body=dict.fromkeys("ab", "hello" if exchange["request"].get("body") else "")),
    ),
    Deviation(
        "The base path in URLs", r"basepath\.[07]", "Handlers see the URL without it, and `basePath` is empty.",
        "`url` and `href` contain it, `pathname` does not, and `base_path` names it.", _below_base_path,
    ),
    Deviation(
        "A changed `next_url` and the trailing slash", r"trailing\.32", "The slash of the setting is added when it is written.",
        "The URL is written as you set it; `app.url_for()` adds the slash.", _header("location", "http://localhost:4104/x"),
    ),
    Deviation(
        "Setting a cookie in `after()`", r"after\.cookies\.log", "An error with Next's text.", "`ResponseStartedError`.",
        lambda seen, exchange: replace(seen, body=["read 1", "ResponseStartedError"]),
    ),
    Deviation(
        "Asynchronous callbacks", r"after\.basic\.log", "Callbacks start in order and may end in another.",
        "One after the other, in order.",
        lambda seen, exchange: replace(seen, body=["handler end", "after1", "after2", "after3"]),
    ),
    *CACHE_DEVIATIONS,
    *AROUND_DEVIATIONS,
    Deviation(
        "`Allow` with 405", r".*", "Missing.", "Always sent, with the same methods as in the response to OPTIONS.", _allow,
    ),
    Deviation(
        "The body of errors", r".*", "Empty, or an HTML page for URLs without a route.",
        "A problem document of RFC 9457, or a page for clients that prefer HTML.", _problem,
    ),
    Deviation("`params` of a static route", r".*", "`undefined`.", "`{}`.", _params),
    Deviation(
        "`Content-Type`", r".*", "None for empty bodies, bytes and streams.",
        "Always sent (WSGI's validator requires it): `text/plain; charset=utf-8`, or `application/octet-stream` for bytes.", _typed,
    ),
]  # fmt: skip

_ROUTES = {
    "routing.underscore-encoded": "%5Funderscore",
    "routing.underscore-nested-encoded": "pub/%5Funder2",
    "routing.space": "with space",
    "routing.tilde-enc": "a-b_c~d",
    "routing.at-enc": "at@sign",
}

# Exchanges that are not replayed, and why.
NOT_REPLAYED = [
    *AROUND_NOT_REPLAYED,
    (r"methods\.(foo-export|not-function|get-null|thenable|import-error).*", "Files that are an error at start here: `tests/parity/test_builds.py` tests them."),
    (r"methods\.get-only\.get-lowercase-verb|query\.utf8-raw|routing\.no-slash", "The server refuses the request before it reaches the application, as Node does; the body is gunicorn's."),
    (r"query\.two-hosts", "Two `Host` lines: gunicorn answers 400."),
    (r"query\.(long|count-1200)", "gunicorn refuses request lines of more than 8,190 bytes."),
    (r"query\.(host-empty|http10-nohost)", "Without a host the URL names the server's own address, which is another in each run; see `tests/http`."),
    (r"cookies\.read\.two-headers", "WSGI servers join two `Cookie` lines by a comma, which cannot be told from a value with a comma."),
    (r"cookies\.(iterate|sync|clear)|fl\.digest.*|flow\.digest-fake-status|flow\.r-json-undefined|defaults\.(number|object)|body\.clone",
     "Features of JavaScript: promises, prototypes, `undefined`, `[object Object]`, `request.clone()`."),
    (r"cookies\.after-return.*|stream\.abort-.*", "Timers and `AbortSignal`: handlers are synchronous, and a disconnect closes the generator of a stream."),
    (r"after\.user-agent.*", "Names of browsers: the parser is another one, and `tests/http/test_user_agent.py` compares the fields."),
    (r"draft\.keys", "The JavaScript prototype of draft mode's object."),
    (r"expire\.ext", "Next's `pageExtensions`: a route is always `route.py`."),
    (r"defaults\.404\.gzip", "Compression: use a proxy for it."),
    (r"stream\.throw-mid", "A stream that breaks off: `tests/streaming` checks that the connection is cut."),
]  # fmt: skip


# Differences from Next 16.4, which is not recorded. The tests are in test_next_16.py.
NEXT_16 = [
    (
        "`params`, `cookies()`, `headers()`, `draftMode()`",
        "Promises; 15 also allowed direct access.",
        "Values: there is nothing to await.",
    ),
    (
        "`proxy.ts`",
        "The name of `middleware.ts`, in the root only.",
        "Both names, in any folder; both in one folder are an error.",
    ),
    (
        "`revalidateTag(tag)` without a profile",
        "Deprecated, with a warning. It purges at once.",
        "It purges at once, without a warning.",
    ),
    ("An unknown profile", "An exception after the handler has answered.", "A `ValueError` in the handler."),
    (
        "`updateTag()` and `refresh()`",
        "They throw in route handlers.",
        "They do not exist. `revalidate_tag(tag)` purges at once, also for the rest of the request.",
    ),
    (
        "`cacheComponents` and `use cache`",
        "Where they are on, `dynamic`, `dynamicParams`, `revalidate` and `fetchCache` are errors.",
        "There is no such setting: the constants stay, and `cached()` caches values.",
    ),
    (
        "A folder and an optional catch-all in it",
        "An error at the build.",
        "Two routes, as in 15; the folder itself has precedence.",
    ),
    ("Malformed escapes", "500.", "400, as in 15."),
    ("Whole URLs as request targets", "A redirect to the host in the target.", "A path of this host."),
]

# Differences that no recorded exchange shows: what it is about, Next's behaviour, and ours.
NOT_RECORDED = [
    ("The spelling of the path", "`request.url` and `pathname` keep the percent-encoding of the client.",
     "One canonical spelling in `url`, `pathname` and `path`, so that a guard and the routes read the same path. `RAW_URI` has the path as it was sent."),
    ("Upper and lower case in a `matcher`", "Matchers distinguish case, although `redirects` and `rewrites` ignore it.",
     "All of them ignore case, so that a rewrite never takes a path that a guard misses."),
    ("A dot at the end of the host", "`admin.example.com.` is another host than `admin.example.com` in `has` and `missing`.",
     "It is the same host, in conditions, `trusted_hosts` and `request.host`."),
    ("The lifetime of draft mode", "The cookie has the same value for all clients, until the next build.",
     "It contains a signed time and expires after `draft_max_age`, a day by default. A list of keys in `secret_key` allows to change the key."),
    ("Paths of `revalidate_path()` that match nothing", "No effect, without a message.",
     "A warning, once, that names the path that was probably meant."),
    ("A purge in a `GET` with `dynamic = \"error\"`", "Makes the route dynamic.", "A `PurgeInRenderError`."),
    ("Limits of forms", "None beside that of the body, where there is one.",
     "`max_form_parts` and `max_form_memory_size`: a form with more fields or longer ones is a 413."),
    ("Cookies that browsers drop", "`__Host-` and `__Secure-` names that break the rules of their prefix, and `SameSite=None` without `Secure`, are sent.",
     "A `ValueError` that names the rule. `delete()` adds what a prefix requires."),
    ("The status of a stream", "The `Response` has its status before its stream is read, for GET and HEAD.",
     "A generator can change the status until its first chunk. A HEAD request does not start the generator, so its status is that of the handler."),
]  # fmt: skip


def reason_not_replayed(exchange: dict[str, Any]) -> str | None:
    """Why an exchange has no counterpart, or ``None``."""
    return next((reason for ids, reason in NOT_REPLAYED if re.fullmatch(ids, exchange["id"])), None)


def without_javascript(body: Any) -> Any:
    """A body without what only JavaScript has, and cookies without the path that Next's entries repeat."""
    if isinstance(body, dict):
        kept = {
            key: without_javascript(value) for key, value in body.items() if key not in _JAVASCRIPT or key == "name"
        }
        if {"name", "value"} <= set(kept):
            return {"name": kept["name"], "value": kept["value"]}
        return {key: value for key, value in kept.items() if key != "name"}
    if isinstance(body, list):
        return [without_javascript(item) for item in body]
    return body


def expected(seen: Seen, exchange: dict[str, Any]) -> Seen:
    """The recorded answer with every deviation that applies."""
    seen = replace(seen, body=without_javascript(seen.body))
    for deviation in DEVIATIONS:
        if deviation.applies(exchange):
            seen = deviation.change(seen, exchange)
    return seen


def comparable(answer: Seen, exchange: dict[str, Any]) -> Seen:
    """An answer without dates and tokens, spelled as we spell types, and without what only JavaScript has."""
    headers = {
        name: [", ".join(values)] if name.startswith("x-") else list(values) for name, values in answer.headers.items()
    }
    headers["content-type"] = [
        re.sub(r";\s*charset=utf-8", "; charset=utf-8", value, flags=re.IGNORECASE)
        for value in headers.get("content-type", [])
    ]
    headers["set-cookie"] = [
        re.sub(
            r"Expires=\w{3}, \d\d \w{3} 20(?!37)\d\d [\d:]+ GMT",
            "Expires=(date)",
            re.sub(r"(__prerender_bypass)=\w+", r"\1=(token)", value),
        )
        for value in headers.get("set-cookie", [])
    ]
    if exchange["app"] in AROUND_APPS:  # built in advance there, and sent with other validators
        headers.pop("cache", None)
        headers.pop("etag", None)
    headers["etag"] = [re.sub(r'"[0-9a-f]{32}"', "(made here)", value) for value in headers.get("etag", [])]
    body = without_javascript(answer.body)
    if "content-encoding" in headers:
        body = "(gzip)"
    if isinstance(body, dict) and "detail" in body and "Host" not in body["detail"]:
        body = {key: value for key, value in body.items() if key != "detail"}
    return Seen(answer.status, headers, body)


def as_markdown() -> str:
    """The page of the manual."""
    lines = [
        "# Parity with Next.js", "",
        "The tests replay recorded responses of a running Next.js 15.5 against Python translations of its routes, under a",
        "real server. This page lists every difference that they expect. It is generated from the tables in",
        "`tests/parity/deviations*.py`, and a test compares it with them.", "",
        "| What | Next.js | here |", "| --- | --- | --- |",
        *[f"| {deviation.name} | {deviation.next} | {deviation.ours} |" for deviation in DEVIATIONS], "",
        "## Differences that the recordings do not show", "",
        "| What | Next.js | here |", "| --- | --- | --- |",
        *[f"| {name} | {next} | {ours} |" for name, next, ours in NOT_RECORDED], "",
        "## Next 16", "",
        "`tests/parity/test_next_16.py` tests what Next 16 changed for route handlers. These answers differ from those of 16.4:", "",
        "| What | Next.js 16 | here |", "| --- | --- | --- |",
        *[f"| {name} | {next} | {ours} |" for name, next, ours in NEXT_16], "",
        "## What has no counterpart", "",
        *[f"- {reason}" for _, reason in NOT_REPLAYED], "",
    ]  # fmt: skip
    return "\n".join(lines)
