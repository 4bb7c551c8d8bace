"""Commands with an application: a folder, or ``module:app``, also wrapped or within Flask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers import free_port, run, write_app

COMMAND = [sys.executable, "-m", "routehandlers"]

# What a project of some size has: a module beside the folder, a converter in Python, a secret from the environment,
# and a proxy in front.
WSGI = """
import os
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter
from routehandlers import RouteHandlers

class Year(BaseConverter):
    regex = "[0-9]{4}"

class Stores(RouteHandlers):
    pass

app = Stores(
    "app", converters={"year": Year}, secret_key=os.environ["SECRET"], cache=os.environ.get("CACHE", "memory://")
)
application = ProxyFix(app)
"""

ROUTES = {
    "route.py": "import mydb\ndef GET(): return mydb.NAME\n",
    "archive/[y=year]/route.py": "revalidate = 60\ndef GET(request, context): return context.params['y']\n",
}

# draft_mode().enable() raises without a secret.
WHOAMI = """
from routehandlers.headers import draft_mode

def GET(request):
    draft_mode().enable()
    return {"address": request.remote_addr, "scheme": request.scheme, "draft": draft_mode().is_enabled}
"""

FLASK = """
from flask import Flask
from routehandlers.flask import RouteHandlersBlueprint

def create_app(debug=False):
    app = Flask(__name__)
    app.register_blueprint(RouteHandlersBlueprint("api", "app", url_prefix="/api"))
    return app
"""


def routehandlers(cwd: Path, *words: str, input: str | None = None, **options: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "SECRET": "0123456789abcdef", **options}
    return subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ,
        input=input or "",
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_app(tmp_path, ROUTES)
    (tmp_path / "mydb.py").write_text("NAME = 'from beside the folder'\n")
    (tmp_path / "wsgi.py").write_text(WSGI)
    (tmp_path / "flasky.py").write_text(FLASK)
    return tmp_path


LISTED = "def generate_static_params(): return [{'y': '2026'}]\n"

SHOWN = "print(client.get('/archive/2026').text, client.get('/archive/x').status_code, len(app.config.secret_keys))\n"


@pytest.mark.parametrize("named_by", ["argument", "pyproject"])
@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["routes"], "archive"),
        (["explain", "GET", "/archive/2026"], "/archive/[y=year]"),
        (["explain", "GET", "/archive/soon"], "404 Not Found: no route matches."),
        (["check"], "2 routes in wsgi:application, and nothing wrong."),
        (["build"], "● /archive/[y=year]  1 prerendered"),
        (["typegen"], "_routes.py: 2 routes."),
        (["typecheck"], "Success"),
        (["cache", "stats"], "entries   1  (1 fresh, 0 stale, 0 gone)"),
        (["cache", "list"], "/archive/2026  200"),
        (["cache", "purge", "--path", "/archive/2026"], "Purged 1 entry of '/archive/2026'."),
        (["shell"], "2026 404 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_command_takes_a_wrapped_application_in_a_module(
    project: Path, words: list[str], printed: str, named_by: str
) -> None:
    """ProxyFix, a converter in Python and a secret from the environment. For ``dev`` see test_dev_applications.py."""
    storage = f"file://{project}/stored"
    with (project / "app/archive/[y=year]/route.py").open("a") as file:
        file.write(LISTED)
    if words[0] == "cache":
        assert routehandlers(project, "build", "wsgi:application", CACHE=storage).returncode == 0
    if named_by == "pyproject":
        (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "wsgi:application"\n')
    elif words[0] == "typecheck":
        words = [words[0], "wsgi:application", *words[1:]]
    else:
        words = [*words, "wsgi:application"]

    ended = routehandlers(project, *words, input=SHOWN, CACHE=storage)

    assert ended.returncode == 0, ended.stderr
    assert printed in ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "server",
    # waitress removes the headers of proxies otherwise.
    [["gunicorn"], ["granian"], ["waitress", "--no-clear-untrusted-proxy-headers"]],
    ids=["gunicorn", "granian", "waitress"],
)
def test_start_serves_a_wrapped_application(project: Path, server: list[str]) -> None:
    (project / "app/whoami/route.py").parent.mkdir()
    (project / "app/whoami/route.py").write_text(WHOAMI)
    (project / ".env").write_text("SECRET=0123456789abcdef\n")
    port = free_port()
    command = [*COMMAND, "start", "wsgi:application", "--port", str(port), "--workers", "1", "--server", *server]

    with run(command, port, cwd=project) as started:
        answer = started.request(
            "GET", "/whoami", headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        )

        assert json.loads(answer.body) == {"address": "203.0.113.7", "scheme": "https", "draft": True}
        assert started.request("GET", "/archive/2026").body == b"2026"
        assert started.request("GET", "/archive/soon").status == 404
        assert started.request("GET", "/").body == b"from beside the folder"


def test_pyproject_names_the_application_once(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "wsgi:application"\n')

    assert "archive" in routehandlers(project, "routes").stdout
    assert routehandlers(project, "check").stdout == "2 routes in wsgi:application, and nothing wrong.\n"


def test_pyproject_may_name_a_folder(tmp_path: Path) -> None:
    write_app(tmp_path / "source", {"route.py": "def GET(): return 'x'\n"})
    (tmp_path / "pyproject.toml").write_text('[tool.routehandlers]\napp = "source/app"\n')

    ended = routehandlers(tmp_path, "check")

    assert ended.stdout == "1 route in source/app, and nothing wrong.\n"


def test_the_environment_goes_before_pyproject_and_the_argument_before_both(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "nowhere:app"\n')

    assert routehandlers(project, "check", ROUTEHANDLERS_APP="wsgi:app").stdout.startswith("2 routes in wsgi:app")
    assert routehandlers(project, "check", "wsgi:application", ROUTEHANDLERS_APP="x:y").returncode == 0


def test_flask_applications_with_blueprints_are_applications_with_routes(project: Path) -> None:
    (project / "app/archive/[y=year]/route.py").unlink()
    (project / "app/archive/[y=year]").rmdir()

    rows = json.loads(routehandlers(project, "routes", "flasky:create_app(debug=True)", "--json").stdout)
    explained = routehandlers(project, "explain", "GET", "/api/", "flasky:create_app()")

    assert [(row["prefix"], row["pattern"]) for row in rows] == [("/api", "/")]
    assert "app/route.py" in explained.stdout, explained.stderr


def test_build_names_the_folder_of_each_application(project: Path) -> None:
    for folder in ("one", "two"):
        write_app(project / folder, {"same/route.py": "revalidate = 60\ndef GET(): return 'x'\n"})
    (project / "both.py").write_text(
        "from routehandlers import RouteHandlers\n"
        "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
        "app = DispatcherMiddleware(RouteHandlers('one/app'), {'/two': RouteHandlers('two/app')})\n"
    )

    lines = routehandlers(project, "build", "both:app").stdout.splitlines()

    assert lines[:2] == [str(project / "one/app"), "● /same  1 prerendered"]
    assert lines[lines.index("") :][1:3] == [str(project / "two/app"), "● /same  1 prerendered"]


AROUND = """
from flask import Flask
from routehandlers import RouteHandlers
from routehandlers.flask import RouteHandlersBlueprint
from werkzeug.middleware.dispatcher import DispatcherMiddleware

other = Flask(__name__)
dispatcher = DispatcherMiddleware(other, {"/api": RouteHandlers("app")})
flask = Flask(__name__)
flask.register_blueprint(RouteHandlersBlueprint("api", "app", url_prefix="/<lang>/api"))
"""


@pytest.mark.parametrize(
    ("target", "url", "step"),
    [
        ("around:dispatcher", "/api/y?a=1", "route    /y"),
        ("around:dispatcher", "http://localhost/api/y", "route    /y"),
        ("around:dispatcher", "/api/z", "path  404 Not Found: no route matches."),
        ("around:dispatcher", "/y", "path  the application around the routes answers. The routes lie below /api"),
        ("around:dispatcher", "/apis/y", "path  the application around the routes answers."),
        ("around:flask", "/en/api/y", "route    /y"),
        ("around:flask", "/en/api/z", "path  no route matches here: a view of the application around answers"),
        ("around:flask", "/y", "path  the application around the routes answers. The routes lie below /<lang>/api"),
    ],
)
def test_explain_says_where_an_application_around_the_routes_answers(
    tmp_path: Path, target: str, url: str, step: str
) -> None:
    write_app(tmp_path, {"y/route.py": "def GET(): return 'y'\n"})
    (tmp_path / "around.py").write_text(AROUND)

    ended = routehandlers(tmp_path, "explain", "GET", url, target)

    assert ended.stdout.splitlines()[1].strip().startswith(step), ended.stderr


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere:app", "there is no module 'nowhere'"),
        ("wsgi:aplication", "wsgi has no 'aplication'. Did you mean 'application'?"),
        ("mydb:NAME", "which is not a WSGI application"),
        ("wsgi:ProxyFix", "there is no RouteHandlers in it"),
        ("wsgi:app(", "Write module:name, such as wsgi:app"),
        ("wsgi:app.nothing.x", "wsgi.app has no 'nothing'"),
        ("wsgi.py:app", "there is no module 'wsgi.py'"),
        ("wsgi.py:app", "Did you mean wsgi:app?"),
        ("flasky:create_app", "If it makes the application, write: flasky:create_app()"),
        ("wsgi", "or an application in wsgi.py: wsgi:app"),
        ("wsgi.py", "or an application in wsgi.py: wsgi:app"),
    ],
)
def test_a_name_without_an_application_is_one_sentence(project: Path, name: str, sentence: str) -> None:
    ended = routehandlers(project, "routes", name)

    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_module_that_raises_is_shown_with_its_traceback(project: Path) -> None:
    (project / "broken.py").write_text("1 / 0\n")

    ended = routehandlers(project, "routes", "broken:app")

    assert ended.returncode == 2
    assert ended.stderr.startswith(f'Traceback (most recent call last):\n  File "{project / "broken.py"}", line 1')
    assert "a file of broken:app raised ZeroDivisionError; its traceback is above." in ended.stderr


def test_a_converter_in_toml_names_the_way_through_python(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})
    (tmp_path / "pyproject.toml").write_text("[tool.routehandlers]\nconverters = {}\n")

    ended = routehandlers(tmp_path, "routes")

    assert "Pass it to RouteHandlers(…, converters=…) in a module such as wsgi.py" in ended.stderr
    assert 'app = "wsgi:app"' in ended.stderr


def test_an_unknown_converter_says_how_the_command_finds_one_in_code(project: Path) -> None:
    ended = routehandlers(project, "routes", "app")

    assert "The converter 'year' of '[y=year]' is not defined:" in ended.stderr
    assert "Pass it to RouteHandlers(…, converters=…) in a module such as wsgi.py" in ended.stderr
    assert 'app = "wsgi:app"' in ended.stderr


def test_shell_has_the_application_its_cache_and_a_client(project: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "shell", "wsgi:application"], cwd=project, capture_output=True, text=True, timeout=60, check=False,
        input="print(client.get('/').text, cache.store.is_shared, len(app.routes))\n",
        env={**os.environ, "SECRET": "0123456789abcdef"},
    )  # fmt: skip

    assert "from beside the folder False 2" in ended.stdout, ended.stderr


def test_typegen_needs_no_sound_route_files(project: Path) -> None:
    (project / "app/route.py").write_text("from ._routes import nothing_yet\n")

    ended = routehandlers(project, "typegen", "wsgi:application")

    assert ended.returncode == 0, ended.stderr
    assert "y: str" in (project / "app/_routes.py").read_text()


MODULE_BESIDE = "import mydb\ndef GET(): return mydb.NAME\n"


# The script does not put the current folder on the path, "python -m pytest" does.
SCRIPT = [str(Path(sys.executable).with_name("pytest"))]


@pytest.mark.parametrize("command", [SCRIPT, [*SCRIPT, "tests"], [sys.executable, "-m", "pytest"]])
def test_pytest_finds_a_module_beside_the_folder(tmp_path: Path, command: list[str]) -> None:
    write_app(tmp_path, {"route.py": MODULE_BESIDE})
    (tmp_path / "mydb.py").write_text("NAME = 'beside'\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text(
        "from pathlib import Path\n"
        "from routehandlers import RouteHandlers\n"
        "def test_fixture(routehandlers_client): assert routehandlers_client.get('/').text == 'beside'\n"
        "def test_own(): RouteHandlers(Path(__file__).parent.parent / 'app')\n"
    )

    ended = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--rootdir", "."], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert "2 passed" in ended.stdout, ended.stdout


def test_pytest_uses_the_application_that_the_project_names(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "wsgi:application"\n')
    (project / "test_it.py").write_text(
        "def test_it(routehandlers_client): assert routehandlers_client.get('/archive/2026').text == '2026'\n"
    )

    ended = subprocess.run(
        SCRIPT, cwd=project, capture_output=True, text=True, timeout=60,
        env={**os.environ, "SECRET": "0123456789abcdef"},
    )  # fmt: skip

    assert "1 passed" in ended.stdout, ended.stdout


def test_commands_read_dotenv_and_set_variables_go_before_it(project: Path) -> None:
    (project / ".env").write_text("ROUTEHANDLERS_APP=wsgi:application\nSECRET=too short\n")

    # SECRET is set by the test, so that the invalid one of the file has no effect.
    assert routehandlers(project, "check").stdout == "2 routes in wsgi:application, and nothing wrong.\n"


def test_without_python_dotenv_the_commands_say_that_the_file_is_not_read(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})
    (tmp_path / ".env").write_text("ROUTEHANDLERS_APP=nowhere:app\n")
    code = "import sys; sys.modules['dotenv'] = None; from routehandlers._cli.main import main; main(['check'])"

    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 0
    assert 'pip install "routehandlers[dotenv]"' in ended.stderr
