"""Schemathesis sends valid and invalid requests to applications, and compares the responses with the document.

It does so for the example and for the samples of the guides.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from docs.samples import blocks
from hypothesis import HealthCheck, given, settings

from routehandlers import RouteHandlers, create_app
from routehandlers.openapi import document

pytestmark = pytest.mark.once

schemathesis = pytest.importorskip("schemathesis", reason="only the row with 'once' has it")

ROOT = Path(__file__).parents[2]
GUIDES = [guide for name in ("openapi", "inputs") if (guide := ROOT / "docs" / "guides" / f"{name}.md").exists()]

# Those without endless streams of events.
EXAMPLES = ["metadata", "prices", "storefront"]

BOUNDED = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def closing(app: RouteHandlers) -> Any:
    """Return an application that closes each response, which Schemathesis forgets."""

    def call(environ: Any, start_response: Any) -> list[bytes]:
        body: Any = app(environ, start_response)
        try:
            return list(body)
        finally:
            getattr(body, "close", lambda: None)()

    return call


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Write whole numbers as clients do. To JSON schema, 7.0 is an integer; msgspec, as most parsers, says no."""
    if isinstance(body, dict):
        return {name: map_body(None, value) for name, value in body.items()}
    if isinstance(body, list):
        return [map_body(None, value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


def check_all(app: RouteHandlers) -> int:
    """Send valid and invalid requests to all operations of an application. Return how many operations there are."""
    schema = schemathesis.openapi.from_dict(document(app, prefix="/"))
    schema.app = closing(app)
    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        takes_inputs = operation.query or operation.headers or operation.body
        for mode in list(schemathesis.GenerationMode) if takes_inputs else [schemathesis.GenerationMode.POSITIVE]:
            check_operation(operation, mode)
    return len(operations)


def check_operation(operation: Any, mode: Any) -> None:
    # A handler that reads a body without declaring it refuses what the document cannot tell.
    reads_undeclared = operation.method in {"post", "put", "patch"} and not operation.body
    excluded = [positive_data_acceptance()] if reads_undeclared else []

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(excluded_checks=excluded)

    check()


def positive_data_acceptance() -> Any:
    return importlib.import_module("schemathesis.specs.openapi.checks").positive_data_acceptance


schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", closing(RouteHandlers(ROOT / "examples/openapi/app")))


@schema.parametrize()
@BOUNDED
def test_the_example_answers_as_its_document_says(case: Any) -> None:
    case.call_and_validate()


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_without_inputs_answer_as_their_documents_say(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_SECONDS", "0")
    monkeypatch.chdir(ROOT / "examples" / example)

    assert check_all(create_app()) >= 2


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_the_samples_of_a_guide_answer_as_their_document_says(guide: Path, tmp_path: Path) -> None:
    for block in blocks(guide):
        if block.title is not None and block.title.startswith("app/"):
            file = tmp_path / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")

    assert check_all(RouteHandlers(tmp_path / "app")) >= 3
