"""Settings in environment variables."""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from servers import write_app

from routehandlers import RouteHandlers, create_app
from routehandlers._settings.environment import _READERS, read_environment
from routehandlers._settings.pyproject import ONLY_FROM_PYTHON
from routehandlers._settings.rules import RULES
from routehandlers.config import Config, Settings
from routehandlers.exceptions import InvalidConfigError

RULE = {"source": "/a", "destination": "/b", "permanent": True}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("BASE_PATH", "/docs", "/docs"),
        ("TRAILING_SLASH", "1", True),
        ("TRAILING_SLASH", "True", True),
        ("DEBUG", "false", False),
        ("DEBUG", "0", False),
        ("TRUSTED_HOSTS", "a.example, .b.example", ["a.example", ".b.example"]),
        ("TRUSTED_HOSTS", '["a.example"]', ["a.example"]),
        ("REDIRECTS", '[{source = "/a", destination = "/b", permanent = true}]', [RULE]),
        ("REWRITES", '{before_files = [{source = "/a", destination = "/b"}]}', {"before_files": [{"source": "/a", "destination": "/b"}]}),
        ("MAX_CONTENT_LENGTH", "1000", 1000),
        ("MAX_CONTENT_LENGTH", "none", None),
        ("CACHE", "redis://localhost", "redis://localhost"),
        ("EXPIRE_TIME", "60", 60),
        ("EXPIRE_TIME", "0.5", 0.5),
        ("CACHE_LIFE", "{blog = {revalidate = 60, expire = 3600}}", {"blog": {"revalidate": 60, "expire": 3600}}),
        ("CACHE_MAX_MEMORY_SIZE", "0", 0),
        ("PUBLIC", "false", False),
        ("PUBLIC", "static", "static"),
        ("SECRET_KEY", "with, a comma and [brackets]", "with, a comma and [brackets]"),
        ("SECRET_KEY", "[begins with a bracket", "[begins with a bracket"),
        ("SECRET_KEY", '["0123456789abcdef", "fedcba9876543210"]', ["0123456789abcdef", "fedcba9876543210"]),
    ],
)  # fmt: skip
def test_a_variable_is_read_by_the_type_of_its_setting(name: str, text: str, value: Any) -> None:
    assert read_environment({f"ROUTEHANDLERS_{name}": text}) == {name.lower(): value}


def test_an_empty_variable_is_unset() -> None:
    assert read_environment({"ROUTEHANDLERS_DEBUG": "", "ROUTEHANDLERS_APP": "wsgi:app", "OTHER": "x"}) == {}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("DEBUG", "sure", "ROUTEHANDLERS_DEBUG is invalid. Give 1, 0, true or false."),
        ("MAX_FORM_PARTS", "-3", "ROUTEHANDLERS_MAX_FORM_PARTS is invalid. Give a whole number"),
        ("MAX_FORM_PARTS", "²", "ROUTEHANDLERS_MAX_FORM_PARTS is invalid. Give a whole number"),
        ("EXPIRE_TIME", "soon", "ROUTEHANDLERS_EXPIRE_TIME is invalid. Give a number"),
        ("EXPIRE_TIME", "nan", "ROUTEHANDLERS_EXPIRE_TIME is invalid. Give a number of seconds above 0."),
        ("TRUSTED_HOSTS", "[secret", "ROUTEHANDLERS_TRUSTED_HOSTS is invalid. Give a list as in TOML"),
        ("TRUSTED_HOSTS", "[]\nsecret = 1", "ROUTEHANDLERS_TRUSTED_HOSTS is invalid. Give a list as in TOML"),
        ("REDIRECTS", "secret", "ROUTEHANDLERS_REDIRECTS is invalid. Give a value as in TOML"),
        ("REDIRECTS", '"secret"', "ROUTEHANDLERS_REDIRECTS is invalid. Give a list of dicts"),
        ("SECRET_KEY", "secret", "ROUTEHANDLERS_SECRET_KEY is invalid. Give at least 16 bytes"),
        ("CACHE", "postgres://user:secret@host", "ROUTEHANDLERS_CACHE is invalid. Give 'memory://'"),
        ("CONVERTERS", "secret", "ROUTEHANDLERS_CONVERTERS: converters needs Python objects."),
    ],
)
def test_a_mistake_names_the_variable_and_never_its_value(name: str, text: str, sentence: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        read_environment({f"ROUTEHANDLERS_{name}": text})

    assert str(caught.value).startswith(sentence)
    rest = str(caught.value).replace(sentence, "").replace("secrets.token_hex()", "")
    assert text not in rest
    assert "secret" not in rest


def test_all_mistakes_of_the_environment_are_reported_together() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        read_environment({"ROUTEHANDLERS_DEBUG": "x", "ROUTEHANDLERS_EXPIRE_TIME": "y"})

    assert len(str(caught.value).splitlines()) == 2


def test_a_misspelt_name_warns_without_its_value(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "routehandlers"):
        assert read_environment({"ROUTEHANDLERS_DEBGU": "secret"}) == {}

    assert caplog.messages == [
        "The environment variable ROUTEHANDLERS_DEBGU is not a setting. Did you mean 'ROUTEHANDLERS_DEBUG'?"
    ]


def test_arguments_go_before_the_environment_and_the_environment_before_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})
    (tmp_path / "pyproject.toml").write_text('[tool.routehandlers]\nbase_path = "/a"\norigin = "https://a.example"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROUTEHANDLERS_BASE_PATH", "/b")
    monkeypatch.setenv("ROUTEHANDLERS_MAX_FORM_PARTS", "7")

    made = create_app(max_form_parts=8).config

    assert (made.base_path, made.origin, made.max_form_parts) == ("/b", "https://a.example", 8)


def test_an_application_that_code_makes_does_not_read_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTEHANDLERS_BASE_PATH", "/b")

    assert RouteHandlers(write_app(tmp_path, {"route.py": "def GET(): return 'x'\n"})).config == Config()


def test_every_setting_has_a_type_a_rule_and_a_way_from_the_environment() -> None:
    names = {field.name for field in fields(Config)}

    assert Settings.__annotations__.keys() == names
    assert {name: Settings.__annotations__[name].__forward_arg__ for name in names} == {
        field.name: field.type for field in fields(Config)
    }
    assert RULES.keys() == names
    assert _READERS.keys() | ONLY_FROM_PYTHON.keys() == names
    assert not _READERS.keys() & ONLY_FROM_PYTHON.keys()
