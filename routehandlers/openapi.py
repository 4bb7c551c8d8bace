"""The OpenAPI document of an application, and settings of its operations.

A file ``openapi.py`` in a folder of routes serves the document; ``routehandlers openapi`` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ._hints import shorten
from ._openapi.document import Covers, make_document
from ._openapi.settings import SPEC_VERSIONS, DocumentSettings, OperationSettings, attach
from .exceptions import UnknownRouteError

if TYPE_CHECKING:
    from ._start.loader import RouteModule
    from .app import RouteHandlers

__all__ = ["document", "operation"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def document(
    app: RouteHandlers,
    *,
    prefix: str | None = None,
    spec_version: Literal["3.1", "3.2"] | None = None,
    server: str | None = None,
) -> dict[str, Any]:
    """Return the OpenAPI document of an application as a dict. The same files always give the same document.

    The constants and the function of an ``openapi.py`` apply, if there is one for these routes.

    :param prefix: Describe the routes whose pattern begins with these segments, such as ``"/v1"``. By default, these
        are the routes below the only ``openapi.py`` of the application, or all routes.
    :param spec_version: The version of OpenAPI, by default that of ``openapi.py``, or else 3.1.
    :param server: The prefix of all paths, by default the base path.
    :raise ValueError: If there is no such version.
    :raise UnknownRouteError: If no route has the prefix.
    """
    if spec_version is not None and spec_version not in SPEC_VERSIONS:
        raise ValueError(f"spec_version is {spec_version!r}. Give one of {', '.join(map(repr, SPEC_VERSIONS))}.")
    settings, covers, depth = _chosen(app, prefix)
    if spec_version is not None:
        settings = replace(settings, spec_version=spec_version)
    if server is None:
        server = app.config.base_path
    return make_document(app._described, settings, covers, server=server, depth=depth)


def _chosen(app: RouteHandlers, prefix: str | None) -> tuple[DocumentSettings, Covers, int]:
    """Return the settings of a document, the routes that it describes, and the number of folders above them."""
    files = {file.folder_pattern: file for file in app._documents}
    if prefix is None:
        file = files.get("/") or (next(iter(files.values())) if len(files) == 1 else None)
        return (DocumentSettings(), _everything, 0) if file is None else (file.settings, file.covers, file.depth)
    start = f"/{prefix.strip('/')}"
    if start in files:
        return files[start].settings, files[start].covers, files[start].depth
    below = start if start == "/" else f"{start}/"

    def covers(route: RouteModule) -> bool:
        return f"{route.route.pattern.rstrip('/')}/".startswith(below)

    if not any(covers(route) for route in app._described.routes):
        raise UnknownRouteError(f"No route begins with {prefix!r}.")
    return DocumentSettings(), covers, len([part for part in start.split("/") if part])


def _everything(_: RouteModule) -> bool:
    return True


_STATUS = re.compile(r"[1-5](\d\d|XX)|default")


def operation(
    *,
    operation_id: str | None = None,
    tags: Sequence[str] | None = None,
    responses: Mapping[int | str, Any] | None = None,
    examples: Mapping[str, Any] | None = None,
    links: Mapping[str, Any] | None = None,
    callbacks: Mapping[str, Any] | None = None,
    deprecated: bool | date | None = None,
    security: Sequence[Mapping[str, Sequence[str]]] | None = None,
    hidden: bool | None = None,
) -> Callable[[_Function], _Function]:
    """Return a decorator that sets what the document says about a handler. It returns the function itself.

    :param operation_id: The id, instead of one such as ``get_items_by_slug``.
    :param tags: The tags, instead of the group or folder.
    :param responses: Response objects by status, which are added to those of the annotations. A key ``model`` is the
        type of the JSON; ``None`` removes a response.
    :param examples: Values or example objects by name: of the body, or of the response of a handler without a body.
    :param links: Link objects of the successful response by name.
    :param callbacks: Callback objects by name.
    :param deprecated: ``True``, or the date since when. The responses have the header ``Deprecation`` (RFC 9745); with
        ``True`` its date is 1970-01-01.
    :param security: Security requirements, instead of those of the guards. An empty list means that there are none.
    :param hidden: Leave the operation out.
    :raise TypeError: If an argument has the wrong type.
    """
    expected: tuple[tuple[str, object, type | tuple[type, ...], str], ...] = (
        ("operation_id", operation_id, str, "a text"),
        ("tags", tags, (list, tuple), "a list of texts"),
        ("responses", responses, Mapping, "a dict of responses by status"),
        ("examples", examples, Mapping, "a dict of examples by name"),
        ("links", links, Mapping, "a dict of links by name"),
        ("callbacks", callbacks, Mapping, "a dict of callbacks by name"),
        ("deprecated", deprecated, (bool, date), "True or a date"),
        ("security", security, (list, tuple), 'a list such as [{"bearer": []}]'),
        ("hidden", hidden, bool, "True or False"),
    )
    for name, value, kind, form in expected:
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"operation(): {name} is {shorten(value)}. Give {form}.")
    if not all(isinstance(one, Mapping) for one in security or ()):
        raise TypeError(f'operation(): security is {shorten(security)}. Give a list such as [{{"bearer": []}}].')
    _check_responses(responses or {})
    settings = OperationSettings(
        operation_id=operation_id,
        tags=tuple(tags) if tags is not None else None,
        responses=responses,
        examples=examples,
        links=links,
        callbacks=callbacks,
        deprecated=deprecated,
        security=security,
        hidden=hidden,
    )

    def decorate(function: _Function) -> _Function:
        attach(function, settings)
        return function

    return decorate


def _check_responses(responses: Mapping[int | str, Any]) -> None:
    for status, response in responses.items():
        if not _STATUS.fullmatch(str(status)):
            raise TypeError(f"operation(): responses has the key {status!r}. Give a status such as 404 or '5XX'.")
        if response is not None and not isinstance(response, Mapping):
            given = f"operation(): responses is {shorten(response)} for {status}."
            raise TypeError(f"{given} Give a dict such as {{'model': Item}}, or None.")
