"""Schemathesis sends valid and invalid requests to an application, and compares the responses with the document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from routehandlers import RouteHandlers

pytestmark = pytest.mark.once

EXAMPLE = Path(__file__).parents[2] / "examples" / "openapi" / "app"

app = RouteHandlers(EXAMPLE)


def closing(environ: Any, start_response: Any) -> list[bytes]:
    """Close each response, which Schemathesis forgets."""
    body = app(environ, start_response)
    try:
        return list(body)
    finally:
        getattr(body, "close", lambda: None)()


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Write whole numbers as clients do. To JSON schema, 7.0 is an integer; msgspec, as most parsers, says no."""
    if isinstance(body, dict):
        return {name: map_body(None, value) for name, value in body.items()}
    if isinstance(body, list):
        return [map_body(None, value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", closing)


@schema.parametrize()
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_example_answers_as_its_document_says(case: Any) -> None:
    case.call_and_validate()
