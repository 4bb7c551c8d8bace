"""Answers that are raised: what ``redirect()`` and ``not_found()`` throw."""

from __future__ import annotations

from ..values.encoding import check_header_value, encode_non_ascii


class Interrupt(BaseException):
    """An answer on its way out of a handler.

    It derives from ``BaseException`` because it is no mistake: a ``try: …
    except Exception:`` around it must not swallow it. It never leaves the
    application.

    :param status: The status of the answer.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"an answer with status {self.status}, raised outside of a handler"


class Redirect(Interrupt):
    """What ``redirect()`` and ``permanent_redirect()`` raise.

    :param location: Sent as it stands; only what is not ASCII is percent-encoded.
    :param status: 307 or 308, or ``None`` for what ``redirect()`` answers: 303 to
        the POST of a form, and 307 to everything else.
    """

    def __init__(self, location: str, status: int | None) -> None:
        if not location:
            raise ValueError("A redirect needs a URL, and this one is empty.")
        check_header_value("Location", location)
        super().__init__(status or 307)
        self.location = encode_non_ascii(location)
        self._fixed = status is not None

    def status_for(self, method: str, content_type: str) -> int:
        """The status for one request. A form's POST becomes a GET of the target, as in Next."""
        mimetype = content_type.partition(";")[0].strip().lower()
        if not self._fixed and method == "POST" and mimetype in _FORMS:
            return 303
        return self.status


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class AccessFallback(Interrupt):
    """What ``not_found()``, ``forbidden()`` and ``unauthorized()`` raise."""
