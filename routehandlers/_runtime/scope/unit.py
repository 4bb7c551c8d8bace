"""A unit of work: the resources that one request, render or callback has opened, and how they end.

A unit is made when its first resource is opened. It hangs on the scope of a request or
of a render, or else on a context variable, inside of ``with unit():`` and in threads
that took it over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import HTTPException

from ..._cache.render import TurnedDynamicError
from ..._cache.unit import noted_purges
from ..._http.response.interrupts import Interrupt
from ..._http.values.current import SCOPE
from ...exceptions import OutsideUnitError, ResourceCycleError

if TYPE_CHECKING:
    from ..._cache.unit import PurgesOfUnit
    from .scope import Scope

logger = logging.getLogger("routehandlers")

_Steps = Generator[Any, Any, Any]


class Opens(Protocol):
    """A resource that a unit can open.

    :ivar make: Returns the value, or a generator that yields it.
    :ivar is_generator: Whether it returns a generator.
    """

    name: str
    make: Callable[[], Any]
    is_generator: bool

    def mistake(self, made: Any) -> Exception:
        """Return the exception for a function that should make a generator with one ``yield``, and made this."""
        ...


# Stands for the end of a generator. An exception would take longer.
_ENDED = object()


class Unit:
    """The resources of one unit of work.

    :param scope: The scope that it was made in; ``None`` outside of requests.
    :ivar values: The values of the resources that were opened.
    :ivar opening: The resources whose code before the ``yield`` runs now, outermost first.
    """

    opening: Sequence[Any] = ()

    # The resources that have used another one while they were opened.
    _users: dict[Any, list[Any]] | None = None

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope
        self.values: dict[Any, Any] = {}
        # Resources that wait to be ended, in the order in which their yields were reached.
        self._open: dict[Any, _Steps] = {}
        self._lock = threading.RLock()

    def open(self, resource: Opens) -> Any:
        """Return the value of a resource, which is opened by the first call.

        :raise ResourceCycleError: If its own code, before the ``yield``, needs it.
        """
        lock = self._lock
        lock.acquire()  # a with statement would take twice as long
        outer = self.opening
        try:
            if outer:
                self._note_use(resource)
            if resource in self.values:
                return self.values[resource]
            self.opening = (*outer, resource)
            value = made = resource.make()
            if resource.is_generator:
                if type(made) is not GeneratorType:
                    raise resource.mistake(made)
                value = next(made, _ENDED)
                if value is _ENDED:
                    raise resource.mistake(made)
                self._open[resource] = made
            self.values[resource] = value
            return value
        finally:
            self.opening = outer
            lock.release()

    def _note_use(self, resource: Opens) -> None:
        opening = self.opening
        if resource in opening:
            cycle = [*opening[opening.index(resource) :], resource]
            raise ResourceCycleError([one.name for one in cycle])
        if self._users is None:
            self._users = {}
        self._users.setdefault(resource, []).append(opening[-1])

    def end(self, error: BaseException | None = None) -> None:
        """End all resources, the last one first. When one fails, those that are still open get its exception.

        :param error: An exception to throw into the resources. It stays the outcome of the unit: failures of the
            resources are logged, and a resource that swallows it changes nothing.
        :raise BaseException: The first failure, if no exception is thrown. Always ``SystemExit`` and the like.
        """
        thrown, stopped, lock, remaining = error, None, self._lock, self._open
        lock.acquire()
        try:
            # Code of a resource that ends may open others. They end, too.
            while remaining:
                resource, steps = remaining.popitem()
                failure = _go_on(resource, steps) if thrown is None else _throw(resource, steps, thrown)
                if failure is not None:
                    thrown, stopped = _count(resource, failure, thrown, stopped)
        finally:
            lock.release()
        if stopped is not None:
            raise stopped
        if error is None and thrown is not None:
            raise thrown

    def release(self, resource: Opens) -> None:
        """End one resource before the end of the unit, after those that have used it while they were opened.

        :raise BaseException: As ``end()`` does.
        """
        thrown: BaseException | None = None
        stopped: BaseException | None = None
        with self._lock:
            for one in reversed([one for one in self.values if self._depends(one, resource)]):
                del self.values[one]
                steps = self._open.pop(one, None)
                if steps is None:
                    continue
                failure = _go_on(one, steps) if thrown is None else _throw(one, steps, thrown)
                if failure is not None:
                    thrown, stopped = _count(one, failure, thrown, stopped)
        failed = stopped or thrown
        if failed is not None:
            raise failed

    def _depends(self, one: Any, resource: Any) -> bool:
        """Return whether a resource is another one, or has used it while it was opened."""
        users = self._users.get(resource, ()) if self._users is not None else ()
        return one is resource or any(self._depends(one, user) for user in users)


def _go_on(resource: Opens, steps: _Steps) -> BaseException | None:
    """Run the code after the ``yield``, and return the exception that it raises."""
    try:
        if next(steps, _ENDED) is _ENDED:
            return None
    except BaseException as raised:
        return raised
    return _yielded_again(resource, steps)


def _throw(resource: Opens, steps: _Steps, error: BaseException) -> BaseException | None:
    """Raise an exception at the ``yield``, and return another one that comes of it."""
    traceback = error.__traceback__
    try:
        if isinstance(error, GeneratorExit):
            steps.close()
            return None
        steps.throw(error)
    except StopIteration:
        return None
    except BaseException as raised:
        # Python turns a StopIteration that is thrown into a generator into a RuntimeError.
        is_same = raised is error or (isinstance(error, StopIteration) and raised.__cause__ is error)
        return None if is_same else raised
    finally:
        error.__traceback__ = traceback  # the frames of resources would hide where it was raised
    return _yielded_again(resource, steps)


def _yielded_again(resource: Opens, steps: _Steps) -> Exception:
    steps.close()
    return RuntimeError(
        f"The resource {resource.name} yields twice. Write one yield: the code after it ends the resource."
    )


_Failures = tuple["BaseException | None", "BaseException | None"]


def _count(
    resource: Opens, failure: BaseException, thrown: BaseException | None, stopped: BaseException | None
) -> _Failures:
    """Return the exception for the resources that are still open, and the one that must not get lost."""
    if thrown is None:
        return failure, stopped
    logger.error("The resource %s failed while another exception ended it", resource.name, exc_info=failure)
    return thrown, stopped or (None if _is_planned(failure) else failure)


def _is_planned(error: BaseException) -> bool:
    """Return whether an exception may be logged and forgotten. Servers stop a worker by other ones."""
    return isinstance(error, (Exception, Interrupt, TurnedDynamicError))


# The unit of ``with unit():``. It counts only in the scope that it was made in: a request that is sent to an
# application inside of the block has a unit of its own.
_entered: ContextVar[Unit | None] = ContextVar("routehandlers.unit", default=None)


def current_unit(resource: Opens) -> Unit:
    """Return the unit of work that this code belongs to.

    :raise OutsideUnitError: If there is none.
    """
    scope: Scope | None = SCOPE.get(None)
    entered = _entered.get()
    if entered is not None and entered.scope is scope:
        return entered
    if scope is None:
        raise OutsideUnitError(resource.name)
    # setdefault() is atomic: two threads of a request get the same unit.
    return scope.unit or scope.__dict__.setdefault("unit", Unit(scope))


@contextmanager
def entered(unit: Unit, earlier: PurgesOfUnit | None = None) -> Iterator[None]:
    """Make a unit the current one, and end it.

    :param earlier: Purges that were made in the unit before.
    """
    token = _entered.set(unit)
    try:
        with noted_purges() as purges:
            try:
                yield
            except BaseException as error:
                unit.end(None if is_answer(error) else error)
                raise
            else:
                unit.end()
            finally:
                for noted in (earlier, purges):
                    if noted is not None:
                        noted.repeat()
    finally:
        _entered.reset(token)


def new_unit() -> Any:
    """Return a context manager: a unit of work inside of the current request, or outside of requests."""
    return entered(Unit(SCOPE.get(None)))


def end_unit(scope: Scope, error: BaseException | None = None) -> None:
    """End the unit of a scope, and repeat its purges. A resource that is opened after this is of a second unit.

    Call it in the context of the scope.

    :param error: An exception to throw into the resources.
    :raise BaseException: See ``Unit.end``.
    """
    unit = scope.unit
    if unit is None:
        return
    try:
        unit.end(error)
    finally:
        del scope.unit
        if scope._purges is not None:
            # A request in between may have stored what these resources have only now changed.
            scope._purges.repeat()


def fail_unit(scope: Scope, error: BaseException) -> None:
    """End the unit of a scope with an exception that left code of the user. ``redirect()`` leaves it open."""
    if not is_answer(error):
        end_unit(scope, error)


def is_answer(error: BaseException) -> bool:
    """Return whether an exception stands for a response with a status below 400, as that of ``redirect()`` does."""
    if isinstance(error, Interrupt):
        return error.status < 400
    if isinstance(error, HTTPException):
        status = error.code if error.response is None else getattr(error.response, "status_code", None)
        return status is not None and status < 400
    return False
