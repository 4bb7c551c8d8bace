"""The settings in ``pyproject.toml``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ..exceptions import InvalidConfigError

# Settings with Python objects, which a TOML file cannot contain.
_ONLY_FROM_PYTHON = ("converters", "fallback")


def read_settings(folder: Path) -> dict[str, Any]:
    """Read the table ``[tool.routehandlers]`` of the ``pyproject.toml`` in a folder. It is empty if there is none.

    :raise InvalidConfigError: If the file is not TOML, or has a setting that only Python code can pass.
    """
    file = folder / "pyproject.toml"
    if not file.is_file():
        return {}
    text = file.read_bytes()
    if b"[tool.routehandlers" not in text:
        return {}
    settings = parse_toml(file, text).get("tool", {}).get("routehandlers", {})
    for name in _ONLY_FROM_PYTHON:
        if name in settings:
            raise InvalidConfigError(f"{file}: {name} needs Python objects. Pass it to RouteHandlers(…, {name}=…).")
    return dict(settings)


def parse_toml(file: Path, text: bytes) -> dict[str, Any]:
    """Parse a TOML file.

    :raise InvalidConfigError: If the file is not TOML, or tomli is missing on Python 3.10.
    """
    try:
        if sys.version_info >= (3, 11):
            import tomllib  # not in Python 3.10
        else:
            import tomli as tomllib  # an extra
    except ModuleNotFoundError:
        raise InvalidConfigError(
            f"{file} has settings, and Python 3.10 needs tomli to read them."
            ' Install it with: pip install "routehandlers[toml]"'
        ) from None
    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfigError(f"{file} is not TOML: {error}") from None
