"""Starting with a thousand files, each time in a fresh process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from .timing import table

FILES, ROUNDS = 1_000, 7

_ROUTE = """
from routehandlers import Response

def GET(request, context):
    return Response.json({"slug": context.params["slug"]})
"""

_OURS = """
import time, routehandlers
started = time.perf_counter()
app = routehandlers.RouteHandlers("app")
print(time.perf_counter() - started)
assert len(app.routes) == %d
"""

# The same modules, imported by path as a package of plain names, and registered.
_FLASK = """
import importlib, sys, time, flask, routehandlers
sys.path.insert(0, "plain")
started = time.perf_counter()
app = flask.Flask("x")
for number in range(%d):
    module = importlib.import_module(f"r{number}.route")
    app.add_url_rule(f"/r{number}/<slug>", f"r{number}", module.GET, methods=["GET"])
app.url_map.update()
print(time.perf_counter() - started)
"""


def measure() -> dict[str, float]:
    """Milliseconds."""
    folder = Path(tempfile.mkdtemp())
    for number in range(FILES):
        for name in (f"app/r{number}/[slug]", f"plain/r{number}"):
            (folder / name).mkdir(parents=True)
            (folder / name / "route.py").write_text(_ROUTE)
    times: dict[str, list[float]] = {"routehandlers": [], "Flask": []}
    for turn in range(ROUNDS + 1):
        for name, script in (("routehandlers", _OURS), ("Flask", _FLASK)):
            out = subprocess.run(
                [sys.executable, "-c", script % FILES], cwd=folder, capture_output=True, text=True, check=True
            )
            if turn:  # the first compiles the files
                times[name].append(float(out.stdout))
    return {name: statistics.median(measured) * 1e3 for name, measured in times.items()}


def show(results: dict[str, float]) -> str:
    rows = {name: [f"{time:.0f} ms ({time / results['Flask']:.2f})"] for name, time in results.items()}
    return table("start (ratio to Flask)", [f"{FILES:,} files"], rows)


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    return [("start with 1,000 files / Flask", results["routehandlers"] / results["Flask"], 1.2)]
