"""Find the folder below which module names begin, as mypy would if it could read the tree."""

from __future__ import annotations

import argparse
import configparser
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..._settings.pyproject import parse_toml

# In mypy's order. The first file with settings for mypy counts.
# https://mypy.readthedocs.io/en/stable/config_file.html
_FILES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")


def package_base(app: Path, words: list[str]) -> Path:
    """Return the folder above an application from which it is imported.

    If the application lies in a package with an ``__init__.py``, this is the folder that holds the package. Otherwise
    it is the nearest of ``mypy_path``, ``src`` and the current folder, or else the parent of the application.

    :param words: mypy's arguments, which may name its settings file.
    """
    bases = {*_configured(words), Path.cwd() / "src", Path.cwd()}
    for folder in app.parents:
        if _is_package(folder):
            return next(parent for parent in folder.parents if not _is_package(parent))
        if folder in bases:
            return folder
        if not folder.name.isidentifier():
            break
    return app.parent


def _is_package(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("__init__.py", "__init__.pyi"))


def _configured(words: list[str]) -> Iterator[Path]:
    """Yield the folders of ``MYPYPATH`` and ``mypy_path``."""
    for name in filter(None, os.environ.get("MYPYPATH", "").split(os.pathsep)):
        yield _absolute(name)
    file = _settings_file(words)
    if file is None:
        return
    value = _mypy_table(file).get("mypy_path", ())
    for name in re.split("[,:]", value) if isinstance(value, str) else value:
        name = str(name).strip().replace("$MYPY_CONFIG_FILE_DIR", str(file.parent))
        yield _absolute(os.path.expandvars(name))


def _absolute(name: str) -> Path:
    return Path(os.path.normpath(Path.cwd() / Path(name).expanduser()))


def _settings_file(words: list[str]) -> Path | None:
    named = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    named.add_argument("--config-file", type=Path)
    given: Path | None = named.parse_known_args(words)[0].config_file
    candidates = [given.absolute()] if given is not None else [Path.cwd() / name for name in _FILES]
    return next((file for file in candidates if file.is_file() and _mypy_table(file)), None)


def _mypy_table(file: Path) -> Mapping[str, Any]:
    """Return mypy's settings in a file. They are empty if the file cannot be read: mypy reports that better."""
    try:
        if file.suffix == ".toml":
            table: Mapping[str, Any] = parse_toml(file, file.read_bytes()).get("tool", {}).get("mypy", {})
            return table
        settings = configparser.RawConfigParser()
        settings.read_string(file.read_text(encoding="utf-8"))
        return dict(settings["mypy"]) if settings.has_section("mypy") else {}
    except (OSError, ValueError, configparser.Error):
        return {}
