"""The text of the generated module, as a value made of values."""

from __future__ import annotations

import datetime
import decimal
import itertools
import random
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NewType, Optional, get_args, get_type_hints

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, FloatConverter, IntegerConverter, PathConverter, UUIDConverter

import routehandlers
from routehandlers._routing.segments import parse_segment
from routehandlers._routing.tree import RouteFile
from routehandlers._typegen.annotations import importable_place, param_annotation
from routehandlers._typegen.module import generate

if TYPE_CHECKING:
    from nowhere import Missing  # type: ignore[import-not-found]


def routes(*patterns: str) -> list[RouteFile]:
    return [
        RouteFile(
            Path("app", "route.py"), (), tuple(parse_segment(folder) for folder in pattern.split("/")[1:] if folder)
        )
        for pattern in patterns
    ]


def run(*patterns: str, **settings: Any) -> dict[str, Any]:
    """What the module of some routes holds when it is imported."""
    text = generate(routes(*patterns), {}, **settings)
    names: dict[str, Any] = {"__name__": "_routes"}
    exec(compile(text, "_routes.py", "exec"), names)
    return names


EVERYTHING = (
    "/", "/about", "/users/[id]", "/orders/[id=int]", "/prices/[price=float]", "/things/[id=uuid]", "/blog/[...slug]",
    "/docs/[[...slug]]", "/[when=year]", "/posts/[post-id]", "/courses/[class]",
)  # fmt: skip


def test_the_same_tree_makes_the_same_bytes_in_whatever_order_it_is_read() -> None:
    first = generate(routes(*EVERYTHING), {})

    for seed in range(5):
        shuffled = random.Random(seed).sample(EVERYTHING, len(EVERYTHING))
        assert generate(routes(*shuffled), {}) == first


def test_the_module_says_at_its_top_who_wrote_it_and_holds_nothing_of_this_machine() -> None:
    text = generate(routes(*EVERYTHING), {}, base_path="/b")

    assert text.startswith('# Written by "routehandlers typegen"')
    assert str(Path.cwd()) not in text
    assert "\r" not in text


def test_the_module_offers_all_patterns_and_the_context_of_the_package() -> None:
    module = run(*EVERYTHING)

    assert get_args(module["Route"]) == tuple(sorted(EVERYTHING))
    assert module["RouteContext"] is routehandlers.RouteContext


@pytest.mark.parametrize("pattern", EVERYTHING)
def test_a_context_of_a_literal_can_be_evaluated(pattern: str) -> None:
    module = run(*EVERYTHING)

    exec(f"from typing import Literal\ndef GET(request, context: RouteContext[Literal[{pattern!r}]]): ...", module)


def test_each_route_has_a_typed_dict_of_its_params() -> None:
    module = run(*EVERYTHING)
    text = generate(routes(*EVERYTHING), {})

    assert module["UsersIdParams"].__annotations__.keys() == {"id"}
    assert "class OrdersIdParams(TypedDict):\n    id: int\n" in text
    assert "class ThingsIdParams(TypedDict):\n    id: uuid.UUID\n" in text
    assert "class PricesPriceParams(TypedDict):\n    price: float\n" in text
    assert "class BlogSlugParams(TypedDict):\n    slug: list[str]\n" in text
    assert "class DocsSlugParams(TypedDict):\n    slug: NotRequired[list[str]]\n" in text
    assert "class WhenParams(TypedDict):\n    when: Any\n" in text


@pytest.mark.parametrize(
    ("pattern", "fields"),
    [
        ("/[post-id]", {"post-id": "str"}),
        ("/[class]/[id=int]", {"class": "str", "id": "int"}),
        # In the body of a class this is another name.
        ("/[__x]", {"__x": "str"}),
        # Python reads the ligature as two letters.
        ("/[ﬁle]", {"ﬁle": "str"}),
        ("/[[...my id]]", {"my id": "NotRequired[list[str]]"}),
        ('/["]', {'"': "str"}),
        ("/[\n]", {"\n": "str"}),
    ],
)
def test_params_that_are_no_attributes_are_written_as_a_dictionary(pattern: str, fields: dict[str, str]) -> None:
    module = run(pattern)

    assert "\nclass " not in generate(routes(pattern), {})
    (typed,) = [value for name, value in module.items() if name.endswith("Params")]
    assert {name: found.__forward_arg__ for name, found in typed.__annotations__.items()} == fields


@pytest.mark.parametrize(
    "name", ["self", "pattern", "params", "_query", "print", "match", "keys", "ü", "_", "Any", "Route"]
)
def test_a_param_may_have_any_name(name: str) -> None:
    patterns = (f"/[{name}]", f"/x/[{name}]/[post-id]", "/[pattern]/[pattern_]/[a-b]")

    module = run(*patterns)

    assert get_args(module["Route"]) == tuple(sorted(patterns))
    assert name == "_query" or module["href"](f"/[{name}]", **{name: "a"}) == "/a"


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["/users/[id]", "/[users]/[id]"], ["UsersIdParams2", "UsersIdParams"]),
        (["/no/[id]", "/[no]"], ["NoParams2", "NoIdParams"]),
        (["/user-posts/[post_id]"], ["UserPostsPostIdParams"]),
        (["/myPosts/[Id]"], ["MyPostsIdParams"]),
        (["/2024/[id]"], ["Route2024IdParams"]),
        (["/-/[-]"], ["RouteParams"]),
        (["/%5Fx/[id]"], ["XIdParams"]),
        (["/straße/[ñ]"], ["StraßeÑParams"]),
        (["/x²/[٣]"], ["X2٣Params"]),
    ],
)
def test_names_of_typed_dicts_are_read_off_the_pattern(patterns: list[str], names: list[str]) -> None:
    module = run(*patterns, "/static")

    assert [name for name in module if "Params" in name and name != "NoParams"] == names


@pytest.mark.parametrize(
    "pattern",
    ['/a"b', "/a'b", "/a\\b", "/a\nb", "/é", "/\U0001f600", "/\u202e", "/%41", "/{x}", "/[\udcff]", '/"""', "/\\"],
)
def test_a_pattern_survives_being_written_down(pattern: str) -> None:
    text = generate(routes(pattern, f"{pattern}/[id]"), {})

    names: dict[str, Any] = {"__name__": "_routes"}
    exec(compile(text.encode("utf-8"), "_routes.py", "exec"), names)
    assert get_args(names["Route"]) == (pattern, f"{pattern}/[id]")


def test_a_tree_without_routes_makes_a_module_too() -> None:
    module = run()

    with pytest.raises(routehandlers.exceptions.UnknownRouteError, match="There are none"):
        module["href"]("/")


def test_every_choice_of_routes_makes_a_module_that_runs() -> None:
    for chosen in itertools.combinations(EVERYTHING, 2):
        assert get_args(run(*chosen)["Route"]) == tuple(sorted(chosen))


PostId = NewType("PostId", int)


class Year(BaseConverter):
    def to_python(self, value: str) -> datetime.date: ...


class Bare(BaseConverter):
    def to_python(self, value):  # type: ignore[no-untyped-def]
        return value


class Page(IntegerConverter):
    regex = "[1-9]"


class Words(BaseConverter):
    def to_python(self, value: str) -> list[str] | None: ...


class Pairs(BaseConverter):
    def to_python(self, value: str) -> tuple[Optional[decimal.Decimal], ...]: ...  # noqa: UP045  # as users write it


class Post(BaseConverter):
    def to_python(self, value: str) -> PostId: ...


class File(BaseConverter):
    def to_python(self, value: str) -> Path: ...


class Order(BaseConverter):
    def to_python(self, value: str) -> Literal["up", "down", 1] | None: ...


class Color(Enum):
    RED = "red"


class Paint(BaseConverter):
    def to_python(self, value: str) -> Literal[Color.RED]: ...


class Paints(BaseConverter):
    def to_python(self, value: str) -> list[Color]: ...


class Calls(BaseConverter):
    def to_python(self, value: str) -> Callable[[int], str]: ...


class Gone(BaseConverter):
    def to_python(self, value: str) -> Missing: ...


class Part(BaseConverter):
    def to_python(self, value: str) -> Mapping[str, Missing]: ...


def local() -> type[BaseConverter]:
    class Local: ...

    class Converter(BaseConverter):
        def to_python(self, value: str) -> Local: ...

    Converter.to_python.__annotations__["return"] = Local
    return Converter


@pytest.mark.parametrize(
    ("converter", "text"),
    [
        (Year, "datetime.date"),
        (Words, "list[str] | None"),
        (Pairs, "tuple[decimal.Decimal | None, ...]"),
        (Post, f"{__name__}.PostId"),
        (File, "pathlib.Path"),
        (Page, "int"),
        (FloatConverter, "float"),
        (UUIDConverter, "uuid.UUID"),
        (AnyConverter, "str"),
        (PathConverter, "str"),
        (Bare, "Any"),
        (Order, 'Literal["up", "down", 1] | None'),
        (Paints, f"list[{__name__}.Color]"),
        (Paint, "Any"),
        (Calls, "Any"),
        (Gone, "Any"),
        (Part, "Any"),
        (local(), "Any"),
    ],
)
def test_a_converter_of_ones_own_has_the_type_that_it_says_it_makes(converter: type[BaseConverter], text: str) -> None:
    assert param_annotation(parse_segment("[x=own]"), {"own": converter}).text == text


def test_what_a_type_needs_is_imported_for_checkers_alone() -> None:
    text = generate(routes("/[x=year]", "/y/[x=pairs]"), {"year": Year, "pairs": Pairs})

    assert "if TYPE_CHECKING:\n    import datetime\n    import decimal\n" in text
    assert "\nimport" not in text


def test_a_converter_in_place_of_a_built_in_one_counts() -> None:
    text = generate(routes("/[x=int]"), {"int": Words})

    assert "x: list[str] | None\n" in text


def test_a_converter_made_in_a_function_cannot_be_imported() -> None:
    assert importable_place(local()) is None
    assert importable_place(PathConverter) == "werkzeug.routing.converters:PathConverter"


def test_annotations_of_the_module_can_be_looked_at_when_it_runs() -> None:
    assert get_type_hints(run("/orders/[id=int]")["OrdersIdParams"]) == {"id": int}
