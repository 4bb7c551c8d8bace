"""Werkzeug's test client, adapted to applications of this library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from werkzeug.test import Client

from .._http.response.cookies import encode_value, parse_cookies
from .._runtime.answer.raising import RAISES
from .messages import RequestBuilder, TestResponse

if TYPE_CHECKING:
    from werkzeug.test import Cookie

    from ..typing import WSGIApplication, WSGIEnvironment


class TestClient(Client):
    """Send requests without a server; see ``client``. Everything else is as in Werkzeug's ``Client``.

    https://werkzeug.palletsprojects.com/en/stable/test/#werkzeug.test.Client
    """

    __test__ = False  # otherwise pytest collects it because of its name

    def __init__(
        self,
        application: WSGIApplication,
        *,
        raise_exceptions: bool = True,
        use_cookies: bool = True,
        allow_subdomain_redirects: bool = False,
    ) -> None:
        super().__init__(application, TestResponse, use_cookies, allow_subdomain_redirects)
        self.raise_exceptions = raise_exceptions
        self._has_jar = use_cookies

    def open(self, *args: Any, buffered: bool = True, follow_redirects: bool = False, **options: Any) -> TestResponse:
        """Send a request.

        :param args: The URL and other arguments of ``werkzeug.test.EnvironBuilder``, or such a builder.
        :param buffered: Read the response to its end, so that the functions given to ``after()`` have run. With
            ``False``, read a stream with ``response.iter_encoded()`` and end it with ``response.close()``.
        :param options: ``method``, ``query_string``, ``headers``, ``data``, ``json``, ``auth``, …
        :raise Exception: An exception that the application did not handle, with ``raise_exceptions``.
        """
        if options or len(args) != 1 or isinstance(args[0], str):
            args = (self._build(*args, **options),)
        response = super().open(*args, buffered=buffered, follow_redirects=follow_redirects)
        return cast("TestResponse", response)

    def _build(self, *args: Any, **options: Any) -> Any:
        builder = RequestBuilder(*args, **options)
        try:
            if self._has_jar and "Cookie" in builder.headers:
                raise ValueError(
                    "A client with a cookie jar sends the cookies of the jar and no other Cookie header. Use"
                    " client.set_cookie(name, value), or make the client with use_cookies=False."
                )
            return builder.get_request()
        finally:
            builder.close()

    def run_wsgi_app(self, environ: WSGIEnvironment, buffered: bool = False) -> Any:
        if self.raise_exceptions:
            environ[RAISES] = True
        return super().run_wsgi_app(environ, buffered)

    def set_cookie(self, key: str, value: str = "", **options: Any) -> None:
        """Send a cookie with all following requests, encoded as ``encodeURIComponent()`` does in browsers.

        :param options: Werkzeug's: ``domain="localhost"``, ``path="/"``, ``origin_only=True``, …
        """
        super().set_cookie(key, encode_value(value), **options)

    def get_cookie(self, key: str, domain: str = "localhost", path: str = "/") -> Cookie | None:
        """Return a cookie of the jar, or ``None``. Its ``decoded_value`` is the value that ``cookies()`` reads."""
        cookie = super().get_cookie(key, domain, path)
        if cookie is None:
            return None
        return replace(cookie, decoded_value=parse_cookies(f"a={cookie.value}").get("a", ""))

    if TYPE_CHECKING:

        def get(self, *args: Any, **kw: Any) -> TestResponse: ...
        def post(self, *args: Any, **kw: Any) -> TestResponse: ...
        def put(self, *args: Any, **kw: Any) -> TestResponse: ...
        def patch(self, *args: Any, **kw: Any) -> TestResponse: ...
        def delete(self, *args: Any, **kw: Any) -> TestResponse: ...
        def head(self, *args: Any, **kw: Any) -> TestResponse: ...
        def options(self, *args: Any, **kw: Any) -> TestResponse: ...
        def trace(self, *args: Any, **kw: Any) -> TestResponse: ...
