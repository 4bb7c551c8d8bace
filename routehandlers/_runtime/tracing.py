"""What a request would meet, told and not done."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING

from .._http.response.response import Response
from .path.lookup import UnknownPathError
from .scope.wrapped import WrappedScope

if TYPE_CHECKING:
    from ..typing import WSGIEnvironment
    from .path.lookup import Found
    from .pipeline import Pipeline


def trace(pipeline: Pipeline, environ: WSGIEnvironment) -> tuple[list[tuple[str, str]], Found | Response]:
    """What a request would meet before its route, in order, and where it would end. Nothing of the user's runs.

    :raise HTTPException: If there is no route, or the path is malformed.
    """
    scope = WrappedScope(environ, pipeline.no_route, Context(), is_watched=False)
    pipeline.entrance.check_host(environ)
    sent = pipeline.entrance.read_path(environ)
    if isinstance(sent, Response):
        return [], sent
    steps = [("headers", f"{name}: {value}") for name, value in pipeline.transforms.headers_for(scope, sent)]
    redirect = pipeline.transforms.redirect_for(scope, sent)
    if redirect is not None:
        return [], redirect
    if sent.text is None:
        raise UnknownPathError
    root = pipeline.surroundings.root_middleware
    if root is not None and scope.meets(root, sent.text):
        steps.append(("middleware", str(root.file)))
    found = pipeline.find_rewritten(scope, sent.text, is_sent=True)
    if scope.is_rewritten:
        steps.append(("rewrite", f"to {found[2]}"))
    for middleware in pipeline.guards.get(found[0], ()):
        if scope.meets(middleware, found[2]):
            steps.append(("middleware", str(middleware.file)))
    return steps, found
