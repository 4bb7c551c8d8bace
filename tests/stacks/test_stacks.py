"""Mounted below and above other frameworks, and wrapped by what others put around WSGI applications."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import falcon
import pytest
import sentry_sdk
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pyramid.config import Configurator
from pyramid.response import Response as PyramidResponse
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.transport import Transport
from servers import write_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from routehandlers import RouteHandlers

ROUTES = {
    "items/[slug]/route.py": """
        from routehandlers.headers import cookies
        def GET(request, context):
            cookies().set("seen", "1")
            return {"slug": context.params["slug"], "url": request.url}
        def POST(request, context): return {"body": request.text()}
    """,
    "boom/route.py": "def GET(): raise KeyError('boom')",
    "stream/route.py": "def GET():\n yield 'a'\n yield 'b'",
    "cached/route.py": "revalidate = 60\ncalls = []\ndef GET():\n calls.append(1)\n return str(len(calls))",
}


def _hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"django {request.method} {request.path}|{request.body.decode()}")


# A process has one set of Django's settings, and the samples of the manual may have made it.
if not django_settings.configured:
    django_settings.configure(SECRET_KEY="tests")
django.setup(set_prefix=False)
sys.modules["stacks_urls"] = ModuleType("stacks_urls")
sys.modules["stacks_urls"].urlpatterns = [path("hello/", _hello)]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _djangos_settings() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF="stacks_urls", ALLOWED_HOSTS=["*"], MIDDLEWARE=["django.middleware.common.CommonMiddleware"]
    ):
        yield


def _django() -> Any:
    return get_wsgi_application()


def _pyramid() -> Any:
    def hello(request: Any) -> PyramidResponse:
        return PyramidResponse(f"pyramid {request.method} {request.path}|{request.body.decode()}")

    with Configurator() as config:
        config.add_route("hello", "/hello/")
        config.add_view(hello, route_name="hello")
        return config.make_wsgi_app()


def _falcon() -> Any:
    class Hello:
        def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
            body = request.bounded_stream.read().decode()
            response.text = f"falcon {request.method} {request.relative_uri}|{body}"

        on_post = on_get

    app = falcon.App()
    app.add_route("/hello/", Hello())
    return app


FRAMEWORKS: dict[str, Callable[[], Any]] = {"django": _django, "pyramid": _pyramid, "falcon": _falcon}


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> tuple[str, Any]:
    return request.param, FRAMEWORKS[request.param]()


@pytest.fixture
def routes(tmp_path: Path) -> RouteHandlers:
    return RouteHandlers(write_app(tmp_path, ROUTES))


def test_below_another_application(framework: tuple[str, Any], routes: RouteHandlers) -> None:
    name, other = framework
    client = Client(DispatcherMiddleware(other, {"/api": routes}))

    mine = client.get("/api/items/a%2Fb")

    assert mine.json == {"slug": "a/b", "url": "http://localhost/api/items/a%2Fb"}
    assert mine.headers["Set-Cookie"] == "seen=1; Path=/"
    assert client.post("/api/items/a", data=b"x").json == {"body": "x"}
    assert client.get("/api/stream").text == "ab"
    assert client.get("/api/items/a/").headers["Location"] == "/api/items/a"
    assert client.get("/hello/").text.startswith(f"{name} GET /hello/|")


def test_above_another_application(framework: tuple[str, Any], routes: RouteHandlers) -> None:
    name, other = framework
    client = Client(DispatcherMiddleware(routes, {"/old": other}))

    assert client.get("/items/a").json == {"slug": "a", "url": "http://localhost/items/a"}
    assert client.get("/old/hello/").text.startswith(name)


@pytest.mark.parametrize("has_middleware", [False, True])
def test_what_no_route_knows_falls_through(framework: tuple[str, Any], tmp_path: Path, has_middleware: bool) -> None:
    name, other = framework
    reads = {"middleware.py": "def middleware(request):\n request.text()"} if has_middleware else {}
    client = Client(RouteHandlers(write_app(tmp_path, {**ROUTES, **reads}), fallback=other))

    assert client.get("/items/a").json == {"slug": "a", "url": "http://localhost/items/a"}
    assert client.post("/hello/", data=b"the body").text == f"{name} POST /hello/|the body"
    assert client.get("/nowhere").status_code == 404


def test_djangos_own_slashes_do_not_go_round_in_circles(tmp_path: Path) -> None:
    client = Client(RouteHandlers(write_app(tmp_path, ROUTES), fallback=_django()))

    assert client.get("/hello").headers["Location"] == "/hello/"
    assert client.get("/hello", follow_redirects=True).text == "django GET /hello/|"


def test_behind_a_proxy_urls_are_those_of_the_outside(routes: RouteHandlers) -> None:
    routes.wsgi_app = ProxyFix(routes.wsgi_app, x_proto=1, x_host=1, x_prefix=1)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example", "X-Forwarded-Prefix": "/v1"}

    answer = routes.test_client().get("/items/a", headers=headers)

    assert answer.json["url"] == "https://shop.example/v1/items/a"


class _Collected(Transport):
    """What Sentry would send."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__(options)
        self.envelopes: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.envelopes.append(envelope)


@pytest.fixture
def sentry() -> Iterator[_Collected]:
    transport = _Collected()
    # Its other integrations patch what is installed, which other tests use.
    sentry_sdk.init("http://key@127.0.0.1:9/1", transport=transport, default_integrations=False, traces_sample_rate=1.0)
    yield transport
    sentry_sdk.init()


def test_sentrys_wrapper_lets_everything_through_and_hears_of_exceptions(sentry: _Collected, tmp_path: Path) -> None:
    tell = "import sentry_sdk\ndef on_request_error(error, request, context): sentry_sdk.capture_exception(error)"
    app = SentryWsgiMiddleware(RouteHandlers(write_app(tmp_path, {**ROUTES, "instrumentation.py": tell})))
    client = Client(app)

    assert client.get("/items/a%2Fb", buffered=True).json["slug"] == "a/b"
    assert client.get("/stream", buffered=True).text == "ab"
    assert client.get("/boom", buffered=True).status_code == 500

    events = [event for envelope in sentry.envelopes if (event := envelope.get_event()) is not None]
    assert [event["exception"]["values"][-1]["value"] for event in events] == ["'boom'"]
    assert events[0]["request"]["url"] == "http://localhost/boom"


def test_opentelemetrys_wrapper_names_spans_by_pattern(routes: RouteHandlers) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    client = Client(OpenTelemetryMiddleware(routes, tracer_provider=provider))

    assert client.get("/items/a", buffered=True).status_code == 200
    assert client.get("/cached", buffered=True).text == client.get("/cached", buffered=True).text

    assert [span.name for span in exporter.get_finished_spans()] == ["GET /items/[slug]", "GET /cached", "GET /cached"]
