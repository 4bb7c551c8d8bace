"""Render ``manifest.webmanifest`` from the result of ``manifest()`` (https://www.w3.org/TR/appmanifest/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._hints import snake_case
from .._http.values import json
from ..exceptions import InvalidReturnError
from ..metadata import Manifest

_KEYS = frozenset(Manifest.__annotations__)


def render_manifest(manifest: Any) -> bytes:
    """Render the file. Unknown members are written unchanged, because the standard grows.

    :raise InvalidReturnError: If the value is not a ``routehandlers.metadata.Manifest``.
    """
    if not isinstance(manifest, Mapping):
        raise InvalidReturnError(f"manifest() returned {manifest!r}. Return a dict, such as {{'name': 'Shop'}}.")
    for key in manifest:
        meant = snake_case(str(key))
        if meant != key and meant in _KEYS:
            raise InvalidReturnError(f"manifest() has the unknown key {key!r}. Did you mean {meant!r}?")
    return json.dumps(dict(manifest))
