"""Files of a folder that cannot work: found at start, all at once, with what to write instead."""

from __future__ import annotations

import pytest
from conftest import MakeApp

from routehandlers.exceptions import InvalidAppError

ROUTE = {"route.py": "def GET(): return 'x'"}


@pytest.mark.parametrize(
    ("file", "source", "message"),
    [
        ("error.py", "", "It does not export a function 'error'. Write 'def error(request, exception):'"),
        ("not_found.py", "def notFound(): pass", "Write 'def not_found(request):'"),
        ("forbidden.py", "forbidden = 3", "forbidden is 3. Write a function: 'def forbidden(request):'."),
        ("unauthorized.py", "async def unauthorized(request): pass", "unauthorized is asynchronous"),
        ("unauthorized.py", "def unauthorized(request, response): pass", "it is called with request."),
        ("error.py", "def error(request, exception, more): pass", "it is called with request, exception."),
        ("error.py", "def error(*, code): pass", "error has the wrong parameters"),
        ("middleware.py", "def proxy(request): pass", "The library ignores its function 'proxy'."),
        ("middleware.py", "class middleware: pass", "Write a function: 'def middleware(request, context):'."),
        ("middleware.py", "async def middleware(request): yield", "middleware is asynchronous"),
        ("a/middleware.py", "def middleware(request, context, more): pass", "it is called with request, context."),
        ("instrumentation.py", "", "It does not export a function 'register' or 'on_request_error'."),
        ("instrumentation.py", "def register(app): pass", "it is called with nothing."),
        (
            "instrumentation.py",
            "def onRequestError(e, r, c): pass",
            "The library ignores its function 'onRequestError'.",
        ),
        ("a/instrumentation.py", "def register(): pass", "instrumentation.py applies to the whole application"),
        ("not-found.py", "def not_found(request): pass", "Rename it to not_found.py."),
    ],
)
def test_a_file_that_cannot_work_is_an_error_at_start(make_app: MakeApp, file: str, source: str, message: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({**ROUTE, file: source})

    assert message in str(caught.value)
    assert file in str(caught.value)


def test_all_of_them_are_told_together(make_app: MakeApp) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app(
            {"route.py": "", "error.py": "", "a/not_found.py": "", "middleware.py": "raise RuntimeError('import')"}
        )

    assert len(caught.value.problems) == 4


def test_an_exception_at_import_keeps_its_own_traceback(make_app: MakeApp) -> None:
    with pytest.raises(RuntimeError, match="import"):
        make_app({**ROUTE, "middleware.py": "raise RuntimeError('import')"})


def test_private_folders_hold_what_they_like(make_app: MakeApp) -> None:
    app = make_app({**ROUTE, "_lib/error.py": "", "_lib/middleware.py": "nothing = 1"})

    assert len(app.routes) == 1


def test_siblings_are_imported_once_and_by_relative_import(make_app: MakeApp) -> None:
    app = make_app(
        {
            "middleware.py": "from ._shared import COUNT\nCOUNT.append(1)\ndef middleware(): pass",
            "route.py": "from ._shared import COUNT\nfrom . import middleware\ndef GET(): return COUNT",
            "_shared.py": "COUNT = []",
        }
    )

    assert app.test_client().get("/").json == [1]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("'x'", 'config is \'x\'. Write a dict, such as config = {"matcher": "/api/:path*"}.'),
        ("{'matchers': '/a'}", "config has an unknown key 'matchers'. Did you mean 'matcher'?"),
        ("{'matcher': []}", "the matcher is empty, so this middleware never runs"),
        ("{'matcher': 3}", "the matcher is 3. Give a path such as '/api/:path*'"),
        ("{'matcher': 'api'}", "'api' cannot be used: it does not start with a slash. Write '/api'."),
        ("{'matcher': ['/a', '/b(']}", "config: matcher[1]: '/b(' cannot be used: a parenthesis is not closed."),
        ("{'matcher': '/a/:b((?<c>x+)(?P=c))'}", "it has a back reference"),
        ("{'matcher': {'has': []}}", "config: the matcher has no 'source'."),
        ("{'matcher': {'source': '/a', 'locale': False}}", "unknown key 'locale'. There are: source, has, missing."),
        ("{'matcher': [{'source': '/a', 'has': [{'type': 'header'}]}]}", "matcher[0]: has[0] needs a 'key'"),
        ("{'matcher': {'source': '/a', 'missing': 'x'}}", "missing is 'x'. Give a list of dicts"),
    ],
)
def test_a_matcher_that_cannot_work_is_an_error_at_start(make_app: MakeApp, config: str, message: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({**ROUTE, "a/middleware.py": f"\nconfig = {config}\ndef middleware(): pass"})

    assert message in str(caught.value)
    assert "a/middleware.py:2" in str(caught.value)


def test_next_s_runtime_says_nothing_here_and_is_no_mistake(make_app: MakeApp) -> None:
    make_app({**ROUTE, "middleware.py": "config = {'runtime': 'nodejs'}\ndef middleware(): pass"})
