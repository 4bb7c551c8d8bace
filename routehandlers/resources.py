"""Resources: what a unit of work needs and must give back, such as a database session."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from types import GeneratorType
from typing import Any, Generic, TypeVar, overload

from ._runtime.scope.unit import current_unit, new_unit
from ._start.arguments import is_async, is_callable_alone

__all__ = ["Resource", "resource", "unit"]

T = TypeVar("T")


class Resource(Generic[T]):
    """A resource, as ``resource()`` makes it of a function. Call it to get its value.

    :ivar name: Name of the function, for messages.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self.name: str = getattr(function, "__qualname__", repr(function))
        self.make = function
        self.is_generator = inspect.isgeneratorfunction(inspect.unwrap(function))
        functools.update_wrapper(self, function)

    def __call__(self) -> T:
        """Return the value. It is the same object throughout a unit of work, and is made at the first call.

        :raise OutsideUnitError: Outside of a unit of work.
        :raise ResourceCycleError: If resources need each other before they yield.
        """
        found = current_unit(self)
        value: T = found.open(self) if found.opening or self not in found.values else found.values[self]
        return value

    def release(self) -> None:
        """End it now: the code after its ``yield`` runs, and what it raises is raised here.

        Call it before a long stream that does not need it. Resources that have used it while they were opened end
        before it. The next call opens it again. Nothing happens if it is not open.

        :raise OutsideUnitError: Outside of a unit of work.
        """
        found = current_unit(self)
        found.release(self)
        if found.scope is not None:
            found.scope.purges.repeat(is_last=False)

    def mistake(self, made: Any) -> Exception:
        """Return the exception for a function that should make a generator with one ``yield``, and made this."""
        if isinstance(made, GeneratorType):
            return RuntimeError(f"The resource {self.name} ended without a yield. Yield its value once.")
        return TypeError(
            f"The resource {self.name} is a generator, but a decorator below @resource makes {made!r} of it. Leave"
            " out @contextmanager: @resource takes the function itself."
        )

    def __repr__(self) -> str:
        return f"<Resource {self.name}>"


@overload
def resource(function: Callable[[], Generator[T, Any, Any]], /) -> Resource[T]: ...
@overload
def resource(function: Callable[[], Iterator[T]], /) -> Resource[T]: ...
@overload
def resource(function: Callable[[], T], /) -> Resource[T]: ...
def resource(function: Callable[[], Any], /) -> Resource[Any]:
    """Make a resource of a function, which yields what a unit of work uses, and then gives it back.

    ::

        @resource
        def db():
            with Session(engine) as session:
                yield session
                session.commit()  # reached unless something was raised

    ``db()`` is the same session in the handler, in helpers and in middleware of one request. It is made at the first
    call, and ends when the response is complete and before its headers are sent, or after the last chunk of a stream.
    An unexpected exception, an ``HTTPException`` or interrupt with a status of 400 or more, and the end of a stream
    whose client went away are raised at the ``yield``. A function that returns its value has nothing to end.

    :raise TypeError: If the function takes arguments or is asynchronous.
    """
    if not callable(function) or is_async(function):
        raise TypeError(f"resource() takes a function that is not asynchronous, not {function!r}.")
    if not is_callable_alone(function):
        raise TypeError(
            f"The resource {getattr(function, '__qualname__', function)!r} is called without arguments. Remove its"
            " parameters: a resource can call other resources, and cookies() and headers()."
        )
    return Resource(function)


def unit() -> AbstractContextManager[None]:
    """Provide a unit of work inside a ``with`` block, for scripts, task queues and threads.

    ::

        with unit():
            db().add(Item("a"))

    The resources end with the block. An exception that leaves the block is raised at each ``yield``. Inside a
    request, the block has resources of its own.
    """
    made: AbstractContextManager[None] = new_unit()
    return made
