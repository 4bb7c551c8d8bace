"""The user's files: imported once, as real modules, and checked."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import write_app
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidAppError, UnknownRouteError

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]


def test_relative_imports_reach_siblings_and_parents(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "_db.py": "NAME = 'db'\n",
            "items/_queries.py": "from .._db import NAME\n",
            "items/[slug]/_more/__init__.py": "MORE = 'more'\n",
            "items/[slug]/route.py": "from ._more import MORE\nfrom .._queries import NAME\nfrom ..._db import NAME as TOP\n"
            "def GET(): return [MORE, NAME, TOP]\n",
            "v1.2/rss.xml/_feed.py": "FEED = 'feed'\n",
            "v1.2/rss.xml/route.py": "from ._feed import FEED\nfrom ..._db import NAME\ndef GET(): return [FEED, NAME]\n",
        }
    )

    client = client_for(app)

    assert client.get("/items/a").get_json() == ["more", "db", "db"]
    assert client.get("/v1.2/rss.xml").get_json() == ["feed", "db"]


def test_a_file_is_imported_once_however_it_is_reached(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "a/route.py": "COUNT = []\nCOUNT.append(1)\ndef GET(): return COUNT\n",
            "b/route.py": "from ..a.route import COUNT\ndef GET(): return COUNT\n",
            "0/route.py": "from ..a.route import GET\n",
        }
    )

    assert [client_for(app).get(url).get_json() for url in ("/a", "/b", "/0")] == [[1]] * 3


def test_two_applications_of_one_folder_share_no_module(tmp_path: Path) -> None:
    folder = write_app(tmp_path, {"a/route.py": "STATE = []\ndef GET(): return STATE\n"})
    first, second = RouteHandlers(folder), RouteHandlers(folder)

    first.load("/a").STATE.append(1)

    assert second.test_client().get("/a").get_json() == []


def test_load_gives_the_module(make_app: MakeApp) -> None:
    app = make_app({"items/[slug]/route.py": "X = 7\ndef GET(): return X\n"})

    assert app.load("/items/[slug]").X == 7
    assert sys.modules[app.load("/items/[slug]").__name__] is app.load("/items/[slug]")
    with pytest.raises(UnknownRouteError, match="There is no route '/nope'"):
        app.load("/nope")


def test_package_files_of_folders_run(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {"a/__init__.py": "VALUE = 'init'\n", "a/route.py": "from . import VALUE\ndef GET(): return VALUE\n"}
    )

    assert client_for(app).get("/a").text == "init"


def test_a_syntax_error_is_the_users_own(make_app: MakeApp) -> None:
    with pytest.raises(SyntaxError) as caught:
        make_app({"a/route.py": "def GET(:\n"})

    assert caught.value.filename is not None
    assert caught.value.filename.endswith("app/a/route.py")
    assert caught.value.lineno == 1


def test_an_import_error_keeps_its_traceback_from_the_users_file_on(make_app: MakeApp) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        make_app(
            {"_bad.py": "def f():\n    return 1 / 0\nf()\n", "a/route.py": "from .._bad import f\ndef GET(): ...\n"}
        )

    frames = [frame.filename.rpartition("/")[2] for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-2:] == ["_bad.py", "_bad.py"]
    assert "route.py" in frames


def test_a_traceback_of_a_handler_shows_the_real_path(make_app: MakeApp, client_for: ClientFor, caplog: Any) -> None:
    app = make_app({"items/[slug]/route.py": "def GET():\n    raise ValueError('boom')\n"})

    client_for(app).get("/items/a")

    assert f'{app.directory}/items/[slug]/route.py", line 2, in GET' in caplog.text
    assert "GET /items/[slug]" in caplog.text


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("def get(): pass\n", 1, "It exports 'get'. Did you mean 'GET'?"),
        ("def Post(): pass\n", 1, "Did you mean 'POST'?"),
        ("def GET(): pass\ndef DELTE(): pass\n", 2, "Did you mean 'DELETE'?"),
        ("\n\nasync def GET(): pass\n", 3, "GET is asynchronous"),
        ("async def GET():\n    yield 1\n", 1, "GET is asynchronous"),
        ("X = 1\nGET = 3\n", 2, "GET is 3. Write a function"),
        ("class GET: pass\n", 1, "Write a function"),
        ("def GET(a, b, c): pass\n", 1, "has the wrong parameters"),
        ("def GET(a, *, b): pass\n", 1, "has the wrong parameters"),
        ("X = 1\n", None, "It exports no handler"),
        ("", None, "It exports no handler"),
        ("def GET(): pass\n\nrevalidate = 'soon'\n", 3, "revalidate is 'soon'. Give a number of seconds"),
        ("def GET(): pass\nrevalidate = True\n", 2, "revalidate is True"),
        ("def GET(): pass\nrevalidate = -1\n", 2, "revalidate is -1"),
        ("def GET(): pass\ndynamic = 'static'\n", 2, "'force-static'"),
        ("def GET(): pass\ndynamicParams = False\n", 2, "Did you mean 'dynamic_params'?"),
        ("def GET(): pass\nrevalidte = 60\n", 2, "Did you mean 'revalidate'?"),
        ("def GET(): pass\ndef generate_static_parms(): return []\n", 2, "Did you mean 'generate_static_params'?"),
        ("def GET(): pass\ndynamic_params = False\n", 2, "allows only the params that generate_static_params() lists"),
        ("def GET(): pass\nmax_content_length = 1.5\n", 2, "a number of bytes"),
        ("def GET(): pass\nvary = 'accept'\n", 2, "a tuple of strings"),
    ],
)
def test_a_wrong_export_is_refused_with_its_line(
    make_app: MakeApp, source: str, line: int | None, message: str
) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({"a/route.py": source})

    assert message in str(caught.value)
    assert f"a/route.py{'' if line is None else f':{line}'}\n" in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "from os import remove as delete\ndef GET(): return 'ok'\n",
        "POSTS = ['a']\ndef GET(): return 'ok'\n",
        "def get_items(): ...\ndef GET(): return 'ok'\n",
        "options = {'a': 1}\nhead = 'x'\npatch = 3\nclass Delete: pass\ndef GET(): return 'ok'\n",
        "import functools\ndef check(f):\n    @functools.wraps(f)\n    def inner(*args, **kwargs): return f(*args, **kwargs)\n"
        "    return inner\n@check\ndef GET(request, context): return 'ok'\n",
        "from functools import partial\ndef answer(word, request): return word\nGET = partial(answer, 'ok')\n",
        "class Handler:\n    def __call__(self, request): return 'ok'\nGET = Handler()\n",
        "def GET(*args): return 'ok'\n",
        "def GET(request, *, option='x'): return 'ok'\n",
        "def GET(request=None): return 'ok'\n",
        "GET = POST = lambda: 'ok'\n",
        "from __future__ import annotations\nrevalidate = 60\ndynamic = 'auto'\nvary = ['accept']\ndef GET(): return 'ok'\n",
    ],
)
def test_what_only_looks_like_a_mistake_is_none(make_app: MakeApp, client_for: ClientFor, source: str) -> None:
    assert client_for(make_app({"a/route.py": source})).get("/a").text == "ok"


@pytest.mark.parametrize("name", ["route", "sitemap", "middleware"])
def test_a_file_and_a_folder_may_have_one_name(make_app: MakeApp, client_for: ClientFor, name: str) -> None:
    # The one was taken for the other, by who came first.
    app = make_app(
        {
            "0/route.py": f"from ..{name}._text import TEXT\ndef GET(): return TEXT\n",
            "route.py": "def GET(): return 'top'\n",
            "sitemap.py": "def sitemap(): return []\n",
            "middleware.py": "def middleware(request): return None\n",
            f"{name}/icon.py": "def icon(): return b'icon'\n",
            f"{name}/_text.py": "TEXT = 'below'\n",
            f"{name}/route.py": "from ._text import TEXT\ndef GET(): return TEXT\n",
        }
    )

    client = client_for(app)

    assert [client.get(url).text for url in ("/", "/0", f"/{name}", f"/{name}/icon")] == [
        "top",
        "below",
        "below",
        "icon",
    ]
    assert client.get("/sitemap.xml").status_code == 200
