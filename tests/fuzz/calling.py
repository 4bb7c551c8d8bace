"""Call an application as a strict server does, and collect what happens."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.validate import WSGIWarning, check_environ, check_headers, check_status, validator

from fuzz import journal

# A stream that says more is taken for endless.
_LONGEST = 2_000_000


@dataclass
class Answer:
    """What a client got for a request.

    :ivar error: The exception that left the application.
    :ivar logged: Exceptions in the log, which became responses.
    """

    journal: journal.Journal
    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None
    logged: list[BaseException] = field(default_factory=list)
    has_ended: bool = False

    @property
    def code(self) -> int:
        return int(self.status[:3]) if self.status[:3].isdigit() else 0

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def is_valid(environ: dict[str, Any]) -> bool:
    """Return whether a server may send this to an application."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WSGIWarning)  # for methods that it does not know
            check_environ(environ)
    except (AssertionError, ValueError):
        return False
    return True


def call(application: Any, environ: dict[str, Any], log: Log) -> Answer:
    """Call an application and read the response to its end.

    An environment that ``wsgiref.validate`` refuses comes from careless servers and layers. Then the application is
    called without the validator, which would end the request itself.
    """
    answer = Answer(journal.begin(), logged=log.begin())

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        check_status(status)
        check_headers(headers)
        answer.status, answer.headers = status, list(headers)
        return lambda data: None

    try:
        body = (validator(application) if is_valid(environ) else application)(environ, start_response)
        try:
            for chunk in body:
                answer.body += chunk
                if len(answer.body) > _LONGEST:
                    raise AssertionError("the body does not end")
            answer.has_ended = True
        finally:
            if hasattr(body, "close"):
                body.close()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        answer.error = error
    return answer


class Log(logging.Handler):
    """Collect the exceptions that the library and Flask log."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: list[BaseException] = []

    def begin(self) -> list[BaseException]:
        self._seen = []
        return self._seen

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self._seen.append(record.exc_info[1])


@contextmanager
def collected() -> Iterator[Log]:
    """Collect logged exceptions in place of printing them."""
    log = Log()
    loggers = [logging.getLogger(name) for name in ("routehandlers", "fuzzed")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [log], False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WSGIWarning)
        try:
            yield log
        finally:
            for logger, (handlers, propagate) in zip(loggers, before, strict=True):
                logger.handlers, logger.propagate = handlers, propagate
