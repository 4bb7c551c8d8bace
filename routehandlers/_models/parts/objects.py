"""Filter objects by a model: rows of a database, dicts and instances of subclasses become data with its fields only.

The libraries accept an instance of a subclass as it is, and write all its fields: ``password`` too. So values are taken
apart before a library checks them, at every level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..base import ModelField
from .annotations import (
    arms,
    bare,
    class_of,
    elements,
    is_fixed_tuple,
    is_list,
    is_mapping,
    is_named_tuple,
    is_typed_dict,
)
from .exact import Check, Exact

Project = Callable[[Any], Any]

_MISSING = object()


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class _Part:
    """A field, and how to find it.

    :param target: The key by which the library reads it.
    :param keys: Keys of a dict, or attributes of a row, each with the key by which the library reads it.
    """

    name: str
    target: str
    keys: tuple[tuple[str, str], ...]
    project: Project


class Filter:
    """The filters of the models of one library. Each is made once, at start.

    :param exact: The checks of the same library.
    :param reads_names: Whether the library reads a field by its name where it has an alias.
    :param reads_rows: Returns whether the library itself reads rows and dicts of a class, and ignores other keys.
    """

    def __init__(self, exact: Exact, *, reads_names: bool, reads_rows: Callable[[type], bool]) -> None:
        self._exact = exact
        self._reads_names = reads_names
        self._reads_rows = reads_rows
        self._known: dict[Any, Project | None] = {}

    def project(self, model: Any) -> Project:
        """Return a function that takes a value apart where it does not have the classes of the model."""
        return self._find(model) or _same

    def _find(self, annotation: Any) -> Project | None:
        """Return the function for an annotation, or ``None`` if it contains no model."""
        annotation = bare(annotation)
        try:
            if annotation in self._known:
                return self._known[annotation]
        except TypeError:  # it cannot be hashed
            return None
        # A model may contain itself. Until its function is made, it is looked up at each call.
        self._known[annotation] = lambda value: (self._known[annotation] or _same)(value)
        self._known[annotation] = found = self._make(annotation)
        return found

    def _make(self, annotation: Any) -> Project | None:
        alternatives = arms(annotation)
        if len(alternatives) > 1:
            return self._union(alternatives)
        if is_list(annotation):
            return self._list(annotation)
        if is_mapping(annotation):
            return self._dict(annotation)
        fields = self._exact.fields_of(annotation)
        return None if fields is None else self._model(annotation, fields)

    def _list(self, annotation: Any) -> Project | None:
        found = [self._find(element) for element in elements(annotation)]
        if not any(found):
            return None
        if is_fixed_tuple(annotation):
            return _at_each_position([project or _same for project in found])
        project = found[0] or _same
        return lambda value: [project(item) for item in value] if _is_several(value) else value

    def _dict(self, annotation: Any) -> Project | None:
        project = self._find(elements(annotation)[-1]) if elements(annotation) else None
        if project is None:
            return None
        return lambda value: (
            {key: project(item) for key, item in value.items()} if isinstance(value, Mapping) else value
        )

    def _union(self, alternatives: tuple[Any, ...]) -> Project | None:
        found = [(arm, project) for arm in alternatives if (project := self._find(arm)) is not None]
        if not found:
            return None
        models = {id(arm) for arm, _ in found}
        others = [self._exact.check(arm) for arm in alternatives if id(arm) not in models]
        exact = [(self._exact.check(arm), project) for arm, project in found]
        instances = [(class_of(arm), project) for arm, project in found if self._has_instances(arm)]
        only = found[0][1] if len(found) == 1 else _same

        def project_union(value: Any) -> Any:
            if any(check(value) for check in others):
                return value
            for check, project in exact:
                if check(value):
                    return project(value)
            for cls, project in instances:
                if cls is not None and isinstance(value, cls):
                    return project(value)
            return only(value)  # of several models, the library chooses by the keys

        return project_union

    def _model(self, annotation: Any, fields: tuple[ModelField, ...]) -> Project:
        cls = class_of(annotation)
        assert cls is not None
        is_exact = self._exact.check(annotation)
        parts = [self._part(field) for field in fields]
        if is_named_tuple(cls):
            return _named_tuple(cls, is_exact, parts)
        reads_rows = self._reads_rows(cls) and all(part.project is _same for part in parts)
        is_dict = is_typed_dict(cls)

        def project_model(value: Any) -> Any:
            if is_exact(value) or _is_scalar(value):
                return value
            if not is_dict and isinstance(value, cls):
                return _own_attributes(value, parts)
            if _is_dict(value):
                return value if reads_rows and isinstance(value, dict) else _from_dict(value, parts)
            return value if reads_rows else _from_row(value, parts)

        return project_model

    def _has_instances(self, annotation: Any) -> bool:
        return self._exact.fields_of(annotation) is not None and not is_typed_dict(annotation)

    def _part(self, field: ModelField) -> _Part:
        names = dict.fromkeys((field.alias, *field.other_names, field.name))
        target = field.name if self._reads_names else field.alias
        keys = tuple((key, key if self._reads_names else target) for key in names)
        return _Part(field.name, target, keys, self._find(field.annotation) or _same)


def _own_attributes(value: Any, parts: Iterable[_Part]) -> dict[str, Any]:
    """Return the fields of an instance of the model or of a subclass."""
    found = ((part, getattr(value, part.name, _MISSING)) for part in parts)
    return {part.target: part.project(item) for part, item in found if item is not _MISSING}


def _from_row(value: Any, parts: Iterable[_Part]) -> dict[str, Any]:
    """Return the fields of an object of another class. It may have them under their aliases."""
    data = {}
    for part in parts:
        for key, target in part.keys:
            item = getattr(value, key, _MISSING)
            if item is not _MISSING:
                data[target] = part.project(item)
                break
    return data


def _from_dict(value: Any, parts: Iterable[_Part]) -> dict[str, Any]:
    present = set(value.keys())
    data = {}
    for part in parts:
        for key, target in part.keys:
            if key in present:
                data[target] = part.project(value[key])
                break
    return data


def _named_tuple(cls: Any, is_exact: Check, parts: list[_Part]) -> Project:
    def project_named_tuple(value: Any) -> Any:
        if is_exact(value) or _is_scalar(value):
            return value
        if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
            projects = [part.project for part in parts]
            return [project(item) for project, item in zip(projects, value, strict=False)] + list(value[len(parts) :])
        data = _from_dict(value, parts) if _is_dict(value) else _from_row(value, parts)
        try:
            return [data[name] if name in data else cls._field_defaults[name] for name in cls._fields]
        except KeyError:
            return data  # the library says what is missing

    return project_named_tuple


def _at_each_position(projects: list[Project]) -> Project:
    def project_tuple(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) or len(value) != len(projects):
            return value
        return tuple(project(item) for project, item in zip(projects, value, strict=True))

    return project_tuple


def _is_dict(value: Any) -> bool:
    # sqlite3.Row has keys(), and no attributes.
    return isinstance(value, Mapping) or callable(getattr(type(value), "keys", None))


def _is_several(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray, Mapping))


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, bytes, int, float))
