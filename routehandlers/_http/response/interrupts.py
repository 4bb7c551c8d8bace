"""Interrupts: the exceptions of ``redirect()`` and ``not_found()``, which stand for a response."""

from __future__ import annotations

from ..values.encoding import check_header_value, encode_non_ascii


class Interrupt(BaseException):
    """Base class of exceptions that stand for a response.

    It derives from ``BaseException``, since it is not an error: a ``try: …
    except Exception:`` around it must not catch it. It never leaves the
    application.

    :param status: The status of the response.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"a response with status {self.status}, raised outside of a handler"


class Redirect(Interrupt):
    """Exception of ``redirect()`` and ``permanent_redirect()``.

    :param location: Sent as it is, except that characters beyond ASCII are percent-encoded.
    :param status: 307 or 308, or ``None`` for the statuses of ``redirect()``: 303
        for the POST of a form, and 307 for everything else.
    """

    def __init__(self, location: str, status: int | None) -> None:
        if not location:
            raise ValueError("The URL of a redirect is empty. Pass a path or a whole URL.")
        check_header_value("Location", location)
        super().__init__(status or 307)
        self.location = encode_non_ascii(location)
        self._fixed = status is not None

    def status_for(self, method: str, content_type: str) -> int:
        """Return the status for a request. The POST of a form becomes a GET of the target, as in Next."""
        mimetype = content_type.partition(";")[0].strip().lower()
        if not self._fixed and method == "POST" and mimetype in _FORMS:
            return 303
        return self.status


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class AccessFallback(Interrupt):
    """Exception of ``not_found()``, ``forbidden()`` and ``unauthorized()``."""
