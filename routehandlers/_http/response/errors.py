"""The answers to failures: problem documents, or a page for browsers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers, MIMEAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES, parse_accept_header
from werkzeug.wrappers import Response as WerkzeugResponse

from ..values import json as _json
from .interrupts import Interrupt, Redirect
from .response import Response

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

# A longer Accept is no browser's; it is not worth the parsing.
_LONGEST_ACCEPT = 2_000

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{status} {title}</title>
<style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:36rem;\
padding:0 1rem}}</style>
<h1>{status} {title}</h1>
<p>{detail}</p>
</html>
"""


def prefers_html(accept: str) -> bool:
    """Whether ``text/html`` stands above JSON in an ``Accept`` header, as in what browsers send."""
    if "text/html" not in accept or len(accept) > _LONGEST_ACCEPT:
        return False
    accepted = parse_accept_header(accept, MIMEAccept)
    json = max(accepted["application/json"], accepted["application/problem+json"])
    return bool(accepted["text/html"] > json)


def error_response(environ: WSGIEnvironment, status: int, detail: str = "") -> Response:
    """The default answer with an error status.

    A problem document of RFC 9457 with ``type``, ``title``, ``status`` and, if
    there is any, ``detail``; or the same as a small page.
    """
    title = HTTP_STATUS_CODES.get(status, "Unknown Error")
    if prefers_html(environ.get("HTTP_ACCEPT") or ""):
        page = _PAGE.format(status=status, title=escape(title), detail=escape(detail))
        body, content_type = page.encode(), "text/html; charset=utf-8"
    else:
        problem: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
        body = _json.dumps({**problem, "detail": detail} if detail else problem)
        content_type = "application/problem+json"
    # Two clients get two bodies for one URL, which a cache between must know.
    return Response(body, status, Headers([("Content-Type", content_type), ("Vary", "Accept")]))


def http_exception_response(environ: WSGIEnvironment, error: HTTPException) -> WerkzeugResponse:
    """The answer to an exception of Werkzeug's, or one that a user derived from it.

    One that brings a response or a body of its own is sent as it is; the others
    get the default body, with their headers and, where it was given, their description.
    """
    if error.code is None or not has_default_body(error):
        response = error.get_response(environ)
        assert isinstance(response, WerkzeugResponse), response
        return response
    answer = error_response(environ, error.code, description_of(error))
    for name, value in error.get_headers(environ):
        if name.lower() != "content-type":
            answer.headers.add(name, value)
    return answer


def description_of(error: HTTPException) -> str:
    """What somebody wrote for this error; Werkzeug's own text says no more than the title."""
    description = error.description or ""
    return "" if description == type(error).description else description


def interrupt_response(environ: WSGIEnvironment, interrupt: Interrupt) -> Response:
    """The answer that ``redirect()`` or ``not_found()`` raised."""
    if isinstance(interrupt, Redirect):
        status = interrupt.status_for(environ["REQUEST_METHOD"], environ.get("CONTENT_TYPE") or "")
        return Response(None, status, {"Location": interrupt.location})
    return error_response(environ, interrupt.status)


def has_default_body(error: HTTPException) -> bool:
    """Whether the answer to an exception is made here, for each client as it likes."""
    own_body = (
        type(error).get_body is not HTTPException.get_body or type(error).get_response is not HTTPException.get_response
    )
    return error.response is None and error.code is not None and not own_body
