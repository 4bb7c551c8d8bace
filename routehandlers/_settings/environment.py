"""The settings in environment variables: ``ROUTEHANDLERS_<SETTING>``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from .._hints import hint
from ..exceptions import InvalidConfigError
from .pyproject import ONLY_FROM_PYTHON, parse_toml_value
from .rules import RULES

logger = logging.getLogger("routehandlers")

PREFIX = "ROUTEHANDLERS_"

# The variable with the application of the commands. It is not a setting of the application itself.
APP = f"{PREFIX}APP"

_BOOLS = {"1": True, "true": True, "0": False, "false": False}


def read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in environment variables. An empty variable counts as unset.

    A name that is no setting is logged, because a misspelt name would otherwise have no effect. Messages show the
    names of variables and never their values, which may be secret.

    :raise InvalidConfigError: For values that cannot be read, all of them together.
    """
    settings: dict[str, Any] = {}
    mistakes: list[str] = []
    for variable in sorted(environ):
        text = environ[variable]
        if not variable.startswith(PREFIX) or variable == APP or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in ONLY_FROM_PYTHON:
            mistakes.append(f"{variable}: {ONLY_FROM_PYTHON[name]}")
        elif name not in _READERS:
            names = [f"{PREFIX}{known.upper()}" for known in _READERS]
            logger.warning("The environment variable %s is not a setting. %s", variable, hint(variable, names))
        else:
            is_valid, expected = RULES[name]
            try:
                settings[name] = _READERS[name](text)
            except ValueError as error:
                mistakes.append(f"{variable} is invalid. Give {error}.")
            else:
                if not is_valid(settings[name]):
                    mistakes.append(f"{variable} is invalid. Give {expected}.")
    if mistakes:
        raise InvalidConfigError("\n".join(mistakes))
    return settings


def _text(text: str) -> str:
    return text


def _bool(text: str) -> bool:
    value = _BOOLS.get(text.strip().lower())
    if value is None:
        raise ValueError("1, 0, true or false")
    return value


def _number(text: str) -> float:
    try:
        return int(text) if text.strip().isdecimal() else float(text)
    except ValueError:
        raise ValueError("a number") from None


def _limit(text: str) -> int | None:
    if text.strip().lower() == "none":
        return None
    if not text.strip().isdecimal():
        raise ValueError("a whole number, or 'none' for no limit")
    return int(text)


def _size(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError("a whole number")
    return int(text)


def _texts(text: str) -> list[Any]:
    """Return the items of a TOML list, or those between commas."""
    if text.lstrip().startswith("["):
        return list(_toml(text, 'a list as in TOML, such as ["a", "b"], or values with commas between them'))
    return [item.strip() for item in text.split(",") if item.strip()]


def _secret(text: str) -> str | list[Any]:
    """Return the keys of a TOML list, or the whole text as one key, which may contain commas and brackets."""
    try:
        return _texts(text) if text.startswith("[") else text
    except ValueError:
        return text


def _public(text: str) -> str | bool:
    return text if _BOOLS.get(text.strip().lower(), True) else False


def _tables(text: str) -> Any:
    return _toml(text, 'a value as in TOML, such as [{source = "/a", destination = "/b", permanent = true}]')


def _toml(text: str, expected: str) -> Any:
    try:
        return parse_toml_value("The environment", text)
    except InvalidConfigError:
        raise
    except ValueError:
        raise ValueError(expected) from None


_READERS: dict[str, Callable[[str], Any]] = {
    "base_path": _text,
    "trailing_slash": _bool,
    "skip_trailing_slash_redirect": _bool,
    "redirects": _tables,
    "rewrites": _tables,
    "headers": _tables,
    "max_content_length": _limit,
    "max_form_memory_size": _limit,
    "max_form_parts": _limit,
    "trusted_hosts": _texts,
    "origin": _text,
    "cache": _text,
    "expire_time": _number,
    "cache_life": _tables,
    "cache_max_memory_size": _size,
    "public": _public,
    "secret_key": _secret,
    "draft_max_age": _number,
    "validate_responses": _bool,
    "debug": _bool,
}
