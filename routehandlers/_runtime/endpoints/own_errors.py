"""Copy an exception for each request that waited for the render which raised it.

The frames of a traceback hold the requests that they belong to. If several requests raised one object, each would add
its frames to the traceback that the others log, show or keep.
"""

from __future__ import annotations

import builtins
import copy
from typing import Any

# Groups of exceptions are of Python 3.11.
_GROUP: Any = getattr(builtins, "BaseExceptionGroup", ())

# Causes of causes that are copied, too.
_DEEPEST = 10


def own_error(error: BaseException, depth: int = _DEEPEST) -> BaseException:
    """Return an exception of the same type with the same arguments, attributes and causes, without a traceback."""
    own = _copied_group(error, depth) if isinstance(error, _GROUP) else _copied(error)
    own.__traceback__ = None
    if "__notes__" in vars(own):
        vars(own)["__notes__"] = list(vars(own)["__notes__"])
    own.__cause__ = _copied_cause(error.__cause__, depth)
    own.__context__ = _copied_cause(error.__context__, depth)
    own.__suppress_context__ = error.__suppress_context__
    return own


def _copied_cause(cause: BaseException | None, depth: int) -> BaseException | None:
    return own_error(cause, depth - 1) if cause is not None and depth else None


def _copied(error: BaseException) -> BaseException:
    kind = type(error)
    try:
        own = copy.copy(error)
    except Exception:  # a class whose constructor has other arguments
        own = error
    if own is error or type(own) is not kind:
        # A constructor of the user is passed over, as pickle does for other classes.
        builtin: Any = next(base for base in kind.__mro__ if base.__module__ == "builtins")
        made: BaseException = builtin.__new__(kind, *error.args)
        made.args = error.args
        vars(made).update(vars(error))
        return made
    return own


def _copied_group(error: Any, depth: int) -> BaseException:
    inner = [own_error(one, depth - 1) if depth else _copied(one).with_traceback(None) for one in error.exceptions]
    group: BaseException = error.derive(inner)
    vars(group).update(vars(error))
    return group
