"""Paths, parameters and ids of the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from routehandlers import RouteHandlers
from routehandlers.exceptions import UnknownRouteError
from routehandlers.openapi import document

MakeApp = Callable[..., RouteHandlers]

HANDLER = "def GET(): return {}\n"


def paths(app: RouteHandlers, **options: Any) -> dict[str, Any]:
    made = document(app, **options)
    found: dict[str, Any] = made["paths"]
    return found


def test_each_route_is_a_path_with_its_parameters(make_app: MakeApp) -> None:
    app = make_app({"route.py": HANDLER, "items/route.py": HANDLER, "items/[slug]/parts/[part]/route.py": HANDLER})

    found = paths(app)

    assert list(found) == ["/", "/items", "/items/{slug}/parts/{part}"]
    assert found["/items/{slug}/parts/{part}"]["get"]["parameters"] == [
        {"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "part", "in": "path", "required": True, "schema": {"type": "string"}},
    ]


def test_the_paths_are_in_the_order_of_their_texts_whatever_the_order_of_the_files(make_app: MakeApp) -> None:
    names = ["b", "a", "c", "[x]", "a/b"]

    found = paths(make_app({f"{name}/route.py": HANDLER for name in names}))
    other_way = paths(make_app({f"{name}/route.py": HANDLER for name in reversed(names)}))

    assert list(found) == list(other_way) == ["/a", "/a/b", "/b", "/c", "/{x}"]


def test_a_static_folder_is_written_as_in_urls(make_app: MakeApp) -> None:
    assert list(paths(make_app({"a b/%5Fc/é/route.py": HANDLER}))) == ["/a%20b/_c/%C3%A9"]


def test_braces_in_a_folder_are_no_template(make_app: MakeApp) -> None:
    found = paths(make_app({"{a}/[b{c}]/route.py": HANDLER}))

    assert list(found) == ["/%7Ba%7D/{b_c_}"]
    assert found["/%7Ba%7D/{b_c_}"]["get"]["parameters"][0]["name"] == "b_c_"


def test_a_catch_all_is_one_string_of_several_segments(make_app: MakeApp) -> None:
    found = paths(make_app({"files/[...path]/route.py": HANDLER}))

    assert list(found) == ["/files/{path}"]
    assert found["/files/{path}"]["get"]["parameters"] == [
        {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}, "x-multiSegment": True}
    ]


def test_an_optional_catch_all_is_two_paths_with_two_ids(make_app: MakeApp) -> None:
    found = paths(make_app({"manual/[[...page]]/route.py": HANDLER}))

    assert {path: item["get"]["operationId"] for path, item in found.items()} == {
        "/manual": "get_manual",
        "/manual/{page}": "get_manual_by_page",
    }
    assert "parameters" not in found["/manual"]["get"]


def test_a_route_of_its_own_is_described_in_place_of_an_optional_catch_all_without_value(make_app: MakeApp) -> None:
    own = "def GET():\n    'The index.'\n"

    found = paths(make_app({"manual/[[...page]]/route.py": HANDLER, "manual/route.py": own}))

    assert list(found) == ["/manual", "/manual/{page}"]
    assert found["/manual"]["get"]["summary"] == "The index."


@pytest.mark.parametrize("setting", [True, False])
def test_paths_end_as_urls_do(make_app: MakeApp, setting: bool) -> None:
    app = make_app({"route.py": HANDLER, "a/route.py": HANDLER, "b.txt/route.py": HANDLER}, trailing_slash=setting)

    slash = "/" if setting else ""
    assert list(paths(app)) == ["/", f"/a{slash}", "/b.txt"]


def test_two_routes_that_openapi_cannot_tell_apart_are_one_path_that_of_the_first_by_precedence(
    make_app: MakeApp,
) -> None:
    app = make_app(
        {"items/[slug]/route.py": HANDLER, "items/[id=int]/route.py": HANDLER, "items/[id=uuid]/route.py": HANDLER}
    )

    found = paths(app)

    assert list(found) == ["/items/{id}"]
    assert found["/items/{id}"]["get"]["parameters"][0]["schema"] == {"type": "integer", "minimum": 0}
    assert [one.route.route.pattern for one in app._described.left_out] == ["/items/[id=uuid]", "/items/[slug]"]


def test_a_hidden_route_leaves_its_path_to_the_next(make_app: MakeApp) -> None:
    hidden = "from routehandlers.openapi import operation\n@operation(hidden=True)\ndef GET(): return {}\n"
    app = make_app({"items/[slug]/route.py": HANDLER, "items/[id=int]/route.py": hidden})

    assert list(paths(app)) == ["/items/{slug}"]
    assert app._described.left_out == ()


class Country(BaseConverter):
    regex = "[a-z]{2}"


class Named(BaseConverter):
    openapi = {"type": "string", "enum": ["a", "b"]}


class Year(IntegerConverter):
    fixed_digits = 4


class OnlyInPython(BaseConverter):
    regex = "(?P<letter>[a-z])(?P=letter)"


CONVERTERS = {"country": Country, "named": Named, "year": Year, "python": OnlyInPython, "any": AnyConverter}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("int", {"type": "integer", "minimum": 0}),
        ("float", {"type": "number", "minimum": 0}),
        ("uuid", {"type": "string", "format": "uuid"}),
        ("country", {"type": "string", "pattern": "^(?:[a-z]{2})$"}),
        ("named", {"type": "string", "enum": ["a", "b"]}),
        ("year", {"type": "integer", "minimum": 0}),
        ("python", {"type": "string"}),
    ],
)
def test_converters_have_schemas(make_app: MakeApp, name: str, schema: dict[str, Any]) -> None:
    app = make_app(
        {f"[x={name}]/route.py": HANDLER},
        converters={"country": Country, "named": Named, "year": Year, "python": OnlyInPython},
    )

    operation = paths(app)["/{x}"]["get"]

    assert operation["parameters"][0]["schema"] == schema
    assert list(operation["responses"]) == ["404", "default"]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("", "get_root"),
        ("items", "get_items"),
        ("items/[slug]", "get_items_by_slug"),
        ("[a]/b/[c]", "get_by_a_b_by_c"),
        ("(shop)/my-items/[post-id]", "get_my_items_by_post_id"),
        ("v1.2/é", "get_v1_2_x"),
    ],
)
def test_ids_are_made_of_the_folders(make_app: MakeApp, folder: str, expected: str) -> None:
    app = make_app({f"{folder}/route.py".lstrip("/"): HANDLER})

    (item,) = paths(app).values()

    assert item["get"]["operationId"] == expected


def test_ids_that_would_be_equal_are_numbered(make_app: MakeApp) -> None:
    found = paths(make_app({"a-b/route.py": HANDLER, "a_b/route.py": HANDLER, "a/b/route.py": HANDLER}))

    assert [item["get"]["operationId"] for item in found.values()] == ["get_a_b", "get_a_b_2", "get_a_b_3"]


def test_methods_are_in_a_fixed_order_and_automatic_ones_are_left_out(make_app: MakeApp) -> None:
    source = "def DELETE(): ...\ndef POST(): ...\ndef GET(): ...\ndef OPTIONS(): ...\n"

    found = paths(make_app({"route.py": source}))

    assert list(found["/"]) == ["get", "post", "delete", "options"]


def test_metadata_files_and_the_document_itself_stay_out(make_app: MakeApp) -> None:
    app = make_app(
        {
            "robots.txt": "x",
            "sitemap.py": "def sitemap(): return []",
            "openapi.py": "viewer = 'plain'",
            "a/route.py": HANDLER,
        }
    )

    assert list(paths(app)) == ["/a"]


def test_the_document_is_version_31_and_32_on_request(make_app: MakeApp) -> None:
    app = make_app({"route.py": HANDLER})

    assert document(app)["openapi"].startswith("3.1.")
    assert document(app, spec_version="3.2")["openapi"].startswith("3.2.")
    with pytest.raises(ValueError, match="spec_version is '2.0'"):
        document(app, spec_version="2.0")  # type: ignore[arg-type]


def test_an_application_without_routes_has_a_valid_document(make_app: MakeApp) -> None:
    made = document(make_app({"a/readme.txt": ""}))

    assert made == {"openapi": "3.1.1", "info": {"title": "API", "version": "0.1.0"}, "paths": {}}


def test_the_base_path_is_the_server(make_app: MakeApp) -> None:
    made = document(make_app({"a/route.py": HANDLER}, base_path="/base"))

    assert made["servers"] == [{"url": "/base"}]
    assert list(made["paths"]) == ["/a"]


def test_a_prefix_chooses_routes_by_whole_segments(make_app: MakeApp) -> None:
    app = make_app({"v1/a/route.py": HANDLER, "v12/a/route.py": HANDLER, "v1/route.py": HANDLER})

    assert list(paths(app, prefix="/v1")) == ["/v1", "/v1/a"]
    with pytest.raises(UnknownRouteError, match="No route begins with '/v2'"):
        document(app, prefix="/v2")
