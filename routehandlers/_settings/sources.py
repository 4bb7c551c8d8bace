"""The sources of settings besides Python code: the environment, and ``pyproject.toml`` below it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..exceptions import InvalidConfigError
from .environment import APP, read_environment
from .pyproject import read_pyproject


def read_settings(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the settings in the environment, and those of the ``pyproject.toml`` in a folder that it does not name.

    :raise InvalidConfigError: If a source cannot be read.
    """
    settings = {**read_pyproject(folder), **read_environment(environ)}
    settings.pop("app", None)
    return settings


def read_app_name(folder: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the application that commands use: ``"module:app"`` or a folder. ``None`` if no source names one.

    :raise InvalidConfigError: If a source cannot be read.
    """
    name: Any = environ.get(APP) or read_pyproject(folder).get("app")
    if name is not None and (not isinstance(name, str) or not name):
        raise InvalidConfigError(
            f'{folder / "pyproject.toml"}: app is {name!r}. Give a folder, or a module and a name: app = "wsgi:app".'
        )
    return name


_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]")


def is_reference(name: str) -> bool:
    """Return whether a name is ``module:app``, and not a folder."""
    return _REFERENCE.match(name) is not None and not Path(name).is_dir()
