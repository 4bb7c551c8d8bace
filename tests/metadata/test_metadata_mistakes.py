"""What is wrong with metadata files: at start where it can be seen, or else with the first request."""

from __future__ import annotations

import pytest
from conftest import ClientFor, MakeApp

from routehandlers.exceptions import InvalidAppError

ROBOTS = "def robots(): return {'rules': {}}"
SITEMAP = "def sitemap(): return []"
ROUTE = "def GET(): return 'x'"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a/robots.py": ROBOTS}, "robots.py applies to the whole application"),
        ({"a/manifest.json": "{}"}, "manifest.json applies to the whole application"),
        ({"(g)/favicon.ico": "x"}, "favicon.ico applies to the whole application"),
        ({"robots.py": ROBOTS, "robots.txt": "x"}, "Two files answer '/robots.txt'"),
        (
            {"sitemap.py": SITEMAP, "sitemap.xml/route.py": ROUTE},
            "Two files answer '/sitemap.xml'",
        ),
        ({"icon.py": "def icon(): pass", "(g)/icon.py": "def icon(): pass"}, "Two files answer '/icon'"),
        ({"icon.py": "def Icon(): pass"}, "It does not export a function 'icon'. Write 'def icon(id, params):'."),
        ({"sitemap.py": "sitemap = []"}, "Write 'def sitemap():'."),
        ({"sitemap.py": "def sitemap(request): pass"}, "sitemap has the wrong parameters."),
        ({"icon.py": "def icon(params, /): pass"}, "icon has the wrong parameters. Write 'def icon(id, params):'"),
        ({"sitemap.py": "async def sitemap(): pass"}, "sitemap is asynchronous, and this library is not."),
        ({"sitemap.py": f"generate_sitemaps = 3\n{SITEMAP}"}, "Write 'def generate_sitemaps():'."),
        (
            {"sitemap.py": f"def generate_sitemaps(params): pass\n{SITEMAP}"},
            "generate_sitemaps has the wrong parameters.",
        ),
        (
            {"icon.py": "async def generate_image_metadata(): pass\ndef icon(): pass"},
            "generate_image_metadata is async",
        ),
        ({"icon.py": "def generateImageMetadata(): pass\ndef icon(): pass"}, "Did you mean 'generate_image_metadata'?"),
        ({"icon.py": "contentType = 'image/png'\ndef icon(): pass"}, "Did you mean 'content_type'?"),
        ({"a/opengraph-image.py": ""}, "Rename it to opengraph_image.py."),
        ({"[...x]/icon.png": ""}, "Move icon.png up"),
        ({"icon.py": "size = (1, 2)\ndef icon(): pass"}, "size is (1, 2). Give a width and a height in pixels"),
        ({"icon.py": "content_type = 'png'\ndef icon(): pass"}, "Give a type such as 'image/png'."),
        ({"icon.py": "revalidate = 'soon'\ndef icon(): pass"}, "revalidate is 'soon'."),
        (
            {"robots.py": "def generate_sitemaps(): pass\ndef robots(): pass"},
            "generate_sitemaps() has no meaning in robots.py.",
        ),
        ({"icon.py": "raise RuntimeError('x')", "sitemap.py": ""}, "could not be imported"),
    ],
)
def test_mistakes_are_found_at_start(make_app: MakeApp, files: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({"x/route.py": ROUTE, **files})

    assert message in str(caught.value)


def test_an_image_that_nobody_would_load_is_an_error_at_start(make_app: MakeApp) -> None:
    with pytest.raises(InvalidAppError, match="larger than 5 MB"):
        make_app({"twitter-image.png": "x" * (5 * 2**20 + 1)})


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({"robots.py": "def robots(): pass"}, "/robots.txt", "robots() is None"),
        (
            {"icon.py": "def generate_image_metadata(): return [{}]\ndef icon(): pass"},
            "/icon/1",
            "an item of generate_image_metadata() has no 'id'.",
        ),
        (
            {"icon.py": "def generate_image_metadata(): pass\ndef icon(): pass"},
            "/icon/1",
            "returned None. Return a list",
        ),
        (
            {"icon.py": "def generate_image_metadata(): return [{'id': 1}, {'id': '1'}]\ndef icon(): pass"},
            "/icon/1",
            "generate_image_metadata() lists the id '1' twice",
        ),
        (
            {"sitemap.py": "def generate_sitemaps(): return [{'id': 1.5}]\ndef sitemap(): return []"},
            "/sitemap/1.xml",
            "generate_sitemaps() lists the id 1.5. Give text or a whole number.",
        ),
        (
            {"icon.py": "def generate_image_metadata(): return [{'id': 1, 'contentType': 'x'}]\ndef icon(): pass"},
            "/icon/1",
            "Did you mean 'content_type'?",
        ),
        ({"icon.py": "def icon(): return {}"}, "/icon", "icon() returned {}. Return bytes, a Response or an iterator"),
        ({"icon.py": "def icon(): pass"}, "/icon", "/icon.py) failed"),
        ({"manifest.py": "def manifest(): pass"}, "/manifest.webmanifest", "manifest() returned None. Return a dict"),
        (
            {"manifest.py": "def manifest(): return {'shortName': 'x'}"},
            "/manifest.webmanifest",
            "manifest() has the unknown key 'shortName'. Did you mean 'short_name'?",
        ),
    ],
)
def test_what_cannot_be_written_is_a_500_that_says_so(
    make_app: MakeApp,
    client_for: ClientFor,
    caplog: pytest.LogCaptureFixture,
    files: dict[str, str],
    path: str,
    message: str,
) -> None:
    assert client_for(make_app(files)).get(path).status_code == 500
    assert message in caplog.text
