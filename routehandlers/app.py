"""Make a WSGI application from a folder of ``route.py`` files."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from ._cache.cache import Cache
from ._cache.life import profiles_with
from ._cache.store import Store
from ._cache.targets import PurgeTargets
from ._http.request.request import LIMITS, Request
from ._http.request.watched import watched_class
from ._http.response.draft import DraftKey
from ._inputs.key import KeyedInputs
from ._metadata.documents import documents_of
from ._models.choosing import adapter_for
from ._openapi.deprecated import endpoint_of
from ._openapi.described import Described
from ._routing.building import public_path
from ._routing.converters import check_converters
from ._routing.rules import make_url_map
from ._routing.segment_tree import SegmentTree
from ._routing.tree import scan
from ._runtime.around.rewriting import may_rewrite
from ._runtime.endpoints.cached import CachedEndpoint, policy_of
from ._runtime.endpoints.plain import Endpoint
from ._runtime.endpoints.public import public_files
from ._runtime.path.entrance import Entrance
from ._runtime.path.hits import Hits
from ._runtime.path.lookup import Lookup
from ._runtime.pipeline import Pipeline
from ._runtime.scope.framework import Framework
from ._runtime.scope.scope import RouteInfo, current_scope, mount_prefix
from ._settings.sources import is_reference, read_app_name, read_settings
from ._start.development import current_development
from ._start.loader import RouteModule
from ._start.loading import load
from ._start.segment_config import SegmentConfig
from ._start.static_params import StaticParams
from .cache_handlers._workers.family import family_of
from .cache_handlers.memory import MemoryCacheHandler
from .config import Config, make_config, open_storage
from .exceptions import UnknownRouteError

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack  # typing.Unpack is not in Python 3.10
    from werkzeug.routing import Map

    from ._openapi.security import Guard
    from .config import Settings
    from .typing import Handler, Params, StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Route:
    """A route of an application, as a value.

    :param pattern: The URL with its brackets: ``"/items/[slug]"``.
    :param file: The ``route.py``.
    :param methods: All methods that it answers, including automatic methods, in alphabetical order.
    :param config: The constants of its module.
    """

    pattern: str
    file: Path
    methods: tuple[str, ...]
    config: SegmentConfig


class RouteHandlers:
    """A WSGI application made from a folder of ``route.py`` files.

    :param directory: The folder. Its own name and the folders above it are not part of the URLs.
    :param settings: See ``routehandlers.config.Config``.
    :raise AppFolderError: If there is no such folder.
    :raise InvalidConfigError: For invalid settings.
    :raise InvalidAppError: For all mistakes in the files together. If the only one is a file that raised
        an exception, that exception is raised.
    """

    config: Config
    """The settings of the application."""

    directory: Path
    """The folder of the routes, absolute."""

    cache: Cache
    """The response cache. Its ``revalidate_tag()`` and ``revalidate_path()`` also work outside of requests."""

    routes: tuple[Route, ...]
    """All routes of the application."""

    static_params: Mapping[str, StaticParams]
    """Params from ``generate_static_params()``, by the pattern of the route."""

    wsgi_app: WSGIApplication
    """The WSGI application. Wrap it as in Flask: ``app.wsgi_app = ProxyFix(app.wsgi_app)``."""

    # The framework in which the routes are mounted, such as Flask, and the limits of bodies that it sets.
    _framework: Framework | None = None
    _limits: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, directory: str | os.PathLike[str] = "app", **settings: Unpack[Settings]) -> None:
        development = current_development()
        self.config = make_config(settings) if development is None else development.make_config(settings)
        check_converters(self.config.converters)
        self._json_default = self.config.json_default
        self.directory = Path(directory).absolute()
        if development is not None:
            development.meet(self)
        loaded = load(scan(self.directory), self.config)
        self._loaded, self._folder_files = loaded.routes, loaded.folder_files
        self._described, self._documents = self._describe(loaded.guards), documents_of(loaded.routes)
        for document in self._documents:
            document.described = self._described

        # revalidate_path() takes patterns with and without the groups of the folders.
        patterns = [
            pattern
            for loaded in self._loaded
            for pattern in (loaded.route.pattern, f"/{'/'.join(loaded.route.folders)}")
        ]
        files = self._folder_files
        rewrites = partial(may_rewrite, files.transforms, files.root_middleware, self.config.base_path)
        self.cache = _make_cache(self.config, self.directory, PurgeTargets(patterns, rewrites))
        no_route = self._info("", (), None)
        entrance = Entrance(self.config, no_route.request_class)
        hits = Hits(self.cache.store, entrance.good_hosts)
        self._endpoints = [self._endpoint(loaded, no_route.request_class, hits) for loaded in self._loaded]
        self.routes = tuple(
            Route(loaded.route.pattern, loaded.route.file, endpoint.methods, loaded.config)
            for loaded, endpoint in zip(self._loaded, self._endpoints, strict=True)
        )
        self.static_params = {loaded.route.pattern: StaticParams(loaded) for loaded in self._loaded}
        self._by_pattern = {loaded.route.pattern: loaded for loaded in self._loaded}
        self._tree = SegmentTree([loaded.route for loaded in self._loaded], self.config.converters)
        self._url_map: Map | None = None
        self._url_map_lock = threading.Lock()

        public = public_files(Path(self.config.public).absolute(), no_route) if self.config.public else None
        lookup = Lookup(
            self._tree,
            self._endpoints,
            self._admissions(),
            public,
            has_lasting_files=not self.config.debug or public is None,
        )
        self._pipeline = Pipeline(
            entrance, lookup, self._endpoints, self.config, self._folder_files, no_route,
            hits if any(self._cached_routes()) else None,
        )  # fmt: skip

        self._pipeline.owner = weakref.ref(self)
        self.wsgi_app = self._pipeline

    def _info(
        self,
        pattern: str,
        folders: tuple[str, ...],
        config: SegmentConfig | None,
        request_class: type[Request] | None = None,
    ) -> RouteInfo:
        secrets, debug = self.config.secret_keys, self.config.debug
        if request_class is None:
            request_class = _request_class(self.config, config, self._limits)
        return RouteInfo(
            pattern,
            request_class,
            watched_class(request_class),
            self.cache,
            folders=folders,
            is_cached=config is not None and config.is_cacheable,
            is_public=config is not None and config.public,
            fetch_cache=config.fetch_cache if config is not None else "auto",
            draft_key=DraftKey(secrets, self.config.draft_max_age, debug=debug) if secrets else None,
            debug=debug,
            error_files=self._folder_files.error_files_of(folders),
            on_request_error=self._folder_files.named("on_request_error"),
            framework=self._framework,
            json_default=self._json_default,
        )

    def _endpoint(self, loaded: RouteModule, request_class: type[Request], hits: Hits) -> Endpoint | CachedEndpoint:
        own_class = request_class if all(getattr(loaded.config, name) is None for name in LIMITS) else None
        info = self._info(loaded.route.pattern, loaded.route.folders, loaded.config, own_class)
        endpoint = endpoint_of(loaded, info)
        if "GET" not in loaded.handlers or not loaded.config.is_cacheable:
            return endpoint
        prepared = loaded.prepared.get("GET")
        inputs = KeyedInputs(prepared.inputs) if prepared is not None and prepared.inputs is not None else None
        return CachedEndpoint(endpoint, policy_of(loaded), info, hits, self.config, inputs)

    def _describe(self, guards: Sequence[Guard]) -> Described:
        return Described(
            self._loaded,
            guards,
            self.config.converters,
            trailing_slash=self.config.trailing_slash,
            adapter=lambda model: adapter_for(model, tuple(self.config.model_adapters)),
            own_errors=lambda folders: frozenset(self._folder_files.error_files_of(folders).by_status),
            has_problems=self._framework is None,
        )

    def _admissions(self) -> dict[int, Callable[[Params], bool]]:
        """Return checks of params for the routes that accept only listed params, by their index."""
        return {
            index: self.static_params[loaded.route.pattern].admit
            for index, loaded in enumerate(self._loaded)
            if not loaded.config.dynamic_params and loaded.config.is_cacheable
        }

    @property
    def url_map(self) -> Map:
        """All routes as a ``werkzeug.routing.Map``, for tools that list, match or build URLs.

        Endpoints are patterns, and rules have the names of the parameters: ``/orders/<int:id>`` is
        ``/orders/[id=int]``. In a name that is not a Python identifier, other characters become underscores. Rules
        begin with the base path. The map is made at the first use. The application does not match requests with
        it, so rules that you add have no effect.
        """
        with self._url_map_lock:
            if self._url_map is None:
                routes = [loaded.route for loaded in self._loaded]
                self._url_map = make_url_map(routes, self.config.converters, self.config.base_path)
            return self._url_map

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wsgi_app(environ, start_response)

    def url_for(
        self, pattern: str, /, *, _external: bool = False, _query: Mapping[str, Any] | None = None, **params: Any
    ) -> str:
        """Return the URL of a route: ``url_for("/items/[slug]", slug="a b")`` is ``"/items/a%20b"``.

        It contains the base path, and during a request also the prefix that the
        application is mounted under. Pass parameters whose names are not Python
        identifiers as ``**{"post-id": 7}``.

        :param _external: Return an absolute URL, with the setting ``origin`` or else the host of the request.
        :param _query: Query of the URL; a value may be a list.
        :raise UnknownRouteError: If there is no such pattern, or its parameters are missing or invalid.
        """
        path = self._tree.build(self._find(pattern).route, params)
        path = public_path(path, self.config.base_path, _query, trailing_slash=self.config.trailing_slash)
        return f"{self._prefix(external=_external)}{path}"

    def _prefix(self, *, external: bool) -> str:
        if external and self.config.origin is not None:
            return f"{self.config.origin}{mount_prefix()}"
        if external:
            return current_scope("url_for").request.root_url.rstrip("/")
        return mount_prefix()

    def _path_for(self, pattern: str, params: Mapping[str, Any]) -> str:
        """Return the path of a route without base path, prefix and trailing slash."""
        return self._tree.build(self._find(pattern).route, params)

    def _cached_routes(self) -> Iterator[tuple[Route, CachedEndpoint]]:
        """Yield the routes whose ``GET`` is cached, with their endpoints."""
        for route, endpoint in zip(self.routes, self._endpoints, strict=True):
            if isinstance(endpoint, CachedEndpoint):
                yield route, endpoint

    def _explain(self, environ: WSGIEnvironment) -> Any:
        """Return the steps that a request would take, and its result, without running user code."""
        return self._pipeline.explain(environ)

    def _other_matches(self, path: str) -> list[Route]:
        """Return the other routes that match a path, in the order in which they would be tried."""
        others: list[Route] = []
        match = self._tree.match(path)
        refused: frozenset[int] = frozenset()
        while match is not None:
            others.append(self.routes[match[0]])
            refused |= {match[0]}
            match = self._tree.match(path, refused)
        return others[1:]

    def load(self, pattern: str) -> ModuleType:
        """Return the module of a route, which was imported when the application was made.

        :raise UnknownRouteError: If there is no such pattern.
        """
        module = self._find(pattern).module
        if module is None:
            raise UnknownRouteError(
                f"{pattern!r} is the file {self._find(pattern).route.file}, which is not a Python module."
            )
        return module

    def _find(self, pattern: str) -> RouteModule:
        try:
            return self._by_pattern[pattern]
        except KeyError:
            known = ", ".join(repr(known) for known in sorted(self._by_pattern)[:20])
            raise UnknownRouteError(f"There is no route {pattern!r} in {self.directory}. There are: {known}.") from None

    def _begin(self) -> None:
        """Call ``register()`` of ``instrumentation.py``, as before the first request of a process."""
        self._pipeline.begin_process()

    def close(self) -> None:
        """Run the code after the ``yield`` of ``register()`` in ``instrumentation.py``, if it has run.

        A process does so by itself when it ends. Call this in tests. The next request calls ``register()`` again.
        """
        self._pipeline.end_process()

    def _info_of(self, handler: Handler | None = None) -> RouteInfo:
        """Return the route info of a handler, or of requests without a route."""
        for loaded, endpoint in zip(self._loaded, self._endpoints, strict=True):
            if handler is not None and handler in loaded.handlers.values():
                return endpoint.info
        return self._pipeline.no_route

    def test_client(self) -> Client:
        """Return a ``werkzeug.test.Client``, which sends requests without a server.

        ``routehandlers.testing`` has a client with more features.
        """
        return Client(self)

    def __repr__(self) -> str:
        return f"<RouteHandlers {str(self.directory)!r} with {len(self.routes)} routes>"


def create_app(directory: str | os.PathLike[str] | None = None, **settings: Unpack[Settings]) -> RouteHandlers:
    """Return the application that ``routehandlers dev`` and ``start`` serve: ``gunicorn "routehandlers:create_app()"``.

    :param directory: The folder with the routes. The files of a folder ``public`` beside it are served, too. By
        default it is the folder that the environment or ``pyproject.toml`` names as ``app``, or else ``app``.
    :param settings: They override those of the environment, which override those of ``[tool.routehandlers]`` in the
        current folder's ``pyproject.toml``.
    """
    here = Path.cwd()
    if directory is None:
        name = read_app_name(here)
        directory = name if name is not None and not is_reference(name) else "app"
    merged: Settings = {**read_settings(here), **settings}  # type: ignore[typeddict-item]  # make_config() checks them
    beside = Path(directory).absolute().parent / "public"
    if beside.is_dir():
        merged.setdefault("public", beside)
    return RouteHandlers(directory, **merged)


def _make_cache(config: Config, directory: Path, targets: PurgeTargets) -> Cache:
    handler = open_storage(config)
    if isinstance(handler, MemoryCacheHandler):
        handler.share_purges(family_of(directory))
    # The next release of an application is another folder. It sends what the last one owes to the same storage.
    storage = getattr(handler, "identity", None) or f"{type(handler).__qualname__} {directory}"
    store = Store(handler, config.cache_max_memory_size, owner=storage)
    return Cache(store, targets, config.expire_time, profiles_with(config.cache_life))


def _request_class(config: Config, route: SegmentConfig | None, limits: Mapping[str, Any]) -> type[Request]:
    """Return a request class with the limits of an application, which Werkzeug reads from the class.

    :param route: The constants of a route, which have precedence.
    :param limits: Limits of a framework instead of those of the settings.
    """

    class AppRequest(Request):
        base_path = config.base_path
        model_adapters = config.model_adapters
        trusted_hosts = list(config.trusted_hosts) if config.trusted_hosts is not None else None

    for name in LIMITS:
        own = getattr(route, name, None)
        setattr(AppRequest, name, limits.get(name, getattr(config, name)) if own is None else own)
    AppRequest.__name__ = AppRequest.__qualname__ = "Request"
    return AppRequest
