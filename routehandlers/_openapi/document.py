"""Put a document together: an OpenAPI object as plain values."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._http.values import json
from ..exceptions import InvalidReturnError
from .answers import responses_of
from .components import Components
from .operations import models_of, operation_object
from .security import requirements
from .settings import DEFAULT_INFO, SPEC_VERSIONS, DocumentSettings

if TYPE_CHECKING:
    from .._start.loader import RouteModule
    from .described import Described, Operation

Covers = Callable[["RouteModule"], bool]
"""Returns whether a document describes a route."""


def make_document(
    described: Described,
    settings: DocumentSettings,
    covers: Covers = lambda _: True,
    *,
    server: str = "",
    depth: int = 0,
) -> dict[str, Any]:
    """Return the document of an application. The same application gives the same document.

    :param server: The prefix of all paths: that of the application where it is mounted, with its base path.
    :param depth: Number of folders above the routes that it describes. They make no tags.
    """
    operations = [one for one in described.operations if covers(one.route)]
    components = Components(model for one in operations for model in models_of(one, described.adapter))
    paths: dict[str, dict[str, Any]] = {}
    schemes: dict[str, Any] = dict(settings.security_schemes)
    for one in operations:
        security = _security(described, one, schemes)
        responses = responses_of(
            one,
            components,
            spec_version=settings.spec_version,
            is_guarded=bool(security),
            own_errors=_own_errors(described, one),
            own_models=lambda model: _own_model(described, components, model),
        )
        made = operation_object(
            one,
            components,
            described.converters,
            responses,
            security,
            folders=one.route.route.folders[depth:],
        )
        paths.setdefault(one.path.text, {})[one.method.lower()] = made
    document: dict[str, Any] = {
        "openapi": SPEC_VERSIONS[settings.spec_version],
        "info": {**DEFAULT_INFO, **settings.info},
        "servers": [dict(one) for one in _servers(settings, server)],
        "tags": [dict(one) for one in settings.tags or ()],
        "externalDocs": dict(settings.external_docs or {}),
        "paths": paths,
        "components": _parts(components.used_by(paths), schemes),
    }
    document = {name: value for name, value in document.items() if value or name == "paths"}
    return _changed(settings, document)


def _servers(settings: DocumentSettings, prefix: str) -> Iterable[Mapping[str, Any]]:
    if settings.servers is not None:
        return settings.servers
    return [{"url": prefix}] if prefix else []


def _security(described: Described, operation: Operation, schemes: dict[str, Any]) -> list[dict[str, list[str]]] | None:
    """Return what an operation needs, and note the schemes that it names."""
    folders = operation.route.route.folders
    guards = [guard for guard in described.guards if guard.covers(folders, operation.path)]
    own = operation.settings.security
    if own is None and not guards:
        return None
    needed = (
        [{name: list(scopes) for name, scopes in one.items()} for one in own]
        if own is not None
        else requirements(guards)
    )
    names = {name for one in needed for name in one}
    for guard in described.guards:
        for name, scheme in guard.schemes.items():
            if name in names:
                schemes.setdefault(name, dict(scheme))
    return needed


def _own_errors(described: Described, operation: Operation) -> frozenset[int]:
    if not described.has_problems:
        return frozenset(range(400, 500))
    return described.own_errors(operation.route.route.folders)


def _own_model(described: Described, components: Components, model: Any) -> dict[str, Any]:
    adapter = described.adapter(model) if described.adapter is not None else None
    return components.schema(adapter, model, "output") if adapter is not None else {}


def _parts(schemas: dict[str, Any], schemes: dict[str, Any]) -> dict[str, Any]:
    parts = {"schemas": schemas, "securitySchemes": {name: schemes[name] for name in sorted(schemes)}}
    return {name: value for name, value in parts.items() if value}


def _changed(settings: DocumentSettings, document: dict[str, Any]) -> dict[str, Any]:
    if settings.change is None:
        return document
    # The function may change what it gets, and parts of it are constants of the user's files.
    changed = settings.change(copy.deepcopy(document))
    if not isinstance(changed, dict):
        raise InvalidReturnError(f"openapi() returned {changed!r:.80}. Return the document.")
    return changed


def to_bytes(document: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a document as JSON, and its entity tag."""
    return tagged(json.dumps(document))


def tagged(body: bytes) -> tuple[bytes, str]:
    """Return a body with its entity tag."""
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
