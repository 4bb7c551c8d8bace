"""``manifest.webmanifest``, out of what ``manifest()`` returns (https://www.w3.org/TR/appmanifest/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._hints import snake_case
from .._http.values import json
from ..exceptions import InvalidReturnError
from ..metadata import Manifest

_KEYS = frozenset(Manifest.__annotations__)


def render_manifest(manifest: Any) -> bytes:
    """The text of the file. Members that we have no type for are written as they are, since the standard grows.

    :raise InvalidReturnError: For what is no ``routehandlers.metadata.Manifest``.
    """
    if not isinstance(manifest, Mapping):
        raise InvalidReturnError(f"manifest() returned {manifest!r}. Return a dict, such as {{'name': 'Shop'}}.")
    for key in manifest:
        meant = snake_case(str(key))
        if meant != key and meant in _KEYS:
            raise InvalidReturnError(f"manifest() has no use for {key!r}. Did you mean {meant!r}?")
    return json.dumps(dict(manifest))
