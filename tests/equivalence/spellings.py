"""Requests in all spellings, made from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from equivalence.applications import PATHS

# Paths of every sequence: hits, what purges them, and a key with more than the path.
ALWAYS = ["/kept/1", "/kept/1", "/kept/1", "/varied/1", "/varied/1", "/varied/1", "/purge/kept"]

METHODS = ["GET"] * 24 + ["HEAD", "HEAD", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "get"]
HOSTS = ["localhost"] * 20 + [
    "admin.example.com",
    "ADMIN.example.com.",
    "localhost:5000",
    "a b",
    "",
    "[::1]:80",
    "x" * 300,
]
QUERIES = [""] * 12 + ["q=1", "q=2", "q=%20&q=2", "a=%zz", "a=1?b", "caf%C3%A9=%E9", "u=http://x/y%2Fz"]
HEADERS: list[dict[str, str]] = [
    *({} for _ in range(16)),
    {"HTTP_COOKIE": "who=me"},
    {"HTTP_COOKIE": "__prerender_bypass=forged; a=b"},
    {"HTTP_AUTHORIZATION": "Basic YTpi"},
    {"HTTP_ACCEPT": "text/html"},
    {"HTTP_ACCEPT_LANGUAGE": "de"},
    {"HTTP_X_GO": "somewhere/else"},
    {"HTTP_X_STOP": "1"},
    {"HTTP_X_CHANGE": "1"},
    {"HTTP_ORIGIN": "https://a.example"},
    {"HTTP_ORIGIN": "https://a.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"},
    {"HTTP_IF_NONE_MATCH": "*"},
    {"HTTP_IF_NONE_MATCH": '"own"'},
    {"HTTP_IF_MATCH": '"nothing"'},
    {"HTTP_IF_MODIFIED_SINCE": "Thu, 01 Jan 2026 00:00:00 GMT"},
    {"HTTP_IF_UNMODIFIED_SINCE": "Thu, 01 Jan 1998 00:00:00 GMT"},
    {"HTTP_RANGE": "bytes=0-1"},
    {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "upgrade"},
    {"HTTP_UPGRADE": "h2c"},
    {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": "1"},
]
SEGMENTS = [
    "a%2Fb", "%2f", "100%25", "%252e", ".", "..", "%2e", "%2E%2e", "a.b", "caf%C3%A9", "%F0%9F%8D%B0", "%zz", "%", "%C3",
    "%00", "%0A", "a b", "a+b", "a%20b", "\\", "%5C", "a;b=c", "[x]", "%5Bx%5D", ":x", "\xc3\xa9", "<x>", "%EE%80%80", "x" * 300, "1",
    "^", "{a}", "'", "~", "$", "@", "%41", "*", "http:", "#f",
]  # fmt: skip


def targets(chance: random.Random, base_path: str) -> list[str]:
    """Return request targets without their queries: good ones, and spellings of them."""
    made = [base_path + path for path in (*ALWAYS, *chance.sample(PATHS, 20))]
    made += [_respelt(chance, chance.choice(made)) for _ in range(26)]
    made += [chance.choice(PATHS), "", "*", f"/kept/{'long/' * 900}", f"{base_path}/blog/{'y' * 4_000}"]
    return made


def _respelt(chance: random.Random, path: str) -> str:
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        path = chance.choice(_SPELLINGS)(chance, path)
    return path


def _with_escapes(chance: random.Random, path: str) -> str:
    form = chance.choice(["%{:02x}", "%{:02X}"])
    letters = [
        form.format(ord(letter)) if letter.isalnum() and ord(letter) < 128 and chance.random() < 0.3 else letter
        for letter in path
    ]
    return path if "%" in path else "".join(letters)


def _with_other_case(chance: random.Random, path: str) -> str:
    return path if "%" in path else chance.choice([path.upper(), path.title(), path.swapcase()])


def _with_encoded_slash(chance: random.Random, path: str) -> str:
    place = chance.choice([index for index, letter in enumerate(path) if letter == "/"] or [0])
    return path[:place] + chance.choice(["%2F", "%2f", "//", "\\", "/\\/", "///", "/%5C"]) + path[place + 1 :]


def _with_segment(chance: random.Random, path: str) -> str:
    parts = path.split("/")
    place = chance.randrange(1, len(parts) + 1)
    parts[place : place + chance.choice([0, 1])] = [chance.choice(SEGMENTS)]
    return "/".join(parts)


_SPELLINGS = [
    _with_escapes,
    _with_escapes,
    _with_other_case,
    _with_encoded_slash,
    _with_segment,
    _with_segment,
    _with_segment,
    lambda _, path: f"{path}/",
    lambda _, path: f"{path}//",
    lambda _, path: f"/{path}",
    lambda _, path: path[1:],
]


class Sequence:
    """Environments of requests that come one after the other.

    :param base_path: Where most of them go.
    """

    def __init__(self, seed: str, base_path: str) -> None:
        self._chance = random.Random(seed)
        self._targets = targets(self._chance, base_path)
        # Paths that all requests agree on how they are sent, as they do behind one server.
        self._how = {target: self._chance.randrange(8) for target in self._targets}

    def environs(self, count: int) -> Iterator[dict[str, Any]]:
        """Make requests. Each target comes three times in a row now and then, so that plans are made and used."""
        chance = self._chance
        while count > 0:
            target = chance.choice(self._targets)
            for _ in range(min(count, chance.choice([1, 3, 3, 4]))):
                yield self._environ(target)
                count -= 1

    def _environ(self, target: str) -> dict[str, Any]:
        chance = self._chance
        method = chance.choice(METHODS)
        query = chance.choice(QUERIES)
        path = unquote_to_bytes(target.encode("latin-1")).decode("latin-1")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": chance.choice(HOSTS),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input": BytesIO(),
            **chance.choice(HEADERS),
        }
        if not environ["HTTP_HOST"]:
            del environ["HTTP_HOST"]
        if method in {"POST", "PUT", "PATCH"} or chance.random() < 0.03:
            environ |= {"CONTENT_LENGTH": "4", "CONTENT_TYPE": "text/plain", "wsgi.input": BytesIO(b"body")}
        self._send(environ, target + (f"?{query}" if query else ""))
        return environ

    def _send(self, environ: dict[str, Any], sent: str) -> None:
        """Say the path as servers and outer layers do: as it was sent, decoded only, or changed on the way."""
        chance = self._chance
        how = self._how.get(sent.partition("?")[0], 0)
        if chance.random() < 0.1:
            how = chance.randrange(8)
        if how in {4, 5}:  # below a prefix, whose spelling may be another
            environ["SCRIPT_NAME"] = chance.choice(["/mnt", "/mnt", "/m n", "/kept", "/caf\xc3\xa9"])
        prefix = {"/m n": "/m%20n", "/caf\xc3\xa9": "/caf%C3%A9", "/mnt": chance.choice(["/mnt", "/m%6Et"])}.get(
            environ["SCRIPT_NAME"], environ["SCRIPT_NAME"]
        )
        if how in {0, 1, 4}:
            environ["RAW_URI"] = prefix + sent
        elif how == 2:
            environ["REQUEST_URI"] = prefix + sent
        elif how == 3:
            environ["RAW_URI"] = f"http://localhost{prefix}{sent}"
        elif how == 6:  # an outer layer has changed the path
            environ["RAW_URI"] = chance.choice(["/before" + sent, "/kept/1", "/%6Bept/1", sent + "%2F", "/a%2Fb"])
