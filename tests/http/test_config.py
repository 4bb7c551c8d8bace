"""The settings, from Python and from ``pyproject.toml``."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
from servers import write_app

from routehandlers import RouteHandlers, create_app
from routehandlers._settings.sources import read_settings
from routehandlers.config import Config, make_config
from routehandlers.exceptions import InvalidConfigError

GET = {"x/route.py": "def GET(request): return request.url\n"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"basePath": "/x"}, "There is no setting 'basePath'. Did you mean 'base_path'?"),
        ({"trailingslash": True}, "Did you mean 'trailing_slash'?"),
        ({"nonsense": 1}, "There are: base_path"),
        ({"base_path": "x"}, "base_path is 'x'. Give a path that starts with '/'"),
        ({"base_path": "/x/"}, "does not end in one"),
        ({"base_path": "//x"}, "base_path is '//x'"),
        ({"base_path": "/a/../b"}, "base_path is '/a/../b'"),
        ({"trailing_slash": "yes"}, "trailing_slash is 'yes'. Give True or False"),
        ({"max_content_length": -1}, "a number of bytes, or None"),
        ({"max_content_length": True}, "a number of bytes, or None"),
        ({"max_form_memory_size": "1"}, "max_form_memory_size is '1'. Give a number of bytes, or None"),
        ({"max_form_parts": -1}, "max_form_parts is -1. Give a number of fields, or None"),
        ({"trusted_hosts": "example.com"}, "a list of host names"),
        ({"origin": "example.com"}, "a scheme and a host"),
        ({"origin": "https://example.com/path"}, "a scheme and a host"),
        ({"origin": 3}, "a scheme and a host"),
        ({"converters": []}, "a dict of names"),
        ({"debug": 1}, "debug is 1"),
    ],
)
def test_a_setting_that_cannot_work_says_what_to_give(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        make_config(settings)

    assert message in str(caught.value)


def test_all_mistakes_are_told_together() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        make_config({"debug": 1, "origin": "x", "nope": 2})

    assert len(str(caught.value).splitlines()) == 3


def test_settings_come_from_the_table_and_arguments_go_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_app(tmp_path, GET)
    (tmp_path / "pyproject.toml").write_text('[tool.routehandlers]\nbase_path = "/a"\norigin = "https://x.example"\n')
    monkeypatch.chdir(tmp_path)

    assert create_app().config == Config(base_path="/a", origin="https://x.example")
    assert create_app(base_path="/b").config.base_path == "/b"
    assert create_app("app", origin=None).config.origin is None


@pytest.mark.parametrize("text", [None, "", "[tool.other]\nx = 1\n", "this is no TOML"])
def test_without_the_table_there_are_no_settings(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)

    assert read_settings(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.routehandlers\n", "is not TOML"),
        ("[tool.routehandlers]\nconverters = {}\n", "converters needs Python objects"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(InvalidConfigError, match=message):
        read_settings(tmp_path)


def test_without_a_toml_parser_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.routehandlers]\n")
    original = builtins.__import__

    def without_toml(name: str, *args: Any) -> Any:
        if name in {"tomllib", "tomli"}:
            raise ModuleNotFoundError(name=name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_toml)

    with pytest.raises(InvalidConfigError, match=r"routehandlers\[toml\]"):
        read_settings(tmp_path)


def test_an_application_says_what_it_is(tmp_path: Path) -> None:
    app = RouteHandlers(write_app(tmp_path, GET))

    assert repr(app) == f"<RouteHandlers '{tmp_path}/app' with 1 routes>"
    assert [route.pattern for route in app.routes] == ["/x"]
