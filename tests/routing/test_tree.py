"""The ``app`` folder as a value, and what cannot be told apart in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers._routing.conflicts import find_conflicts
from routehandlers._routing.tree import scan
from routehandlers.exceptions import AppFolderError, InvalidAppError, InvalidTreeError, RouteConflictError

GET = "def GET(): return 'ok'\n"


def tree(folder: Path, *names: str) -> Path:
    return write_app(folder, {f"{name}/route.py".lstrip("/"): GET for name in names})


def test_a_tree_is_found_with_the_patterns_of_its_urls(tmp_path: Path) -> None:
    app = tree(tmp_path, "", "items/[slug]", "(shop)/cart", "par/@side", "docs/[[...path]]", "%5Fx")

    found = scan(app)

    assert sorted(route.pattern for route in found.routes) == [
        "/", "/%5Fx", "/cart", "/docs/[[...path]]", "/items/[slug]", "/par",
    ]  # fmt: skip


def test_private_folders_and_other_files_are_no_routes(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"_lib/route.py": GET, "x/routes.py": GET, "x/Route.py": GET, "y/route.pyi": ""})

    assert scan(app).routes == ()


def test_a_folder_that_means_nothing_is_no_mistake_without_a_route(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"[draft/notes.md": "", "x/route.py": GET})

    assert scan(app).problems == ()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AppFolderError, match="There is no folder .*nowhere"):
        scan(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("")

    with pytest.raises(AppFolderError, match="is not a folder"):
        scan(tmp_path / "app")


def test_two_files_for_one_url_are_a_conflict_that_names_both(tmp_path: Path) -> None:
    app = tree(tmp_path, "(a)/x", "(b)/x")

    (problem,) = find_conflicts(scan(app).routes)

    assert isinstance(problem, RouteConflictError)
    assert problem.url == "/x"
    assert set(problem.files) == {app / "(a)/x/route.py", app / "(b)/x/route.py"}
    assert "Rename or remove one" in str(problem)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("[a]", "[b]/x"), "parameter names 'a' and 'b'"),
        (("[a=int]", "[b=int]"), "parameter names 'a' and 'b'"),
        (("u/[...a]", "u/[[...b]]"), "required and an optional"),
        (("[...a]/x",), "must be the last folder"),
        (("[id]/[id]",), "comes twice"),
        (("[id]/x/[...id]",), "comes twice"),
        (("par", "par/@side"), "Two files answer '/par'"),
        (("(a)/x", "(b)/x", "(c)/x"), "3 files answer '/x'"),
    ],
)
def test_folders_that_cannot_be_told_apart_are_reported(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    (problem,) = find_conflicts(scan(tree(tmp_path, *names)).routes)

    assert message in str(problem)
    assert str(tmp_path) in str(problem)


@pytest.mark.parametrize(
    "names",
    [
        ("u", "u/[[...x]]"), ("[id=int]", "[slug]"), ("[id]", "[...id]"), ("[id]/a", "[id]/b"), ("a/[x]", "b/[y]"),
        ("[id=int]", "[key=uuid]", "[...rest]"), ("(a)/x", "(a)/y"),
    ],
)  # fmt: skip
def test_folders_that_can_be_told_apart_are_no_conflict(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert find_conflicts(scan(tree(tmp_path, *names)).routes) == []


def test_all_mistakes_of_a_tree_are_reported_together(tmp_path: Path) -> None:
    app = write_app(
        tmp_path,
        {
            "[a]/route.py": GET,
            "[b]/route.py": GET,
            "x/[[id]]/route.py": GET,
            "y/route.py": "revalidate = 'soon'\ndef get(): pass\n",
            "z/route.py": "import nothing_that_exists\n",
            "q/[n=nope]/route.py": GET,
        },
    )

    with pytest.raises(InvalidAppError) as caught:
        RouteHandlers(app)

    text = str(caught.value)
    assert text.startswith("6 problems in ")
    for part in (
        "'a' and 'b'",
        "[[...id]]",
        "'soon'",
        "Did you mean 'GET'?",
        "nothing_that_exists",
        "converter 'nope'",
    ):
        assert part in text


@pytest.mark.parametrize("target", ["outside", "parent"])
def test_links_out_of_the_tree_and_to_parents_are_refused(tmp_path: Path, target: str) -> None:
    app = tree(tmp_path, "x")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "route.py").write_text(GET)
    os.symlink(tmp_path / "outside" if target == "outside" else app, app / "link", target_is_directory=True)

    (problem,) = scan(app).problems

    assert isinstance(problem, InvalidTreeError)
    assert "This is a link" in str(problem)


def test_a_link_to_the_whole_folder_is_fine(tmp_path: Path) -> None:
    tree(tmp_path / "releases", "x")
    os.symlink(tmp_path / "releases" / "app", tmp_path / "current", target_is_directory=True)

    assert [route.pattern for route in scan(tmp_path / "current").routes] == ["/x"]
