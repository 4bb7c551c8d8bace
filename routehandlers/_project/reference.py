"""``module:app`` and ``module:create_app()``: import an application by its name, as gunicorn does."""

from __future__ import annotations

import ast
import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from .._hints import hint
from ..exceptions import UnknownApplicationError

if TYPE_CHECKING:
    from ..typing import WSGIApplication


def add_to_path(folder: Path) -> None:
    """Let the modules in a folder be imported, as servers do with the current folder."""
    if str(folder) not in sys.path and "" not in sys.path:
        sys.path.insert(0, str(folder))


def import_application(reference: str) -> WSGIApplication:
    """Import a module and return its application.

    :param reference: ``"wsgi:app"``, ``"package.module:object.attribute"`` or ``"wsgi:create_app()"``. A call may have
        literal arguments.
    :raise UnknownApplicationError: If there is no such module or application.
    :raise Exception: What the module raises.
    """
    module_name, _, expression = reference.partition(":")
    path, arguments = _parse(reference, expression)
    if not _is_there(module_name):
        meant = f" Did you mean {module_name.removesuffix('.py')}:{expression}?" if module_name.endswith(".py") else ""
        raise UnknownApplicationError(
            f"{reference}: there is no module {module_name!r} in {Path.cwd()} or among the installed packages.{meant}"
        )
    found: Any = importlib.import_module(module_name)
    for index, name in enumerate(path):
        if not hasattr(found, name):
            where = ".".join([module_name, *path[:index]])
            known = [known for known in vars(found) if not known.startswith("_")] if hasattr(found, "__dict__") else []
            raise UnknownApplicationError(f"{reference}: {where} has no {name!r}. {hint(name, known)}")
        found = getattr(found, name)
    if arguments is not None:
        positional, named = arguments
        found = found(*positional, **named)
    if not callable(found):
        raise UnknownApplicationError(f"{reference} is {found!r}, which is not a WSGI application.")
    return cast("WSGIApplication", found)


def _parse(reference: str, expression: str) -> tuple[list[str], tuple[list[Any], dict[str, Any]] | None]:
    """Return the names after the colon, and the arguments of a call. ``None`` if there is no call."""
    try:
        node = ast.parse(expression, mode="eval").body
        arguments = None
        if isinstance(node, ast.Call):
            named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
            arguments = [ast.literal_eval(argument) for argument in node.args], named
            node = node.func
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.insert(0, node.attr)
            node = node.value
    except (SyntaxError, ValueError):
        _refuse(reference)
    if not isinstance(node, ast.Name):
        _refuse(reference)
    return [node.id, *names], arguments


def _refuse(reference: str) -> NoReturn:
    raise UnknownApplicationError(
        f"{reference!r} does not name an application. Write module:name, such as wsgi:app, or module:function(), such"
        " as wsgi:create_app()."
    )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # a parent package imports another missing module
        return False
    except ValueError:  # a module of the interpreter's own, such as __main__
        return False
