"""A folder of ``route.py`` files as a Flask blueprint.

It is an edge: it tells Flask of the routes, and the routes of Flask. What goes
on in a request is ``routehandlers._flask``.
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

    from .app import RouteHandlers

__all__ = ["RouteHandlersBlueprint"]

# Settings of a RouteHandlers for which Flask has its own word.
_FLASKS = {
    "base_path": "Give url_prefix= in its place.",
    "fallback": "What the folder does not know is answered by the other routes of the Flask application.",
}


class RouteHandlersBlueprint(Blueprint):
    """A Flask blueprint whose routes are those of a folder.

    Everything that Flask does around views is done around these handlers:
    ``before_request``, ``after_request``, ``errorhandler``, sessions, extensions.
    ``flask routes`` lists them, and ``url_for("api./items/[slug]", slug="a")``
    builds their URLs. Below its prefix, what no other rule of the application
    matches is the folder's.

    Exceptions and errors that no ``error.py`` or ``not_found.py`` answers are
    raised to Flask. A cached render that uses ``flask.request``, ``session``
    or ``g`` is dynamic.

    :param name: The blueprint's name, which endpoints begin with.
    :param directory: The folder with the routes, relative to the current one; ``Path(__file__).parent / "app"``
        is one beside a module.
    :param url_prefix: Below what the URLs lie.
    :param subdomain: As Flask's.
    :param url_defaults: As Flask's.
    :param settings: See ``routehandlers.config.Config``. ``url_prefix`` is in the place of ``base_path``.
    :raise InvalidAppError: For everything that is wrong with the files, together.
    :raise InvalidConfigError: For settings that cannot work.
    """

    def __init__(
        self,
        name: str,
        directory: str | os.PathLike[str] = "app",
        *,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        for setting, remedy in _FLASKS.items():
            if setting in settings:
                raise InvalidConfigError(f"{setting} is no setting of a blueprint. {remedy}")
        root = Path(directory).absolute().parent
        super().__init__(
            name, __name__, url_prefix=url_prefix, subdomain=subdomain, url_defaults=url_defaults, root_path=str(root)
        )
        self._mounted = MountedRouteHandlers(directory, **settings)
        self.teardown_request(end_exchange)
        self.record(self._add_rules)

    @property
    def route_handlers(self) -> RouteHandlers:
        """The application in the folder: its routes, and its cache to purge from outside of requests."""
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
        # Before all functions of the user, which want to know the route.
        state.app.url_value_preprocessors[blueprint].insert(0, view.begin)
