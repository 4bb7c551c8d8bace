"""Filter objects by a model: rows of a database, dicts and instances of subclasses become data with its fields only.

The libraries accept an instance of a subclass as it is, and write all its fields: ``password`` too. So values are taken
apart before a library checks them, at every level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..base import ModelField
from .annotations import arms, bare, class_of, elements, is_fixed_tuple, is_list, is_mapping, is_typed_dict
from .exact import Exact
from .memo import Memo
from .rows import (
    Part,
    Project,
    Shape,
    from_dict,
    from_list,
    from_row,
    in_order,
    is_dict,
    is_scalar,
    is_several,
    own_attributes,
)


def _same(value: Any) -> Any:
    return value


class Filter:
    """The filters of the models of one library. Each is made once, at start.

    :param exact: The checks of the same library.
    :param reads_names: Whether the library reads a field by its name where it has an alias.
    :param shape_of: Returns what the library reads a class from.
    """

    def __init__(self, exact: Exact, *, reads_names: bool, shape_of: Callable[[type], Shape]) -> None:
        self._exact = exact
        self._reads_names = reads_names
        self._shape_of = shape_of
        self._known: Memo[Project | None] = Memo()

    def project(self, model: Any) -> Project:
        """Return a function that takes a value apart where it does not have the classes of the model."""
        return self._find(model) or _same

    def _find(self, annotation: Any) -> Project | None:
        """Return the function for an annotation, or ``None`` if it contains no model."""
        inner = bare(annotation)
        # A model may contain itself. Until its function is made, it is looked up at each call.
        return self._known.get(inner, self._make, lambda value: (self._find(inner) or _same)(value))

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
        return lambda value: [project(item) for item in value] if is_several(value) else value

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
        # Of several models, the library chooses by the keys.
        rest = found[0][1] if len(found) == 1 else self._take_apart

        def project_union(value: Any) -> Any:
            if any(check(value) for check in others):
                return value
            for check, project in exact:
                if check(value):
                    return project(value)
            for cls, project in instances:
                if cls is not None and isinstance(value, cls):
                    return project(value)
            return rest(value)

        return project_union

    def _take_apart(self, value: Any) -> Any:
        """Return dicts in place of all models in a value, so that the library looks at each of their fields."""
        if isinstance(value, Mapping):
            return {key: self._take_apart(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)) and not hasattr(value, "_fields"):
            return [self._take_apart(item) for item in value]
        fields = self._exact.fields_of(type(value))
        if fields is None:
            return value
        parts = [self._part(field)._replace(project=self._take_apart) for field in fields]
        return self._shaped(own_attributes(value, parts), parts, self._shape_of(type(value)))

    def _model(self, annotation: Any, fields: tuple[ModelField, ...]) -> Project:
        cls = class_of(annotation)
        assert cls is not None
        is_exact = self._exact.check(annotation)
        parts = [self._part(field) for field in fields]
        shape = self._shape_of(cls)
        reads_rows = shape.reads_rows and all(part.project is _same for part in parts)
        has_instances = not is_typed_dict(cls)

        def project_model(value: Any) -> Any:
            if reads_rows and type(value) is dict:
                return value
            if is_exact(value) or is_scalar(value):
                return value
            if has_instances and isinstance(value, cls):
                return self._shaped(own_attributes(value, parts), parts, shape)
            if is_dict(value):
                if reads_rows and isinstance(value, dict):
                    return value
                return self._shaped(from_dict(value, parts), parts, shape)
            if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
                return from_list(value, parts) if shape.is_list else value
            return value if reads_rows else self._shaped(from_row(value, parts), parts, shape)

        return project_model

    def _shaped(self, data: dict[str, Any], parts: list[Part], shape: Shape) -> Any:
        return in_order(data, parts, shape) if shape.is_list else {**shape.constants, **data}

    def _has_instances(self, annotation: Any) -> bool:
        return self._exact.fields_of(annotation) is not None and not is_typed_dict(annotation)

    def _part(self, field: ModelField) -> Part:
        names = dict.fromkeys((field.alias, *field.other_names, field.name))
        target = field.name if self._reads_names else field.alias
        keys = tuple((key, key if self._reads_names else target) for key in names)
        return Part(field.name, target, keys, self._find(field.annotation) or _same)


def _at_each_position(projects: list[Project]) -> Project:
    def project_tuple(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) or len(value) != len(projects):
            return value
        return tuple(project(item) for project, item in zip(projects, value, strict=True))

    return project_tuple
