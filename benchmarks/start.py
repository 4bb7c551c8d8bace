"""Starting with a thousand files, each time in a fresh process."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from .timing import table

FILES, ROUNDS = 1_000, 9
OURS, SAME, FLAT = "routehandlers", "Flask, the same files", "Flask, the same modules in one package"

_ROUTE = """
from routehandlers import Response

def GET(request, context):
    return Response.json({"slug": context.params["slug"]})
"""

# The frameworks are imported before the clock starts. What the modules import is, too.
_BEFORE = """
import importlib, sys, time
import flask, routehandlers
sys.path.insert(0, ".")
started = time.process_time()
"""

_AFTER = """
print(time.process_time() - started)
assert len(rules) >= FILES
"""

_OURS = """
app = routehandlers.RouteHandlers("app")
rules = app.routes
"""

_FLASK = """
app = flask.Flask("x", static_folder=None)
for number in range(FILES):
    module = importlib.import_module(NAME.format(number))
    app.add_url_rule(f"/r{number}/<slug>", f"r{number}", module.GET, methods=["GET"])
app.url_map.update()
rules = list(app.url_map.iter_rules())
"""

_MAKE = {
    OURS: _OURS,
    SAME: _FLASK.replace("NAME", repr("app.r{}.[slug].route")),
    FLAT: _FLASK.replace("NAME", repr("views.r{}")),
}


def _write(folder: Path) -> None:
    (folder / "views").mkdir()
    (folder / "views" / "__init__.py").touch()
    for number in range(FILES):
        route = folder / "app" / f"r{number}" / "[slug]" / "route.py"
        route.parent.mkdir(parents=True)
        route.write_text(_ROUTE)
        (folder / "views" / f"r{number}.py").write_text(_ROUTE)


def _start(name: str, folder: Path) -> float:
    script = f"FILES = {FILES}\n{_BEFORE}{_MAKE[name]}{_AFTER}"
    # With bytecode, as an installed program has it, whatever the environment says.
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHONDONTWRITE")}
    out = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return float(out.stdout)


def measure() -> dict[str, float]:
    """Milliseconds of processor time."""
    order = list(_MAKE)
    times: dict[str, list[float]] = {name: [] for name in order}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _write(folder)
        for name in order:
            _start(name, folder)  # compiles the files
        for _ in range(ROUNDS):
            random.shuffle(order)
            for name in order:
                times[name].append(_start(name, folder))
    return {name: statistics.median(measured) * 1e3 for name, measured in times.items()}


def show(results: dict[str, float]) -> str:
    rows = {name: [f"{time:.0f} ms", f"{results[OURS] / time:.2f}"] for name, time in results.items()}
    return table("start", [f"{FILES:,} files", "our time to it"], rows)


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    return [(f"start / {name}", results[OURS] / results[name], 1.2) for name in (SAME, FLAT)]
