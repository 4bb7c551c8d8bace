"""What the real mypy and the real pyright say of code that uses the generated module.

A line that ends in ``# error`` is one that both must complain of, one that ends
in ``# is X`` one where both must see the type X, and of all other lines neither
may say anything. Both run in their strict modes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from optional_servers import missing
from servers import write_app

import routehandlers

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

HANDLER = "def GET() -> str:\n    return 'x'\n"

USERS = """
    from typing import Literal

    import routehandlers
    from routehandlers import Request
    from routehandlers.typing import HandlerResult

    from ..._routes import RouteContext, UsersIdParams, href


    def GET(request: Request, context: RouteContext[Literal["/users/[id]"]]) -> HandlerResult:
        reveal_type(context.params)  # is UsersIdParams
        reveal_type(context.params["id"])  # is str
        context.params["ix"]  # error
        number: int = context.params["id"]  # error
        params: UsersIdParams = context.params
        plain(context)
        return {"id": params["id"], "number": number, "url": href("/users/[id]", id=context.params["id"])}


    def plain(context: routehandlers.RouteContext) -> dict[str, object]:
        reveal_type(context.params)  # is dict[str, Any]
        return context.params


    def POST(request: Request, context: RouteContext) -> HandlerResult:
        reveal_type(context.params)  # is dict[str, Any]
        return {}


    def PUT(request: Request, context: RouteContext[Literal["/user/[id]"]]) -> HandlerResult:  # error
        return {}
    """

USES = """
    import datetime
    import uuid
    from typing import Any, Literal

    from app._routes import DocsPathParams, NoParams, PostsPostIdClassParams, Route, RouteContext, href


    def orders(context: RouteContext[Literal["/orders/[id=int]"]]) -> int:
        reveal_type(context.params["id"])  # is int
        text: str = context.params["id"]  # error
        return context.params["id"] + len(text)


    def things(context: RouteContext[Literal["/things/[id=uuid]"]]) -> uuid.UUID:
        return context.params["id"]


    def prices(context: RouteContext[Literal["/prices/[price=float]"]]) -> float:
        reveal_type(context.params["price"])  # is float
        return context.params["price"]


    def blog(context: RouteContext[Literal["/blog/[...slug]"]]) -> list[str]:
        return context.params["slug"]


    def docs(context: RouteContext[Literal["/docs/[[...path]]"]]) -> list[str]:
        path: list[str] | None = context.params.get("path")
        path = None
        numbers: list[int] = context.params.get("path", [])  # error
        len(numbers)
        return path or context.params.get("path", [])


    def about(context: RouteContext[Literal["/about"]]) -> str:
        params: NoParams = context.params
        len(params)
        return str(context.params["id"])  # error


    def posts(context: RouteContext[Literal["/posts/[post-id]/[class]"]]) -> str:
        params: PostsPostIdClassParams = context.params
        context.params["post_id"]  # error
        return params["post-id"] + context.params["class"]


    def of_two(context: RouteContext[Literal["/users/[id]", "/orders/[id=int]"]]) -> Any:
        reveal_type(context.params)  # is dict[str, Any]
        return context.params["id"]


    def shown(context: RouteContext) -> RouteContext:
        return context


    def passed_on(context: RouteContext[Literal["/users/[id]"]]) -> None:
        shown(context)
        orders(context)  # error


    everything: list[Route] = ["/", "/about", "/users/[id]"]
    wrong: Route = "/user/[id]"  # error
    base: DocsPathParams = {}
    odd: PostsPostIdClassParams = {"post-id": "7", "class": "x"}

    link: str = href("/")
    href("/about", _query={"page": 2})
    href("/about", page=2)  # error
    href("/abuot")  # error
    href("/users/[id]", id=7)
    href("/users/[id]", id="7", _query=None)
    href("/users/[id]")  # error
    href("/users/[id]", ix=7)  # error
    href("/users/[id]", id=7, ix=7)  # error
    href("/users/[id]", id=None)  # error
    href("/users/[id]", id=7, _query="page=2")  # error
    href("/users/7")  # error
    href("/users/[id]", 7)  # error
    href("/orders/[id=int]", id=7)
    href("/orders/[id=int]", id="7")  # error
    href("/prices/[price=float]", price=1.5)
    href("/things/[id=uuid]", id=uuid.uuid4())
    href("/things/[id=uuid]", id="x")  # error
    href("/blog/[...slug]", slug=["a", "b"])
    href("/blog/[...slug]", slug=("a", "b"))
    href("/blog/[...slug]", slug="a")  # error
    href("/blog/[...slug]")  # error
    href("/docs/[[...path]]")
    href("/docs/[[...path]]", path=["a"])
    href("/docs/[[...path]]", **base)
    href("/docs/[[...path]]", path="a")  # error
    href("/posts/[post-id]/[class]", **{"post-id": 7, "class": "x"})
    href("/posts/[post-id]/[class]", **odd)
    href("/files/[file-id]/[v=int]", v=3, **{"file-id": 7})
    href("/files/[file-id]/[v=int]", v="3", **{"file-id": 7})  # error
    href("/files/[file-id]/[v=int]", v=3, **{"file-id": [7]})  # error
    href("/names/[str]/[self]/[pattern]", str="a", self=1, pattern="b")
    href("/names/[str]/[self]/[pattern]", str="a", self=1)  # error
    href('/quotes/"\\\\/é')
    href("/dates/[when=date]", when=datetime.date.today())
    """

CATCH_ALL = """
    from typing import Literal

    from app._routes import RouteContext


    def GET(request: object, context: RouteContext[Literal["/blog/[...slug]"]]) -> str:
        number: int = context.params["slug"]  # error
        return context.params["slug"][0] * number
    """

PATTERNS = (
    "about", "orders/[id=int]", "things/[id=uuid]", "prices/[price=float]", "docs/[[...path]]", "posts/[post-id]/[class]",
    "files/[file-id]/[v=int]", "names/[str]/[self]/[pattern]", '(quotes)/quotes/"\\/é', "@slot/side", "dates/[when=date]",
)  # fmt: skip
FILES = {
    "route.py": HANDLER,
    "users/[id]/route.py": USERS,
    "blog/[...slug]/route.py": CATCH_ALL,
    **{f"{pattern}/route.py": HANDLER for pattern in PATTERNS},
}


class Report(NamedTuple):
    """What a checker said, by file and line."""

    errors: set[tuple[str, int]]
    revealed: dict[tuple[str, int], str]
    text: str


def environment() -> dict[str, str]:
    """Where the package is not installed but lies in a checkout, mypy has to be told."""
    home = Path(routehandlers.__file__).parents[1]
    return dict(os.environ) if home.name == "site-packages" else {**os.environ, "MYPYPATH": str(home)}


def find(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return found or missing(name, 'pip install -e ".[test,types]"')


def mypy(folder: Path, *words: str) -> Report:
    command = [
        find("mypy"),
        "--strict",
        "--warn-unreachable",
        "--no-error-summary",
        "--python-executable",
        sys.executable,
        *words,
    ]
    ended = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    said = re.findall(r"^(.+?):(\d+): (error|note): (.*)$", ended.stdout, re.MULTILINE)
    own = [(os.path.relpath(folder / file, folder), int(line), kind, text) for file, line, kind, text in said]
    return Report(
        {(file, line) for file, line, kind, _ in own if kind == "error" and not file.startswith("..")},
        {(file, line): text for file, line, kind, text in own if kind == "note" and "Revealed type" in text},
        ended.stdout,
    )


def pyright(folder: Path) -> Report:
    home = str(Path(routehandlers.__file__).parents[1])
    settings = {
        "typeCheckingMode": "strict",
        "extraPaths": [home],
        "reportUnusedExpression": False,
        "reportUnusedVariable": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [find("pyright"), "--outputjson", "--pythonpath", sys.executable]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    said = json.loads(ended.stdout)["generalDiagnostics"]
    at = [(os.path.relpath(one["file"], folder), one["range"]["start"]["line"] + 1, one) for one in said]
    return Report(
        {(file, line) for file, line, one in at if one["severity"] in {"error", "warning"}},
        {(file, line): one["message"] for file, line, one in at if one["severity"] == "information"},
        "\n".join(f"{file}:{line}: {one['message']}" for file, line, one in at),
    )


def typegen(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "routehandlers._cli.main", "typegen"], cwd=folder, check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checked")
    write_app(folder, FILES)
    write_app(folder / "nowhere", {"uses.py": USES})
    (folder / "nowhere/app/uses.py").rename(folder / "uses.py")
    shutil.rmtree(folder / "nowhere")
    typegen(folder)
    return folder


def marks(folder: Path, *files: str) -> tuple[set[tuple[str, int]], dict[tuple[str, int], str]]:
    """What the comments of some files ask for: the lines with errors, and the types seen."""
    lines = [
        ((file, number), line)
        for file in files
        for number, line in enumerate((folder / file).read_text(encoding="utf-8").splitlines(), 1)
    ]
    return (
        {place for place, line in lines if line.endswith("  # error")},
        {place: found[1] for place, line in lines if (found := re.search(r"  # is (.+)$", line))},
    )


def agree(report: Report, folder: Path, *files: str) -> None:
    errors, types = marks(folder, *files)
    assert errors
    assert report.errors == errors, report.text
    assert report.revealed.keys() == types.keys(), report.text
    for place, name in types.items():
        assert name in report.revealed[place].replace("builtins.", ""), report.text


# mypy 2.4 ends with an internal error for a module whose name has "@" in it, so that slots are left out.
def test_mypy_finds_the_mistakes_and_nothing_else(tree: Path) -> None:
    agree(mypy(tree, "--exclude", "/@", "-p", "app", "-m", "uses"), tree, "uses.py", "app/users/[id]/route.py")


def test_mypy_checks_a_folder_with_dots_by_its_file(tree: Path) -> None:
    agree(mypy(tree, "app/blog/[...slug]/route.py"), tree, "app/blog/[...slug]/route.py")


def test_pyright_finds_the_mistakes_and_nothing_else(tree: Path) -> None:
    agree(pyright(tree), tree, "uses.py", "app/users/[id]/route.py", "app/blog/[...slug]/route.py")


FEW: dict[str, tuple[list[str], str]] = {
    "no_route": ([], 'href("/")  # error'),
    "one_static": (["x"], 'href("/x")\nhref("/y")  # error'),
    "one_dynamic": (["[id]"], 'href("/[id]", id=7)\nhref("/[id]")  # error'),
    "no_identifier": (["[post-id]"], 'href("/[post-id]", **{"post-id": 7})\nhref("/")  # error'),
    "one_optional": (["[[...path]]"], 'href("/[[...path]]")\nhref("/[[...path]]", path=7)  # error'),
    "only_static": (["x", "y"], 'pattern: Route = "/x"\nhref(pattern)\nhref("/z")  # error'),
    "two_shapes": (["x", "[id]"], 'href("/x")\nhref("/[id]", id=7)\nhref("/x", id=7)  # error'),
}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trees with few routes, each in a package of its own."""
    folder = tmp_path_factory.mktemp("few")
    plain = "def f(context: RouteContext) -> str:\n    return str(context.params)\n\n\nroutes: list[Route] = []\n"
    for name, (patterns, use) in FEW.items():
        write_app(folder / name, {f"{pattern}/route.py": HANDLER for pattern in patterns})
        typegen(folder / name)
        imports = f"from {name}.app._routes import Route, RouteContext, href\n\n\n"
        (folder / name / "uses.py").write_text(f"{imports}{plain}{use}\n")
    return folder


def test_mypy_knows_trees_with_few_routes(few: Path) -> None:
    modules = [word for name in FEW for word in ("-m", f"{name}.uses")]

    agree(mypy(few, *modules), few, *(f"{name}/uses.py" for name in FEW))


def test_pyright_knows_trees_with_few_routes(few: Path) -> None:
    agree(pyright(few), few, *(f"{name}/uses.py" for name in FEW))


def test_types_of_converters_are_seen_across_modules(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import datetime\nfrom werkzeug.routing import BaseConverter\n\n"
        "class Day(BaseConverter):\n    def to_python(self, value: str) -> datetime.date | None: ...\n"
    )
    (tmp_path / "uses.py").write_text(
        "from typing import Literal\nfrom app._routes import RouteContext, href\n"
        'def f(context: RouteContext[Literal["/[day=day]"]]) -> None:\n'
        '    reveal_type(context.params["day"])  # is datetime.date\n'
        'href("/[day=day]", day=7)  # error\nhref("/[day=day]", day=None)\n'
    )
    write_app(tmp_path, {"[day=day]/route.py": HANDLER})
    made = "import shop; from routehandlers import RouteHandlers, inspect; print(inspect.route_types(RouteHandlers(converters={'day': shop.Day})), end='')"
    text = subprocess.run([sys.executable, "-c", made], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    (tmp_path / "app/_routes.py").write_text(text)

    agree(mypy(tmp_path, "-m", "uses"), tmp_path, "uses.py")


def test_a_thousand_routes_are_checked_in_seconds(tmp_path: Path) -> None:
    kinds = ["[id]", "[id=int]", "[...path]", "[[...path]]", "list", "[a]/[b]", "[post-id]", "[x=float]"]
    for number in range(1_000):
        folder = tmp_path / "app" / f"r{number}" / kinds[number % len(kinds)]
        folder.mkdir(parents=True)
        (folder / "route.py").write_text(HANDLER)
    typegen(tmp_path)
    (tmp_path / "uses.py").write_text(
        "from typing import Literal\nfrom app._routes import RouteContext, href\n"
        'def f(context: RouteContext[Literal["/r993/[id=int]"]]) -> int:\n    return context.params["id"]\n'
        'href("/r993/[id=int]", id=7)\nhref("/r993/[id=int]", id="7")  # error\nhref("/r4/list")\nhref("/r5/list")  # error\n'
    )

    begun = time.monotonic()
    agree(mypy(tmp_path, "-m", "uses"), tmp_path, "uses.py")
    agree(pyright(tmp_path), tmp_path, "uses.py")

    assert time.monotonic() - begun < 120
