"""Conditional requests: compare the client's copy with the response (RFC 9110 section 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._http.response.changes import own_copy
from ..._http.response.errors import error_response
from ..._http.response.response import STATUS_LINES

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ...typing import WSGIEnvironment


def compare(environ: WSGIEnvironment, original: WerkzeugResponse) -> WerkzeugResponse:
    """Return the response to a conditional request: the whole response, a 304, or a 412."""
    if original.status_code != 200 or not ("ETag" in original.headers or "Last-Modified" in original.headers):
        return original
    response = own_copy(original)
    response.make_conditional(environ)
    if "Date" not in original.headers:
        response.headers.pop("Date", None)  # the server sets it
    if response.status_code == 412:
        refused = error_response(environ, 412)
        refused.call_on_close(original.close)
        return refused
    if response.status_code != original.status_code:
        response.status = STATUS_LINES[response.status_code]
    return response
