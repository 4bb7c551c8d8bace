"""The pytest plugin, in projects of its own: pytest runs in a process beside this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from servers import write_app

# A project whose tests it runs with some words, and gives what pytest printed.
Run = Callable[..., str]

ROUTES = {
    "items/[slug]/route.py": """
    from routehandlers.headers import cookies
    def GET(request, context): return {"slug": context.params["slug"], "user": cookies().get("user")}
    """,
    "counted/route.py": """
    import itertools
    revalidate = 60
    calls = itertools.count(1)
    def GET(): return str(next(calls))
    """,
    "boom/route.py": "def GET(): return 1 / 0",
}

# Each is the first to ask for what another has stored, in whatever order they run.
TESTS = """
import pytest
from routehandlers.testing import TestClient, TestResponse, call, client, request_scope

def test_a_client(routehandlers_client):
    routehandlers_client.set_cookie("user", "ada")
    assert routehandlers_client.get("/items/a%2Fb").get_json() == {"slug": "a/b", "user": "ada"}

@pytest.mark.parametrize("number", range(3))
def test_each_begins_with_an_empty_cache(routehandlers_client, number):
    first = routehandlers_client.get("/counted")
    assert (first.cache, routehandlers_client.get("/counted").cache) == ("MISS", "HIT")

def test_an_app_without_the_client(routehandlers_app):
    assert client(routehandlers_app).get("/counted").cache == "MISS"

def test_it_is_one_application(routehandlers_app, routehandlers_client):
    assert routehandlers_client.application is routehandlers_app
    assert call(routehandlers_app.load("/items/[slug]").GET, params={"slug": "x"}).get_json()["slug"] == "x"

def test_cookies_are_each_tests_own(routehandlers_client):
    assert routehandlers_client.get_cookie("user") is None

def test_exceptions_are_raised(routehandlers_client):
    with pytest.raises(ZeroDivisionError):
        routehandlers_client.get("/boom")
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_pytest(*words: str, cwd: Path = tmp_path) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *words]
        hidden = ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "FORCE_COLOR", "PY_COLORS")
        environ = {name: value for name, value in os.environ.items() if name not in hidden}
        done = subprocess.run(
            command, cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return done.stdout

    return run_pytest


def outcome(printed: str) -> str:
    """What the last line counts: ``3 passed, 1 error``."""
    found = re.findall(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+) in ", printed, re.MULTILINE)
    assert found, printed
    return str(found[-1])


def test_the_fixtures_are_those_of_the_folder_app(tmp_path: Path, run: Run) -> None:
    write_app(tmp_path, ROUTES)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.routehandlers]\ntrailing_slash = false\ncache = "redis://127.0.0.1:1"\n[tool.pytest.ini_options]\n'
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text(TESTS)

    assert outcome(run("--strict-config", "--strict-markers", "-p", "no:randomly")) == "8 passed"
    # In another order, and from another folder.
    assert outcome(run("-p", "randomly", "-p", "no:logging", cwd=tmp_path / "tests")) == "8 passed"


@pytest.mark.once
def test_settings_name_another_folder_and_a_fixture_goes_before_them(tmp_path: Path, run: Run) -> None:
    write_app(tmp_path / "src", ROUTES)
    (tmp_path / "pytest.ini").write_text("[pytest]\nroutehandlers_app = src/app\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "conftest.py").write_text(
        "import pytest\nfrom pathlib import Path\nfrom routehandlers import RouteHandlers\n"
        "@pytest.fixture(scope='session')\n"
        "def routehandlers_app(): return RouteHandlers(Path(__file__).parent.parent / 'src/app', base_path='/api')\n"
    )
    (inner / "test_inner.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_own(routehandlers_client, number):\n"
        "    assert routehandlers_client.get('/api/counted').cache == 'MISS'\n"
        "class TestAround:\n"
        "    @pytest.fixture\n"
        "    def routehandlers_app(self, routehandlers_app): return lambda *words: routehandlers_app(*words)\n"
        "    def test_another_application(self, routehandlers_client):\n"
        "        assert routehandlers_client.get('/api/items/a').status_code == 200\n"
    )

    assert outcome(run()) == "11 passed"


@pytest.mark.once
def test_settings_name_an_attribute_of_a_module(tmp_path: Path, run: Run) -> None:
    write_app(tmp_path, ROUTES)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("")
    (tmp_path / "shop/wsgi.py").write_text(
        "from routehandlers import RouteHandlers\nclass made:\n    app = RouteHandlers('app')\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nroutehandlers_app = shop.wsgi:made.app\npythonpath = .\n")
    (tmp_path / "test_it.py").write_text(TESTS)

    assert outcome(run()) == "8 passed"


@pytest.mark.once
@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("nowhere", ["There is no folder", "nowhere", "a folder with routes or to 'module:app'"]),
        ("shop.wsgi:app", ["there is no module 'shop.wsgi' in"]),
        ("pathlib:nothing", ["pathlib has no 'nothing'."]),
        ("pathlib:Path", ["pathlib:Path is <class 'pathlib", "there is no RouteHandlers in it"]),
        ("app", ["1 problem in", "It exports no handler."]),
        ("wants.wsgi:app", ["No module named 'not_installed'", "wants/__init__.py:1"]),
    ],
)
def test_a_mistake_is_told_without_a_traceback_of_ours(tmp_path: Path, run: Run, setting: str, told: list[str]) -> None:
    write_app(tmp_path, {"x/route.py": "a = 1"})
    (tmp_path / "wants").mkdir()
    (tmp_path / "wants/__init__.py").write_text("import not_installed\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nroutehandlers_app = {setting}\n")
    (tmp_path / "test_it.py").write_text(
        "def test_a(routehandlers_client): pass\ndef test_b(routehandlers_app): pass\n"
    )

    printed = run()

    assert outcome(printed) == "2 errors"
    assert [words for words in told if words not in printed] == [], printed
    assert ("_routehandlers_pytest.py" in printed) == (setting == "wants.wsgi:app")


def test_who_does_not_ask_for_it_does_not_meet_it(tmp_path: Path, run: Run) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_nothing_is_imported():\n"
        "    assert [name for name in sys.modules if name.split('.')[0] in {'routehandlers', 'werkzeug'}] == []\n"
    )

    assert outcome(run()) == "1 passed"


@pytest.mark.once
def test_it_can_be_switched_off(tmp_path: Path, run: Run) -> None:
    write_app(tmp_path, ROUTES)
    (tmp_path / "test_it.py").write_text(
        "from routehandlers.testing import client\n"
        "from routehandlers import RouteHandlers\n"
        "def test_a(): assert client(RouteHandlers('app')).get('/items/a').status_code == 200\n"
        "def test_b(routehandlers_client): pass\n"
    )

    printed = run("-p", "no:routehandlers")

    assert outcome(printed) == "1 passed, 1 error"
    assert "fixture 'routehandlers_client' not found" in printed


@pytest.mark.once
def test_pytest_tells_of_its_fixtures_and_of_its_setting(run: Run) -> None:
    assert re.search(r"^routehandlers_app .*\n.*Its cache is empty", run("--fixtures"), re.MULTILINE)
    assert "routehandlers_app (string)" in run("--help")
