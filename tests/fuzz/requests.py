"""Requests as plain values, made from a seed: usual ones, with some parts changed.

A request is a dictionary, so that it can be printed and called again. A part that
is missing has its default, and the text ``SECRET`` stands for the mark of the client.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

Request = dict[str, Any]

METHODS = [
    *"HEAD HEAD HEAD POST POST POST PUT PUT PATCH DELETE DELETE OPTIONS TRACE CONNECT BREW get PRI".split(),
    "",
    "G T",
    "\xc3\xa9",
]

# Many more than a request has attributes. So most runs of the same target begin without a stored response.
ATTRIBUTES = 4_000

# {} is a value, and {n} the number of an attribute that the handler reads.
PATHS = """
    / /items/{} /items/new /items/{}/{} /orders/{} /even/{} /prices/{} /things/{} /{}/about /tree /tree/{} /tree/{}/{}
    /two%20words /caf%C3%A9/{} /admin /admin/{} /admin/{}/{} /admin/file.txt /inner /inner/{} /vault /vault/{}
    /vault/{}/deep/{} /vault/kept/{} /closed/{} /api/{} /api/kept/{} /kept /kept/{} /kept/{} /kept/1 /kept/admin/{}
    /kept/file /docs /docs/{} /docs/{}/{} /static/{} /known/{} /once/{} /listed/{} /varied/{} /varied/1 /reads/{n} /reads/{n} /reads/{n}
    /reads-static/{n} /reads-functions/{} /kept-stream/{} /values/{} /gone/{} /moved/{} /go/{} /go/{}/{} /cookies/{}
    /checked/{} /checked/1 /checked/1 /inputs /inputs
    /draft /purge /purge/kept /purge/{} /forms /forms /uploads /stream/{} /events/{} /fail/{} /kept-failing/{} /after
    /robots.txt /manifest.json /sitemap.xml /icon/small /icon/{} /posts/{}/opengraph-image /posts/sitemap/0.xml
    /hello.txt /caf%C3%A9/a%20b.txt /legacy/{} /legacy /alias /alias/{} /first/{} /cached/{} /hidden/{} /lost/{} /old/{}
    /away/{} /old-tree/{} /{}-{}.html /login /whole/{} /{} /{}/{} /mine
""".split()

VALUES = (
    "1 2 7 a b new late large cut c h d l forbidden unauthorized busy conflict status nothing header exit fail".split()
)
ODD_VALUES = """
    a%2Fb %2f %2F%2Fevil.example 100%25 %252e %252F . .. %2e %2E%2e a.b caf%C3%A9 %F0%9F%8D%B0 %zz % %C3 %00 %0A %0D%0AX:1
    a+b a%20b \\ %5C a;b=c [x] %5Bx%5D :x :path* <x> %EE%80%80 ^ {a} ' ~ $ @ %41 * http: http://evil.example
    //evil.example /\\evil.example %09/evil.example #f ? -1 0 1e400 1_0 \xb2 99999999999999999999 00000000-0000-0000-0000-000000000000
    SECRET __proto__ favicon.ico route.py %E2%80%AE %ED%A0%80 \xe9 \xff b%2Fc
""".split()  # fmt: skip

HOSTS = [*"""
    localhost:8000 a.example.com A.EXAMPLE.com. evil.example localhost@evil.example localhost,evil.example [::1]:80
    [::::] localhost: a:0 a:99999 1.2.3.4:00080 my_service:8000 localhost%00 localhost/evil .example.com example.com
    xn--caf-dma.example.com \xe9.example.com SECRET.example.com
""".split(), "", " ", "a b", "x" * 300, "localhost\n", "localhost\t"]  # fmt: skip

SCRIPT_NAMES = [
    "/app",
    "/a/b",
    "/caf\xc3\xa9",
    "//evil.example",
    "/\\evil.example",
    "/a%2Fb",
    "/a b",
    "/admin",
    "/base",
    "a",
]

QUERIES = """
    q=1 q=2 q=SECRET layout=1 tag=1 to=x to=%2F%2Fevil.example to=http://evil.example to=..%2F.. a=%zz a=1?b caf%C3%A9=%E9
    q=%0A u=http://evil.example/y%2Fz & = &&& =a a= %00=1 a[]=1 \xe9 <script> __debugger__=yes&cmd=resource&f=style.css
""".split()  # fmt: skip

COOKIES = [
    "who=SECRET", "who=me", "who=SECRET; a=b", "__prerender_bypass=forged", "=a", "a", ";;;", 'who="a\\073b"', "who=\xe9",
    "who=%E9%zz", "who=a=b; who=SECRET", "__Host-a=1; __Secure-b=2", "a=" + "x" * 5_000, "\x00=\x01", "who=%0D%0AX: 1",
]  # fmt: skip

ACCEPTED = [
    "*/*",
    "text/html",
    "text/html;q=zz",
    "de,en;q=0.5",
    "*;q=0",
    ",,,",
    "gzip, br",
    "\xe9",
    "a/b;q=1;q=2",
    "x" * 3_000,
]
DATES = ["Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 9999 00:00:00 GMT", "0", "Thu, 99 Foo", "\xe9", "-1"]
TAGS = ["*", '"own"', 'W/"a", "b"', '"', ",", '"\xe9"', "W/"]
GUARDED = ["deny root", "deny vault", "deny closed", "seen", "cookie", "redirect", "body"] + [
    f"rewrite {path}"
    for path in ("/admin/9", "/vault/9", "/kept/1?a=SECRET", "/nothing", "/closed/1", "/tree/a%2Fb", "/reads/1")
]
HEADERS: dict[str, list[str]] = {
    "X-Secret": ["SECRET"],
    "Cookie": COOKIES,
    "X-Guard": GUARDED * 2,
    "X-Hidden": ["1"],
    "X-Read": ["form", "json", "text", "bytes", "part", "get_json", "get_data", "files", "none", "twice"],
    "Authorization": ["Basic YTpi", "Bearer SECRET", "Basic", "Basic \xe9", "Digest a=b", "", "Basic %%%"],
    "Accept": ACCEPTED,
    "Accept-Language": [*ACCEPTED, "SECRET"],
    "Accept-Encoding": ACCEPTED,
    "User-Agent": ["Mozilla/5.0", "SECRET", "\xe9" * 20, ""],
    "Referer": ["https://SECRET.example/", "//evil.example", ""],
    "Origin": ["https://app.example.com", "https://evil.example", "null", "", "https://app.example.com, null", "\xe9"],
    "Access-Control-Request-Method": ["PUT", "BREW", "", "a b"],
    "Access-Control-Request-Headers": ["x-a, SECRET", "\xe9", "a b,,"],
    "If-None-Match": TAGS,
    "If-Match": TAGS,
    "If-Modified-Since": DATES,
    "If-Unmodified-Since": DATES,
    "If-Range": [*DATES, *TAGS],
    "Range": ["bytes=0-1", "bytes=5-2", "bytes=-1", "bytes=0-0,2-3", "items=0-1", "bytes=", "bytes=a-b", "bytes=9999999-", "\xe9"],
    "Upgrade": ["websocket", "h2c", "WebSocket"],
    "Connection": ["upgrade", "close"],
    "Expect": ["100-continue", "x"],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-For": ["SECRET"],
    "X-Forwarded-Proto": ["https"],
    "X-Forwarded-Prefix": ["/admin", "//evil.example"],
    "Forwarded": ["host=evil.example;for=SECRET"],
    "X-Original-URL": ["/admin/1"],
    "X-Rewrite-URL": ["/admin/1"],
    "X-Middleware-Subrequest": ["middleware:middleware"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Content-Encoding": ["gzip"],
    "Last-Event-ID": ["7", "SECRET"],
    "Cache-Control": ["no-cache", "max-age=0", "only-if-cached"],
    "Pragma": ["no-cache"],
    "Purpose": ["prefetch"],
}  # fmt: skip
_HEADER_NAMES = list(HEADERS)

_PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
BODIES: list[tuple[str, bytes]] = [
    ("application/x-www-form-urlencoded", b"a=1&who=SECRET&b=%zz&c"),
    ("application/x-www-form-urlencoded", b"a&" * 900),
    ("application/x-www-form-urlencoded; charset=latin-1", b"\xe9=\xff"),
    ("application/json", b'{"a": [1, "SECRET", null, 1e999, "\\ud800"]}'),
    ("application/json", b'{"a": [1, "SECRET"], "b": "\xc3\xa9"}'),
    ("application/json", b'[{"a": 1e400}, {"a": 123456789012345678901234567890}, {"b": "\\ud800"}, {"b": "\xff"}]'),
    ("application/json", b"\xef\xbb\xbf{}"),
    ("application/vnd.x+json", b'{"a": [NaN, Infinity]}'),
    ("application/json", b"[" * 1_500),
    ("application/json; charset=utf-16", b"\xff\xfe{\x00}\x00"),
    ("application/json", b"{"),
    ("text/plain", b"SECRET \xff\x00"),
    ("multipart/form-data; boundary=b", _PART % (b"a", b"", b"SECRET") + _PART % (b"f", b'; filename="SECRET.txt"', b"x") + b"--b--\r\n"),
    ("multipart/form-data; boundary=b", _PART % (b"f", b"; filename*=utf-8''%E9%zz", b"\x00") + b"--b--\r\n"),
    ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
    ("multipart/form-data; boundary=b", b"--b\r\nX: \xe9\r\n\r\n--b--"),
    ("multipart/form-data; boundary=b", _PART % (b"a", b"", b"1") * 25 + b"--b--\r\n"),
    ("multipart/form-data; boundary=b", _PART % (b"a", b"", b"cut") ),
    ("multipart/form-data", b"--b--"),
    ("multipart/form-data; boundary=\xe9", b"--\xe9--"),
    ("multipart/form-data; boundary=" + "b" * 200, b"x"),
    ("multipart/mixed; boundary=b", b"--b--"),
    ("", b""),
    ("\xe9/\xff;;;=", b"x"),
    ("text/plain", b"x" * 5_000),
]  # fmt: skip
LENGTHS = ["0", "1", "1000", "99999999999999999999", "", "-1", "abc", " 5", "5, 5", "+5", "\xb2", "1_0"]


def make(chance: random.Random, prefix: str, last: Request | None, *, has_slash: bool = False) -> Request:
    """Make a request, with none to six changes of a usual one.

    :param has_slash: Whether URLs of the application end in a slash.
    :param last: The last request. Often the next one has the same target, so that it may get a stored response.
    """
    request: Request = {"target": prefix + _path(chance), "headers": {"X-Secret": "SECRET"}}
    if last is not None and chance.random() < (0.6 if "/reads" in last["target"] else 0.2):
        request["target"] = last["target"].partition("?")[0]
    elif has_slash and chance.random() < 0.8 and "." not in request["target"]:
        request["target"] += "/"
    if chance.random() < 0.3:
        request["method"] = chance.choice(METHODS)
    if "/forms" in request["target"] or "/uploads" in request["target"]:
        request["method"] = chance.choice(["POST", "PUT"])
        _body(chance, request)
    if "/inputs" in request["target"]:
        request["method"] = chance.choice(["POST", "PUT", "PATCH"])
        _body(chance, request)
    if chance.random() < (0.7 if "/reads" in request["target"] else 0.1):
        request["target"] += "?q=SECRET"
    for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 2, 3, 6))):
        chance.choice(CHANGES)(chance, request)
    return request


def _path(chance: random.Random) -> str:
    path = chance.choice(PATHS).replace("{n}", str(chance.randrange(ATTRIBUTES)))
    while "{}" in path:
        value = chance.choice(VALUES) if chance.random() < 0.8 else chance.choice(ODD_VALUES)
        path = path.replace("{}", str(chance.randrange(300)) if value == "7" else value, 1)
    return path


def _query(chance: random.Random, request: Request) -> None:
    request["target"] += chance.choice("??????&#") + chance.choice(QUERIES)


def _header(chance: random.Random, request: Request) -> None:
    name = chance.choice(_HEADER_NAMES)
    request["headers"][name] = chance.choice(HEADERS[name])


def _host(chance: random.Random, request: Request) -> None:
    request["host"] = chance.choice(HOSTS) if chance.random() < 0.3 else f"h{chance.randrange(5_000)}.example.com"


def _cookie(chance: random.Random, request: Request) -> None:
    request["headers"]["Cookie"] = chance.choice(COOKIES)


def _guarded(chance: random.Random, request: Request) -> None:
    request["headers"]["X-Guard"] = chance.choice(GUARDED)


def _script_name(chance: random.Random, request: Request) -> None:
    request["script_name"] = chance.choice(SCRIPT_NAMES)


def _draft(chance: random.Random, request: Request) -> None:
    request["draft"] = True


def _body(chance: random.Random, request: Request) -> None:
    request.setdefault("method", "POST")
    request["headers"]["Content-Type"], request["body"] = chance.choice(BODIES)
    if chance.random() < 0.3:
        request["headers"]["Content-Type"] = chance.choice(BODIES)[0]
    if chance.random() < 0.5:
        request["headers"]["X-Read"] = chance.choice(HEADERS["X-Read"])


def _length(chance: random.Random, request: Request) -> None:
    request["length"] = chance.choice(LENGTHS)


def _chunked(chance: random.Random, request: Request) -> None:
    request["transfer_encoding"] = chance.choice(["chunked", "chunked", "Chunked", "gzip, chunked", "identity", "\xe9"])
    if chance.random() < 0.7:
        request["terminated"] = True


def _disagreeing(chance: random.Random, request: Request) -> None:
    """Let the target and ``PATH_INFO`` differ, as outer layers and servers cause it."""
    if chance.random() < 0.3:
        request["path_info"] = chance.choice(
            ["", "/admin/1", "/vault/1", "/kept/1", "admin", "//evil.example/x", "/\xff"]
        )
    else:
        path = request["target"].partition("?")[0]
        request["path_info"] = chance.choice([_upper, str.lower, lambda text: f"{text}/"])(path)


def _without_target(chance: random.Random, request: Request) -> None:
    request["raw"] = chance.choice(["none", "none", "REQUEST_URI"])


def _spelling(chance: random.Random, request: Request) -> None:
    request["target"] = chance.choice(SPELLINGS)(chance, request["target"])


CHANGES: list[Callable[[random.Random, Request], None]] = [
    _query, _query, _header, _header, _header, _host, _host, _cookie, _cookie, _guarded, _guarded, _script_name, _draft, _body,
    _length, _chunked, _disagreeing, _without_target, _spelling, _spelling, _spelling,
]  # fmt: skip


def _escaped(chance: random.Random, path: str) -> str:
    if "%" in path:
        return path
    form = chance.choice(["%{:02x}", "%{:02X}"])
    return "".join(
        form.format(ord(it)) if it.isalnum() and ord(it) < 128 and chance.random() < 0.3 else it for it in path
    )


def _other_case(chance: random.Random, path: str) -> str:
    return path if "%" in path or "SECRET" in path else chance.choice([_upper, str.lower, _swapped])(path)


def _upper(text: str) -> str:
    """Return the text in upper case, without leaving the characters of a WSGI environment."""
    return text.encode("latin-1").upper().decode("latin-1")


def _swapped(text: str) -> str:
    return text.encode("latin-1").swapcase().decode("latin-1")


def _other_slash(chance: random.Random, path: str) -> str:
    places = [index for index, letter in enumerate(path) if letter == "/"] or [0]
    place = chance.choice(places)
    slash = chance.choice(
        ["%2F", "%2f", "//", "\\", "/\\/", "///", "/%5C", "%252F", "/./", "/x/../", "/%2e%2e/", "/;/"]
    )
    return path[:place] + slash + path[place + 1 :]


def _other_segment(chance: random.Random, path: str) -> str:
    parts = path.split("/")
    place = chance.randrange(1, len(parts) + 1)
    parts[place : place + chance.choice([0, 1])] = [chance.choice(ODD_VALUES)]
    return "/".join(parts)


SPELLINGS: list[Callable[[random.Random, str], str]] = [
    _escaped, _escaped, _other_case, _other_case, _other_slash, _other_slash, _other_segment,
    lambda chance, path: path + chance.choice(["/", "//", "%2F", "/.", "/..", "\\", "%00", ".json", ";", "%20"]),
    lambda chance, path: chance.choice(["/", "//evil.example", "\\", "/\\", "%2F", "/%2f", "/.", "/\t/"]) + path,
    lambda chance, path: path[1:],
    lambda chance, path: "http://" + chance.choice(["localhost", "evil.example", "a@b:99"]) + path,
    lambda chance, path: path + "/x" * chance.choice([10, 3_000]),
    lambda chance, path: chance.choice(["", "*", "localhost:443", "?", "#"]),
]  # fmt: skip


def mark_of(number: int) -> str:
    """Return the mark that only the client of one request knows."""
    return f"zq{number}qz"


def environ_of(request: Request, number: int, draft_cookie: str) -> dict[str, Any]:
    """Return the WSGI environment of a request, as a server makes it."""
    mark = mark_of(number)
    target = str(request.get("target", "/")).replace("SECRET", mark)
    path, _, query = target.partition("?")
    path = path.partition("#")[0]
    body = request.get("body", b"").replace(b"SECRET", mark.encode())
    script_name = request.get("script_name", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.get("method", "GET"),
        "SCRIPT_NAME": script_name,
        "PATH_INFO": request.get("path_info", unquote_to_bytes(path.encode("latin-1", "replace")).decode("latin-1")),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": _Nowhere(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if request.get("host", "localhost") is not None:
        environ["HTTP_HOST"] = request.get("host", "localhost").replace("SECRET", mark)
    if request.get("raw", "RAW_URI") != "none":
        environ[request.get("raw", "RAW_URI")] = script_name + target
    for name, value in request.get("headers", {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.replace("SECRET", mark)
    if request.get("draft"):
        environ["HTTP_COOKIE"] = "; ".join(filter(None, [draft_cookie, environ.get("HTTP_COOKIE")]))
    if "transfer_encoding" in request:
        environ["HTTP_TRANSFER_ENCODING"] = request["transfer_encoding"]
    if request.get("terminated"):
        environ["wsgi.input_terminated"] = True
    if "length" in request:
        environ["CONTENT_LENGTH"] = request["length"]
    elif body and "transfer_encoding" not in request:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


class _Nowhere:
    def write(self, text: str) -> None: ...

    def writelines(self, lines: list[str]) -> None: ...

    def flush(self) -> None: ...
