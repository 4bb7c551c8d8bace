"""Faults of code whose result is cached: it purged something, or read the client in ``after()``."""

from __future__ import annotations

import threading

import pytest
from conftest import ClientFor, MakeApp

from routehandlers.exceptions import DynamicUsageError, PurgeInRenderError

PURGES = ["revalidate_tag('t')", "revalidate_path('/x')"]


@pytest.mark.parametrize("purge", PURGES)
def test_a_purge_in_a_function_of_cached_was_made_only_when_it_was_not_cached(make_app: MakeApp, purge: str) -> None:
    app = make_app(
        {
            "x/route.py": f"""
            from routehandlers.cache import cached, revalidate_path, revalidate_tag
            @cached
            def value(): return {purge}
            def GET(): return str(value())
            """
        }
    )
    before = app.cache.mark()

    with pytest.raises(PurgeInRenderError, match=r"app\.x\.route\.value\(\) called revalidate_"):
        app.test_client().get("/x", environ_overrides={"wsgi.errors": None, "routehandlers.raises": True})

    assert app.cache.mark() == before


@pytest.mark.parametrize("purge", PURGES)
def test_a_purge_in_a_get_that_is_always_cached_was_made_only_when_it_was_rendered(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, purge: str
) -> None:
    imports = "from routehandlers.cache import revalidate_path, revalidate_tag\nfrom routehandlers.server import after"
    function, argument = purge.removesuffix(")").split("(")
    app = make_app(
        {
            "x/route.py": f"{imports}\ndynamic = 'error'\ndef GET():\n    return str({purge})",
            "y/route.py": f"{imports}\ndynamic = 'error'\ndef GET():\n    after({function}, {argument})\n    return 'y'",
        }
    )
    before = app.cache.mark()

    refused = app.test_client().get("/x", buffered=True).status_code
    between = app.cache.mark()
    accepted = app.test_client().get("/y", buffered=True)

    assert (refused, between) == (500, before)
    assert (accepted.status_code, app.cache.mark() != before) == (200, True)
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [PurgeInRenderError]


@pytest.mark.parametrize("end", ["raise ValueError('x')", "cookies().set('a', '1')"])
def test_a_purge_after_a_render_that_is_not_stored_is_made(make_app: MakeApp, end: str) -> None:
    app = make_app(
        {
            "x/route.py": f"""
            from routehandlers.cache import revalidate_tag
            from routehandlers.headers import cookies
            from routehandlers.server import after
            dynamic = "force-static"
            def GET():
                after(revalidate_tag, "t")
                {end}
            """,
            "y/route.py": """
            from routehandlers.cache import revalidate_tag
            from routehandlers.server import after
            dynamic = "error"
            def GET():
                after(revalidate_tag, "t")
                raise ValueError("x")
            """,
        }
    )
    marks = [app.cache.mark()]

    for path in ("/x", "/y"):
        app.test_client().get(path, buffered=True)
        marks.append(app.cache.mark())

    assert len({*marks}) == 3


def test_a_failed_refresh_made_the_purge_of_its_handler(make_app: MakeApp) -> None:
    app = make_app(
        {
            "x/route.py": """
            from routehandlers.cache import revalidate_tag
            revalidate = 3600
            purges = []
            def GET():
                if purges: revalidate_tag("t")
                return "x"
            """
        }
    )
    client = app.test_client()
    client.get("/x", buffered=True)
    app.load("/x").purges.append(True)
    app.cache.revalidate_tag("_N_T_/x", "max")
    before = app.cache.mark()

    stale = client.get("/x", buffered=True)
    for _ in range(2_000):
        if not app.cache._refresher._begun:
            break
        threading.Event().wait(0.01)

    assert stale.headers["Cache-Status"].startswith("routehandlers; hit")
    assert app.cache.mark() == before


@pytest.mark.parametrize("read", ["headers()", "cookies()", "request.headers"])
def test_after_read_the_client_of_a_static_route(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture, read: str
) -> None:
    source = """
        from routehandlers.headers import cookies, headers
        from routehandlers.server import after
        dynamic, revalidate = {dynamic!r}, 60
        seen = []
        def GET(request):
            after(lambda: seen.append({read}.get("cookie", {read}.get("a"))))
            return "x"
    """
    app = make_app(
        {f"{name}/route.py": source.format(dynamic=name, read=read) for name in ("error", "force-static", "auto")}
    )

    statuses = [
        client_for(app).get(f"/{name}", headers={"Cookie": "a=1"}).status_code
        for name in ("error", "force-static", "auto")
    ]

    assert statuses == [200] * 3
    assert app.load("/error").seen == []
    assert app.load("/force-static").seen == [None]
    assert app.load("/auto").seen == ["1" if read == "cookies()" else "a=1"]
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [DynamicUsageError]
