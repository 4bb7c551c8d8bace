"""What was made for annotations, so that it is made once. It is forgotten when there are too many of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_origin

T = TypeVar("T")

# Far more than an application has. Tests make many applications in one process, each with its own models.
_MOST = 1_000


class Memo(Generic[T]):
    """Values by annotation."""

    def __init__(self) -> None:
        self._known: dict[Any, T] = {}

    def get(self, annotation: Any, make: Callable[[Any], T], placeholder: T | None = None) -> T:
        """Return the value of an annotation.

        :param make: Makes it. It may ask for the same annotation again, as a model may contain itself.
        :param placeholder: The answer to that.
        """
        key = _key(annotation)
        if key is None:
            return make(annotation)
        if key in self._known:
            return self._known[key]
        if len(self._known) >= _MOST:
            self._known.clear()
        if placeholder is not None:
            self._known[key] = placeholder
        try:
            made = self._known[key] = make(annotation)
        except BaseException:
            self._known.pop(key, None)
            raise
        return made


def _key(annotation: Any) -> Any:
    """Return the key of an annotation, or ``None`` if it has none: data of ``Annotated`` may have no hash."""
    try:
        hash(annotation)
    except TypeError:
        return None
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation
    # int | float is equal to float | int, but pydantic tries them in their order.
    return annotation, repr(annotation)
