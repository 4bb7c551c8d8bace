"""The optimisations change no response.

Each application is made three times: as it is, without plans by path, and without plans and with Werkzeug's map in
place of the segment tree. All three get the same requests at the same time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from servers import write_app

from equivalence.applications import KINDS, ROUTES, Kind
from equivalence.spellings import Sequence
from routehandlers import RouteHandlers
from routehandlers._routing.segment_tree import SegmentTree
from routehandlers._runtime.path.hits import ROUTE, ROUTING_ARGS
from routehandlers._runtime.pipeline import Pipeline

SECRET = "a secret for tests only"
COUNT = 200
SEEDS = range(2)


class _Exact(Mapping[str, int]):
    """The static routes, by Werkzeug's map."""

    def __init__(self, tree: SegmentTree) -> None:
        self._tree = tree

    def __getitem__(self, text: str) -> int:
        match = self._tree.url_map.match(text)
        if match is None or any(segment.is_parameter for segment in self._tree.routes[match[0]].segments):
            raise KeyError(text)
        return match[0]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


class MapOnly(SegmentTree):
    """Werkzeug's map in the place of the tree."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.exact = _Exact(self)  # type: ignore[assignment]

    def match(self, text: str, refused: frozenset[int] = frozenset()) -> tuple[int, dict[str, Any]] | None:
        return self.url_map.match(text, refused)


def variants(folder: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> dict[str, RouteHandlers]:
    """The same application with all optimisations, without plans, and without the tree too."""
    app = write_app(folder, {**ROUTES, **kind.files})
    settings = {"secret_key": SECRET, **kind.settings}
    for name, text in kind.public.items():
        file = folder / "public" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        settings["public"] = folder / "public"
    made = {"as it is": RouteHandlers(app, **settings)}
    with monkeypatch.context() as patch:
        patch.setattr("routehandlers.app.Pipeline", partial(Pipeline, has_plans=False))
        made["without plans"] = RouteHandlers(app, **settings)
        patch.setattr("routehandlers.app.SegmentTree", MapOnly)
        made["by the map"] = RouteHandlers(app, **settings)
    return made


Outcome = dict[str, Any]


def outcome(app: RouteHandlers, environ: dict[str, Any]) -> Outcome:
    """Everything of a response, and what those around the application learn."""
    started: list[Any] = []
    own = {**environ, "wsgi.input": BytesIO(environ["wsgi.input"].getvalue()), "wsgi.errors": BytesIO()}
    result: Outcome = {}
    try:
        body = app(own, lambda status, headers, exc_info=None: started.append((status, list(headers))))
        try:
            result["body"] = b"".join(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
    except Exception as error:
        result["raised"] = repr(error)
    result["started"] = started
    result["route"] = own.get(ROUTE)
    result["routing_args"] = repr(own.get(ROUTING_ARGS))
    return result


def _header(result: Outcome, name: str) -> str | None:
    for key, value in result["started"][0][1] if result["started"] else ():
        if key.lower() == name:
            return str(value)
    return None


@pytest.fixture(autouse=True)
def _failures_are_not_logged() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.uncounted
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", KINDS)
def test_plans_and_the_segment_tree_change_no_response(
    name: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = KINDS[name]
    etags: dict[str, str] = {}
    drafts: list[str] = []
    with freeze_time("2026-01-01") as clock:
        apps = variants(tmp_path, kind, monkeypatch)
        sequence = Sequence(f"{name} {seed}", kind.settings.get("base_path", ""))

        for number, environ in enumerate(sequence.environs(COUNT)):
            if number % 50 == 49:
                clock.tick(1)  # a whole second: headers of hits are made once a second
            if number % 5 == 4 and environ["PATH_INFO"] in etags:
                environ["HTTP_IF_NONE_MATCH"] = etags[environ["PATH_INFO"]]
            if number % 17 == 16 and drafts:
                environ["HTTP_COOKIE"] = drafts[-1]
            results = {variant: outcome(app, environ) for variant, app in apps.items()}

            wanted = results["by the map"]
            for variant, result in results.items():
                assert result == wanted, (
                    f"{variant}, request {number} of {name!r}, seed {seed}: {environ}\n{result}\n{wanted}"
                )
            if (etag := _header(wanted, "etag")) is not None:
                etags[environ["PATH_INFO"]] = etag
            cookie = _header(wanted, "set-cookie") or ""
            if cookie.startswith("__prerender_bypass="):
                drafts.append(cookie.partition(";")[0])
