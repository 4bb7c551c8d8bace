"""Write one line for each request, under servers that do not.

The lines are those that gunicorn writes with ``GUNICORN_FORMAT``: the Common
Log Format, which programs can read, and the seconds until the response was
complete.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment

GUNICORN_FORMAT = '%(h)s - - %(t)s "%(r)s" %(s)s %(b)s %(L)s'

# What would end the quoted part of a line, or the line.
_UNSAFE = re.compile(r"[^!#-~]")


def with_access_log(app: WSGIApplication) -> WSGIApplication:
    """Wrap an application, so that each response writes a line to standard output."""
    logger = logging.getLogger("routehandlers.access")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)

    def logged(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        record = _Record(logger, environ)

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            record.status = status[:3]
            return start_response(status, headers, *exc_info)

        try:
            body = app(environ, start)
        except BaseException:
            record.write()
            raise
        # Granian sends lists in one piece, and everything else chunk by chunk.
        if isinstance(body, list):
            record.sent = sum(map(len, body))
            record.write()
            return body
        return _Counted(body, record)

    return logged


class _Record:
    """The facts of one line."""

    def __init__(self, logger: logging.Logger, environ: WSGIEnvironment) -> None:
        self.status = "500"
        self.sent = 0
        self._logger = logger
        self._began = time.perf_counter()
        # The application may change the environment.
        self._client = environ.get("REMOTE_ADDR") or "-"
        self._request = f"{environ['REQUEST_METHOD']} {_uri(environ)} {environ.get('SERVER_PROTOCOL', 'HTTP/1.0')}"

    def write(self) -> None:
        now = time.strftime("[%d/%b/%Y:%H:%M:%S %z]")
        seconds = time.perf_counter() - self._began
        self._logger.info(
            '%s - - %s "%s" %s %d %.6f', self._client, now, self._request, self.status, self.sent, seconds
        )


class _Counted:
    """A body that counts its bytes, and writes the line when it is closed."""

    def __init__(self, body: Iterable[bytes], record: _Record) -> None:
        self._body = body
        self._record = record

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            self._record.sent += len(chunk)
            yield chunk

    def close(self) -> None:
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._record.write()


def _uri(environ: WSGIEnvironment) -> str:
    """Return the path and the query as the client sent them, or nearly so where the server does not tell."""
    uri = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not uri:
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        query = environ.get("QUERY_STRING")
        uri = quote(path, safe="/!$&'()*+,;=:@~", encoding="latin-1") + (f"?{query}" if query else "")
    return _UNSAFE.sub(lambda found: quote(found[0], safe="", encoding="latin-1", errors="replace"), uri)
