"""Werkzeug's test client, for applications of this library."""

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
    """Sends requests without a server; see ``client``. What is not said here is Werkzeug's.

    https://werkzeug.palletsprojects.com/en/stable/test/#werkzeug.test.Client
    """

    __test__ = False  # pytest takes it for a class of tests otherwise

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

        :param args: The URL, and what else ``werkzeug.test.EnvironBuilder`` takes; or such a builder.
        :param buffered: Read the answer to its end, after which ``after()`` has done its work. Without it
            a stream is read by ``response.iter_encoded()`` and ended by ``response.close()``.
        :param options: ``method``, ``query_string``, ``headers``, ``data``, ``json``, ``auth``, …
        :raise Exception: What the application raised and did not answer, if the client is to raise it.
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
                    "A client sends the cookies of its jar, and no Cookie header beside them. Use"
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
        """Have a cookie sent from now on, encoded as browsers' JavaScript does.

        :param options: Werkzeug's: ``domain="localhost"``, ``path="/"``, ``origin_only=True``, …
        """
        super().set_cookie(key, encode_value(value), **options)

    def get_cookie(self, key: str, domain: str = "localhost", path: str = "/") -> Cookie | None:
        """A cookie that is sent. Its ``decoded_value`` is what ``cookies()`` reads."""
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
