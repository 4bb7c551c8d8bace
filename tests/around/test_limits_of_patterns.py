"""Patterns that would take too long answer 414: a request never passes a guard because it was not matched."""

from __future__ import annotations

import random
from typing import Any

import pytest
from conftest import ClientFor, MakeApp

# "re" would take years for some texts, and each text leads the bounded matcher to states that it has not seen.
HARD = "(.*[ab].*a.{14}b.*)"

GUARD = """
from routehandlers import Response
config = {"matcher": MATCHER}
def middleware(request):
    return Response("no", 401)
"""
SECRET = {"[...path]/route.py": "def GET(): return 'secret'"}


def hard_text(length: int = 6_000) -> str:
    letters = random.Random(1)
    return "".join(letters.choice("ab") for _ in range(length))


@pytest.mark.parametrize("matcher", ["/" + HARD, "/:p" + HARD, "/x/" + HARD, "/:q([^/]+)/" + HARD])
@pytest.mark.parametrize("folder", ["", "x/"])
def test_sec_47_a_guard_whose_matcher_takes_too_long_answers_414(
    make_app: MakeApp, client_for: ClientFor, matcher: str, folder: str
) -> None:
    guard = {f"{folder}middleware.py": GUARD.replace("MATCHER", repr(matcher))}
    client = client_for(make_app({**SECRET, "x/[...path]/route.py": SECRET["[...path]/route.py"], **guard}))

    assert client.get(f"/x/{hard_text()}").status_code == 414
    assert client.get(f"/x/{hard_text()}").status_code == 414
    assert client.get("/x/ba" + "x" * 14 + "b").status_code == 401
    assert client.get("/x/y").text == "secret"


def test_sec_47_a_condition_of_a_guard_that_takes_too_long_answers_414(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    matcher = {"source": "/:path*", "missing": [{"type": "header", "key": "x-key", "value": HARD.strip("()")}]}
    client = client_for(make_app({**SECRET, "middleware.py": GUARD.replace("MATCHER", repr(matcher))}))

    assert client.get("/x", headers={"X-Key": hard_text()}).status_code == 414
    assert client.get("/x", headers={"X-Key": "ba" + "x" * 14 + "b"}).text == "secret"
    assert client.get("/x").status_code == 401


@pytest.mark.parametrize(
    "rules",
    [
        {"redirects": [{"source": "/" + HARD, "destination": "/y", "permanent": False}]},
        {"headers": [{"source": "/" + HARD, "headers": [{"key": "x-a", "value": "1"}]}]},
        {"rewrites": [{"source": "/" + HARD, "destination": "/y"}]},
        {"rewrites": {"before_files": [{"source": "/:p*", "destination": "/z/:p*"}], "after_files": [{"source": "/z/" + HARD, "destination": "/y"}]}},
    ],
    ids=["redirects", "headers", "rewrites", "rewritten"],
)  # fmt: skip
def test_a_rule_that_takes_too_long_answers_414(
    make_app: MakeApp, client_for: ClientFor, rules: dict[str, Any]
) -> None:
    client = client_for(make_app({"found/route.py": "def GET(): return 'found'"}, **rules))

    assert client.get(f"/{hard_text()}").status_code == 414


def test_a_condition_of_a_rule_that_takes_too_long_answers_414(make_app: MakeApp, client_for: ClientFor) -> None:
    has = [{"type": "query", "key": "q", "value": HARD.strip("()")}]
    rule = {"source": "/:path*", "destination": "/y", "permanent": False, "has": has}
    client = client_for(make_app(SECRET, redirects=[rule]))

    assert client.get(f"/x?q={hard_text()}").status_code == 414
    assert client.get("/x?q=ba" + "x" * 14 + "b").status_code == 307
    assert client.get("/x?q=1").text == "secret"


def test_all_rules_have_one_limit_for_a_path(make_app: MakeApp, client_for: ClientFor) -> None:
    def rules(count: int) -> list[dict[str, Any]]:
        return [
            {"source": f"/:a(.*)-:b(.*)-:c(.*)-{number}", "destination": "/y", "permanent": False}
            for number in range(count)
        ]

    few, many = make_app(SECRET, redirects=rules(3)), make_app(SECRET, redirects=rules(100))

    assert client_for(few).get("/" + "a-" * 4_000).text == "secret"
    assert client_for(many).get("/" + "a-" * 4_000).status_code == 414
    assert client_for(many).get("/a-b-c-99").status_code == 307


def test_the_groups_of_rules_share_the_limit(make_app: MakeApp, client_for: ClientFor) -> None:
    sources = [f"/:a(.*)-:b(.*)-:c(.*)-{number}" for number in range(10)]
    redirects = [{"source": source, "destination": "/y", "permanent": False} for source in sources]
    headers = [{"source": source, "headers": [{"key": "x-a", "value": "1"}]} for source in sources]
    path = "/" + "a-" * 4_000

    assert client_for(make_app(SECRET, redirects=redirects)).get(path).text == "secret"
    assert client_for(make_app(SECRET, headers=headers)).get(path).text == "secret"
    assert client_for(make_app(SECRET, redirects=redirects, headers=headers)).get(path).status_code == 414


def test_patterns_of_next_projects_are_taken_at_start_and_work(make_app: MakeApp, client_for: ClientFor) -> None:
    def redirect(source: str, destination: str, **more: Any) -> dict[str, Any]:
        return {"source": source, "destination": destination, "permanent": False, **more}

    has = [{"type": "header", "key": "referer", "value": ".*utm_source=(?<from>.*)&utm_medium=.*"}]
    app = make_app(
        {**SECRET, "middleware.py": GUARD.replace("MATCHER", "['/((?!api|_next/static|old|x).*)', '/:path((?!api|old|x).*)*']")},
        redirects=[
            redirect("/old/(.*)/(.*)/(.*)", "/new/:2/:1/:0"),
            redirect("/old/:a(.*)-:b(.*)-:c(.*)", "/new/:c/:b/:a"),
            redirect("/x/:path*", "/from/:from", has=has),
        ],
    )  # fmt: skip
    client = client_for(app)

    assert client.get("/old/1/2/3").headers["Location"] == "/new/3/2/1"
    assert client.get("/old/1-2-3").headers["Location"] == "/new/3/2/1"
    assert (
        client.get("/x/y", headers={"Referer": "https://e.example/?utm_source=a&utm_medium=b"}).headers["Location"]
        == "/from/a"
    )
    assert client.get("/x/y").text == "secret"
    assert client.get("/api/y").text == "secret"
    assert client.get("/docs/api").status_code == 401
