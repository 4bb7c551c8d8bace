"""Which folder the names of modules begin below, as mypy would say if it could read the tree."""

from __future__ import annotations

import argparse
import configparser
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...config import parse_toml

# In mypy's order; the first that speaks of mypy counts.
# https://mypy.readthedocs.io/en/stable/config_file.html
_FILES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")


def package_base(app: Path, words: list[str]) -> Path:
    """The folder above an application from which it is imported.

    A package with an ``__init__.py`` lies in one; without, the nearest of ``mypy_path``, ``src`` and the current
    folder is taken, and the next folder above where there is none of them.

    :param words: mypy's arguments, which may name its settings.
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
    """The folders of ``MYPYPATH`` and of ``mypy_path``."""
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
    """What a file sets; nothing where it cannot be read, which mypy tells better."""
    try:
        if file.suffix == ".toml":
            table: Mapping[str, Any] = parse_toml(file, file.read_bytes()).get("tool", {}).get("mypy", {})
            return table
        settings = configparser.RawConfigParser()
        settings.read_string(file.read_text(encoding="utf-8"))
        return dict(settings["mypy"]) if settings.has_section("mypy") else {}
    except (OSError, ValueError, configparser.Error):
        return {}
