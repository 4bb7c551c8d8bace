"""Metadata that functions make: its URLs and headers, its ids, and how it is cached."""

from __future__ import annotations

import pytest
from conftest import ClientFor, MakeApp
from freezegun import freeze_time

from routehandlers.inspect import prerender

PUBLIC = "public, max-age=0, must-revalidate"


FILES = {
    "robots.py": "def robots(): return {'rules': {'disallow': '/private/'}}",
    "sitemap.py": "def sitemap(): return [{'url': 'https://acme.com/?a=1&b=2'}]",
    "manifest.py": "def manifest(): return {'name': 'App é', 'icons': [{'src': '/favicon.ico'}], 'new_member': 1}",
    "icon.py": "def icon(): return b'icon'",
    "blog/[slug]/opengraph_image.py": "size = {'width': 1200, 'height': 630}\nalt = 'x'\ncontent_type = 'image/svg+xml'\ndef opengraph_image(params): return f\"<svg>{params['slug']}</svg>\".encode()",
    "(group)/inner/twitter_image1.py": "from routehandlers import Response\ndef twitter_image(): return Response(b'tw', headers={'Content-Type': 'image/webp', 'Cache-Control': 'no-store'})",
    "multi/apple_icon.py": "def generate_image_metadata(params): return [{'id': 'small', 'content_type': 'image/gif'}, {'id': 2}]\ndef apple_icon(id, params): return repr((id, params)).encode()",
    "products/sitemap.py": "def generate_sitemaps(): return [{'id': 0}, {'id': 'x'}]\ndef sitemap(id): return [{'url': f'https://acme.com/{type(id).__name__}/{id}'}]",
    "host/sitemap.py": "from routehandlers.headers import headers\ndef sitemap(): return [{'url': 'https://' + headers()['Host']}]",
}


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/robots.txt", "text/plain; charset=utf-8", "User-Agent: *\nDisallow: /private/\n\n"),
        ("/sitemap.xml", "application/xml; charset=utf-8", None),
        (
            "/manifest.webmanifest",
            "application/manifest+json",
            '{"name":"App é","icons":[{"src":"/favicon.ico"}],"new_member":1}',
        ),
        ("/icon", "image/png", "icon"),
        ("/blog/a%20b/opengraph-image", "image/svg+xml", "<svg>a b</svg>"),
        ("/multi/apple-icon/small", "image/gif", "('small', {})"),
        ("/multi/apple-icon/2", "image/png", "(2, {})"),
        ("/products/sitemap/0.xml", "application/xml; charset=utf-8", None),
        ("/products/sitemap/x.xml", "application/xml; charset=utf-8", None),
    ],
)
def test_what_is_generated_is_sent_with_its_type_and_cached(
    make_app: MakeApp, client_for: ClientFor, path: str, content_type: str, body: str | None
) -> None:
    client = client_for(make_app(FILES))

    answers = [client.get(path) for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
            200,
            content_type,
            PUBLIC,
        )
        assert body is None or answer.text == body
    assert "hit" in answers[1].headers["Cache-Status"]
    assert client.get(path, headers={"If-None-Match": answers[0].headers["ETag"]}).status_code == 304
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    assert client.post(path).headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path",
    [
        "/multi/apple-icon",
        "/multi/apple-icon/3",
        "/products/sitemap.xml",
        "/products/sitemap/0",
        "/products/sitemap/2.xml",
        "/icon.png",
        "/manifest.json",
        "/group/inner/twitter-image1",
        "/robots.py",
    ],
)
def test_nothing_else_is_there(make_app: MakeApp, client_for: ClientFor, path: str) -> None:
    assert client_for(make_app(FILES)).get(path).status_code == 404


def test_an_id_is_part_of_the_url_as_text(make_app: MakeApp, client_for: ClientFor) -> None:
    assert "https://acme.com/str/0" in client_for(make_app(FILES)).get("/products/sitemap/0.xml").text


def test_a_response_of_its_own_is_sent_as_it_is(make_app: MakeApp, client_for: ClientFor) -> None:
    answer = client_for(make_app(FILES)).get("/inner/twitter-image1")

    assert (answer.text, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        "tw",
        "image/webp",
        "no-store",
    )


def test_what_reads_the_client_is_not_cached(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app(FILES))

    assert "https://a.example" in client.get("/host/sitemap.xml", headers={"Host": "a.example"}).text
    assert "https://b.example" in client.get("/host/sitemap.xml", headers={"Host": "b.example"}).text


def test_segment_config_counts_as_in_routes(make_app: MakeApp, client_for: ClientFor) -> None:
    counting = "N = []\ndef sitemap():\n    N.append(1)\n    return [{'url': f'https://acme.com/{len(N)}'}]\n"
    app = make_app(
        {
            "a/sitemap.py": f"revalidate = 10\n{counting}",
            "b/sitemap.py": f"dynamic = 'force-dynamic'\n{counting}",
            "c/sitemap.py": counting,
        }
    )
    client = client_for(app)

    with freeze_time("2026-01-01") as clock:
        for path in ("/a/sitemap.xml", "/b/sitemap.xml", "/c/sitemap.xml"):
            client.get(path)
        assert "/2" in client.get("/b/sitemap.xml").text
        assert "com/1" in client.get("/a/sitemap.xml").text
        app.cache.revalidate_path("/c/sitemap.xml")
        assert "com/2" in client.get("/c/sitemap.xml").text
        clock.tick(11)
        assert "com/1" in client.get("/a/sitemap.xml").text  # stale, and a refresh begins


def test_build_makes_those_whose_ids_are_known(make_app: MakeApp) -> None:
    made = {item.path: item.is_stored for item in prerender(make_app(FILES))}

    assert made["/robots.txt"]
    assert made["/multi/apple-icon/small"]
    assert made["/products/sitemap/x.xml"]
    assert not made["/host/sitemap.xml"]
    assert "/blog/[slug]/opengraph-image" not in made


def test_params_and_ids_are_listed_together(make_app: MakeApp) -> None:
    app = make_app(
        {
            "[lang]/icon.py": "dynamic_params = False\n"
            "def generate_static_params(): return [{'lang': 'de'}, {'lang': 'fr'}]\n"
            "def generate_image_metadata(params): return ({'id': params['lang'] + size} for size in ('-s', '-l'))\n"
            "def icon(id): return id.encode()\n",
            "shops/[shop]/icon.py": "def generate_image_metadata(): return [{'id': 1}]\ndef icon(): return b'unknown'\n",
        }
    )

    made = [item.path for item in prerender(app) if item.is_stored]

    assert made == ["/de/icon/de-s", "/de/icon/de-l", "/fr/icon/fr-s", "/fr/icon/fr-l"]
    assert app.test_client().get("/de/icon/de-l").text == "de-l"
    assert app.test_client().get("/it/icon/it-l").status_code == 404


@pytest.mark.parametrize(
    "returned",
    ["b'image'", "bytearray(b'image')", "(part for part in (b'im', b'age'))", "BYTES", "Response(b'image', mimetype='image/png')"],
)  # fmt: skip
def test_an_image_may_be_returned_in_many_ways(make_app: MakeApp, client_for: ClientFor, returned: str) -> None:
    # As Pillow leaves a BytesIO behind it: at its end.
    source = "import io\nfrom routehandlers import Response\nBYTES = io.BytesIO()\nBYTES.write(b'image')\n"
    client = client_for(make_app({"icon.py": f"{source}\ndef icon(): return {returned}"}))

    answer = client.get("/icon")

    assert (answer.data, answer.headers["Content-Type"]) == (b"image", "image/png")


def test_a_shared_response_stays_as_it_is(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {"icon.py": "from routehandlers import Response\nSHARED = Response(b'image')\ndef icon(): return SHARED\n"}
    )

    assert client_for(app).get("/icon").headers["Cache-Control"] == PUBLIC
    assert "Cache-Control" not in app.load("/icon").SHARED.headers


def test_names_of_the_users_own_mean_nothing(make_app: MakeApp, client_for: ClientFor) -> None:
    files = {
        "sitemap.py": "def get(): return 'x'\ndef sitemap(**others): return [{'url': get()}]",
        "icon.py": "SIZE, ALT = 32, 'a'\nclass Icon: pass\ndef icon(): return b''",
    }

    assert "<loc>x</loc>" in client_for(make_app(files)).get("/sitemap.xml").text


def test_a_sitemap_of_sitemaps_may_be_a_route(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "sitemap.py": "def generate_sitemaps(): return [{'id': 1}]\ndef sitemap(): return []",
            "sitemap.xml/route.py": "def GET(): return 'index'",
            "sitemap/index.xml/route.py": "def GET(): return 'index too'",
        }
    )

    texts = [client_for(app).get(path).text for path in ("/sitemap.xml", "/sitemap/index.xml", "/sitemap/1.xml")]

    assert texts[:2] == ["index", "index too"]
    assert texts[2].startswith("<?xml")
