"""The public names, so that none comes or goes unnoticed."""

from __future__ import annotations

import importlib

import pytest

SURFACE = {
    "routehandlers": ["Request", "Response", "RouteContext", "RouteHandlers", "RouteHandlersError", "create_app"],
    "routehandlers.cache": ["cache_life", "cache_tag", "cached", "no_store", "revalidate_path", "revalidate_tag"],
    "routehandlers.cache_handlers": [
        "CacheHandler", "Entry", "Lock", "Mark", "MemoryCacheHandler", "Purges", "open_cache_handler",
    ],
    "routehandlers.cors": ["cors"],
    "routehandlers.metadata": [
        "Alternates", "ChangeFrequency", "ImageMetadata", "ImageSize", "Manifest", "ManifestIcon", "ManifestScreenshot", "ManifestShortcut", "Relationship", "Robots",
        "RobotsRule", "Sitemap", "SitemapEntry", "SitemapVideo", "Uploader",
    ],
    "routehandlers.openapi": ["document", "operation"],
    "routehandlers.fetch": ["FetchResponse", "fetch"],
    "routehandlers.headers": ["CookieAttributes", "Cookies", "DraftMode", "cookies", "draft_mode", "headers"],
    "routehandlers.navigation": ["Interrupt", "forbidden", "not_found", "permanent_redirect", "redirect", "unauthorized"],
    "routehandlers.server": [
        "Request", "Response", "URL", "UserAgent", "after", "connection", "early_hints", "user_agent", "user_agent_from_string",
    ],
    "routehandlers.resources": ["Resource", "resource", "unit"],
    "routehandlers.flask": ["RouteHandlersBlueprint"],
    "routehandlers.testing": [
        "RequestScope", "TestClient", "TestResponse", "call", "clear_cache", "client", "override", "request_scope",
    ],
    "routehandlers.typed_routes": ["Href"],
    "routehandlers.typing": [
        "ErrorContext", "EventStream", "Fault", "Handler", "HandlerResult", "HeaderChanges", "HeadersLike",
        "ModelAdapter", "ModelField", "Params", "Schemas", "StartResponse", "WSGIApplication", "WSGIEnvironment",
    ],
    "routehandlers.exceptions": [
        "AppFolderError", "DynamicUsageError", "FetchError", "InvalidAppError", "InvalidConfigError",
        "InvalidPatternError", "InvalidReturnError", "InvalidRouteModuleError", "InvalidSegmentError", "InvalidStaticParamsError",
        "InvalidTreeError", "OutsideRequestError", "OutsideUnitError", "PurgeInRenderError", "ResourceCycleError", "ResponseStartedError", "RouteConflictError", "RouteHandlersError",
        "RouteModuleImportError", "StorageError", "UnknownApplicationError", "UnknownRouteError", "ValidationError",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SURFACE)
def test_a_module_offers_what_it_says(name: str) -> None:
    module = importlib.import_module(name)
    offered = getattr(module, "__all__", None)
    if offered is None:
        offered = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == name]

    assert sorted(offered) == SURFACE[name]
