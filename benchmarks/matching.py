"""The same URLs, matched among ten routes and among ten thousand.

Other URLs for each map would measure the processor's caches: three routes fit
into them, and three thousand do not.
"""

from __future__ import annotations

from pathlib import Path

from routehandlers._routing.segments import parse_segment
from routehandlers._routing.tree import RouteFile
from routehandlers._routing.urlmap import UrlMap

from .timing import table, take_turns

KINDS = {"one parameter": "/r{0}/a{1}", "two parameters": "/r{0}/a{1}/b", "catch-all": "/c{0}/a{1}/b/c"}


def _map(count: int) -> UrlMap:
    shapes = [("r{0}", "[a]"), ("r{0}", "[a]", "[b]"), ("c{0}", "[...rest]")]
    routes = []
    for number in range(count):
        folders = tuple(part.format(number // 3) for part in shapes[number % 3])
        routes.append(RouteFile(Path(*folders, "route.py"), folders, tuple(map(parse_segment, folders))))
    return UrlMap(routes, {})


def measure() -> dict[str, dict[str, float]]:
    maps = {10: _map(10), 10_000: _map(10_000)}
    results: dict[str, dict[str, float]] = {}
    for kind, pattern in KINDS.items():
        candidates = {}
        for count, url_map in maps.items():
            paths = [pattern.format(number % 3, number) for number in range(300)]
            assert all(url_map.match(path) for path in paths)
            candidates[f"{count:,}"] = lambda url_map=url_map, paths=paths: sum(
                1 for path in paths if url_map.match(path)
            )
        results[kind] = take_turns(candidates)
    return results


def show(results: dict[str, dict[str, float]]) -> str:
    rows = {
        kind: [f"{times['10']:.2f} µs", f"{times['10,000']:.2f} µs", f"{times['10,000'] / times['10']:.2f}"]
        for kind, times in results.items()
    }
    return table("matching", ["among 10", "among 10,000", "ratio"], rows)


def bounds(results: dict[str, dict[str, float]]) -> list[tuple[str, float, float]]:
    return [(f"matching, {kind}: 10,000 / 10", times["10,000"] / times["10"], 1.2) for kind, times in results.items()]
