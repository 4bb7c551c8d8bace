"""``routehandlers dev``, run as a user runs it, and used for a day."""

from __future__ import annotations

import json
import os
import pty
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from pathlib import Path

import pytest
from dev_server import COMMAND, HTML, START, ask, dev, files_in, is_body, reloads, until, until_logged
from servers import Server, free_port, write_app


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    write_app(tmp_path, {"a/route.py": "def GET(): return 'first'\n", "a/_private.py": "WORD = 'x'\n"})
    with dev(tmp_path) as started:
        yield started


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'root'\n"})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = subprocess.run(
            [*COMMAND, "dev", "--port", str(taken.getsockname()[1])],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert ended.returncode == 2
    assert ended.stderr.startswith("routehandlers: cannot listen on 127.0.0.1:")
    assert ended.stderr.endswith(": another program uses this port. End that program, or choose another --port.\n")
    assert ended.stderr.count("\n") == 1


# Changes


def test_public_files_are_served_as_they_are_now(server: Server, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "later.txt").write_text("later")
    (tmp_path / "app" / "a" / "route.py").write_text("def GET(): return 'second'\n")

    until(server, "/a", is_body("second"))
    assert server.request("GET", "/later.txt").body == b"later"


def test_every_change_of_the_routes_is_followed(server: Server, tmp_path: Path) -> None:
    app = tmp_path / "app"
    until(server, "/a", is_body("first"))

    (app / "a/route.py").write_text("from ._private import WORD\ndef GET(): return 'second ' + WORD\n")
    until(server, "/a", is_body("second x"))

    (app / "a/_private.py").write_text("WORD = 'private change'\n")
    until(server, "/a", is_body("second private change"))

    (app / "b").mkdir()
    (app / "b/route.py").write_text("def GET(): return 'new'\n")
    until(server, "/b", is_body("new"))

    shutil.rmtree(app / "b")
    until(server, "/b", lambda status, _body: status == 404)


def test_every_file_of_the_tree_reloads_and_so_do_settings(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"route.py": START, "mail/_templates/hello.html": "<p>", "_data/list.json": "[]"})
    files = ["app/mail/_templates/hello.html", "app/_data/list.json", "app/.env", ".env", "pyproject.toml"]
    with dev(tmp_path) as server:
        before = until(server, "/", lambda status, _body: status == 200)

        for file in files:
            (tmp_path / file).write_text("# changed\n")
            old = before
            before = until(server, "/", lambda status, body, old=old: status == 200 and body != old)  # type: ignore[misc]

        (app / "_data/list.json").unlink()
        until(server, "/", lambda status, body: status == 200 and body != before)
        assert reloads(server) == [
            f" * '{tmp_path / file}' has changed, reloading" for file in [*files, "app/_data/list.json"]
        ]


def test_dotenv_is_read_again_at_each_change_of_it(server: Server, tmp_path: Path) -> None:
    (tmp_path / "app/a/route.py").write_text("import os\ndef GET(): return os.environ.get('COLOUR', 'none')\n")
    until(server, "/a", is_body("none"))

    (tmp_path / ".env").write_text("COLOUR=red\n")
    until(server, "/a", is_body("red"))

    (tmp_path / ".env").write_text("COLOUR=blue\n")
    until(server, "/a", is_body("blue"))


def test_files_beside_the_sources_do_not_reload(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"route.py": START, "page.html": "1"})
    for folder in ("app/__pycache__", "app/.git", "store"):
        (tmp_path / folder).mkdir(exist_ok=True)
    others = [
        "app/__pycache__/x.pyc", "app/.git/index", "app/.page.html.swp", "app/page.html~", "app/.#page.html", "app/4913",
        "app/data.sqlite3", "app/data.sqlite3-wal", "app/out.log", "store/entry", "app/own.out",
    ]  # fmt: skip
    with dev(tmp_path, "--exclude-patterns", f"x{os.pathsep}*.out") as server:
        before = until(server, "/", lambda status, _body: status == 200)

        for file in others:
            (tmp_path / file).write_text("changed")
        (app / "page.html").write_text("22")

        until(server, "/", lambda status, body: status == 200 and body != before)
        assert reloads(server) == [f" * '{app}/page.html' has changed, reloading"]


def test_a_module_that_is_imported_late_does_not_reload(tmp_path: Path) -> None:
    write_app(
        tmp_path, {"route.py": START.replace("return START", "import xml.dom.minidom, wave, flask; return START")}
    )
    (tmp_path / "one.yaml").write_text("1")
    with dev(tmp_path, "--extra-files", "one.yaml") as server:
        before = until(server, "/", lambda status, _body: status == 200)

        (tmp_path / "one.yaml").write_text("changed")

        until(server, "/", lambda status, body: status == 200 and body != before)
        assert reloads(server) == [f" * '{tmp_path}/one.yaml' has changed, reloading"]


def test_extra_files_reload(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"route.py": START, "[slug]/page.html": "1"})
    (tmp_path / "conf" / "deep").mkdir(parents=True)
    (tmp_path / "one.yaml").write_text("1")
    (tmp_path / "conf/two.toml").write_text("1")
    words = ["--extra-files", f"one.yaml{os.pathsep}conf/**/*.toml", "--extra-files", str(app / "[slug]" / "page.html")]
    with dev(tmp_path, *words) as server:
        before = until(server, "/", lambda status, _body: status == 200)

        for file in ("one.yaml", "conf/two.toml", "conf/deep/three.toml", "app/[slug]/page.html"):
            (tmp_path / file).write_text("changed")
            old = before
            before = until(server, "/", lambda status, body, old=old: status == 200 and body != old)  # type: ignore[misc]

        (tmp_path / "conf/other.txt").write_text("not asked for")
        (tmp_path / "one.yaml").unlink()
        until(server, "/", lambda status, body: status == 200 and body != before)
        assert reloads(server)[-1] == f" * '{tmp_path}/one.yaml' has changed, reloading"


def test_the_folder_may_be_gone_for_a_while(server: Server, tmp_path: Path) -> None:
    app = tmp_path / "app"
    until(server, "/a", is_body("first"))

    app.rename(tmp_path / "app2")
    shown = until(server, "/a", lambda status, _body: status == 500)
    assert f"The folder {app} is gone. dev waits until it is there again." in json.loads(shown)["detail"]
    assert f"routehandlers: The folder {app} is gone. dev waits until it is there again.\n" in server.logs()
    assert reloads(server)[0].startswith(f" * '{app}' and ")

    (tmp_path / "app2").rename(app)
    until(server, "/a", is_body("first"))

    app.rename(tmp_path / "app2")
    (tmp_path / "app2").rename(app)
    (app / "a/route.py").write_text("def GET(): return 'second'\n")
    until(server, "/a", is_body("second"))


# Mistakes in the files


def test_a_syntax_error_is_a_page_with_the_place_and_dev_goes_on(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "app" / "a" / "route.py"
    until(server, "/a", is_body("first"))

    file.write_text('import os\n\ndef GET():\n\treturn f(1, "<b>" 2)\n')
    page = until(server, "/a", lambda status, _body: status == 500, HTML)
    document = json.loads(server.request("GET", "/other").body)

    assert f"<h2>{file}:4</h2>" in page
    assert '<span class="at"><span class="dim">4</span>  \treturn f(1, &quot;&lt;b&gt;&quot; 2)</span>' in page
    code, caret = page.partition('<span class="caret">')[0::2]
    assert caret.partition("</span>")[0].rstrip("^") == "   \t" + " " * len("return f(1, ")
    assert "SyntaxError: invalid syntax" in code
    assert document["status"] == 500
    assert [(one["file"], one["line"]) for one in document["mistakes"]] == [(str(file), 4)]
    assert f"{file}:4" in server.logs()

    file.write_text("def GET(): return 'mended'\n")
    until(server, "/a", is_body("mended"))


@pytest.mark.parametrize(
    ("source", "line", "summary"),
    [
        ("import os\nraise ValueError('no <script>alert(1)</script>')\n", 2, "ValueError: no <script>"),
        ("import sys\n\nsys.exit('no database')\n", 3, "SystemExit: no database"),
        ("def GET(): return 1\n\nfrom mymissing import x\n", 3, "ModuleNotFoundError: No module named 'mymissing'"),
        ("x = 1\nGET = 3\n", 2, "GET is 3. Write a function"),
        ("x = 1\n", 1, "It exports no handler."),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(
    server: Server, tmp_path: Path, source: str, line: int, summary: str
) -> None:
    file = tmp_path / "app" / "a" / "route.py"

    file.write_text(source)
    page = until(server, "/a", lambda status, _body: status == 500, HTML)
    mistake = json.loads(server.request("GET", "/a").body)["mistakes"][0]

    assert (mistake["file"], mistake["line"]) == (str(file), line)
    assert summary in mistake["detail"]
    assert "<script" not in page
    assert f"<h2>{file}:{line}</h2>" in page
    assert f"{file}:{line}" in server.logs()
    assert "_dev/" not in server.logs()

    file.write_text("def GET(): return 'mended'\n")
    until(server, "/a", is_body("mended"))


def test_all_mistakes_are_shown_each_with_its_file(server: Server, tmp_path: Path) -> None:
    app = write_app(
        tmp_path,
        {
            "a/route.py": "def get(): ...\n", "b/route.py": "import os\n1 / 0\n", "(c)/x/route.py": "def GET(): ...\n",
            "(d)/x/route.py": "def GET(): ...\n", "[/route.py": "",
        },
    )  # fmt: skip

    shown = until(server, "/a", lambda status, body: status == 500 and body.count('"file"') == 4)

    assert {(one["file"], one["line"]) for one in json.loads(shown)["mistakes"]} == {
        (f"{app}/[", None), (f"{app}/(c)/x/route.py", 1), (f"{app}/a/route.py", 1), (f"{app}/b/route.py", 2),
    }  # fmt: skip
    assert "routehandlers: 4 mistakes." in server.logs()


def test_a_wrong_setting_is_shown_with_its_line(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"

    file.write_text("[tool.routehandlers]\ntrailing_slash = true\nbase_path = 'x'\n")

    shown = json.loads(until(server, "/a", lambda status, _body: status == 500))
    assert [(one["file"], one["line"]) for one in shown["mistakes"]] == [(str(file), 3)]
    assert "base_path is 'x'" in shown["detail"]


def test_a_module_beside_the_folder_is_followed_also_after_it_failed(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "import mydb\ndef GET(): return mydb.NAME\n"})
    (tmp_path / "mydb.py").write_text("NAME = \n")
    with dev(tmp_path) as server:
        shown = json.loads(until(server, "/", lambda status, _body: status == 500))
        assert [(one["file"], one["line"]) for one in shown["mistakes"]] == [(f"{tmp_path}/mydb.py", 1)]

        (tmp_path / "mydb.py").write_text("NAME = 'db'\n")
        until(server, "/", is_body("db"))


# Exceptions

RAISING = {
    "middleware.py": "def middleware(request):\n    response = yield\n    return response\n",
    "fail/route.py": """
        import json

        def GET(request):
            return load()

        def load():
            return json.loads("{--><script>alert(1)</script>")
    """,
    "stream/route.py": "def GET():\n    yield 'first'\n    1 / 0\n",
    "later/route.py": "from routehandlers.server import after\ndef GET():\n    after(lambda: 1 / 0)\n    return 'x'\n",
    "none/route.py": "def GET(): pass\n",
}


@pytest.fixture
def raising(tmp_path: Path) -> Iterator[Server]:
    write_app(tmp_path, RAISING)
    with dev(tmp_path) as started:
        yield started


def test_a_client_that_asks_for_no_page_gets_a_document_with_the_users_frames_first(
    raising: Server, tmp_path: Path
) -> None:
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = raising.request("GET", "/fail", headers=accept)
        document = json.loads(answer.body)

        assert (answer.status, answer.header("Content-Type")) == (500, "application/problem+json")
        assert document["detail"].startswith("json.decoder.JSONDecodeError: Expecting property name")
        assert document["traceback"][0] == "Traceback (most recent call last):"
        files = files_in("\n".join(document["traceback"]))
        assert files[:3] == [f"{tmp_path}/app/middleware.py", *[f"{tmp_path}/app/fail/route.py"] * 2]
        assert files[3].endswith("json/__init__.py")
    assert raising.request("HEAD", "/fail").status == 500


def test_the_debugger_and_the_terminal_show_the_users_frames_first(raising: Server, tmp_path: Path) -> None:
    page = raising.request("GET", "/fail", headers=HTML).body.decode()
    raising.request("GET", "/fail")

    frames = [line.partition('filename">"')[2].partition('"')[0] for line in page.splitlines() if "<h4>File" in line]
    users = [f"{tmp_path}/app/middleware.py", *[f"{tmp_path}/app/fail/route.py"] * 2]
    assert frames[:3] == users
    assert "Werkzeug Debugger" in page
    shown, _, comment = page.partition("<!--\n")  # the debugger puts the traceback there, too
    assert "alert(1)</script>" not in shown
    assert comment.endswith("-->\n")
    assert comment.count("-->") == 1
    logged = files_in(raising.logs())
    assert logged[:3] == users
    assert not any("routehandlers/_" in file for file in logged)
    assert raising.logs().count("Traceback (most recent call last)") == 2


def test_an_exception_after_the_response_or_in_a_stream_shows_the_users_frames_first(
    raising: Server, tmp_path: Path
) -> None:
    assert raising.request("GET", "/later").body == b"x"
    until_logged(raising, "ZeroDivisionError")
    assert files_in(raising.logs())[0] == f"{tmp_path}/app/later/route.py"

    with pytest.raises(IncompleteRead):  # so that the client does not take it for the whole
        raising.request("GET", "/stream")
    until_logged(raising, "in GET")
    assert files_in(raising.logs())[-1] == f"{tmp_path}/app/stream/route.py"


def test_a_mistake_that_the_library_reports_has_its_sentence(raising: Server) -> None:
    document = json.loads(raising.request("GET", "/none").body)

    assert "returned None" in document["detail"]
    files = files_in("\n".join(document["traceback"]))
    assert [file.endswith("app/middleware.py") for file in files] == [True, False]


def test_the_pages_need_no_other_file_and_run_no_script(server: Server, tmp_path: Path) -> None:
    missing = server.request("GET", "/<script>", headers=HTML)
    (tmp_path / "app/a/route.py").write_text("raise ValueError('</pre><img src=x>')")
    until(server, "/a", lambda status, _body: status == 500)
    broken = server.request("GET", "/a", headers=HTML)

    for answer in (missing, broken):
        page = answer.body.decode()
        assert "<script" not in page
        assert "<img" not in page
        assert "src=" not in page.replace("src=x&gt;", "").replace("src=x", "")
        assert "href=" not in page
        assert "prefers-color-scheme:dark" in page
        assert (answer.header("Content-Security-Policy") or "").startswith("default-src 'none'")


# Paths without a route


def test_a_404_lists_the_routes_and_the_nearest(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        {
            "items/[slug]/route.py": "def GET(): return 'x'\ndef DELETE(): return 'x'\n", "about/route.py": "def GET(): return 'x'\n",
            "own/[id]/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()\n",
        },
    )  # fmt: skip
    (tmp_path / "pyproject.toml").write_text("[tool.routehandlers]\nbase_path = '/docs'\n")
    with dev(tmp_path) as server:
        document = server.request("GET", "/docs/itmes/7")
        outside = json.loads(server.request("GET", "/about").body)
        page = server.request("GET", "/docs/itmes/7", headers=HTML)
        own = json.loads(server.request("GET", "/docs/own/3").body)

    assert (document.status, document.header("Content-Type")) == (404, "application/problem+json")
    assert json.loads(document.body) == {
        "type": "about:blank", "title": "Not Found", "status": 404,
        "detail": "No route answers '/docs/itmes/7'. Did you mean /docs/items/[slug]?", "nearest": ["/docs/items/[slug]"],
    }  # fmt: skip
    assert outside["nearest"] == ["/docs/about"]
    near, _, everything = page.body.decode().partition("<h2>Routes</h2>")
    assert near.count("<tr>") == 1
    assert everything.count("<tr>") == 3
    assert "<tr><td>/docs/items/[slug]<td>DELETE GET HEAD OPTIONS<td class='dim'>app/items/[slug]/route.py" in near
    assert own == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_the_users_own_404_is_served(tmp_path: Path) -> None:
    write_app(tmp_path, {"a/route.py": START, "not_found.py": "def not_found(request): return 'own'\n"})
    with dev(tmp_path) as server:
        answer = server.request("GET", "/b", headers=HTML)

    assert (answer.status, answer.body) == (404, b"own")


# Requests in flight

WAITING = """
    import time
    from pathlib import Path

    def GET(request):
        Path("started").touch()
        while not Path("go").exists():
            time.sleep(0.01)
        return "old"
"""


def test_requests_in_flight_are_answered_before_a_reload(tmp_path: Path) -> None:
    file = write_app(tmp_path, {"route.py": WAITING}) / "route.py"
    with dev(tmp_path) as server, server.connect(), ThreadPoolExecutor(2) as pool:  # one connection sends nothing
        first = pool.submit(server.request, "GET", "/")
        while not (tmp_path / "started").exists():
            time.sleep(0.01)

        file.write_text("def GET(): return 'new'\n")
        until_logged(server, "changed, reloading")
        (tmp_path / "go").touch()

        assert first.result().body == b"old"
        assert server.request("GET", "/").body == b"new"
        assert "cut off" not in server.logs()


ENDLESS = """
    import time
    from routehandlers import Response

    def stream():
        while True:
            yield "data: x\\n\\n"
            time.sleep(0.01)

    def GET(request):
        return Response(stream(), content_type=request.args["type"])
"""


@pytest.mark.parametrize("type", ["text/plain", "text/event-stream"])
def test_streams_end_with_a_reload(tmp_path: Path, type: str) -> None:
    file = write_app(tmp_path, {"route.py": ENDLESS}) / "route.py"
    with dev(tmp_path) as server, server.connect(30) as connection:
        connection.sendall(f"GET /?type={type} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(10) == b"HTTP/1.1 2"

        file.write_text("def GET(): return 'new'\n")

        try:
            while connection.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        until(server, "/", is_body("new"))
        # An event stream has no end, so nothing waits for it.
        assert ("1 request did not end within 5 seconds and is cut off." in server.logs()) == (type == "text/plain")


# Output


def test_output_to_a_file_has_no_colours(server: Server) -> None:
    server.request("GET", "/a")
    server.request("GET", "/nothing")
    ask(server, "evil.example")

    until_logged(server, '"GET /nothing HTTP/1.1" 404')
    assert "\x1b" not in server.logs()


@pytest.mark.parametrize(("no_color", "has_colours"), [("1", False), ("", True)])
def test_no_color_is_respected_on_a_terminal(tmp_path: Path, no_color: str, has_colours: bool) -> None:
    write_app(tmp_path, {"route.py": START})
    port = free_port()
    master, slave = pty.openpty()
    environ = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    with subprocess.Popen(
        [*COMMAND, "dev", "--port", str(port)], cwd=tmp_path, stdin=slave, stdout=slave, stderr=slave, env=environ
    ) as process:
        os.close(slave)
        shown = ""
        while "Debugger PIN" not in shown:
            shown += os.read(master, 10_000).decode()
        process.terminate()
    os.close(master)

    assert ("\x1b[" in shown) == has_colours


# Hosts


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8000", 200), ("LOCALHOST", 200), ("shop.localhost:8000", 200), ("127.0.0.1:1", 200),
        ("[::1]:8000", 200), ("evil.example", 400), ("localhost.evil.example", 400), ("evillocalhost", 400),
        ("127.0.0.1.evil.example", 400), ("10.0.0.1", 400), ("[::2]", 400), ("", 400), (None, 400),
    ],
)  # fmt: skip
def test_only_hosts_of_this_machine_are_answered(hosted: Server, host: str | None, status: int) -> None:
    answer = ask(hosted, host)

    assert answer.status == status
    if status == 400:
        assert b"dev answers only" in answer.body
    if host:
        assert (b"trusted_hosts" in answer.body) == (status == 400)


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hosted")
    write_app(folder, {"a/route.py": "def GET(): return 'first'\n", "fail/route.py": "def GET(): return 1 / 0\n"})
    with dev(folder) as started:
        yield started


@pytest.mark.parametrize("target", ["/console", "/fail", "/?__debugger__=yes&cmd=resource&f=debugger.js"])
def test_the_debugger_is_not_shown_to_other_hosts(hosted: Server, target: str) -> None:
    refused = ask(hosted, "evil.example", target, "text/html")
    shown = [ask(hosted, host, target, "text/html").body for host in ("[::1]:1", "a.localhost")]

    assert refused.status == 400
    assert b"SECRET" not in refused.body
    assert all(b"SECRET" in page for page in shown)
    assert target != "/fail" or all(b"EVALEX = true" in page for page in shown)


def test_trusted_hosts_are_answered_too_and_also_while_the_files_are_broken(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"a/route.py": "def GET(request): return request.host\n"})
    (tmp_path / "pyproject.toml").write_text("[tool.routehandlers]\ntrusted_hosts = ['.shop.example']\n")
    with dev(tmp_path) as server:
        for host in ("localhost", "shop.example", "de.shop.example"):
            assert ask(server, host).body.decode() == host
        assert ask(server, "evil.example").status == 400

        (app / "a/route.py").write_text("1 / 0\n")
        until(server, "/a", lambda status, _body: status == 500)
        assert ask(server, "shop.example").status == 500
        assert ask(server, "evil.example").status == 400


def test_the_address_of_host_is_answered(tmp_path: Path) -> None:
    write_app(tmp_path, {"a/route.py": "def GET(): return 'first'\n"})
    with dev(tmp_path, "--host", "0.0.0.0") as server:
        for host in ("localhost", "127.0.0.1", socket.gethostname()):
            assert ask(server, host).status == 200
        assert [ask(server, host).status for host in ("evil.example", "10.254.254.1", "0.0.0.0")] == [400] * 3

        with socket.create_connection(("127.0.0.2", server.port), 10) as other:  # all of 127/8 is this machine
            other.sendall(b"GET /a HTTP/1.0\r\nHost: 127.0.0.2:8000\r\n\r\n")
            assert other.recv(100).startswith(b"HTTP/1.1 200")
