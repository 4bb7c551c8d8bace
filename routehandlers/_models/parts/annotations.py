"""Take annotations apart: unions, containers, aliases, and the classes that they are made of.

Only this module knows how ``typing`` spells them. It imports no library of models.
"""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

# Containers of several values: a query has one pair for each of them.
_LISTS: frozenset[Any] = frozenset(
    {
        list,
        set,
        frozenset,
        tuple,
        collections.deque,
        collections.abc.Collection,
        collections.abc.Iterable,
        collections.abc.MutableSequence,
        collections.abc.MutableSet,
        collections.abc.Sequence,
        collections.abc.Set,
    }
)

# Wrappers around the type of a field, such as Required[int]. typing_extensions has its own on older Pythons.
_WRAPPERS = frozenset({"ClassVar", "Final", "NotRequired", "ReadOnly", "Required"})


def bare(annotation: Any) -> Any:
    """Return an annotation without its wrappers: ``Annotated``, ``Required``, ``type`` aliases and ``NewType``."""
    while not _is_class(annotation):
        origin = get_origin(annotation)
        if origin is Annotated or getattr(origin, "_name", None) in _WRAPPERS:
            annotation = get_args(annotation)[0]
        elif type(origin).__name__ == "TypeAliasType":
            annotation = origin.__value__[get_args(annotation)]
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        else:
            return type(None) if annotation is None else annotation
    return annotation


def _is_class(annotation: Any) -> bool:
    # Not isinstance(), which is true for list[int] on Python 3.10.
    return issubclass(type(annotation), type)


def without_wrappers(annotation: Any) -> tuple[Any, str | None]:
    """Return the type of a key of a ``TypedDict``, and the wrapper that says whether it is required."""
    is_required: str | None = None
    while (name := getattr(get_origin(annotation), "_name", None)) in _WRAPPERS:
        is_required = name if name in {"Required", "NotRequired"} else is_required
        annotation = get_args(annotation)[0]
    return annotation, is_required


def arms(annotation: Any) -> tuple[Any, ...]:
    """Return the alternatives of a union, at every level. Other annotations are their only alternative."""
    if _is_class(annotation):
        return (annotation,)
    annotation = bare(annotation)
    if is_union(annotation):
        return tuple(arm for item in get_args(annotation) for arm in arms(item))
    return (annotation,)


def is_union(annotation: Any) -> bool:
    """Return whether an annotation is ``A | B``, ``Union[A, B]`` or ``Optional[A]``."""
    return get_origin(annotation) in {Union, types.UnionType}


def is_list(annotation: Any) -> bool:
    """Return whether a bare annotation that is no union is a list, a set or the like."""
    return class_of(annotation) in _LISTS


def elements(annotation: Any) -> tuple[Any, ...]:
    """Return the annotations of the elements of a list: one for ``list[int]``, two for ``tuple[int, str]``."""
    return tuple(item for item in get_args(annotation) if item is not Ellipsis)


def is_fixed_tuple(annotation: Any) -> bool:
    """Return whether an annotation is a tuple with a type for each position."""
    return get_origin(annotation) is tuple and Ellipsis not in get_args(annotation)


def is_mapping(annotation: Any) -> bool:
    """Return whether a bare annotation is a dict or the like, and no ``TypedDict``."""
    origin = get_origin(annotation) or annotation
    return isinstance(origin, type) and issubclass(origin, Mapping) and not is_typed_dict(origin)


def literals(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a ``Literal``; none for another annotation."""
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def class_of(annotation: Any) -> type | None:
    """Return the class of an annotation: ``Page`` for ``Page[int]``, and ``None`` for a union or ``Any``."""
    if _is_class(annotation):
        return annotation  # type: ignore[no-any-return]
    annotation = bare(annotation)
    origin = get_origin(annotation) or annotation
    return origin if isinstance(origin, type) else None


def is_typed_dict(annotation: Any) -> bool:
    """Return whether an annotation is a ``TypedDict``, also one of ``typing_extensions``."""
    cls = class_of(annotation)
    return cls is not None and issubclass(cls, dict) and hasattr(cls, "__total__")


def is_named_tuple(annotation: Any) -> bool:
    """Return whether an annotation is a ``NamedTuple``."""
    cls = class_of(annotation)
    return cls is not None and issubclass(cls, tuple) and hasattr(cls, "_field_defaults")


def is_attrs(annotation: Any) -> bool:
    """Return whether an annotation is a class of attrs."""
    return hasattr(class_of(annotation), "__attrs_attrs__")


def is_record(annotation: Any) -> bool:
    """Return whether an annotation is a class with fields that needs no library: a dataclass, a ``TypedDict``…"""
    cls = class_of(annotation)
    return cls is not None and (dataclasses.is_dataclass(cls) or is_typed_dict(cls) or is_named_tuple(cls))


def hints(annotation: Any) -> dict[str, Any]:
    """Return the resolved annotations of a class, with the arguments of ``Page[int]`` in place of its variables.

    If one names something that does not exist at run time, they stay text. The library that checks the class says so.
    """
    cls = class_of(annotation)
    try:
        found = get_type_hints(cls, include_extras=True)
    except NameError:
        classes = reversed(getattr(cls, "__mro__", ()))
        return {name: hint for one in classes for name, hint in vars(one).get("__annotations__", {}).items()}
    arguments = get_args(bare(annotation))
    if not arguments:
        return found
    variables = dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False))
    return {name: substitute(hint, variables) for name, hint in found.items()}


def substitute(annotation: Any, variables: Mapping[Any, Any]) -> Any:
    """Return an annotation with types in place of type variables."""
    if isinstance(annotation, TypeVar):
        return variables.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters or get_origin(annotation) is None:
        return annotation
    return annotation[tuple(variables.get(parameter, parameter) for parameter in parameters)]


def walk(annotation: Any, seen: dict[int, Any] | None = None) -> Iterator[Any]:
    """Yield everything that an annotation is made of: classes, types of fields, and the data of ``Annotated``.

    The fields of classes that belong to a library are left to it.
    """
    seen = {} if seen is None else seen  # it holds the objects, so that no other object gets their id
    if isinstance(annotation, (type, TypeVar)) or get_origin(annotation) is not None:
        if id(annotation) in seen:
            return
        seen[id(annotation)] = annotation
    yield annotation
    inner = bare(annotation)
    if get_origin(annotation) is Annotated:
        yield from getattr(annotation, "__metadata__", ())
    if inner is not annotation:
        yield from walk(get_args(annotation)[0] if get_origin(annotation) is Annotated else inner, seen)
        return
    if get_origin(inner) is Literal:
        return
    for argument in get_args(inner):
        yield from walk(argument, seen)
    if is_record(inner):
        for hint in hints(inner).values():
            yield from walk(hint, seen)
