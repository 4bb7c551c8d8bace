"""The command, run as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from servers import free_port, run, write_app

from routehandlers import create_app

COMMAND = [sys.executable, "-m", "routehandlers._cli.main"]


def routehandlers(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


FILES = {
    "route.py": "def GET(): return 'root'\n",
    "items/[slug]/route.py": "revalidate = 60\ndef GET(): return 'x'\ndef DELETE(): return 'x'\n",
    "(shop)/cart/route.py": "dynamic = 'force-static'\ndef GET(): return 'x'\n",
}


def test_routes_shows_a_tree(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)

    shown = routehandlers(tmp_path, "routes")

    assert shown.returncode == 0
    assert shown.stdout.splitlines() == [
        "route         methods                  caching         file",
        "/             GET HEAD OPTIONS         dynamic         app/route.py",
        "├─ cart       GET HEAD OPTIONS         static          app/(shop)/cart/route.py",
        "└─ items",
        "   └─ [slug]  DELETE GET HEAD OPTIONS  revalidate 60s  app/items/[slug]/route.py",
    ]


def test_routes_prints_json_for_programs(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)

    rows = json.loads(routehandlers(tmp_path, "routes", "app", "--json").stdout)

    assert rows[-1] == {
        "prefix": "", "pattern": "/items/[slug]", "methods": ["DELETE", "GET", "HEAD", "OPTIONS"], "file": "app/items/[slug]/route.py",
        "caching": "revalidate 60s",
        "operation_id": {"DELETE": "delete_items_by_slug", "GET": "get_items_by_slug"},
    }  # fmt: skip


def test_an_empty_folder_is_told_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()

    assert "Write the first in" in routehandlers(tmp_path, "routes").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rotues"], "there is no command 'rotues'. Did you mean 'routes'?"),
        (
            ["xyz"],
            "There are: dev, build, start, typegen, routes, explain, openapi, check, typecheck, cache, shell, new.",
        ),
        (["routes", "nowhere"], "There is no folder"),
        (["start", "nowhere"], "There is no folder"),
        (["dev", "nowhere"], "There is no folder"),
        (["routes", "--josn"], "unrecognized arguments: --josn"),
        (["dev", "--port", "x"], "invalid int value: 'x'"),
        (["new", "a b"], "is not a valid name. Use letters"),
        (["new"], "required: name"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(tmp_path: Path, words: list[str], sentence: str) -> None:
    ended = routehandlers(tmp_path, *words)

    assert ended.returncode == 2
    assert ended.stderr.startswith("routehandlers: ")
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_all_mistakes_of_a_tree_are_shown(tmp_path: Path) -> None:
    write_app(tmp_path, {"[a]/route.py": "GET = 3\n", "[b]/route.py": "def get(): ...\n"})

    ended = routehandlers(tmp_path, "routes")

    assert ended.returncode == 2
    assert "3 problems in" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_that_raises_shows_its_own_traceback_only(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"x/route.py": "from ._y import z\n", "x/_y.py": "1 / 0\n"})

    ended = routehandlers(tmp_path, "routes")

    assert ended.returncode == 2
    assert f'File "{app}/x/_y.py", line 1' in ended.stderr
    assert "ZeroDivisionError" in ended.stderr
    assert "routehandlers/app.py" not in ended.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    (tmp_path / "pyproject.toml").write_text('[tool.routehandlers]\nbasePath = "/x"\n')

    ended = routehandlers(tmp_path, "routes")

    assert (ended.returncode, ended.stderr) == (
        2,
        "routehandlers: There is no setting 'basePath'. Did you mean 'base_path'?\n",
    )


def test_help_and_version_say_what_there_is(tmp_path: Path) -> None:
    assert "routehandlers new shop" in routehandlers(tmp_path).stdout
    assert "gunicorn" in routehandlers(tmp_path, "start", "--help").stdout
    assert "mypy" in routehandlers(tmp_path, "typecheck", "--help").stdout
    assert routehandlers(tmp_path, "--version").stdout.startswith("routehandlers ")


def test_new_makes_an_application_that_runs_and_passes_its_test(tmp_path: Path) -> None:
    made = routehandlers(tmp_path, "new", "shop")

    assert made.returncode == 0
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=tmp_path / "shop", capture_output=True, text=True, check=False
    )
    assert tests.returncode == 0, tests.stdout
    again = routehandlers(tmp_path, "new", "shop")
    assert (again.returncode, "exists already" in again.stderr) == (2, True)


def test_start_serves_with_gunicorn_and_passes_arguments_on(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    port = free_port()
    command = [*COMMAND, "start", "app", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--access-logfile", "-"]

    with run(command, port, cwd=tmp_path) as server:
        assert server.request("GET", "/").body == b"root"
        assert "Using worker: gthread" in server.logs()
        deadline = time.monotonic() + 10
        while '"GET / HTTP/1.1" 200' not in server.logs():
            assert time.monotonic() < deadline, server.logs()
            time.sleep(0.05)


def test_start_refuses_a_tree_before_a_worker_starts(tmp_path: Path) -> None:
    write_app(tmp_path, {"x/route.py": "def get(): ...\n"})

    ended = routehandlers(tmp_path, "start", "--bind", "127.0.0.1:1")

    assert ended.returncode == 2
    assert "Did you mean 'GET'?" in ended.stderr


CACHED = {
    "route.py": "dynamic = 'force-static'\ndef GET(): return 'root'\n",
    "items/[slug]/route.py": "revalidate = 60\ndef generate_static_params(): return [{'slug': 'a'}, {'slug': 'b'}]\ndef GET(request, context):\n    return context.params['slug']\ndef POST(): return 'x'\n",
    "items/[...rest]/route.py": "def GET(): return 'rest'\n",
    "who/route.py": "revalidate = 60\n\ndef GET(request):\n    return request.headers['X-Who']\n",
    "tagged/route.py": "from routehandlers.cache import cache_tag\nrevalidate = 60\ndef GET():\n    cache_tag('posts')\n    return 'x'\n",
}


def make_cached(folder: Path, **files: str) -> None:
    write_app(folder, {**CACHED, **files})
    (folder / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = 'file://{folder}/store'\n")


def test_build_fills_the_storage_and_says_what_became_of_each_route(tmp_path: Path) -> None:
    make_cached(tmp_path)

    built = routehandlers(tmp_path, "build")

    assert built.returncode == 0, built.stderr
    assert built.stdout.splitlines()[:-1] == [
        "● /  1 prerendered",
        "ƒ /items/[...rest]  dynamic",
        "● /items/[slug]  2 prerendered",
        "● /tagged  1 prerendered",
        f"ƒ /who  dynamic: it reads request.headers {tmp_path}/app/who/route.py:4",
    ]
    assert built.stdout.splitlines()[-1].startswith("4 prerendered in ")
    assert "\x1b" not in built.stdout + built.stderr


def test_build_shows_progress_on_a_terminal(tmp_path: Path) -> None:
    import pty

    make_cached(tmp_path)
    master, slave = pty.openpty()

    ended = subprocess.run(
        [*COMMAND, "build"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=slave, timeout=60, check=False
    )

    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert ended.returncode == 0
    assert "1/5  /items/a" in shown


def test_build_fails_with_the_traceback_of_a_handler_and_builds_the_rest(tmp_path: Path) -> None:
    make_cached(
        tmp_path,
        **{
            "bad/route.py": "revalidate = 60\ndef GET():\n    raise RuntimeError('no database')\n",
            "worse/route.py": "revalidate = 60\ndef GET(): return 'x', 503\n",
        },
    )

    built = routehandlers(tmp_path, "build")

    assert built.returncode == 1
    assert f'File "{tmp_path}/app/bad/route.py", line 3, in GET' in built.stderr
    assert "/worse could not be prerendered: the handler answered 503" in built.stderr
    assert "4 prerendered, 2 failed" in built.stdout


def test_build_into_memory_checks_everything_and_stores_nothing(tmp_path: Path) -> None:
    write_app(tmp_path, CACHED)

    ended = routehandlers(tmp_path, "build")

    assert ended.returncode == 0, ended.stderr
    assert "Nothing was stored: the cache is memory://" in ended.stdout
    assert "cache = 'file:///var/cache/app'" in ended.stdout


def test_build_into_memory_fails_for_a_handler_that_fails(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "revalidate = 60\ndef GET(): return 1 / 0\n"})

    ended = routehandlers(tmp_path, "build")

    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr


def test_build_calls_register_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write_app(
        tmp_path,
        {
            "instrumentation.py": "import _db\ndef register(): _db.ready = True\n",
            "route.py": "import _db\nrevalidate = 60\ndef GET(): return str(_db.ready)\n",
        },
    )
    (tmp_path / "_db.py").write_text("ready = False\n")
    cache = f"file://{tmp_path}/cache"
    (tmp_path / "pyproject.toml").write_text(f'[tool.routehandlers]\ncache = "{cache}"\n')

    ended = routehandlers(tmp_path, "build")

    assert ended.returncode == 0, ended.stderr
    assert create_app(tmp_path / "app", cache=cache).test_client().get("/").text == "True"


def test_a_register_that_fails_ends_build(tmp_path: Path) -> None:
    write_app(tmp_path, {"instrumentation.py": "def register(): 1 / 0\n", "route.py": "def GET(): return 'x'\n"})

    ended = routehandlers(tmp_path, "build")

    assert ended.returncode == 2
    assert "instrumentation.py raised ZeroDivisionError; its traceback is above." in ended.stderr


def test_check_names_a_public_folder_without_whitenoise_and_build_goes_on(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})
    (tmp_path / "public").mkdir()
    without = "import sys; sys.modules['whitenoise'] = None; sys.argv = ['routehandlers', {!r}];"
    code = f"{without} from routehandlers._cli.main import main; main()"

    checked = subprocess.run([sys.executable, "-c", code.format("check")], cwd=tmp_path, capture_output=True, text=True)
    built = subprocess.run([sys.executable, "-c", code.format("build")], cwd=tmp_path, capture_output=True, text=True)

    assert (checked.returncode, built.returncode) == (1, 0), built.stderr
    assert 'pip install "routehandlers[public]"' in checked.stdout


def test_explain_tells_what_would_happen_in_order(tmp_path: Path) -> None:
    make_cached(tmp_path)

    told = routehandlers(tmp_path, "explain", "GET", "/items/a?x=1").stdout

    assert told == (
        "GET /items/a?x=1\n"
        "  route    /items/[slug]\n"
        "           app/items/[slug]/route.py\n"
        "  before   /items/[...rest]  app/items/[...rest]/route.py\n"
        "           (at each segment: a static name, [x=converter], [x], [...x], [[...x]])\n"
        "  params   {'slug': 'a'}\n"
        "  caching  revalidate 60s\n"
        '  key      ["route","","/items/[slug]","/items/a"]\n'
        "  tags     _N_T_/items/a\n"
        "           _N_T_/items/[slug]/route\n"
        "           _N_T_/layout\n"
        "           _N_T_/items/layout\n"
        "           _N_T_/items/[slug]/layout\n"
        "           _N_T_/items/a/layout\n"
        "  stored   not yet: the next request is a miss, and its response is stored\n"
    )


def test_explain_tells_what_stands_around_a_route(tmp_path: Path) -> None:
    make_cached(tmp_path)
    app = tmp_path / "app"
    (app / "middleware.py").write_text("config = {'matcher': '/short/:path*'}\ndef middleware(request): 1 / 0")
    (app / "items" / "middleware.py").write_text("def middleware(request): 1 / 0")
    (tmp_path / "pyproject.toml").write_text(
        """
[tool.routehandlers]
redirects = [{source = "/old/:path*", destination = "/items/:path*", permanent = true}]
rewrites = [{source = "/short/:id", destination = "/items/:id"}]
headers = [{source = "/short/:id", headers = [{key = "x-id", value = ":id"}]}]
"""
    )

    told = routehandlers(tmp_path, "explain", "GET", "/short/a").stdout
    moved = routehandlers(tmp_path, "explain", "GET", "/old/a").stdout

    assert told.startswith(
        "GET /short/a\n"
        "  headers     x-id: a\n"
        "  middleware  app/middleware.py\n"
        "  rewrite     to /items/a\n"
        "  middleware  app/items/middleware.py\n"
        "  route       /items/[slug]\n"
    )
    assert '["rewritten","","/items/[slug]","/items/a"]' in told
    assert moved == "GET /old/a\n  redirect  308 to /items/a\n"


def test_explain_names_the_line_that_keeps_an_answer_out_of_the_cache(tmp_path: Path) -> None:
    make_cached(tmp_path)

    told = routehandlers(tmp_path, "explain", "GET", "/who").stdout

    assert f"stored   never: it reads request.headers\n           {tmp_path}/app/who/route.py:4\n" in told


def test_explain_shows_what_is_stored_and_how_old_it_is(tmp_path: Path) -> None:
    make_cached(tmp_path)
    routehandlers(tmp_path, "build")

    told = routehandlers(tmp_path, "explain", "HEAD", "/items/a").stdout

    assert "  stored   200, 1 bytes, fresh\n  age      " in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["GET", "/items/a/"], "redirect  308 to /items/a"),
        (["GET", "/nothing"], "path  404 Not Found"),
        (["GET", "/%"], "path  400 Bad Request: The path contains a '%'"),
        (["PUT", "/who"], "method  405: the route answers GET, HEAD, OPTIONS"),
        (["POST", "/items/a"], "caching  revalidate 60s"),
        (["get", "/items/x/y"], "caching  dynamic"),
    ],
)
def test_explain_tells_of_redirects_and_of_what_is_not_there(tmp_path: Path, words: list[str], sentence: str) -> None:
    make_cached(tmp_path)

    told = routehandlers(tmp_path, "explain", *words)

    assert told.returncode == 0
    assert sentence in told.stdout
    assert "Traceback" not in told.stderr


def test_explain_suggests_the_nearest_routes_for_a_path_without_one(tmp_path: Path) -> None:
    make_cached(tmp_path)
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write("base_path = '/shop'\n")

    told = routehandlers(tmp_path, "explain", "GET", "/shop/itmes/a")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(
        "GET /shop/itmes/a\n"
        "  path  404 Not Found: no route matches.\n"
        "        Did you mean one of these?\n"
        "          /shop/items/[slug]  app/items/[slug]/route.py\n"
    )


def test_explain_lists_some_routes_if_none_is_near(tmp_path: Path) -> None:
    write_app(tmp_path, {f"items{number}/route.py": "def GET(): return 'x'\n" for number in range(9)})

    told = routehandlers(tmp_path, "explain", "GET", "/zzzzzzzzzzzzzzz")

    assert told.stdout.splitlines()[2:] == [
        "        There are:",
        *(f"          /items{number}  app/items{number}/route.py" for number in range(5)),
        "          and 4 more, see: routehandlers routes",
    ]


@pytest.mark.parametrize(
    ("method", "steps"),
    [
        ("GET", ["  public  /robots 1.txt"]),
        ("HEAD", ["  public  /robots 1.txt"]),
        ("POST", ["  public  /robots 1.txt", "  method  405: a file answers GET, HEAD"]),
    ],
)
def test_explain_names_a_public_file(tmp_path: Path, method: str, steps: list[str]) -> None:
    write_app(tmp_path, {"[...all]/route.py": "def GET(): return 'x'\n"})
    (tmp_path / "public").mkdir()
    (tmp_path / "public/robots 1.txt").write_text("plain")

    told = routehandlers(tmp_path, "explain", method, "/robots%201.txt")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines() == [f"{method} /robots%201.txt", *steps]


def test_cache_looks_into_a_storage_and_purges_it(tmp_path: Path) -> None:
    make_cached(tmp_path)
    routehandlers(tmp_path, "build")

    stats, listed = routehandlers(tmp_path, "cache", "stats"), routehandlers(tmp_path, "cache", "list")
    assert "entries   4  (4 fresh, 0 stale, 0 gone)" in stats.stdout
    assert "kinds     4 answers" in stats.stdout
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["what", "/", "/items/a", "/items/b", "/tagged"]
    assert listed.stdout.splitlines()[-1].split()[-1] == "posts"
    rows = [
        json.loads(line)
        for line in routehandlers(tmp_path, "cache", "list", "--tag", "posts", "--json").stdout.splitlines()
    ]
    assert [(row["what"], row["status"], row["state"]) for row in rows] == [("/tagged", 200, "fresh")]

    for words, left in (
        (["--tag", "posts"], 3), (["--path", "/items/a"], 2), (["--path", "/items/[slug]"], 1), (["--all"], 0),
    ):  # fmt: skip
        purged = routehandlers(tmp_path, "cache", "purge", *words)
        assert (purged.returncode, purged.stdout.startswith("Purged 1 entry")) == (0, True), purged
        assert f"({left} fresh, 0 stale" in routehandlers(tmp_path, "cache", "stats").stdout


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["--path", "/items/[slug]"], "Purged 2 entries of '/items/[slug]'."),
        (["--path", "/items/a/"], "Purged 1 entry of '/items/a/'."),
        (["--path", "/items/never-asked"], "Purged 0 entries of '/items/never-asked'."),
        (["--path", "/old/a"], "Purged 0 entries of '/old/a'."),
        (["--tag", "posts"], "Purged 1 entry with the tag 'posts'."),
        (["--tag", "unknown"], "Purged 0 entries with the tag 'unknown'."),
        (["--all"], "Purged 4 entries."),
    ],
)
def test_cache_purge_says_how_many_entries_it_purged(tmp_path: Path, words: list[str], printed: str) -> None:
    make_cached(tmp_path)
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write('rewrites = [{source = "/old/:id", destination = "/items/:id"}]\n')
    routehandlers(tmp_path, "build")

    purged = routehandlers(tmp_path, "cache", "purge", *words)

    assert (purged.returncode, purged.stdout, purged.stderr) == (0, f"{printed}\n", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--path", "/tagde"], "no route has this path. Did you mean '/tagged'?"),
        (["--path", "/items"], "no route has this path."),
        (["--path", "/itmes/a"], "no route has this path. Did you mean '/items/[slug]'?"),
        (["--path", "/items/[id]"], "the brackets are taken literally. Did you mean '/items/[slug]'?"),
        (["--path", "/nothing/[slug]"], "Nothing was purged of '/nothing/[slug]': it has no effect"),
        (["--path", "items/a"], "A path has a slash first, no query, and at most 1024 characters. Write '/items/a'."),
        (["--path", "/items/a?x=1"], "Write '/items/a'."),
        (["--path", ""], "A path has a slash first"),
        (["--tag", ""], "a tag has at least one character."),
        (["--tag", "x" * 257], "the tag has 257 characters, and entries have only tags of up to 256."),
    ],
)
def test_cache_purge_fails_for_a_target_that_cannot_exist(tmp_path: Path, words: list[str], sentence: str) -> None:
    make_cached(tmp_path)

    purged = routehandlers(tmp_path, "cache", "purge", *words)

    assert (purged.returncode, purged.stdout) == (1, "")
    assert sentence in purged.stderr
    assert len(purged.stderr.splitlines()) == 1


def test_cache_purge_reaches_what_another_release_has_stored(tmp_path: Path) -> None:
    make_cached(tmp_path)
    routehandlers(tmp_path, "build")
    shutil.rmtree(tmp_path / "app/items")

    first, second = (routehandlers(tmp_path, "cache", "purge", "--path", "/items/a") for _ in range(2))

    assert (first.returncode, first.stdout) == (0, "Purged 1 entry of '/items/a'.\n")
    assert (second.returncode, second.stdout) == (1, "")


@pytest.mark.parametrize("words", ["cache --storage {} stats", "cache stats --storage {}"])
def test_the_storage_of_cache_may_stand_before_the_action_or_after_it(tmp_path: Path, words: str) -> None:
    ended = routehandlers(tmp_path, *words.format((tmp_path / "empty").as_uri()).split())

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("entries   0")


def test_cache_purge_needs_no_folder_if_the_storage_is_named(tmp_path: Path) -> None:
    make_cached(tmp_path)
    routehandlers(tmp_path, "build")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    purged = routehandlers(elsewhere, "cache", "--storage", f"file://{tmp_path}/store", "purge", "--path", "/items/a")

    assert purged.stdout == "Purged 1 entry of '/items/a'.\n", purged.stderr


def test_middleware_at_the_top_may_rewrite_any_path_that_is_purged(tmp_path: Path) -> None:
    make_cached(tmp_path, **{"middleware.py": "1 / 0  # no file is imported to purge\n"})

    purged = routehandlers(tmp_path, "cache", "purge", "--path", "/anything")

    assert (purged.returncode, purged.stdout) == (0, "Purged 0 entries of '/anything'.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["cache", "stats"], "a memory:// cache lies inside each server process"),
        (["cache", "--storage", "file:///proc/nothing", "stats"], "the storage cannot be read"),
        (["cache", "--storage", "redis://127.0.0.1:1", "stats"], "Redis failed: "),
        (["cache", "--storage", "nothing", "stats"], "cache is 'nothing'"),
        (["cache", "--storage", "file://relative", "stats"], "does not name a folder"),
        (["cache", "purge"], "one of the arguments --tag --path --all is required"),
        (["cache"], "required: ACTION"),
        (["explain", "GET"], "required: url"),
        (["explain", "GET", "//["], "'//[' is not a URL: Invalid IPv6 URL."),
    ],
)
def test_a_mistake_with_the_cache_is_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    write_app(tmp_path, CACHED)

    ended = routehandlers(tmp_path, *words)

    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
