"""The work that the patterns of an application may take for one request."""

from __future__ import annotations

from werkzeug.exceptions import RequestURITooLarge

from ..._patterns.regex import Budget


class RequestBudget(Budget):
    """The work that the patterns of an application may take for one path or one request."""

    __slots__ = ()

    def run_out(self) -> Exception:
        """Return the exception for a request that takes too long to match. It must not pass a guard unmatched."""
        return RequestURITooLarge()
