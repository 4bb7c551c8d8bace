"""What a client puts into ``redirects``, ``rewrites`` and ``headers``, and the corners of their settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from conftest import ClientFor, MakeApp
from hypothesis import given
from hypothesis import strategies as st
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers._runtime.around.transform_settings import compile_transforms
from routehandlers.exceptions import InvalidConfigError

ECHO = """
def GET(request, context):
    return {"args": request.args.to_dict(flat=False), "params": dict(context.params)}
"""
FILES = {"x/route.py": ECHO, "all/[[...slug]]/route.py": ECHO}


def test_a_source_may_end_in_a_slash(make_app: MakeApp, client_for: ClientFor) -> None:
    """It never matched: the slash of a path is gone where sources are looked at."""
    app = make_app(FILES, redirects=[{"source": "/old/", "destination": "/x", "permanent": False}])

    assert client_for(app).get("/old").headers["Location"] == "/x"


@pytest.mark.parametrize(
    ("source", "has", "sent", "args"),
    [
        ("/r/:path*", [], "/r/a%2Fb/c", {"path": ["a/b", "c"]}),
        ("/r/:path*", [], "/r", {}),
        ("/r/:p/(.*)", [], "/r/a/b/c", {"p": ["a"]}),
        ("/r", [{"type": "query", "key": "q"}], "/r?q=1", {"q": ["1"]}),
        ("/r", [{"type": "header", "key": "x-7"}], "/r", {"x": ["seven"]}),
        ("/r", [{"type": "cookie", "key": "7"}], "/r", {}),  # no letter of it is left for a name
    ],
)
def test_params_that_the_destination_s_path_has_no_place_for_are_in_its_query(
    make_app: MakeApp, client_for: ClientFor, source: str, has: list[Any], sent: str, args: dict[str, Any]
) -> None:
    app = make_app(FILES, rewrites=[{"source": source, "destination": "/x", "has": has}])

    answer = client_for(app).get(sent, headers={"X-7": "seven", "Cookie": "7=seven"})

    assert answer.json["args"] == args


@pytest.mark.parametrize(
    ("sent", "name", "value"),
    [
        ("/h/x-mine/v", "x-mine", "v"),
        ("/h/Content-Length/0", "Content-Length", None),
        ("/h/transfer-encoding/chunked", "transfer-encoding", None),
        ("/h/a%20b/v", "a b", None),
        ("/h/x%0D%0Ay/v", "x", None),
        ("/h/x-mine/a%0D%0ASet-Cookie:%20a=b", "x-mine", "a%0D%0ASet-Cookie: a=b"),
        ("/h/x-mine/%C3%A9", "x-mine", "%C3%A9"),
    ],
)
def test_a_client_names_no_header_of_the_server_s_and_breaks_out_of_none(
    make_app: MakeApp, client_for: ClientFor, sent: str, name: str, value: str | None
) -> None:
    app = make_app(
        {"h/[[...all]]/route.py": "def GET(): return 'body'"},
        headers=[{"source": "/h/:name/:value", "headers": [{"key": ":name", "value": ":value"}]}],
    )

    answer = client_for(app).get(sent)

    assert answer.text == "body"
    assert "Set-Cookie" not in answer.headers
    if name == "Content-Length":
        assert answer.headers.getlist(name) == ["4"]
    else:
        assert answer.headers.get(name) == value


@pytest.mark.parametrize("destination", ["/:path*", "/:path*/x", "/all/:path*", "/{-:path}*", "/x?next=:path*#:path*"])
@pytest.mark.parametrize("prefix", ["", "/mount"])
@pytest.mark.parametrize("path", ["%2F%2Fevil.example", "%5Cevil.example", "%2F..%2Fx", "a%00", "%0D%0Ab", "https:%2F%2Fevil.example", "%09", "@evil.example"])  # fmt: skip
def test_no_path_makes_a_location_that_leaves_the_site(
    make_app: MakeApp, destination: str, prefix: str, path: str
) -> None:
    app = make_app(FILES, redirects=[{"source": "/go/:path*", "destination": destination, "permanent": False}])

    raw = {"RAW_URI": f"{prefix}/go/{path}"}
    answer = app.test_client().get(f"/go/{path}", base_url=f"http://localhost{prefix}/", environ_overrides=raw)

    location = answer.headers.get("Location")
    assert answer.status_code in {307, 400, 404}
    if location is not None:
        assert location.startswith(f"{prefix}/")
        assert not location.startswith(("//", "/\\"))
        assert location.isascii()
        assert location.isprintable()


@given(
    segments=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), max_size=3
    )
)
def test_a_rewrite_hands_on_every_segment(app: RouteHandlers, segments: list[str]) -> None:
    if {".", ".."} & set(segments):
        return
    path = "".join(f"/{quote(segment, safe='')}" for segment in segments)

    answer = app.test_client().get("/r", environ_overrides={"RAW_URI": f"/r{path}", "PATH_INFO": _wsgi("/r", segments)})

    assert answer.json == {"args": {}, "params": {"slug": segments} if segments else {}}


def _wsgi(*parts: Any) -> str:
    text = "/".join([parts[0], *parts[1]])
    return text.encode().decode("latin-1")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> RouteHandlers:
    folder = write_app(tmp_path_factory.mktemp("rewrites"), FILES)
    return RouteHandlers(folder, rewrites=[{"source": "/r/:path*", "destination": "/all/:path*"}])


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ("/x/../y", "redirects[0]: 'destination' '/x/../y' cannot be used: it has a '.' or '..' segment"),
        ("https://exa mple.com/", "'exa mple.com' is not a host."),
        ("mailto:a@b.example", "Begin it with '/', or with 'https://'."),
        ("/:a:b", "neither its source nor its 'has' defines the parameter 'b'. They define: 'a'."),
        ("/x(", "a parenthesis is not closed."),
    ],
)
def test_a_destination_that_leads_nowhere_is_an_error_at_start(destination: str, message: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        compile_transforms([{"source": "/:a", "destination": destination, "permanent": True}], (), ())

    assert message in str(caught.value)


def test_expressions_that_clash_in_one_source_are_an_error_at_start() -> None:
    """They compile one by one and not together, and so ``re`` itself raised."""
    item = {"source": "/:a((?<n>x))/:b((?<n>y))", "destination": "/x", "permanent": True}

    with pytest.raises(InvalidConfigError, match="the parameter 'n' comes twice"):
        compile_transforms([item], (), ())


def test_nothing_is_cheap() -> None:
    assert compile_transforms((), (), ()).is_empty
    assert compile_transforms([], {}, []).is_empty
    assert not compile_transforms([], {"fallback": [{"source": "/a", "destination": "/b"}]}, []).is_empty
