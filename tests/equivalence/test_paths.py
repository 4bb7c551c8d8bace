"""A path that is encoded as usual is read in a shorter way. It must give what the careful way gives."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import write_app
from werkzeug.exceptions import HTTPException

from routehandlers import RouteHandlers
from routehandlers._http.request.path import usual_path
from routehandlers._runtime.path import entrance

PIECES = [
    "a", "B7", "-", "é", "%C3%A9", "%c3%a9", "%E4%BD%A0", "%20", "%22", "%0A", "%2F", "%2f", "%252F", "%3C", "%3c", "<", "%5C",
    "%5c", "\\", ".", "..", "%2e", "%2E", ".x", "%25", "%00", "%FF", "%zz", "%", "%EE%80%80", "\ue000", ":", "@", "~", "//", " ",
]  # fmt: skip
SEGMENTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments))


@pytest.fixture(scope="module", params=[{}, {"trailing_slash": True}, {"base_path": "/docs"}])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_app(tmp_path_factory.mktemp("paths"), {"[[...path]]/route.py": "def GET(): return 'x'"})
    return RouteHandlers(folder, **request.param)._pipeline._entrance


def outcome(reader: Any, environ: dict[str, str]) -> Any:
    try:
        plan = reader.read_encoded_path(environ)
    except HTTPException as error:
        return type(error), error.description
    return plan.text, plan.whole, plan.location


@given(
    path=PATHS,
    prefix=st.sampled_from(["", "", "/p", "/é"]),
    query=st.sampled_from(["", "?a=%2F"]),
    differs=st.booleans(),
)
def test_both_ways_of_reading_an_encoded_path_agree(
    reader: Any, path: str, prefix: str, query: str, differs: bool
) -> None:
    decoded = unquote_to_bytes(path).decode("latin-1")
    environ = {
        "SCRIPT_NAME": unquote_to_bytes(prefix).decode("latin-1"),
        "PATH_INFO": f"{decoded}x" if differs else decoded,
        "RAW_URI": prefix + path + query,
    }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entrance, "usual_path", lambda _: None)
        careful = outcome(reader, environ)

    assert outcome(reader, environ) == careful


@pytest.mark.parametrize("path", ["/caf%C3%A9", "/a%20%22b%22/c", "/%E4%BD%A0/x.json"])
def test_a_usual_path_is_read_in_the_shorter_way(path: str) -> None:
    environ = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "RAW_URI": path}

    assert usual_path(environ) == unquote_to_bytes(path).decode()
