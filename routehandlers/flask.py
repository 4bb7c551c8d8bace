"""A folder of ``route.py`` files as a Flask blueprint.

This module only registers the routes in Flask. The package ``routehandlers._flask``
answers requests.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask.blueprints import Blueprint, BlueprintSetupState

from ._flask.mounted import MountedRouteHandlers
from ._flask.rules import make_endpoint, make_rest_rules
from ._flask.view import RouteView, end_exchange
from .exceptions import InvalidConfigError

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

    from .app import RouteHandlers
    from .config import Settings

__all__ = ["RouteHandlersBlueprint"]

# Settings of RouteHandlers that Flask replaces, and the remedy for the error message.
_REPLACED = {
    "base_path": "Use url_prefix= instead.",
    "fallback": "Leave it out: the other routes of the Flask application answer all other paths.",
}


class RouteHandlersBlueprint(Blueprint):
    """A Flask blueprint with the routes of a folder.

    All of Flask's features for views work for these handlers: ``before_request``,
    ``after_request``, ``errorhandler``, sessions, extensions. ``flask routes`` lists
    them, and ``url_for("api./items/[slug]", slug="a")`` builds their URLs. The folder
    answers all paths below its prefix that no other rule of the application matches.

    Exceptions and errors that no ``error.py`` or ``not_found.py`` answers are
    raised to Flask. A cached render that uses ``flask.request``, ``session``
    or ``g`` is dynamic.

    :param name: Name of the blueprint, which is the first part of endpoints.
    :param directory: The folder with the routes, relative to the current folder. For a folder beside a module,
        use ``Path(__file__).parent / "app"``.
    :param url_prefix: Prefix of all URLs. It replaces the setting ``base_path``.
    :param subdomain: See ``flask.Blueprint``.
    :param url_defaults: See ``flask.Blueprint``.
    :param settings: See ``routehandlers.config.Config``.
    :raise InvalidAppError: For all mistakes in the files together.
    :raise InvalidConfigError: For invalid settings.
    """

    def __init__(
        self,
        name: str,
        directory: str | os.PathLike[str] = "app",
        *,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, Any] | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        for setting, remedy in _REPLACED.items():
            if setting in settings:
                raise InvalidConfigError(f"{setting} is not a setting of a blueprint. {remedy}")
        root = Path(directory).absolute().parent
        super().__init__(
            name, __name__, url_prefix=url_prefix, subdomain=subdomain, url_defaults=url_defaults, root_path=str(root)
        )
        self._mounted = MountedRouteHandlers(directory, **settings)
        self.teardown_request(end_exchange)
        self.record(self._add_rules)

    @property
    def route_handlers(self) -> RouteHandlers:
        """The application in the folder, for example to purge its cache outside of requests."""
        return self._mounted

    def _add_rules(self, state: BlueprintSetupState) -> None:
        prefix = (state.url_prefix or "").rstrip("/")
        blueprint = f"{state.name_prefix}.{state.name}".lstrip(".")
        options = {"defaults": state.url_defaults or None, "subdomain": state.subdomain}
        rules = self._mounted.rules(prefix, **options)
        rest = make_rest_rules(prefix, **options)
        named = {**rules, "/*": rest}
        for pattern, rules_of_it in named.items():
            for rule in rules_of_it:
                rule.endpoint = make_endpoint(blueprint, pattern)
                state.app.url_map.add(rule)
        outer = {*rest[1].arguments, *state.url_defaults}
        first = {pattern: rules_of_it[0] for pattern, rules_of_it in rules.items() if rules_of_it}
        view = RouteView(self._mounted, prefix, first, rest[0], outer)
        for pattern in named:
            state.app.view_functions[f"{blueprint}.{pattern}"] = view
        # Run it before all functions of the user, which may need the route.
        state.app.url_value_preprocessors[blueprint].insert(0, view.begin)
