"""Reads the samples of a page and runs them, as a reader would, from top to bottom.

A block with a title is a file, written where the title says. A block of
Python without one is a program, run in the folder of those files. A
``console`` block shows commands and what they print: curl's are sent to the
application, and what is shown must be what came (with ``-i``, the headers
that are shown must be among those that came); a shell runs everything else, and the
time of ``pytest`` does not count.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from routehandlers import create_app

_BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    language: str
    title: str | None
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(**match.groupdict()) for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))]


def write_file(block: Block) -> None:
    assert block.title is not None
    file = Path(block.title)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def run_page(page: Path) -> int:
    """Write and run everything on a page in its order, in the current folder, and count what ran."""
    count = 0
    client: Client | None = None
    Path("app").mkdir()
    for block in blocks(page):
        if block.title is not None:
            write_file(block)
            client = None  # dev reloads
        if block.language == "python" and block.title is None:
            exec(compile(block.text, str(page), "exec"), {"__name__": "__main__"})
            count += 1
        elif block.language == "python" and block.title is not None and "/" not in block.title:
            # A file that a server imports.
            exec(compile(block.text, str(page), "exec"), {"__name__": "wsgi"})
            count += 1
        elif block.language == "console":
            for command, shown in commands(block.text):
                if command.startswith("curl "):  # until then a command may write what the application imports
                    client = client or Client(create_app(), use_cookies=False)
                check(client, command, shown)
                count += 1
    return count


def commands(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def check(client: Client | None, command: str, shown: str) -> None:
    assert not set("?*") & set(re.sub("'[^']*'", "", command)), f"a shell expands what is not quoted: {command}"
    if not command.startswith("curl "):
        printed = run_shell(command)
        assert without_time(printed) == without_time(shown), printed
        return
    words = shlex.split(command)
    assert client is not None
    answer, with_head = send(client, words[1:])
    if not with_head:
        assert answer.text.rstrip("\n") == shown.rstrip("\n"), answer.text
        return
    head, _, body = shown.partition("\n\n")
    status, *headers = head.strip().split("\n")
    assert status == f"HTTP/1.1 {answer.status}", answer.status
    for line in headers:
        assert tuple(line.split(": ", 1)) in list(answer.headers), (line, list(answer.headers))
    assert not body or answer.text.rstrip("\n") == body.rstrip("\n"), answer.text


def run_shell(command: str) -> str:
    """What a command prints, with the programs of the environment that the tests run in."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PATH": programs}
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in ran.stdout.splitlines())


def without_time(printed: str) -> str:
    return re.sub(r" in \d+\.\d+s$", "", printed.rstrip("\n"))


def send(client: Client, words: list[str]) -> tuple[TestResponse, bool]:
    """What curl would send: the few options that the manual uses."""
    method, data, headers, with_head, url = None, None, {}, False, ""
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "-i":
            with_head = True
        elif word == "-X":
            method = words.pop(0)
        elif word == "-d":
            data = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        else:
            url = word
    if data is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    path = url.removeprefix("localhost:8000")
    environ = {"RAW_URI": path, "HTTP_HOST": "localhost:8000", "SERVER_PORT": "8000"}
    parts = urlsplit(path)
    answer = client.open(
        parts.path, query_string=parts.query, method=method or ("POST" if data is not None else "GET"), data=data, headers=headers,
        environ_overrides=environ, buffered=True,
    )  # fmt: skip
    return answer, with_head
