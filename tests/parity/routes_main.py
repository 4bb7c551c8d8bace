"""The routes of the recorded application ``main``, translated from JavaScript: paths and sources."""

from __future__ import annotations

_ROUTE = """
def GET(request, context):
    return {{"route": {route!r}, "params": context.params}}
"""

# Routes that say which of them answered.
ROUTING = [
    "%5Funderscore", "(g1)/grp/a", "(outer)/(inner)/grp/c", "UPPER", "_private", "a-b_c~d", "at@sign", "comma,semi;",
    "dollar$", "feeds/data.json", "feeds/rss.xml", "grp/(mid)/d", "idx/index", "index/index", "page", "par/@slot",
    "pct%20name", "pub/%5Funder2", "pub/_hidden", "route", "rt10/x", "rt10/x/[id]", "rt11/[a]/[b]/[c]",
    "rt14/[user_id]/[Camel]", "rt3/[id]", "rt3/[[...slug]]", "rt9/[lang]/docs/[...path]", "rt9/[lang]/[[...any]]",
    "with space",
]  # fmt: skip

_PARAMS = """
def GET(request, context):
    url = request.next_url
    return {"params": context.params, "pathname": url.pathname, "url": request.url, "search": url.search}
"""

_COOKIE = """
from routehandlers import Response
from routehandlers.headers import cookies

def GET():
    jar = cookies()
    {statement}
    return Response("ok")
"""

# What each handler below /ck/set does with the jar.
COOKIES = {
    "basic": 'jar.set("a", "1")',
    "chain": 'jar.set("a", "1").set("b", "2").delete("c")',
    "delete-missing": 'jar.delete("never-existed")',
    "delete-opts": 'jar.delete("a", path="/p", domain="example.com")',
    "delete-then-set": 'jar.delete("a"); jar.set("a", "new")',
    "delete": 'jar.delete("a")',
    "empty-value": 'jar.set("a", "")',
    "maxage-float": 'jar.set("a", "1", max_age=1.5)',
    "n-empty": 'jar.set("", "v")',
    "n-eq": 'jar.set("a=b", "1")',
    "n-space": 'jar.set("a b", "1")',
    "object": 'jar.set("a", "b", path="/x", httponly=True)',
    "partitioned": 'jar.set("a", "1", partitioned=True, secure=True)',
    "path-empty": 'jar.set("a", "1", path="")',
    "path-inject": 'jar.set("a", "1", path="/; HttpOnly")',
    "path-null": 'jar.set("a", "1", path=None)',
    "same-name-paths": 'jar.set("a", "1", path="/one"); jar.set("a", "2", path="/two")',
    "same-twice": 'jar.set("a", "1"); jar.set("b", "1"); jar.set("a", "2")',
    "samesite-strict": 'jar.set("a", "1", samesite="strict")',
    "samesite-true": 'jar.set("a", "1", samesite=True)',
    "v-encoded": 'jar.set("a", "a%20b")',
    "v-newline": 'jar.set("a", "x\\r\\nInjected: 1")',
    "v-plus": 'jar.set("a", "a+b/c=")',
    "v-unicode": 'jar.set("a", "café ✓")',
}

_IMPORTS = """
import time
from routehandlers import Response
from routehandlers.headers import cookies, headers
from routehandlers.navigation import (
    Interrupt, forbidden, not_found, permanent_redirect, redirect, unauthorized,
)
from routehandlers.server import after, connection, user_agent
"""

# A handler that answers all that Next's does, with its errors as a 400.
_BODY = """
from routehandlers import Response
from werkzeug.exceptions import HTTPException

def read(request):
{body}

def handler(request):
    try:
        return read(request)
    except HTTPException as error:
        return Response.json({{"status": error.code}}, status=400)

GET = POST = PUT = PATCH = DELETE = handler
"""

_LOG = "import builtins\nlog = builtins.__dict__.setdefault('_parity_after', []).append\n"

_NEXT_URL = """
def GET(request):
    url = request.next_url
    return {
        "href": url.href, "origin": url.origin, "protocol": url.protocol, "username": url.username,
        "password": url.password, "host": url.host, "hostname": url.hostname, "port": url.port,
        "pathname": url.pathname, "search": url.search, "hash": url.hash, "basePath": url.base_path,
        "toString": str(url), "requestUrl": request.url,
    }
"""

_READ_COOKIES = """
from routehandlers.headers import cookies
def GET(request):
    jar = cookies()
    entries = lambda pairs: [{"name": name, "value": value} for name, value in pairs]
    return {
        "header": request.headers.get("cookie"), "getAll": entries(jar.get_all()), "has_a": "a" in jar,
        "get_a": {"name": "a", "value": jar["a"]} if "a" in jar else None, "getAll_a": entries(jar.get_all("a")),
        "get_missing": jar.get("missing", "undefined"), "reqCookies": entries(request.cookies.items()),
    }
"""

_SET_READ = """
from routehandlers.headers import cookies, headers
def GET(request):
    jar = cookies()
    entry = lambda name: {"name": name, "value": jar[name]} if name in jar else None
    before = entry("a")
    jar.set("a", "new")
    after, again = entry("a"), cookies()["a"]
    jar.delete("b")
    return {
        "before": before, "after": after, "again": {"name": "a", "value": again}, "bAfterDelete": entry("b"),
        "hasB": "b" in jar, "all": [{"name": name, "value": value} for name, value in jar.get_all()],
        "reqStill": {"name": "a", "value": request.cookies["a"]}, "headerStill": headers().get("cookie"),
    }
"""

_FORM = """    out = []
    for name, value in request.form_data().items(multi=True):
        if not isinstance(value, str):
            data = value.read()
            value = {"file": value.filename, "type": value.mimetype, "size": len(data), "text": data.decode()}
        out.append([name, value])
    return {"out": out}"""

# The one-liners: what the function of each method does.
_HANDLERS: dict[str, str | dict[str, str]] = {
    # cookies
    "ck/append-multi": """
    return Response("ok", headers=[("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/"),
                                   ("set-cookie", "b=2; Max-Age=5"), ("Set-Cookie", 'c="q,uoted"')])""",
    "ck/in-stream": """
    yield "first;"
    try:
        cookies().set("instream", "1")
    except RuntimeError as error:
        yield str(error)
    else:
        yield "set ok" """,
    "ck/iterate-request": 'return [[name, {"name": name, "value": value}] for name, value in request.cookies.items()]',
    "ck/next-redirect": """
    cookies().set("r", "api")
    response = Response.redirect(request.host_url + "target")
    response.cookies.set("n", "1")
    return response""",
    "ck/notfound": 'cookies().set("nf", "1"); not_found()',
    "ck/permanent": 'cookies().set("r", "1"); permanent_redirect("/target")',
    "ck/response-redirect": """
    cookies().set("r", "1")
    return Response.redirect(request.host_url + "target", 302)""",
    "ck/same-name-response": """
    cookies().set("dup", "from-cookies-api")
    return Response("ok", headers={"Set-Cookie": "dup=from-response; Path=/other"})""",
    "ck/status-204": 'cookies().set("r", "1"); return Response(None, 204)',
    "ck/throw": 'cookies().set("t", "1"); raise ValueError("x")',
    # defaults
    "dh/arraybuffer": 'return Response(b"bytes")',
    "dh/blob-notype": 'return Response(b"blobby")',
    "dh/blob": 'return Response(b"blobby", content_type="image/x-test")',
    "dh/buffer": 'return Response(b"buf")',
    "dh/empty-string": 'return Response("")',
    "dh/html": 'return Response("<p>x</p>", headers={"content-type": "text/html"})',
    "dh/json": 'return Response.json({"a": 1})',
    "dh/large-bin": 'return Response(bytes(5000), headers={"content-type": "application/octet-stream"})',
    "dh/large-etag": 'return Response("x" * 5000, headers={"content-type": "text/plain", "etag": \'"strong"\'})',
    "dh/large-text": 'return Response("x" * 5000, headers={"content-type": "text/plain"})',
    "dh/none": "return Response()",
    "dh/null": "return Response(None)",
    "dh/stream": 'return Response(iter([b"s"]))',
    "dh/string": 'return Response("hello")',
    "dh/uint8": "return Response(bytes([104, 105]))",
    # flow
    "fl/forbidden": "forbidden()",
    "fl/notfound-multi": {method: "not_found()" for method in ("GET", "POST", "PUT", "DELETE")},
    "fl/notfound-try": """
    try:
        not_found()
    except Interrupt as interrupt:
        return {"status": interrupt.status}""",
    "fl/nr-json": 'return Response.json({"a": 1, "u": "café"}, status=201, headers={"x-a": "1"})',
    "fl/nr-next": "return Response.next()",
    "fl/nr-redirect-init": """
    return Response.redirect(request.host_url + "t", 308, headers={"x-a": "1"})""",
    "fl/nr-redirect": 'return Response.redirect(request.host_url + "t")',
    "fl/nr-text": 'return Response("hello", 203)',
    "fl/r-json-bigint": 'return Response.json({"a": object()})',
    "fl/r-json-ct": 'return Response.json({"a": 1}, headers={"content-type": "application/problem+json"})',
    "fl/r-json": """
    return Response.json({"a": 1, "b": [1, 2], "n": None, "d": "1970-01-01T00:00:00.000Z", "f": 1, "s": "café </script>"})""",
    "fl/r-redirect-bad": 'return Response.redirect("http://x/", 200)',
    "fl/r-redirect-relative": 'return Response.redirect("/t", 302)',
    "fl/redirect-dotdot": 'redirect("../up")',
    "fl/redirect-empty": 'redirect("")',
    "fl/redirect-ext": {m: 'redirect("https://example.com/p?q=1#frag")' for m in ("GET", "POST", "PUT", "DELETE")},
    "fl/redirect-relative": 'redirect("rel/path")',
    "fl/redirect-space": 'redirect("/a b")',
    "fl/redirect-urlobj": """
    url = request.next_url.clone()
    url.pathname = "/t"
    redirect(url)""",
    "fl/redirect": {method: 'redirect("/target?x=1")' for method in ("GET", "POST", "PUT", "DELETE")},
    "fl/status-101": "return Response(None, 101)",
    "fl/status-204-body": 'return Response("x", 204)',
    "fl/status-text": 'return Response("x", "200 Very Fine")',
    "fl/unauthorized": "unauthorized()",
    # headers
    "hd/bad-name": 'return Response("ok", headers={"bad name": "1"})',
    "hd/content-encoding": """
    import gzip
    return Response(gzip.compress(b"hello gzip"), headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"})""",
    "hd/crlf": 'return Response("ok", headers={"x-u": "a\\r\\nInjected: 1"})',
    "hd/hop": """
    return Response("hello", headers={"Connection": "close", "Keep-Alive": "timeout=99", "X-Powered-By": "me",
                                      "Trailer": "x", "Upgrade": "h2c"})""",
    "hd/iter": """
    found = headers()
    names = [name.lower() for name in found.keys()]
    return {"forEach": "x-test" in names, "keys": "x-test" in names, "values": "1" in found.values(), "iter": len(found) > 0}""",
    "hd/mutate-append": """
    try:
        headers().add("x", "1")
    except TypeError:
        return Response.json({"name": "TypeError"}, 500)
    return "no error" """,
    "hd/mutate-delete": """
    try:
        headers().remove("x")
    except TypeError:
        return Response.json({"name": "TypeError"}, 500)
    return "no error" """,
    "hd/mutate-uncaught": 'headers().set("x", "1"); return "no error"',
    "hd/transfer-encoding": 'return Response("hello", headers={"Transfer-Encoding": "chunked"})',
    # methods
    "m/arrow": {"GET": 'return Response("arrow")', "POST": 'return Response("arrow")'},
    "m/get-only": 'return Response.json({"m": "GET"}, headers={"x-h": "1"})',
    "m/no-get": {"PUT": 'return Response("put")', "PATCH": 'return Response("patch")'},
    "m/options-custom": {
        "GET": 'return Response("get")',
        "OPTIONS": 'return Response("custom options", 200, {"Allow": "GET, FOO", "x-o": "1"})',
    },
    "m/post-only": {"POST": 'return Response.json({"m": "POST"})'},
    "m/return-fakeresponse": 'return type("Fake", (), {"status": 200, "headers": {}, "body": None})()',
    "m/return-object": 'return {"ok": True}',
    "m/return-string": 'return "str"',
    "m/sync": 'return Response("sync")',
    "m/throw-after-cookie": 'cookies().set("before", "1"); raise ValueError("after cookie")',
    "m/throw-error-status": """
    error = ValueError("teapot")
    error.status = error.code = 418
    raise error""",
    "m/throw-error": 'raise ValueError("boom secret")',
    "m/throw-undefined": "raise BaseException.__new__(ValueError)",
    # query
    "q/count": """
    keys = [key for key, value in request.next_url.search_params.items(multi=True)]
    return {"keys": len(keys), "last": keys[-1] if keys else None}""",
    "q/echo": """
    from urllib.parse import parse_qsl, urlsplit
    url = request.next_url
    via_url = parse_qsl(urlsplit(request.url).query, keep_blank_values=True, errors="replace")
    return {"url": request.url, "search": url.search, "entries": list(url.search_params.items(multi=True)), "viaURL": via_url}""",
    "q/nexturl-mutate": """
    url = request.next_url.clone()
    url.pathname = "/other"
    url.search_params["x"] = "a b"
    url.hash = "h"
    before = request.next_url.href
    request.next_url.pathname = "/mutated"
    return {"cloned": url.href, "before": before, "after": request.next_url.href, "requestUrl": request.url}""",
    # stream
    "st/abort-before": 'time.sleep(0.7); return Response("done")',
    "st/async-gen": 'yield b"a;"; time.sleep(0.15); yield b"b;"',
    "st/late-first": 'time.sleep(0.6); yield b"late"',
    "st/string-chunk": 'yield "a plain string"',
    "st/throw-mid": 'yield b"good;"; time.sleep(0.1); raise ValueError("pull boom")',
}

_WITH_LOG: dict[str, str] = {
    "af/bad-arg": "after(42); return 'ok'",
    "af/basic": """
    after(lambda: log("after1"))
    after(lambda: log("after2"))
    after(lambda: log("after3"))
    log("handler end")
    return "ok" """,
    "af/connection": 'return {"r": connection() or "undefined"}',
    "af/cookies": """
    def read():
        jar = cookies()
        log("read " + jar.get("a", "none"))
        try:
            jar.set("x", "1")
        except RuntimeError as error:
            log(type(error).__name__)
    after(read)
    return "ok" """,
    "af/reset": 'builtins.__dict__["_parity_after"][:] = []; return "reset"',
    "af/log": 'return list(builtins.__dict__["_parity_after"])',
    "af/stream": """
    after(lambda: log("after ran"))
    def chunks():
        yield "a"
        time.sleep(0.3)
        log("stream closing")
    return chunks()""",
    "af/throw-handler": 'after(lambda: log("after despite error")); raise ValueError("handler boom")',
    "af/throw-in-after": """
    def fail():
        log("will throw")
        raise ValueError("after boom")
    after(fail)
    after(lambda: log("second after still runs"))
    return "ok" """,
}


def _function(method: str, body: str) -> str:
    lines = body if body.startswith("\n") else f"\n    {body}"
    return f"def {method}(request):{lines}\n"


def _module(bodies: str | dict[str, str]) -> str:
    functions = {"GET": bodies} if isinstance(bodies, str) else bodies
    return _IMPORTS + "".join(_function(method, body) for method, body in functions.items())


MAIN: dict[str, str] = {
    **{f"{name}/route.py": _ROUTE.format(route=name) for name in ROUTING},
    **{f"ck/set/{name}/route.py": _COOKIE.format(statement=statement) for name, statement in COOKIES.items()},
    **{f"{name}/route.py": _module(bodies) for name, bodies in _HANDLERS.items()},
    **{f"{name}/route.py": _LOG + _module(body) for name, body in _WITH_LOG.items()},
    **{f"enc/{name}/route.py": _PARAMS for name in ("all/[...slug]", "opt/[[...slug]]", "static", "two/[a]/[b]")},
    "ck/read/route.py": _READ_COOKIES,
    "ck/set-read/route.py": _SET_READ,
    "q/nexturl/route.py": _NEXT_URL,
    "bd/blob/route.py": _BODY.format(body='    return {"size": len(request.bytes()), "type": request.mimetype}'),
    "bd/form/route.py": _BODY.format(body=_FORM),
    "bd/json/route.py": _BODY.format(body='    return {"j": request.json()}'),
    "bd/twice/route.py": _BODY.format(body='    return {"a": request.text(), "b": request.text()}'),
    "bd/unread/route.py": _BODY.format(
        body='    return {"ct": request.headers.get("content-type"), "cl": request.headers.get("content-length")}'
    ),
    "fl/same-response-twice/route.py": """
from routehandlers import Response
SHARED = Response("shared")
def GET():
    return SHARED
""",
    "m/reexport/route.py": "from ..arrow.route import GET, POST\n",
    "ua/route.py": """
from dataclasses import asdict
from routehandlers.server import user_agent
def GET(request):
    return asdict(user_agent(request))
""",
}
