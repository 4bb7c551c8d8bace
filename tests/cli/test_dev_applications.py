"""``routehandlers dev`` with an application in a module, also wrapped or within Flask."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dev_server import COMMAND, HTML, START, ask, dev, files_in, is_body, reloads, until
from servers import Server, write_app

# What a project of some size has: a module beside the folder, a converter in Python, a secret from the environment,
# and a proxy in front.
WSGI = """
import os
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter
from routehandlers import RouteHandlers

class Year(BaseConverter):
    regex = "[0-9]{4}"

app = RouteHandlers("app", converters={"year": Year}, secret_key=os.environ["SECRET"], trusted_hosts=["shop.example"])
application = ProxyFix(app)
"""

ROUTES = {
    "route.py": "import mydb\ndef GET(): return mydb.NAME\n",
    "archive/[y=year]/route.py": "def GET(request, context): return context.params['y']\n",
    "url/route.py": "def GET(request): return request.url\n",
    "secret/route.py": "import wsgi\ndef GET(): return ' '.join(wsgi.app.config.secret_keys)\n",
    "fail/route.py": "import json\ndef GET(): return json.loads('{')\n",
    "page/route.py": "from pathlib import Path\nTEXT = Path(__file__).with_name('page.html').read_text()\ndef GET(): return TEXT\n",
    "page/page.html": "first",
}

SECRET = "0123456789abcdef"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_app(tmp_path, ROUTES)
    (tmp_path / "mydb.py").write_text("NAME = 'from beside the folder'\n")
    (tmp_path / "wsgi.py").write_text(WSGI)
    (tmp_path / ".env").write_text(f"SECRET={SECRET}\n")
    return tmp_path


@pytest.fixture
def server(project: Path) -> Iterator[Server]:
    with dev(project, "wsgi:application") as started:
        yield started


def test_a_wrapped_application_with_a_converter_and_a_secret_is_served(server: Server) -> None:
    answers = {path: server.request("GET", path).body.decode() for path in ("/", "/archive/2026", "/secret")}
    proxied = server.request("GET", "/url", headers={"X-Forwarded-Proto": "https"})

    assert answers == {"/": "from beside the folder", "/archive/2026": "2026", "/secret": SECRET}
    assert server.request("GET", "/archive/26").status == 404
    assert proxied.body.decode() == f"https://127.0.0.1:{server.port}/url"


def test_each_file_of_a_project_reloads(server: Server, project: Path) -> None:
    until(server, "/page", is_body("first"))

    (project / "mydb.py").write_text("NAME = 'changed'\n")
    until(server, "/", is_body("changed"))
    (project / "app/page/page.html").write_text("second")
    until(server, "/page", is_body("second"))
    (project / "wsgi.py").write_text(WSGI.replace("[0-9]{4}", "[0-9]{2}"))
    until(server, "/archive/26", is_body("26"))
    (project / ".env").write_text(f"SECRET={SECRET * 2}\n")
    until(server, "/secret", is_body(SECRET * 2))
    (project / "app/new").mkdir()
    (project / "app/new/route.py").write_text("def GET(): return 'new'\n")
    until(server, "/new", is_body("new"))

    changed = [line.split("'")[1].removeprefix(f"{project}/") for line in reloads(server)]
    assert changed[:4] == ["mydb.py", "app/page/page.html", "wsgi.py", ".env"]


def test_a_mistake_in_the_module_is_shown_with_its_place_and_dev_goes_on(server: Server, project: Path) -> None:
    file = project / "wsgi.py"

    (project / ".env").write_text("")
    shown = json.loads(until(server, "/", lambda status, _body: status == 500))
    assert shown["detail"] == "KeyError: 'SECRET'"
    assert [(one["file"], one["line"]) for one in shown["mistakes"]] == [(str(file), 10)]

    (project / ".env").write_text(f"SECRET={SECRET}\n")
    until(server, "/", is_body("from beside the folder"))

    file.write_text("app = (\n")
    page = until(server, "/", lambda status, _body: status == 500, HTML)
    assert f"<h2>{file}:1</h2>" in page
    assert '<span class="caret">' in page

    file.write_text(WSGI)
    until(server, "/", is_body("from beside the folder"))


def test_a_syntax_error_shows_no_frame_of_this_library(server: Server, project: Path) -> None:
    file = project / "app/route.py"
    file.write_text("def GET(:\n")

    document = until(server, "/", lambda status, _body: status == 500)

    (mistake,) = json.loads(document)["mistakes"]
    assert files_in("\n".join(mistake["traceback"])) == [str(project / "wsgi.py"), str(file)]


def test_a_data_file_that_a_broken_application_reads_reloads(project: Path) -> None:
    (project / "app/page/page.html").write_bytes(b"\xff")
    with dev(project, "wsgi:app") as server:
        shown = json.loads(until(server, "/", lambda status, _body: status == 500))
        assert shown["detail"].startswith("UnicodeDecodeError")

        (project / "app/page/page.html").write_text("mended")
        until(server, "/page", is_body("mended"))


def test_exceptions_show_the_users_frames_first(server: Server, project: Path) -> None:
    page = server.request("GET", "/fail", headers=HTML).body.decode()
    document = json.loads(server.request("GET", "/fail").body)

    frames = [line.partition('filename">"')[2].partition('"')[0] for line in page.splitlines() if "<h4>File" in line]
    assert frames[0] == files_in("\n".join(document["traceback"]))[0] == f"{project}/app/fail/route.py"
    assert document["detail"].startswith("json.decoder.JSONDecodeError")


def test_the_folder_of_the_application_may_be_gone_for_a_while(server: Server, project: Path) -> None:
    (project / "app").rename(project / "app2")
    shown = until(server, "/", lambda status, _body: status == 500)
    assert f"The folder {project}/app is gone." in json.loads(shown)["detail"]

    (project / "app2").rename(project / "app")
    until(server, "/", is_body("from beside the folder"))


def test_hosts_in_code_and_in_the_environment_are_answered_besides_those_of_this_machine(project: Path) -> None:
    with dev(project, "wsgi:application", ROUTEHANDLERS_TRUSTED_HOSTS="a.example,b.example") as server:
        hosts = ("localhost", "127.0.0.1", "shop.example", "a.example", "b.example")
        assert [ask(server, host, "/url").body.decode() for host in hosts] == [f"http://{host}/url" for host in hosts]
        assert ask(server, "evil.example").status == 400

        (project / "app/route.py").write_text("1 / 0\n")
        until(server, "/", lambda status, _body: status == 500)
        assert [ask(server, host).status for host in (*hosts, "evil.example")] == [500] * 5 + [400]

        (project / "wsgi.py").write_text("1 / 0\n")
        until(server, "/", lambda status, body: "wsgi.py" in body)
        assert [ask(server, host).status for host in ("localhost", "a.example", "evil.example")] == [500, 500, 400]


def test_the_environment_names_hosts_of_a_folder_too(tmp_path: Path) -> None:
    write_app(tmp_path, {"a/route.py": "def GET(request): return request.host\n"})
    with dev(tmp_path, ROUTEHANDLERS_TRUSTED_HOSTS="shop.example") as server:
        assert [ask(server, host).status for host in ("localhost", "shop.example", "evil.example")] == [200, 200, 400]


# Which application


def test_pyproject_names_the_application_and_may_name_another_later(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "wsgi:application"\n')
    (project / "other.py").write_text("from wsgi import app\ndef application(*args): return app(*args)\n")
    with dev(project) as server:
        until(server, "/archive/2026", is_body("2026"))

        (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "other:aplication"\n')
        shown = json.loads(until(server, "/", lambda status, _body: status == 500))
        assert "other has no 'aplication'. Did you mean 'application'?" in shown["detail"]

        (project / "pyproject.toml").write_text('[tool.routehandlers]\napp = "other:application"\n')
        until(server, "/", is_body("from beside the folder"))


def test_dotenv_names_the_application(project: Path) -> None:
    (project / "app").rename(project / "source")
    (project / "wsgi.py").write_text(WSGI.replace('"app"', '"source"'))
    (project / ".env").write_text(f"SECRET={SECRET}\nROUTEHANDLERS_APP=wsgi:app\n")
    with dev(project) as server:
        until(server, "/archive/2026", is_body("2026"))


def test_an_application_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})
    with dev(tmp_path, "late:app") as server:
        shown = json.loads(until(server, "/", lambda status, _body: status == 500))
        assert shown["detail"].startswith("late:app: there is no module 'late' in ")
        assert shown["mistakes"][0]["file"] is None

        (tmp_path / "late.py").write_text("from routehandlers import RouteHandlers\napp = RouteHandlers('app')\n")
        until(server, "/", is_body("x"))


def test_a_folder_that_is_missing_at_start_is_one_sentence(tmp_path: Path) -> None:
    ended = subprocess.run([*COMMAND, "dev", "nowhere"], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 2
    assert ended.stderr.startswith("routehandlers: ")
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


# Settings

MODULES = {
    "direct.py": "from routehandlers import RouteHandlers\napp = RouteHandlers('app'{})\n",
    "made.py": "from routehandlers import create_app\napp = create_app('app'{})\n",
}

# The routes of a folder do not know their application.
DEBUG = """
import gc
from routehandlers import RouteHandlers

def GET():
    return str([one.config.debug for one in gc.get_objects() if isinstance(one, RouteHandlers)])
"""


@pytest.mark.parametrize(
    ("target", "argument", "source", "value"),
    [
        ("app", "", None, True),
        ("direct:app", "", None, True),
        ("made:app", "", None, True),
        ("direct:app", ", debug=False", None, False),
        ("made:app", ", debug=False", None, False),
        *[(target, "", source, False) for target in ("app", "direct:app", "made:app") for source in ("env", "toml")],
        ("direct:app", ", debug=True", "env", True),
    ],
)
def test_debug_is_on_unless_code_or_another_source_sets_it(
    tmp_path: Path, target: str, argument: str, source: str | None, value: bool
) -> None:
    write_app(tmp_path, {"route.py": DEBUG})
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text.format(argument))
    if source == "toml":
        (tmp_path / "pyproject.toml").write_text("[tool.routehandlers]\ndebug = false\n")
    env = {"ROUTEHANDLERS_DEBUG": "0"} if source == "env" else {}
    with dev(tmp_path, target, **env) as server:
        assert server.request("GET", "/").body.decode() == f"[{value}]"


def test_a_wrong_variable_is_shown_with_its_line_in_dotenv(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with dev(tmp_path) as server:
        for content, line, message in (
            (b"# comment\nROUTEHANDLERS_DEBUG=maybe\n", 2, "ROUTEHANDLERS_DEBUG is invalid."),
            (b"A=\xff\n", 1, "is not UTF-8"),
        ):
            (tmp_path / ".env").write_bytes(content)

            shown = json.loads(until(server, "/", lambda _status, body, message=message: message in body))  # type: ignore[misc]
            mistake = shown["mistakes"][0]
            assert (mistake["file"], mistake["line"]) == (str(tmp_path / ".env"), line)


CACHED = "revalidate = 3600\nimport wsgi\ndef GET(): return '{} ' + type(wsgi.app.cache.store.handler).__name__\n"


@pytest.mark.parametrize(
    ("cache", "handler"),
    [("'file://' + os.path.abspath('stored')", "MemoryCacheHandler"), ("Own()", "Own")],
)
def test_a_reload_empties_a_cache_that_a_url_names(tmp_path: Path, cache: str, handler: str) -> None:
    app = write_app(tmp_path, {"route.py": CACHED.format("first")})
    (tmp_path / "wsgi.py").write_text(
        "import os\nfrom routehandlers import RouteHandlers\n"
        "from routehandlers.cache_handlers import MemoryCacheHandler\n"
        f"class Own(MemoryCacheHandler): pass\napp = RouteHandlers('app', cache={cache})\n"
    )
    with dev(tmp_path, "wsgi:app") as server:
        until(server, "/", is_body(f"first {handler}"))

        (app / "route.py").write_text(CACHED.format("second"))

        until(server, "/", is_body(f"second {handler}"))
        assert not (tmp_path / "stored").exists()


@pytest.mark.parametrize("target", ["app", "direct:app"])
def test_the_types_of_the_routes_are_written_before_the_import_and_do_not_reload(tmp_path: Path, target: str) -> None:
    app = write_app(tmp_path, {"items/[slug]/route.py": "def GET(): return 'x'\n"})
    (tmp_path / "direct.py").write_text(MODULES["direct.py"].format(""))
    (tmp_path / "one.yaml").write_text("1")
    subprocess.run([*COMMAND, "typegen", target], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    with dev(tmp_path, target, "--extra-files", "one.yaml") as server:
        (app / "new").mkdir()
        (app / "new/route.py").write_text(
            "from .._routes import href\n" + START.replace("return", "return href('/new') +")
        )
        before = until(server, "/new", lambda status, body: status == 200 and body.startswith("/new"))
        assert "/new" in (app / "_routes.py").read_text()
        count = len(reloads(server))

        (tmp_path / "one.yaml").write_text("changed")

        until(server, "/new", lambda status, body: status == 200 and body != before)
        assert reloads(server)[count:] == [f" * '{tmp_path}/one.yaml' has changed, reloading"]


# Applications around the routes

FLASK = """
from flask import Flask
from routehandlers.flask import RouteHandlersBlueprint

def create_app():
    app = Flask(__name__)
    app.register_blueprint(RouteHandlersBlueprint("api", "app", url_prefix="/api"))
    app.add_url_rule("/own", view_func=lambda: 1 / 0, endpoint="own")
    return app
"""


def test_a_flask_application_with_a_blueprint_is_served_with_debugger_and_suggestions(tmp_path: Path) -> None:
    write_app(
        tmp_path, {"items/[slug]/route.py": "def GET(): return 'item'\n", "fail/route.py": "def GET(): return 1 / 0\n"}
    )
    (tmp_path / "flasky.py").write_text(FLASK)
    with dev(tmp_path, "flasky:create_app()") as server:
        assert server.request("GET", "/api/items/a").body == b"item"
        assert json.loads(server.request("GET", "/api/itmes/a").body)["nearest"] == ["/api/items/[slug]"]
        for path, file in (("/api/fail", "app/fail/route.py"), ("/own", "flasky.py")):
            document = json.loads(server.request("GET", path).body)
            page = server.request("GET", path, headers=HTML).body

            assert document["detail"] == "ZeroDivisionError: division by zero"
            assert files_in("\n".join(document["traceback"]))[-1] == f"{tmp_path}/{file}"
            assert b"Werkzeug Debugger" in page


def test_debug_of_flask_may_be_switched_off(tmp_path: Path) -> None:
    write_app(tmp_path, {"fail/route.py": "def GET(): return 1 / 0\n"})
    (tmp_path / "flasky.py").write_text(FLASK)
    with dev(tmp_path, "flasky:create_app()", FLASK_DEBUG="0") as server:
        answer = server.request("GET", "/own", headers=HTML)

    assert answer.status == 500
    assert b"Werkzeug Debugger" not in answer.body


def test_a_404_lists_the_routes_of_all_applications_with_their_prefixes(tmp_path: Path) -> None:
    for name in ("shop", "news"):
        write_app(tmp_path / name, {"items/[slug]/route.py": "def GET(): return 'x'\n"})
    (tmp_path / "wsgi.py").write_text(
        "from routehandlers import RouteHandlers\n"
        "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
        "shop = RouteHandlers('shop/app', base_path='/de')\n"
        "app = DispatcherMiddleware(shop, {'/news': RouteHandlers('news/app')})\n"
    )
    with dev(tmp_path, "wsgi:app") as server:
        nearest = {
            path: json.loads(server.request("GET", path).body)["nearest"]
            for path in ("/de/item/a", "/news/item/a", "/item/a")
        }
        page = server.request("GET", "/nothing", headers=HTML).body.decode()

    urls = {"shop": "/de/items/[slug]", "news": "/news/items/[slug]"}
    assert nearest == {
        "/de/item/a": [urls["shop"]], "/news/item/a": [urls["news"]], "/item/a": [urls["news"], urls["shop"]],
    }  # fmt: skip
    assert all(url in page for url in urls.values())
