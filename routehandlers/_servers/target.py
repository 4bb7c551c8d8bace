"""Import the application that a target names, for the servers that cannot do it."""

from __future__ import annotations

import ast
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..typing import WSGIApplication


def load_target(target: str) -> WSGIApplication:
    """Return the application, as gunicorn finds it.

    :param target: ``module:name``, or a call with literals as in ``routehandlers:create_app('app')``.
    """
    module, _, expression = target.partition(":")
    found: Any = import_module(module)
    node = ast.parse(expression or "application", mode="eval").body
    if not isinstance(node, ast.Call):
        return _find(found, node)  # type: ignore[no-any-return]
    arguments = [ast.literal_eval(value) for value in node.args]
    keywords = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg is not None}
    return _find(found, node.func)(*arguments, **keywords)  # type: ignore[no-any-return]


def _find(module: Any, node: ast.expr) -> Any:
    if isinstance(node, ast.Attribute):
        return getattr(_find(module, node.value), node.attr)
    if isinstance(node, ast.Name):
        return getattr(module, node.id)
    raise ValueError(f"{ast.unparse(node)!r} is neither a name nor a call of one.")
