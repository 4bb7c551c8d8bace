"""The request: URLs, bodies and limits."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from servers import ask
from werkzeug.datastructures import FileStorage
from werkzeug.test import Client, EnvironBuilder, encode_multipart

from routehandlers import Request, RouteHandlers
from routehandlers.server import URL

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

ECHO = """
def POST(request):
    what = request.args["read"]
    if what == "json": return {"json": request.json()}
    if what == "text": return {"text": request.text()}
    if what == "bytes": return {"bytes": list(request.bytes())}
    if what == "get_json": return {"json": request.get_json(force=True)}
    if what == "form":
        return [[k, v if isinstance(v, str) else [v.filename, v.content_type, v.read().decode()]] for k, v in request.form_data().items(multi=True)]
    if what == "form-twice":
        request.text(); request.form_data()
        return {"form": request.form, "files": list(request.files), "data": len(request.bytes()), "input": len(request.environ["wsgi.input"].read())}
"""


@pytest.fixture
def post(make_app: MakeApp, client_for: ClientFor) -> Callable[..., Any]:
    def send(read: str, data: Any, content_type: str | None = None, source: str = ECHO, **settings: Any) -> Any:
        client = client_for(make_app({"x/route.py": source}, **settings))
        return client.post("/x", query_string={"read": read}, data=data, content_type=content_type)

    return send


def request(target: str, **environ: Any) -> Request:
    path, _, query = target.partition("?")
    built = EnvironBuilder(method="GET").get_environ()
    return Request({**built, "PATH_INFO": path, "QUERY_STRING": query, **environ})


@pytest.mark.parametrize(
    ("target", "environ", "url"),
    [
        ("/a%2Fb", {"PATH_INFO": "/a/b", "RAW_URI": "/a%2Fb"}, "http://localhost/a%2Fb"),
        ("/x?b=2&a=1&b=%20&c", {}, "http://localhost/x?b=2&a=1&b=%20&c"),
        ("/x?", {}, "http://localhost/x"),
        ("/x", {"HTTP_HOST": "Example.COM:8443"}, "http://example.com:8443/x"),
        ("/x", {"HTTP_HOST": "example.com:80"}, "http://example.com/x"),
        ("/x", {"wsgi.url_scheme": "https", "HTTP_HOST": "e.example:443"}, "https://e.example/x"),
        ("/x", {"HTTP_HOST": "", "SERVER_NAME": "10.0.0.1", "SERVER_PORT": "8000"}, "http://10.0.0.1:8000/x"),
        ("/x", {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "https"}, "http://localhost/x"),
        ("/x", {"SCRIPT_NAME": "/mount"}, "http://localhost/mount/x"),
        ("/caf\xc3\xa9", {}, "http://localhost/caf%C3%A9"),
        ('/x?a="<>|', {}, "http://localhost/x?a=%22%3C%3E%7C"),
        ("", {"SCRIPT_NAME": "/m"}, "http://localhost/m/"),
    ],
)
def test_the_url_is_what_was_sent(target: str, environ: dict[str, Any], url: str) -> None:
    assert request(target, **environ).url == url


def test_next_url_has_the_parts_of_the_standard() -> None:
    url = request("/a b?x=1&x=a+b", HTTP_HOST="example.com:8443", **{"wsgi.url_scheme": "https"}).next_url

    assert url.href == str(url) == "https://example.com:8443/a%20b?x=1&x=a+b"
    assert (url.origin, url.protocol, url.host) == ("https://example.com:8443", "https:", "example.com:8443")
    assert (url.hostname, url.port, url.pathname) == ("example.com", "8443", "/a%20b")
    assert (url.search, url.hash, url.base_path, url.username, url.password) == ("?x=1&x=a+b", "", "", "", "")
    assert url.search_params.getlist("x") == ["1", "a b"]


def test_a_query_may_begin_with_a_question_mark() -> None:
    url = request("/x??a").next_url

    assert (url.href, url.search, list(url.search_params)) == ("http://localhost/x??a", "??a", ["?a"])


def test_next_url_can_be_changed_and_cloned() -> None:
    asked = request("/x?a=1")
    url = asked.next_url.clone()

    url.pathname, url.hash, url.port, url.protocol = "new path", "top", 8000, "https:"
    url.search_params["b"] = "2 3"

    assert url.href == "https://localhost:8000/new%20path?a=1&b=2+3#top"
    assert asked.next_url.href == asked.url == "http://localhost/x?a=1"
    url.search = "?q"
    assert (url.search, list(url.search_params)) == ("?q", ["q"])
    url.host = "[::1]:9"
    assert (url.hostname, url.port) == ("[::1]", "9")
    url.href = "http://user:pw@h/p?q#f"
    assert (url.href, url.username, url.password) == ("http://user:pw@h/p?q#f", "user", "pw")


def test_a_scheme_and_a_host_are_set_as_the_standard_sets_them() -> None:
    url = request("/x?a=1&b=2").next_url

    url.protocol, url.hostname = "HTTPS", "EXAMPLE.com"
    url.search_params.add("a", url.search_params.pop("a"))

    assert url.href == "https://example.com/x?b=2&a=1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("href", "/relative"),
        ("port", "x"),
        ("port", 70_000),
        ("protocol", "a b"),
        ("hostname", "evil/x"),
        ("hostname", "a\r\nb"),
        ("hostname", ""),
    ],
)
def test_next_url_refuses_what_is_no_url(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="is not a"):
        setattr(request("/x").next_url, name, value)


def test_the_base_path_is_in_the_url_and_not_in_the_pathname(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "x/route.py": "def GET(request):\n    u = request.next_url\n    return [request.url, u.href, u.pathname, u.base_path]\n"
        },
        base_path="/b",
    )

    url = "http://localhost/b/x"
    assert client_for(app).get("/b/x").json == [url, url, "/x", "/b"]
    assert [URL(f"http://h{path}", "/b").href for path in ("/b", "/b/", "/b?q")] == [
        "http://h/b",
        "http://h/b/",
        "http://h/b?q",
    ]


@pytest.mark.parametrize(
    ("read", "data", "answer"),
    [
        ("json", b'{"a": [1, "\xc3\xa9", null]}', {"json": {"a": [1, "é", None]}}),
        ("json", b'\xef\xbb\xbf{"a": 1}', {"json": {"a": 1}}),
        ("json", b"[12345678901234567890]", {"json": [12345678901234567890]}),
        ("get_json", b'{"a": 1}', {"json": {"a": 1}}),
        ("text", b"\xef\xbb\xbfa\xffb", {"text": "a�b"}),
        ("bytes", b"\x00\xff", {"bytes": [0, 255]}),
    ],
)
def test_bodies_are_read_whatever_their_type_says(
    post: Callable[..., Any], read: str, data: bytes, answer: Any
) -> None:
    response = post(read, data, "text/x-anything")

    assert (response.status_code, response.json) == (200, answer)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "expecting value (line 1, column 1)"),
        (b'{"a":', "expecting value (line 1, column 6)"),
        (b'{"a":1}\n]', "extra data (line 2, column 1)"),
        (b"\xff\xfe", "not UTF-8"),
        ('{"a":"é"}'.encode("latin-1"), "not UTF-8"),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b'{"a": -1e999}', "-1e999 is too large a number"),
        (b"[" * 200_000, "nested too deeply"),
        (b"9" * 5_000, "too many digits"),
    ],
    ids=["empty", "cut", "extra", "utf-16", "latin-1", "nan", "infinity", "huge", "deep", "digits"],
)
@pytest.mark.parametrize("read", ["json", "get_json"])
def test_json_that_is_none_is_a_400_that_says_where(
    post: Callable[..., Any], read: str, data: bytes, detail: str
) -> None:
    response = post(read, data)

    assert response.status_code == 400
    assert read == "get_json" or detail in response.json["detail"]


def test_a_form_has_fields_and_files(post: Callable[..., Any]) -> None:
    data = {"a": ["1", "zwei é"], "f": (BytesIO(b"content"), "a b.txt", "text/csv")}

    assert post("form", data).json == [["a", "1"], ["a", "zwei é"], ["f", ["a b.txt", "text/csv", "content"]]]


def test_a_urlencoded_form_is_decoded_as_browsers_do(post: Callable[..., Any]) -> None:
    answer = post("form", b"a=1&b=x+y&a=%C3%A9&c=&d=%zz&e=%ff", "application/x-www-form-urlencoded; charset=utf-8")

    assert answer.json == [["a", "1"], ["a", "é"], ["b", "x y"], ["c", ""], ["d", "%zz"], ["e", "�"]]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"x", "text/plain", 415),
        (b"x", None, 415),
        (b"{}", "application/json", 415),
        (b"junk", "multipart/form-data; boundary=B", 400),
        (b"junk", "multipart/form-data", 400),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut', "multipart/form-data; boundary=B", 400),
    ],
)
def test_what_is_no_form_gets_a_clear_4xx(
    post: Callable[..., Any], data: bytes, content_type: str | None, status: int
) -> None:
    assert post("form", data, content_type).status_code == status


def test_a_body_can_be_read_in_every_way_and_again_by_others(post: Callable[..., Any]) -> None:
    # Encoded here: the client keeps what it encodes in a temporary file that it does not close.
    boundary, data = encode_multipart({"a": "1", "f": FileStorage(BytesIO(b"x" * 600_000), "big.bin")})

    body = post("form-twice", data, f"multipart/form-data; boundary={boundary}").json

    assert (body["form"], body["files"]) == ({"a": "1"}, ["f"])
    assert body["data"] == body["input"] > 600_000


@pytest.mark.parametrize("read", ["json", "text", "form", "get_json"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_a_413(make_app: MakeApp, client_for: ClientFor, read: str, chunked: bool) -> None:
    client = client_for(make_app({"x/route.py": ECHO}, max_content_length=100))
    environ: dict[str, Any] = {"wsgi.input_terminated": True}
    if chunked:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}

    statuses = [
        client.post("/x", query_string={"read": read}, data=b"1" * size, environ_overrides=environ,
                    content_type="application/x-www-form-urlencoded").status_code
        for size in (100, 101)
    ]  # fmt: skip

    assert statuses == [200, 413]


def test_a_route_may_have_its_own_limit(make_app: MakeApp, client_for: ClientFor) -> None:
    read = "def POST(request): return {'n': len(request.bytes())}\n"
    client = client_for(
        make_app({"a/route.py": f"max_content_length = 200\n{read}", "b/route.py": read}, max_content_length=100)
    )

    assert [client.post(url, data=b"x" * 150).status_code for url in ("/a", "/b")] == [200, 413]


@pytest.mark.parametrize(("length", "status"), [("x", 400), ("-1", 400), ("9" * 30, 400), ("5", 400)])
def test_a_length_that_is_none_or_a_lie_is_a_400(
    make_app: MakeApp, client_for: ClientFor, length: str, status: int
) -> None:
    # Without wsgiref.validate, which does not let such a length pass.
    client = Client(make_app({"x/route.py": "def POST(request): return request.text()\n"}))

    assert client.post("/x", data=b"abc", environ_overrides={"CONTENT_LENGTH": length}).status_code == status


def test_get_has_no_body_as_in_next(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(
        make_app({"x/route.py": "def GET(request): return [request.text(), request.get_data(as_text=True)]\n"})
    )

    assert client.get("/x", data=b"sent").json == ["", "sent"]


@pytest.mark.parametrize(
    ("host", "trusted", "status"),
    [
        ("example.com", None, 200), ("a@b", None, 400), ("a b", None, 400), ("a/b", None, 400), ("x:99999", None, 400),
        ("x:1:2", None, 400), ("[::1]:80", None, 200), ("[::1", None, 400), ("x" * 300, None, 400), ("é.example", None, 400),
        ("a,b", None, 400), ("example.com", ["example.com"], 200), ("EXAMPLE.com:80", ["example.com"], 200),
        ("evil.example", ["example.com"], 400), ("a.example.com", [".example.com"], 200), ("", ["example.com"], 400),
    ],
)  # fmt: skip
def test_the_host_is_well_formed_and_trusted(
    make_app: MakeApp, client_for: ClientFor, host: str, trusted: Any, status: int
) -> None:
    app = make_app({"x/route.py": "def GET(request): return request.url\n"}, trusted_hosts=trusted)

    assert ask(app, {"HTTP_HOST": host}, path="/x")[0] == status


def test_the_parts_of_werkzeugs_request_work(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
def GET(request):
    return {"args": request.args, "path": request.path, "full": request.full_path, "method": request.method, "base": request.base_url,
            "root": request.root_url, "host": request.host, "scheme": request.scheme, "remote": request.remote_addr,
            "mime": request.mimetype, "secure": request.is_secure, "repr": repr(request)}
"""
    answer = (
        client_for(make_app({"a b/route.py": source})).get("/a%20b?q=1", environ_base={"REMOTE_ADDR": "192.0.2.1"}).json
    )

    assert answer == {
        "args": {"q": "1"}, "path": "/a b", "full": "/a b?q=1", "method": "GET", "base": "http://localhost/a%20b",
        "root": "http://localhost/", "host": "localhost", "scheme": "http", "remote": "192.0.2.1", "mime": "", "secure": False,
        "repr": "<Request 'http://localhost/a%20b?q=1' [GET]>",
    }  # fmt: skip


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        request("/x").nope  # noqa: B018


@pytest.mark.timeout(90)  # it takes a fraction of a second, and minutes if each field were looked for among the others
def test_reading_a_body_takes_linear_time(post: Callable[..., Any]) -> None:
    fields, urlencoded = b"&".join(b"k%d=1" % n for n in range(50_000)), "application/x-www-form-urlencoded"
    assert post("form", fields, urlencoded, max_form_parts=None).status_code == 200
    assert post("json", b'{"a":' * 100 + b"1" + b"}" * 100).status_code == 200
