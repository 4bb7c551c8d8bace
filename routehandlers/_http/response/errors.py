"""Responses for errors: problem documents, or a page for browsers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers, MIMEAccept
from werkzeug.exceptions import BadRequest, BadRequestKeyError, HTTPException
from werkzeug.http import HTTP_STATUS_CODES, parse_accept_header
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._hints import shorten
from ...exceptions import ValidationError
from ..values import json as _json
from ..values.encoding import to_bytes
from .interrupts import Interrupt, Redirect
from .response import Response

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

# Browsers send shorter ones. A longer Accept is not parsed.
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
{errors}</html>
"""

Errors = Sequence[Mapping[str, str]]


def prefers_html(accept: str) -> bool:
    """Return whether an ``Accept`` header prefers ``text/html`` to JSON, as those of browsers do."""
    if "text/html" not in accept or len(accept) > _LONGEST_ACCEPT:
        return False
    accepted = parse_accept_header(accept, MIMEAccept)
    json = max(accepted["application/json"], accepted["application/problem+json"])
    return bool(accepted["text/html"] > json)


def error_response(environ: WSGIEnvironment, status: int, detail: str = "", errors: Errors = ()) -> Response:
    """Make the default response with an error status.

    It is a problem document of RFC 9457 with ``type``, ``title``, ``status``
    and an optional ``detail``, or a small page with the same text.

    :param errors: The invalid values, as in ``ValidationError.errors``.
    """
    title = HTTP_STATUS_CODES.get(status, "Unknown Error")
    if prefers_html(environ.get("HTTP_ACCEPT") or ""):
        page = _PAGE.format(status=status, title=escape(title), detail=escape(detail), errors=_list(errors))
        body, content_type = to_bytes(page), "text/html; charset=utf-8"
    else:
        problem: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
        if detail:
            problem["detail"] = detail
        if errors:
            problem["errors"] = errors
        body = _json.dumps(problem)
        content_type = "application/problem+json"
    # Caches must know that the body of this URL depends on Accept.
    return Response(body, status, Headers([("Content-Type", content_type), ("Vary", "Accept")]))


def _list(errors: Errors) -> str:
    """Return a list of invalid values in HTML, or nothing."""
    items = [f"<li>{_place(error)}{escape(error.get('detail', ''))}</li>\n" for error in errors]
    return f"<ul>\n{''.join(items)}</ul>\n" if items else ""


def _place(error: Mapping[str, str]) -> str:
    words = [error[name] for name in ("in", "name", "pointer") if name in error]
    return f"<code>{escape(' '.join(words))}</code> " if words else ""


def errors_of(error: HTTPException) -> Errors:
    """Return the invalid values that an exception lists."""
    return error.errors if isinstance(error, ValidationError) else ()


def http_exception_response(environ: WSGIEnvironment, error: HTTPException) -> WerkzeugResponse:
    """Make the response for a Werkzeug exception or a subclass of one.

    An exception with a response or body of its own is sent as it is. Others get
    the default body, with their headers and the description that the user gave.
    """
    if error.code is None or not has_default_body(error):
        response = error.get_response(environ)
        assert isinstance(response, WerkzeugResponse), response
        return response
    answer = error_response(environ, error.code, description_of(error), errors_of(error))
    for name, value in error.get_headers(environ):
        if name.lower() != "content-type":
            answer.headers.add(name, value)
    return answer


def description_of(error: HTTPException) -> str:
    """Return the description that the user gave. Werkzeug's default text only repeats the title, so it is left out.

    A field that a handler expects, such as ``request.files["photo"]``, is named if the request does not have it.
    """
    if isinstance(error, BadRequestKeyError) and error._description == BadRequest.description:
        return f"The request has no field {shorten(error.args[0])}." if error.args else ""
    description = error.description or ""
    return "" if description == type(error).description else description


def interrupt_response(environ: WSGIEnvironment, interrupt: Interrupt) -> Response:
    """Make the response for ``redirect()``, ``not_found()`` and other interrupts."""
    if isinstance(interrupt, Redirect):
        status = interrupt.status_for(environ["REQUEST_METHOD"], environ.get("CONTENT_TYPE") or "")
        return Response(None, status, {"Location": interrupt.location})
    return error_response(environ, interrupt.status)


def has_default_body(error: HTTPException) -> bool:
    """Return whether ``error_response`` makes the body for an exception, in the format that the client prefers."""
    own_body = (
        type(error).get_body is not HTTPException.get_body or type(error).get_response is not HTTPException.get_response
    )
    return error.response is None and error.code is not None and not own_body
