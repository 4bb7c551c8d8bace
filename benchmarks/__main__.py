"""Run the measurements and print their tables."""

from __future__ import annotations

import argparse

from . import around, caching, in_process, inputs, matching, over_http, peers, shapes, start, stream, walk
from .timing import verdicts

TABLES = {
    "process": in_process,
    "around": around,
    "shapes": shapes,
    "inputs": inputs,
    "cache": caching,
    "matching": matching,
    "start": start,
    "walk": walk,
    "stream": stream,
    "http": over_http,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default=",".join(TABLES), help="some of: %(default)s")
    parser.add_argument("--check", action="store_true", help="say which bound is held, and fail if one is missed")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in TABLES]:
        parser.error(f"there is no table {unknown[0]!r}; there are {', '.join(TABLES)}")

    print(peers.versions(), end="\n\n")
    missed = 0
    for name in names:
        results = TABLES[name].measure()
        print(TABLES[name].show(results), end="\n\n", flush=True)
        if options.check:
            lines, more = verdicts(TABLES[name].bounds(results))
            print("\n".join(lines), end="\n\n", flush=True)
            missed += more
    if missed:
        raise SystemExit(f"{missed} of the bounds {'is' if missed == 1 else 'are'} missed.")


main()
