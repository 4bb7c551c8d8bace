"""What users write, for the checkers: both must find nothing here but what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from typing_extensions import Unpack

from routehandlers import Request, Response, RouteContext, RouteHandlers, create_app
from routehandlers.config import Settings
from routehandlers.flask import RouteHandlersBlueprint
from routehandlers.headers import cookies, headers
from routehandlers.navigation import not_found, redirect
from routehandlers.openapi import document, operation
from routehandlers.server import URL, after
from routehandlers.typing import HandlerResult


def GET(request: Request, context: RouteContext) -> HandlerResult:
    slug: str = context.params["slug"]
    name: str | None = cookies().get("name")
    cookies().set("a", "1", max_age=60, httponly=True).delete("b", path="/x")
    cookies().set("a", "1", httpOnly=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    after(print, slug)
    url: URL = request.next_url
    return {"slug": slug, "name": name, "url": url.href, "agent": headers().get("User-Agent", "")}


def POST(request: Request) -> Response:
    if not request.json():
        not_found()
    return Response.json({"ok": True}, status=201)


def PUT() -> tuple[dict[str, int], int, dict[str, str]]:
    return {"a": 1}, 201, {"X-A": "1"}


def DELETE() -> Iterator[str]:
    yield "gone"


def PATCH() -> Response:
    redirect("/x")


app = RouteHandlers("app", base_path="/b")
RouteHandlers("app", debgu=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
RouteHandlers("app", debug="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
create_app("app", secret_key=["a" * 16, "b" * 16], cache="redis://localhost")
create_app(basePath="/b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
RouteHandlersBlueprint("api", "app", url_prefix="/api", debug=True)
RouteHandlersBlueprint("api", "app", debgu=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def make(**settings: Unpack[Settings]) -> RouteHandlers:
    return RouteHandlers("app", **settings)


link: str = app.url_for("/items/[slug]", slug="a")


@operation(operation_id="kept", deprecated=date(2026, 1, 1), responses={404: {"description": "No."}})
def described(request: Request) -> dict[str, int]:
    return {"a": len(request.path)}


def documents(app: RouteHandlers, request: Request) -> object:
    kept: dict[str, int] = described(request)  # the decorator keeps the type
    operation(tag="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    document(app, spec_version="2.0")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return document(app, prefix="/v1", spec_version="3.2")["paths"], kept
