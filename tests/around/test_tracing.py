"""OpenTelemetry's WSGI middleware around an application: its spans have the names of routes."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import MakeApp
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

FILES = {
    "items/[slug]/route.py": "def GET(): return 'x'",
    "cached/[slug]/route.py": "revalidate = 60\ndef GET(): return 'x'",
    "fails/route.py": "def GET(): 1 / 0",
}


@pytest.fixture(params=[{}, {"middleware.py": "def middleware(): pass"}], ids=["open", "behind"])
def traced(request: pytest.FixtureRequest, make_app: MakeApp) -> tuple[Any, InMemorySpanExporter]:
    app = make_app({**FILES, **request.param})
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app.wsgi_app = OpenTelemetryMiddleware(app.wsgi_app, tracer_provider=provider)
    return app, exporter


@pytest.mark.parametrize(
    ("path", "name", "route"),
    [
        ("/items/a", "GET /items/[slug]", "/items/[slug]"),
        ("/cached/a", "GET /cached/[slug]", "/cached/[slug]"),
        ("/fails", "GET /fails", "/fails"),
    ],
)
def test_spans_are_named_by_pattern(traced: tuple[Any, InMemorySpanExporter], path: str, name: str, route: str) -> None:
    app, exporter = traced

    for _ in range(3):
        app.test_client().get(path, buffered=True).close()

    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == [name] * 3
    assert [(span.attributes or {}).get("http.route") for span in spans] == [route] * 3


def test_what_no_route_answers_keeps_the_name_that_it_had(traced: tuple[Any, InMemorySpanExporter]) -> None:
    app, exporter = traced

    app.test_client().get("/nothing", buffered=True).close()

    (span,) = exporter.get_finished_spans()
    assert "http.route" not in (span.attributes or {})
