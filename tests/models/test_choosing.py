"""Which library checks a model, and that no other is imported for it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import annotated_types
import attrs
import msgspec
import pytest
import typing_extensions
from models.kinds import MSGSPEC, Color, DataItem, DictItem, PydanticItem, StructItem, TupleItem
from pydantic import EmailStr, Field, SecretStr

from routehandlers._models import choosing
from routehandlers._models.choosing import adapter_for


@dataclass
class WithPydantic:
    items: list[PydanticItem]


@dataclass
class WithStruct:
    items: list[StructItem]


@dataclass
class Deep:
    inner: dict[str, WithPydantic | None]


@dataclass
class Limited:
    page: Annotated[int, annotated_types.Ge(1)] = 1


@dataclass
class Left:
    left: int


@dataclass
class Right:
    right: int


class PydanticDict(typing_extensions.TypedDict):
    item: PydanticItem


@attrs.define
class WithAttrs:
    name: str


@dataclass
class Recursive:
    children: list[Recursive]


@pytest.mark.parametrize(
    ("model", "library"),
    [
        (PydanticItem, "pydantic"),
        (list[PydanticItem], "pydantic"),
        (dict[str, PydanticItem | None], "pydantic"),
        (Annotated[int, Field(ge=1)], "pydantic"),
        (SecretStr, "pydantic"),
        (EmailStr, "pydantic"),
        (WithPydantic, "pydantic"),
        (Deep, "pydantic"),
        (PydanticDict, "pydantic"),
        (Limited, "pydantic"),
        (StructItem, "msgspec"),
        (list[StructItem], "msgspec"),
        (Annotated[int, msgspec.Meta(ge=1)], "msgspec"),
        (WithStruct, "msgspec"),
        (WithAttrs, "msgspec"),
        (DataItem, "msgspec"),
        (TupleItem, "msgspec"),
        (DictItem, "msgspec"),
        (list[DataItem] | None, "msgspec"),
        (Recursive, "msgspec"),
        (int, "msgspec"),
        (list[dict[str, int]], "msgspec"),
        (Literal["a"], "msgspec"),
        (Color, "msgspec"),
        (None, "msgspec"),
        (Any, "msgspec"),
        # msgspec cannot tell two dataclasses apart.
        (Left | Right, "pydantic"),
    ],
    ids=str,
)
def test_each_model_has_its_library(model: Any, library: str) -> None:
    adapter = adapter_for(model)

    assert adapter is not None
    assert adapter.name == library
    assert adapter is adapter_for(model)


def test_adapters_of_the_application_come_first() -> None:
    class Own:
        name = "own"

        def owns(self, model: Any) -> bool:
            return model is PydanticItem

    own: Any = Own()

    assert adapter_for(PydanticItem, [own]) is own
    assert adapter_for(StructItem, [own]) is not own


@pytest.mark.parametrize(
    ("installed", "library"), [({"pydantic", "msgspec"}, "msgspec"), ({"pydantic"}, "pydantic"), (set(), None)]
)
def test_dataclasses_are_checked_by_what_is_installed(
    installed: set[str], library: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "_is_installed", installed.__contains__)

    adapter = adapter_for(DataItem)

    assert (adapter and adapter.name) == library


def test_owners_know_their_models() -> None:
    pydantic, msgspec_ = adapter_for(PydanticItem), adapter_for(StructItem)

    assert pydantic is not None
    assert msgspec_ is not None
    assert [pydantic.owns(model) for model in (PydanticItem, StructItem, DataItem)] == [True, False, False]
    assert [msgspec_.owns(model) for model in (PydanticItem, StructItem, DataItem)] == [False, True, False]
    assert not MSGSPEC.can_check(Left | Right)


LOADED = "sorted({'pydantic', 'msgspec', 'attr'} & sys.modules.keys())"


@pytest.mark.parametrize(
    ("source", "loaded"),
    [
        ("import routehandlers, routehandlers._models.choosing", "[]"),
        (
            "from pydantic import BaseModel\nclass M(BaseModel): a: int\nadapter_for(list[M]).from_json(list[M])",
            "['pydantic']",
        ),
        ("from msgspec import Struct\nclass M(Struct): a: int\nadapter_for(list[M]).from_json(list[M])", "['msgspec']"),
        ("from dataclasses import dataclass\n@dataclass\nclass M: a: int\nadapter_for(M).from_json(M)", "['msgspec']"),
    ],
)
def test_a_library_is_imported_only_when_it_is_needed(source: str, loaded: str) -> None:
    program = f"import sys\nfrom routehandlers._models.choosing import adapter_for\n{source}\nprint({LOADED})"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert (result.stdout.strip(), result.stderr) == (loaded, "")
