"""``redirects``, ``rewrites`` and ``headers`` of the settings, over an application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp

from routehandlers import RouteHandlers
from routehandlers._settings.sources import read_settings
from routehandlers.exceptions import InvalidConfigError

ECHO = """
def GET(request, context):
    return {"url": request.url, "path": request.path, "args": request.args.to_dict(flat=False), "params": dict(context.params)}
POST = GET
"""
FILES = {
    "x/route.py": ECHO,
    "dyn/[id]/route.py": ECHO,
    "all/[...slug]/route.py": ECHO,
    "existing/route.py": ECHO,
    "docs/[[...path]]/route.py": ECHO,
}


def redirects(*items: dict[str, Any]) -> dict[str, Any]:
    return {"redirects": [{"permanent": False, **item} for item in items]}


@pytest.mark.parametrize(
    ("source", "destination", "sent", "location"),
    [
        ("/old", "/x", "/old", "/x"),
        ("/old", "/x", "/OLD", "/x"),
        ("/old", "/x", "/old?a=1&b=2", "/x?a=1&b=2"),
        ("/old", "/x?q=1", "/old?z=3", "/x?z=3&q=1"),
        ("/old", "/x?q=1", "/old?q=2&z&q=4", "/x?z&q=1"),
        ("/old", "/x#part", "/old?a=1", "/x?a=1#part"),
        ("/old", "/x", "/old/deeper", None),
        ("/p/:id", "/dyn/:id", "/p/abc", "/dyn/abc"),
        ("/p/:id", "/dyn/:id", "/p/a%2Fb", "/dyn/a%2Fb"),
        ("/p/:id", "/dyn/:id", "/p/caf%C3%A9", "/dyn/caf%C3%A9"),
        ("/p/:id", "/dyn/:id", "/p/a+b", "/dyn/a+b"),
        ("/p/:id", "/dyn/:id", "/p/a%3Cb", "/dyn/a%3Cb"),
        ("/p/:id", "/x?s=:id", "/p/a%20b", "/x?s=a%20b"),
        ("/p/:id", "/x?s=:id", "/p/abc?x=1", "/x?x=1&s=abc"),
        ("/p/:a/:b", "/dyn/:a", "/p/a/b", "/dyn/a"),
        ("/wild/:path*", "/all/:path*", "/wild/a%20b/c", "/all/a%20b/c"),
        ("/wild/:path*", "/all/:path*", "/wild", "/all"),
        ("/wild/:path*", "/:path*", "/wild", "/"),
        ("/opt/:slug?", "/x?o=:slug", "/opt", "/x?o="),
        ("/opt/:slug?", "/x?o=:slug", "/opt/v", "/x?o=v"),
        ("/post/:n(\\d+)", "/dyn/:n", "/post/123", "/dyn/123"),
        ("/post/:n(\\d+)", "/dyn/:n", "/post/abc", None),
        ("/abc-:mid-xyz", "/dyn/:mid", "/abc-MID-xyz", "/dyn/MID"),
        ("/ext/:path*", "https://example.com/e/:path*", "/ext/a/b?q=1", "https://example.com/e/a/b?q=1"),
        ("/enc%20oded", "/x", "/enc%20oded", "/x"),
        ("/café", "/x", "/caf%C3%A9", "/x"),
        ("/english\\(default\\)/:slug", "/x?s=:slug", "/english(default)/a", "/x?s=a"),
        ("/old-blog/:post{-:year(\\d+)}?", "/x?p=:post&y=:year", "/old-blog/hello", "/x?p=hello&y="),
        ("/existing", "/x", "/existing", "/x"),
        ("/n/(.*)", "/x", "/n/anything/at/all", "/x"),
    ],
)
def test_a_redirect_leads_where_it_says(
    make_app: MakeApp, client_for: ClientFor, source: str, destination: str, sent: str, location: str | None
) -> None:
    app = make_app(FILES, **redirects({"source": source, "destination": destination}))

    answer = client_for(app).get(sent)

    assert answer.headers.get("Location") == location
    assert answer.status_code == (307 if location else 404)


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ({"permanent": True}, 308),
        ({"permanent": False}, 307),
        *(({"status_code": code}, code) for code in (301, 302, 303, 307, 308)),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_a_redirect_has_its_status_with_any_method(
    make_app: MakeApp, client_for: ClientFor, item: dict[str, Any], status: int, method: str
) -> None:
    app = make_app(FILES, redirects=[{"source": "/old", "destination": "/x", **item}], headers=[ALL])

    answer = client_for(app).open("/old", method=method)

    assert (answer.status_code, answer.headers["Location"]) == (status, "/x")
    assert answer.headers.get("Refresh") == ("0;url=/x" if status == 308 else None)
    assert answer.text == ("" if method == "HEAD" else "/x")
    assert "x-all" not in answer.headers


ALL = {"source": "/:path*", "headers": [{"key": "x-all", "value": "all"}]}


@pytest.mark.parametrize(
    ("conditions", "sent", "headers", "location"),
    [
        ({"has": [{"type": "query", "key": "go"}]}, "/c?go=there", {}, "/dyn/there?go=there"),
        ({"has": [{"type": "query", "key": "go"}]}, "/c?go=a%20b", {}, "/dyn/a%20b?go=a%20b"),
        ({"has": [{"type": "query", "key": "go"}]}, "/c?go=a&go=b", {}, "/dyn/b?go=a&go=b"),
        (
            {"has": [{"type": "query", "key": "go"}]},
            "/c?go=%2F%2Fevil.example",
            {},
            "/dyn/%2F%2Fevil.example?go=%2F%2Fevil.example",
        ),
        ({"has": [{"type": "query", "key": "go"}]}, "/c?go=..", {}, None),
        ({"has": [{"type": "query", "key": "go"}]}, "/c?go=", {}, None),
        ({"has": [{"type": "header", "key": "X-Go", "value": "(?<go>.*)"}]}, "/c", {"x-go": "h"}, "/dyn/h"),
        ({"has": [{"type": "header", "key": "X-Go", "value": "(?<go>\\d+)"}]}, "/c", {"x-go": "h"}, None),
        ({"has": [{"type": "cookie", "key": "go"}]}, "/c", {"Cookie": "go=c"}, "/dyn/c"),
        (
            {"has": [{"type": "host", "value": "(?<go>.*)\\.example\\.com"}]},
            "/c",
            {"Host": "Sub.example.com:80"},
            "/dyn/sub",
        ),
        ({"has": [{"type": "host", "value": "(?<go>.*)\\.example\\.com"}]}, "/c", {"Host": "example.org"}, None),
    ],
)
def test_conditions_decide_and_what_they_capture_can_be_used(
    make_app: MakeApp, client_for: ClientFor, conditions: dict[str, Any], sent: str, headers: dict[str, str],
    location: str | None,
) -> None:  # fmt: skip
    app = make_app(FILES, **redirects({"source": "/c", "destination": "/dyn/:go", **conditions}))

    assert client_for(app).get(sent, headers=headers).headers.get("Location") == location


def test_missing_refuses_who_has_it(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        FILES,
        **redirects({"source": "/x", "destination": "/existing", "missing": [{"type": "header", "key": "x-keep"}]}),
    )
    client = client_for(app)

    assert client.get("/x").status_code == 307
    assert client.get("/x", headers={"X-Keep": "1"}).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/mount"])
def test_a_base_path_is_part_of_both_ends_unless_it_is_refused(make_app: MakeApp, prefix: str) -> None:
    app = make_app(
        FILES,
        base_path="/base",
        redirects=[
            {"source": "/old", "destination": "/x", "permanent": False},
            {"source": "/top", "destination": "/", "permanent": False},
            {"source": "/outside", "destination": "/elsewhere", "permanent": False, "base_path": False},
            {
                "source": "/out/:path*",
                "destination": "https://example.com/:path*",
                "permanent": False,
                "base_path": False,
            },
        ],
        rewrites=[{"source": "/from", "destination": "/x"}],
        headers=[{"source": "/x", "headers": [{"key": "x-in", "value": "1"}]}],
    )
    client = app.test_client()

    def location(path: str) -> str | None:
        return client.get(path, base_url=f"http://localhost{prefix}/").headers.get("Location")

    assert location("/base/old") == f"{prefix}/base/x"
    assert location("/base/top") == f"{prefix}/base"
    assert location("/old") is None
    assert location("/outside") == f"{prefix}/elsewhere"
    assert location("/base/outside") is None
    assert location("/out/a/b") == "https://example.com/a/b"
    assert client.get("/base/from").json["url"] == "http://localhost/base/from"
    assert client.get("/base/x").headers["x-in"] == "1"


REWRITES = {
    "before_files": [{"source": "/existing", "destination": "/x"}],
    "after_files": [
        {"source": "/x", "destination": "/existing"},
        {"source": "/dyn/shadow", "destination": "/x"},
        {"source": "/a/:p*", "destination": "/all/:p*"},
        {"source": "/unused/:a/:b", "destination": "/x"},
        {"source": "/query/:p", "destination": "/x?q=:p&fixed=1"},
        {"source": "/chain", "destination": "/chain-2"},
        {"source": "/chain-2", "destination": "/x"},
    ],
    "fallback": [{"source": "/:path*", "destination": "/all/fallen/:path*"}],
}


@pytest.mark.parametrize(
    ("sent", "pattern", "params", "args"),
    [
        ("/existing", "/x", {}, {}),
        ("/x", "/x", {}, {}),
        ("/dyn/shadow", "/x", {}, {}),
        ("/dyn/other", "/dyn/[id]", {"id": "other"}, {}),
        ("/a/1%2F2/3", "/all/[...slug]", {"slug": ["1/2", "3"]}, {}),
        ("/unused/A/B?c=1&a=0", "/x", {}, {"c": ["1"], "a": ["A"], "b": ["B"]}),
        ("/query/v?q=client&r=2", "/x", {}, {"r": ["2"], "p": ["v"], "q": ["v"], "fixed": ["1"]}),
        ("/chain", "/all/[...slug]", {"slug": ["fallen", "chain-2"]}, {}),
        ("/nothing/here", "/all/[...slug]", {"slug": ["fallen", "nothing", "here"]}, {}),
    ],
)
def test_rewrites_are_met_before_and_after_files_and_at_last(
    make_app: MakeApp, client_for: ClientFor, sent: str, pattern: str, params: dict[str, Any], args: dict[str, Any]
) -> None:
    app = make_app(FILES, rewrites=REWRITES)

    answer = client_for(app).get(sent)

    assert (answer.json["params"], answer.json["args"]) == (params, args)
    assert answer.json["url"] == f"http://localhost{sent}"
    assert answer.json["path"] == sent.partition("?")[0]
    assert pattern in {route.pattern for route in app.routes}


def test_headers_win_over_the_handler_s_but_for_those_that_accumulate(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "h/[id]/route.py": """
from routehandlers import Response
from routehandlers.navigation import not_found, redirect
def GET(request, context):
    if context.params["id"] == "redirect": redirect("/x")
    if context.params["id"] == "fail": 1 / 0
    return Response("x", headers=[("X-Handler", "handler"), ("Cache-Control", "no-store"), ("Vary", "X-Handler"), ("Set-Cookie", "handler=1")])
""",
        },
        headers=[
            {"source": "/h/:path*", "headers": [
                {"key": "X-Config", "value": "cfg"}, {"key": "x-handler", "value": "from-config"}, {"key": "x-path", "value": ":path"},
                {"key": "Cache-Control", "value": "public, max-age=77"}, {"key": "Vary", "value": "X-Cfg"}, {"key": "Set-Cookie", "value": "cfg=1"},
                {"key": "Content-Security-Policy", "value": "default-src https://a.example:8080 data:image"},
            ]},
            {"source": "/h/multi", "headers": [{"key": "x-config", "value": "second"}]},
            {"source": "/h/has", "has": [{"type": "header", "key": "x-go"}], "headers": [{"key": "x-has", "value": "1"}]},
            ALL,
        ],
    )  # fmt: skip
    client = client_for(app)
    plain = client.get("/h/plain")

    assert plain.headers["X-Config"] == "cfg"
    assert plain.headers.getlist("X-Handler") == ["from-config"]
    assert plain.headers["x-path"] == "plain"
    assert plain.headers["Cache-Control"] == "public, max-age=77"
    assert plain.headers.getlist("Vary") == ["X-Cfg", "X-Handler"]
    assert plain.headers.getlist("Set-Cookie") == ["cfg=1", "handler=1"]
    assert plain.headers["Content-Security-Policy"] == "default-src https://a.example:8080 data:image"
    assert client.get("/h/multi").headers.getlist("X-Config") == ["second"]
    assert "x-has" not in client.get("/h/has").headers
    assert client.get("/h/has", headers={"X-Go": "1"}).headers["x-has"] == "1"
    assert client.get("/h/redirect").headers["x-all"] == "all"
    assert client.get("/h/fail").headers["x-all"] == "all"
    assert client.get("/nothing").headers["x-all"] == "all"
    assert client.get("/h/a%0D%0Ab%C3%A9").headers["x-path"] == "a%0D%0Ab%C3%A9"
    assert "x-all" not in client.get("/h/plain/").headers  # the redirect of a slash


def test_middleware_s_headers_win_over_the_settings(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request):\n"
            "    if request.path == '/direct': return Response('no', 401, {'x-all': 'direct'})\n"
            "    return Response.next(headers={'x-all': 'mw'})",
            "route.py": "def GET(): return 'x', 200, {'x-all': 'handler', 'x-other': 'handler'}",
        },
        headers=[{"source": "/:p*", "headers": [{"key": "x-all", "value": "cfg"}, {"key": "x-other", "value": "cfg"}]}],
    )
    client = client_for(app)

    assert client.get("/").headers.getlist("x-all") == ["mw"]
    assert client.get("/").headers.getlist("x-other") == ["cfg"]
    assert client.get("/direct").headers.getlist("x-all") == ["direct"]
    assert client.get("/direct").headers.getlist("x-other") == ["cfg"]


def test_redirects_come_before_middleware_and_rewrites_after_it(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            **FILES,
            "middleware.py": "from routehandlers import Response\ndef middleware(request): return Response.next(headers={'x-met': request.path})",
        },
        **redirects({"source": "/old", "destination": "/x"}),
        rewrites={"before_files": [{"source": "/from", "destination": "/x"}]},
    )
    client = client_for(app)

    assert "x-met" not in client.get("/old").headers
    assert client.get("/from").headers["x-met"] == "/from"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"redirects": "x"}, "redirects is 'x'. Give a list of dicts"),
        ({"redirects": ["x"]}, "redirects[0] is 'x'. Give a dict with a 'source'."),
        (
            redirects({"source": "old", "destination": "/x"}),
            "redirects[0]: 'source' 'old' cannot be used: it does not start with a slash. Write '/old'.",
        ),
        (
            {"redirects": [{"source": "/a", "destination": "/x"}]},
            "has neither 'permanent' nor 'status_code'",
        ),
        (
            redirects({"source": "/a", "destination": "/x", "status_code": 301}),
            "has both 'permanent' and 'status_code'",
        ),
        (
            {"redirects": [{"source": "/a", "destination": "/x", "status_code": 200}]},
            "'status_code' is 200. It can be 301, 302",
        ),
        (
            {"redirects": [{"source": "/a", "destination": "/x", "permanent": "yes"}]},
            "'permanent' is 'yes'. Write True (308) or False (307).",
        ),
        (redirects({"source": "/a"}), "redirects[0] has no 'destination'."),
        (redirects({"destination": "/a"}), "redirects[0] has no 'source'."),
        (redirects({"source": "/a", "destination": "x"}), "'destination' is 'x'. Begin it with '/'"),
        (
            redirects({"source": "/a", "destination": "/:b"}),
            "neither its source nor its 'has' defines the parameter 'b'. They define none.",
        ),
        (redirects({"source": "/:a", "destination": "/:b"}), "They define: 'a'."),
        (
            redirects({"source": "/a", "destination": "/x", "statusCode": 301}),
            "redirects[0] has an unknown key 'statusCode'. Did you mean 'status_code'?",
        ),
        (
            redirects({"source": "/a", "destination": "/x", "base_path": True}),
            "'base_path' is True. It can be False, or left out.",
        ),
        (
            redirects({"source": "/a", "destination": "/x", "has": [{"type": "body", "key": "a"}]}),
            "redirects[0]: has[0] has the type 'body'.",
        ),
        (
            redirects({"source": "/a", "destination": "/x", "has": [{"type": "header"}]}),
            "needs a 'key': the name of the header.",
        ),
        (
            redirects({"source": "/a", "destination": "/x", "missing": [{"type": "host", "key": "h"}]}),
            "missing[0] is a condition on the host",
        ),
        (
            redirects({"source": "/a", "destination": "/x", "has": [{"type": "header", "key": "a", "value": "("}]}),
            "it does not compile",
        ),
        (redirects({"source": "/:sub/a", "destination": "https://:sub.example.com/"}), "its host contains a parameter"),
        (
            {"rewrites": [{"source": "/a", "destination": "https://example.com/"}]},
            "Put a proxy such as nginx in front of both",
        ),
        ({"rewrites": [{"source": "/a", "destination": "//example.com/"}]}, "on another host."),
        ({"rewrites": [{"source": "/a", "destination": "x"}]}, "Begin it with '/'."),
        (
            {"rewrites": [{"source": "/a", "destination": "/x", "permanent": True}]},
            "rewrites[0] has an unknown key 'permanent'.",
        ),
        ({"rewrites": [{"source": "/a", "destination": "/x", "base_path": False}]}, "Rewrites stay inside of it."),
        ({"rewrites": {"beforeFiles": []}}, "rewrites has an unknown key 'beforeFiles'. Did you mean 'before_files'?"),
        ({"rewrites": {"fallback": [{"source": "/("}]}}, "rewrites['fallback'][0]: 'source' '/(' cannot be used"),
        ({"headers": [{"source": "/a"}]}, "'headers' is None. Give a list of {'key': …, 'value': …}."),
        ({"headers": [{"source": "/a", "headers": [{"key": "a b", "value": "x"}]}]}, "cannot be the name of a header"),
        ({"headers": [{"source": "/a", "headers": [{"key": "a", "value": "x\n"}]}]}, "is not a valid header value"),
        (
            {"headers": [{"source": "/a", "headers": [{"key": "Content-Length", "value": "1"}]}]},
            "which only the server may set",
        ),
        ({"headers": [{"source": "/a", "headers": [{"name": "x", "value": "1"}]}]}, "Give a 'key' and a 'value'."),
        ({"headers": {"/a": {}}}, "headers is {'/a': {}}. Give a list of dicts"),
    ],
)
def test_what_cannot_work_is_an_error_at_start(make_app: MakeApp, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        make_app(FILES, **settings)

    assert message in str(caught.value)


def test_all_mistakes_are_told_together(make_app: MakeApp) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        make_app(FILES, redirects=[{}, {"source": "x"}], rewrites=[{}], headers=[{}])

    assert len(str(caught.value).splitlines()) >= 8


def test_they_come_from_a_pyproject_file_too(tmp_path: Path, client_for: ClientFor) -> None:
    (tmp_path / "app" / "x").mkdir(parents=True)
    (tmp_path / "app" / "x" / "route.py").write_text(ECHO)
    (tmp_path / "pyproject.toml").write_text(
        """
[[tool.routehandlers.redirects]]
source = "/old/:path*"
destination = "/x?from=:path*"
permanent = true
has = [{type = "header", key = "x-go"}]

[[tool.routehandlers.rewrites.after_files]]
source = "/from"
destination = "/x"

[[tool.routehandlers.headers]]
source = "/:path*"
headers = [{key = "x-all", value = "1"}]
"""
    )
    app = RouteHandlers(tmp_path / "app", **read_settings(tmp_path))
    client = client_for(app)

    assert client.get("/old/a", headers={"X-Go": "1"}).headers["Location"] == "/x?from=a"
    assert client.get("/from").headers["x-all"] == "1"


@pytest.mark.parametrize(("sent", "location"), [("/old/", "/x/"), ("/old", "/old/"), ("/old/a/b/", "/x/a/b/")])
def test_sources_are_written_without_the_slash_that_urls_end_in(
    make_app: MakeApp, client_for: ClientFor, sent: str, location: str
) -> None:
    app = make_app(
        FILES, trailing_slash=True, redirects=[{"source": "/old/:p*", "destination": "/x/:p*/", "permanent": True}]
    )

    assert client_for(app).get(sent).headers["Location"] == location


@pytest.mark.parametrize("middleware", [None, "def middleware(request): pass"])
def test_the_headers_of_a_rule_stand_once_on_the_500_for_a_response_that_cannot_leave(
    make_app: MakeApp, client_for: ClientFor, middleware: str | None
) -> None:
    source = """
    from routehandlers import Response
    def GET():
        response = Response("x")
        response.headers["X-Bad"] = "\\x00"
        return response
    """
    files = {"x/route.py": source, **({"middleware.py": middleware} if middleware else {})}
    headers = [{"source": "/:path*", "headers": [{"key": "X-Rule", "value": "1"}, {"key": "Vary", "value": "X-Rule"}]}]

    answer = client_for(make_app(files, headers=headers)).get("/x")

    assert answer.status_code == 500
    assert answer.headers.getlist("X-Rule") == ["1"]
    assert sorted(answer.headers.getlist("Vary")) == ["Accept", "X-Rule"]
