"""Interrupts: the exceptions of ``redirect()`` and ``not_found()``, which stand for a response."""

from __future__ import annotations

from ..values.encoding import check_header_value, encode_non_ascii, url_text


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

    :param url: Sent as it is, except that characters beyond ASCII are percent-encoded.
    :param status: 307 or 308. In reply to the POST of a form, both are a 303.
    :raise TypeError: If the URL is ``None`` or another value that is no URL.
    :raise ValueError: If the URL is empty or contains control characters.
    """

    def __init__(self, url: object, status: int) -> None:
        location = url_text(url, "a redirect")
        check_header_value("Location", location)
        super().__init__(status)
        self.location = encode_non_ascii(location)

    def status_for(self, method: str, content_type: str) -> int:
        """Return the status for a request. The POST of a form becomes a GET of the target, as in Next."""
        mimetype = content_type.partition(";")[0].strip().lower()
        return 303 if method == "POST" and mimetype in _FORMS else self.status


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class AccessFallback(Interrupt):
    """Exception of ``not_found()``, ``forbidden()`` and ``unauthorized()``."""
