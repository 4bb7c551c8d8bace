"""Starting with a thousand files, each time in a fresh process."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from .timing import Bound, Goal, bounds_of, table

FILES, ROUNDS = 1_000, 9
OURS, SAME, FLAT = "routehandlers", "Flask, the same folders", "Flask, one package"

# One package is the layout that is quickest to import.
GOALS = [Goal(1.2, SAME), Goal(0.7, FLAT)]

_ROUTE = """
from routehandlers import Response

def GET(request, context):
    return Response.json({"slug": context.params["slug"]})
"""

_VIEW = """
from flask import jsonify

def GET(slug):
    return jsonify({"slug": slug})
"""

# The frameworks are imported before the clock starts. What the modules import is, too.
_BEFORE = """
import importlib, sys, time
import flask, routehandlers
from werkzeug.test import Client
sys.path.insert(0, ".")
started = time.process_time()
"""

# The clock has stopped when the responses are compared.
_AFTER = """
spent = time.process_time() - started
for number in {0, FILES // 2, FILES - 1}:
    answer = Client(app).get(f"/r{number}/hat")
    assert (answer.status_code, answer.get_json()) == (200, {"slug": "hat"}), (number, answer.status, answer.data)
assert Client(app).get(f"/r{FILES}/hat").status_code == 404
print(spent)
"""

_OURS = """
app = routehandlers.RouteHandlers("app")
"""

_FLASK = """
app = flask.Flask("x", static_folder=None)
for number in range(FILES):
    module = importlib.import_module(NAME.format(number))
    app.add_url_rule(f"/r{number}/<slug>", f"r{number}", module.GET, methods=["GET"])
app.url_map.update()
"""

_MAKE = {
    OURS: _OURS,
    SAME: _FLASK.replace("NAME", repr("same.r{}.[slug].route")),
    FLAT: _FLASK.replace("NAME", repr("views.r{}")),
}


def _write(folder: Path, files: int) -> None:
    (folder / "views").mkdir()
    (folder / "views" / "__init__.py").touch()
    for number in range(files):
        for top, source in (("app", _ROUTE), ("same", _VIEW)):
            route = folder / top / f"r{number}" / "[slug]" / "route.py"
            route.parent.mkdir(parents=True)
            route.write_text(source)
        (folder / "views" / f"r{number}.py").write_text(_VIEW)


def _start(name: str, folder: Path, files: int) -> float:
    script = f"FILES = {files}\n{_BEFORE}{_MAKE[name]}{_AFTER}"
    # With bytecode, as an installed program has it, whatever the environment says.
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHONDONTWRITE")}
    out = subprocess.run([sys.executable, "-c", script], cwd=folder, env=env, stdout=subprocess.PIPE, check=True)
    return float(out.stdout)


def measure(files: int = FILES, rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of processor time."""
    order = list(_MAKE)
    times: dict[str, list[float]] = {name: [] for name in order}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _write(folder, files)
        for name in order:
            _start(name, folder, files)  # compiles the files
        for _ in range(rounds):
            random.shuffle(order)
            for name in order:
                times[name].append(_start(name, folder, files))
    return {name: statistics.median(times[name]) * 1e3 for name in _MAKE}


def show(results: dict[str, float]) -> str:
    goals = {goal.peer: f" ({goal.times})" for goal in GOALS}
    rows = {
        name: [f"{time:.0f} ms", f"{results[OURS] / time:.2f}{goals.get(name, '')}"] for name, time in results.items()
    }
    return table("start", [f"{FILES:,} files", "our time to it (goal)"], rows)


def bounds(results: dict[str, float]) -> list[Bound]:
    return [(f"start, {name}", value, most) for goal in GOALS for name, value, most in bounds_of({OURS: goal}, results)]
