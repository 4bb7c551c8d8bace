"""What Next 16 changed for route handlers: each answer of Next 16.4 as its manual, its source or a server of it gives it.

The recordings are of Next 15.5. ``NEXT_16`` in ``deviations.py`` lists where this library differs from 16.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
from cache.test_freshness import until
from conftest import ClientFor, MakeApp
from freezegun import freeze_time
from servers import serve, write_app

import routehandlers.cache
from routehandlers.exceptions import InvalidAppError

COUNTED = "import itertools\nfrom routehandlers.cache import *\ncalls = itertools.count(1)\n"
CACHED = f"{COUNTED}dynamic = 'force-static'\ndef GET():\n    cache_tag('a')\n    return {{'n': next(calls)}}\n"


def cache_word(answer: Any) -> str:
    """What the answer says of the cache, in Next's words."""
    value = answer.headers["Cache-Status"]
    if "hit" in value:
        return "STALE" if "ttl=-" in value else "HIT"
    return "MISS" if "stored" in value else "BYPASS"


# proxy.ts -------------------------------------------------------------------


@pytest.mark.parametrize("file", ["proxy", "middleware"])
def test_proxy_is_the_new_name_of_middleware_and_the_old_one_still_works(
    make_app: MakeApp, client_for: ClientFor, file: str
) -> None:
    around = f"""
from routehandlers import Response
config = {{"matcher": "/x/:path*"}}
def {file}(request): return Response.next(request_headers={{"x-user": "7"}}, headers={{"x-seen": "1"}})
"""
    route = "def GET(request): return [request.headers.get('x-user'), request.headers.get('x-seen')]"
    client = client_for(make_app({f"{file}.py": around, "x/[id]/route.py": route, "y/route.py": route}))

    inside, outside = client.get("/x/1"), client.get("/y")

    assert (inside.get_json(), inside.headers.get("x-seen")) == (["7", None], "1")
    assert (outside.get_json(), outside.headers.get("x-seen")) == ([None, None], None)


def test_both_names_in_one_folder_are_refused(make_app: MakeApp) -> None:
    files = {f"{name}.py": f"def {name}(request): pass\n" for name in ("proxy", "middleware")}

    with pytest.raises(InvalidAppError, match=r"proxy\.py"):
        make_app(files)


# params and cookies() ---------------------------------------------------------


def test_there_is_one_way_to_params_and_cookies(make_app: MakeApp, client_for: ClientFor) -> None:
    # 15 allowed both await and direct access, 16 only await. Here nothing is awaited, so there is only direct access.
    source = """
from routehandlers.headers import cookies, draft_mode, headers
def GET(request, context):
    return [context.params, cookies().get("a"), headers().get("x-b"), draft_mode().is_enabled]
"""

    answer = client_for(make_app({"[id]/route.py": source})).get("/7", headers={"Cookie": "a=1", "X-B": "2"})

    assert answer.get_json() == [{"id": "7"}, "1", "2", False]


@pytest.mark.parametrize("source", ["async def GET(): pass", "async def GET(request, context): await context.params"])
def test_a_handler_that_awaits_is_refused_at_start(make_app: MakeApp, source: str) -> None:
    with pytest.raises(InvalidAppError, match="asynchronous"):
        make_app({"[id]/route.py": source})


# revalidateTag(tag, profile) ----------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        # "none → MISS,HIT; 'max' → STALE,HIT(new); {expire:0} → MISS", on a server of 16.4.6.
        ("revalidate_tag('a')", ["MISS", "HIT"]),
        ("revalidate_tag('a', 'max')", ["STALE", "HIT"]),
        ("revalidate_tag('a', 'hours')", ["STALE", "HIT"]),
        ("revalidate_tag('a', {'expire': 0})", ["MISS", "HIT"]),
        ("revalidate_tag('a', {'expire': 60})", ["STALE", "HIT"]),
        ("revalidate_tag('a', {'stale': 5, 'expire': 60})", ["STALE", "HIT"]),
        ("revalidate_tag('a', {'revalidate': 5, 'expire': 60})", ["STALE", "HIT"]),
        ("revalidate_tag('other', 'max')", ["HIT", "HIT"]),
    ],
)
def test_the_second_argument_of_revalidate_tag_decides_what_the_next_request_gets(
    make_app: MakeApp, call: str, words: list[str]
) -> None:
    purge = f"from routehandlers.cache import *\ndef POST():\n    {call}\n    return 'done'\n"
    client = make_app({"x/route.py": CACHED, "purge/route.py": purge}).test_client()
    client.get("/x")

    assert client.post("/purge").status_code == 200

    first = client.get("/x")
    assert until(lambda: cache_word(client.get("/x")) == words[1])
    last = client.get("/x")
    assert [cache_word(first), cache_word(last)] == words
    assert first.get_json() == {"n": 2 if words[0] == "MISS" else 1}
    assert last.get_json() == {"n": 1 if words[0] == "HIT" else 2}


@pytest.mark.parametrize("profile", ["zzz", {"expire": -1}, {"seconds": 5}, {"revalidate": 60, "expire": 60}])
def test_an_unknown_profile_is_an_error_of_the_caller(make_app: MakeApp, profile: Any) -> None:
    # Next 16 raises it when the handler has answered 200 already.
    purge = f"from routehandlers.cache import *\ndef POST():\n    revalidate_tag('a', {profile!r})\n    return 'x'\n"
    client = make_app({"x/route.py": CACHED, "purge/route.py": purge}).test_client()
    client.get("/x")

    assert client.post("/purge").status_code == 500

    assert cache_word(client.get("/x")) == "HIT"


@pytest.mark.parametrize("name", ["update_tag", "refresh"])
def test_functions_of_server_actions_do_not_exist(name: str) -> None:
    # updateTag() and refresh() throw in every route handler of Next 16.
    assert not hasattr(routehandlers.cache, name)


# Purges by path, and values -------------------------------------------------------


@pytest.mark.parametrize("path", ["/x", "/x/"])
def test_a_slash_at_the_end_of_a_purged_path_is_accepted(make_app: MakeApp, path: str) -> None:
    purge = f"from routehandlers.cache import *\ndef POST():\n    revalidate_path({path!r})\n    return 'done'\n"
    client = make_app({"x/route.py": CACHED, "purge/route.py": purge}).test_client()
    client.get("/x")

    client.post("/purge")

    assert cache_word(client.get("/x")) == "MISS"


def test_a_value_computed_again_in_the_request_that_purged_it_is_kept(make_app: MakeApp) -> None:
    # In 15.5 the next request computed it once more.
    source = f"""{COUNTED}
@cached(tags=("v",))
def value(): return next(calls)
def GET(): return [value()]
def POST():
    before = value()
    revalidate_tag("v", {{"expire": 0}})
    return [before, value()]
"""
    client = make_app({"x/route.py": source}).test_client()

    assert (client.post("/x").get_json(), client.get("/x").get_json()) == ([1, 2], [2])


# cacheLife ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "revalidate", "expire"),
    [
        ("default", 900, None),
        ("seconds", 1, 60),
        ("minutes", 60, 3_600),
        ("hours", 3_600, 86_400),
        ("days", 86_400, 604_800),
        ("weeks", 604_800, 2_592_000),
        ("max", 2_592_000, 31_536_000),
        # "Omitted keys inherit default".
        ({"revalidate": 60}, 60, None),
        ({"expire": 1_000}, 900, 1_000),
        ({"stale": 5, "revalidate": 60, "expire": 120}, 60, 120),
        ("blog", 10, 20),
    ],
)
def test_the_profiles_of_cache_life_are_those_of_next(
    make_app: MakeApp, profile: Any, revalidate: int, expire: int | None
) -> None:
    source = f"from routehandlers.cache import *\ndynamic = 'force-static'\ndef GET():\n    cache_life({profile!r})\n    return 'x'"
    app = make_app({"x/route.py": source}, cache_life={"blog": {"revalidate": 10, "expire": 20}})

    answer = app.test_client().get("/x")

    stale = (expire or app.config.expire_time) - revalidate
    assert answer.headers["Cache-Control"] == f"s-maxage={revalidate}, stale-while-revalidate={stale}"


def test_the_expire_of_a_profile_is_above_its_revalidate(make_app: MakeApp) -> None:
    source = "from routehandlers.cache import *\ndynamic = 'force-static'\ndef GET(): cache_life({'revalidate': 60, 'expire': 60})"

    assert make_app({"x/route.py": source}).test_client().get("/x").status_code == 500


# The constants of a module ----------------------------------------------------------


@pytest.mark.parametrize(
    "constant", ["dynamic = 'force-static'", "revalidate = 60", "fetch_cache = 'auto'", "dynamic_params = True"]
)
def test_the_constants_that_cache_components_replace_are_still_there(make_app: MakeApp, constant: str) -> None:
    # With cacheComponents, Next 16 refuses them at the build. Without, they are as in 15.
    assert make_app({"[id]/route.py": f"{constant}\ndef GET(): return 'x'"}).test_client().get("/7").text == "x"


def test_a_get_is_dynamic_by_default(make_app: MakeApp) -> None:
    client = make_app({"x/route.py": f"{COUNTED}def GET(): return {{'n': next(calls)}}"}).test_client()

    answers = [client.get("/x") for _ in range(2)]

    assert [answer.get_json() for answer in answers] == [{"n": 1}, {"n": 2}]
    assert not any("Cache-Status" in answer.headers for answer in answers)


def test_stale_while_revalidate_stays_after_a_refresh(make_app: MakeApp) -> None:
    source = f"{COUNTED}revalidate = 60\ndef GET(): return {{'n': next(calls)}}"
    client = make_app({"x/route.py": source}).test_client()
    with freeze_time() as clock:
        client.get("/x")
        clock.tick(timedelta(seconds=61))
        assert cache_word(client.get("/x")) == "STALE"
        assert until(lambda: client.get("/x").get_json() == {"n": 2})

        answer = client.get("/x")

    assert answer.headers["Cache-Control"] == "s-maxage=60, stale-while-revalidate=31535940"


# Paths ------------------------------------------------------------------------------


def test_params_that_are_not_listed_fall_through_to_the_next_route(make_app: MakeApp) -> None:
    # "/closed/zzz fell through to /[...all]", on a server of 16.4.6.
    closed = "revalidate = 60\ndynamic_params = False\ndef generate_static_params(): return [{'id': 'a'}]\ndef GET(): return 'closed'"
    client = make_app(
        {"closed/[id]/route.py": closed, "[...all]/route.py": "def GET(_, context): return context.params"}
    ).test_client()

    assert client.get("/closed/a").text == "closed"
    assert client.get("/closed/zzz").get_json() == {"all": ["closed", "zzz"]}


@pytest.mark.parametrize(
    "files",
    [
        ("(a)/x", "(b)/x"),
        ("blog/[id]", "blog/[slug]"),
        ("b/[...s]", "b/[[...s]]"),
        ("u/[my-id]/[myid]",),
        ("u/[a]/v/[a]",),
    ],
)
def test_folders_between_which_a_url_cannot_choose_are_refused(make_app: MakeApp, files: tuple[str, ...]) -> None:
    # In 15 some of these built, and one of them silently won or every URL answered 500.
    with pytest.raises(InvalidAppError):
        make_app({f"{file}/route.py": "def GET(): return 'x'" for file in files})


def test_a_folder_and_an_optional_catch_all_in_it_are_still_two_routes(make_app: MakeApp) -> None:
    # An error since 16. In 15, as here, the folder itself has precedence.
    files = {
        f"{name}/route.py": f"def GET(_, context): return [{name!r}, context.params]" for name in ("b", "b/[[...s]]")
    }
    client = make_app(files).test_client()

    assert client.get("/b").get_json() == ["b", {}]
    assert client.get("/b/x").get_json() == ["b/[[...s]]", {"s": ["x"]}]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/enc/%", 400),  # 500 in Next 16
        ("/enc/%ff", 400),  # 500 in Next 16
        ("/x/../enc/a", 404),  # resolved first in Next 16
        ("/enc/%2e%2e", 404),
        ("//enc/a", 308),
        ("/enc/a/", 308),
        ("/http://evil.example/x", 308),
        ("http://evil.example//x", 308),  # an open redirect in Next 16
        ("/enc/a%2Fb", 200),
    ],
)
def test_unusual_targets_get_one_answer_and_never_leave_the_host(tmp_path: Any, target: str, status: int) -> None:
    write_app(tmp_path, {"enc/[id]/route.py": "def GET(_, context): return context.params"})
    (tmp_path / "wsgi.py").write_text("from routehandlers import RouteHandlers\napp = RouteHandlers('app')\n")

    with serve("wsgi:app", cwd=tmp_path) as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head = b"".join(iter(lambda: connection.recv(65536), b"")).decode().partition("\r\n\r\n")[0]

    assert head.split()[1] == str(status)
    locations = [line.partition(": ")[2] for line in head.splitlines() if line.lower().startswith("location:")]
    assert all(location.startswith("/") and not location.startswith("//") for location in locations), locations


# Metadata files -----------------------------------------------------------------------


def test_robots_has_directives_of_its_own_behind_those_of_the_standard(make_app: MakeApp) -> None:
    # "per rule: User-Agent, Allow, Disallow, Crawl-delay, other keys, blank line; then Host, Sitemap"
    source = """
def robots():
    rule = {"user_agent": "S", "allow": "/", "other": {"Request-Rate": "10/1m"}, "crawl_delay": 2, "disallow": "/a"}
    return {"rules": [rule], "sitemap": "https://x/s.xml", "host": "https://x"}
"""

    assert make_app({"robots.py": source}).test_client().get("/robots.txt").text == (
        "User-Agent: S\nAllow: /\nDisallow: /a\nCrawl-delay: 2\nRequest-Rate: 10/1m\n\nHost: https://x\nSitemap: https://x/s.xml\n"
    )


def test_the_id_of_a_sitemap_is_text_and_others_are_404(make_app: MakeApp) -> None:
    source = """
def generate_sitemaps(): return [{"id": 0}]
def sitemap(id): return [{"url": f"https://x/{id!r}"}]
"""
    client = make_app({"sitemap.py": source}).test_client()

    assert "<loc>https://x/&#x27;0&#x27;</loc>" in client.get("/sitemap/0.xml").text
    assert client.get("/sitemap/1.xml").status_code == 404


# Cookies ------------------------------------------------------------------------------


def test_cookies_have_every_option_of_next(make_app: MakeApp) -> None:
    source = """
from routehandlers.headers import cookies
def GET():
    cookies().set("a", "1", httponly=True, secure=True, samesite="lax", path="/p", domain="x.example", max_age=60,
                  priority="high", partitioned=True)
    return "x"
"""

    line = make_app({"x/route.py": source}).test_client().get("/x").headers["Set-Cookie"]

    for part in (
        "a=1",
        "Path=/p",
        "Domain=x.example",
        "Max-Age=60",
        "Secure",
        "HttpOnly",
        "SameSite=lax",
        "Priority=High",
        "Partitioned",
    ):
        assert part.lower() in line.lower().split("; ")
