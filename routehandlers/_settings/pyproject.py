"""The settings in ``pyproject.toml``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from .._hints import pass_in_code
from ..exceptions import InvalidConfigError

# Settings with Python objects, which text cannot contain, and the message about each.
ONLY_FROM_PYTHON = {
    name: f"{name} needs Python objects. {pass_in_code(name)}"
    for name in ("converters", "fallback", "json_encoder", "model_adapters")
}


def read_pyproject(folder: Path) -> dict[str, Any]:
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
    mistakes = [f"{file}: {message}" for name, message in ONLY_FROM_PYTHON.items() if name in settings]
    if mistakes:
        raise InvalidConfigError("\n".join(mistakes))
    return dict(settings)


def parse_toml(source: Path | str, text: bytes) -> dict[str, Any]:
    """Parse TOML.

    :param source: The file or the variable that the text is from, for messages.
    :raise InvalidConfigError: If it is not TOML, or tomli is missing on Python 3.10.
    """
    toml = _toml_module(source)
    try:
        values: dict[str, Any] = toml.loads(text.decode())
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise InvalidConfigError(f"{source} is not TOML: {error}") from None
    return values


def parse_toml_value(source: str, text: str) -> Any:
    """Parse one value, such as ``["a", "b"]``.

    :raise ValueError: If the text is not one TOML value.
    :raise InvalidConfigError: If tomli is missing on Python 3.10.
    """
    values = _toml_module(source).loads(f"value = {text}")
    if set(values) != {"value"}:
        raise ValueError(f"{source} has more than one value.")
    return values["value"]


def _toml_module(source: Path | str) -> Any:
    try:
        if sys.version_info >= (3, 11):
            import tomllib  # not in Python 3.10
        else:
            import tomli as tomllib  # an extra
    except ModuleNotFoundError:
        raise InvalidConfigError(
            f"{source} has settings, and Python 3.10 needs tomli to read them."
            ' Install it with: pip install "routehandlers[toml]"'
        ) from None
    return tomllib
