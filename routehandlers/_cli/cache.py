"""``routehandlers cache``: show the entries in the cache's storage, or purge them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._cache.freshness import Freshness, age_of, fresh_until, freshness_of
from .._hints import shorten
from .._project.project import Target
from .._settings.sources import read_settings
from ..cache_handlers import CacheHandler, Entry, Purges
from ..config import Config, make_config, open_storage
from ..exceptions import StorageError
from . import loading, purging

# The exit status of a purge whose target cannot exist.
_NOTHING = 1

_UNITS = ("B", "KiB", "MiB", "GiB")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "cache",
        help="show or purge the entries of the cache",
        description="Show the entries in the cache's storage, or purge them.",
        allow_abbrev=False,
    )
    storage = {"metavar": "URL", "help": "use this storage instead of the one in the settings"}
    parser.add_argument("--storage", **storage)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    stats = actions.add_parser("stats", help="count the entries")
    listing = actions.add_parser("list", help="list the entries")
    listing.add_argument("--tag", help="list only entries with this tag")
    listing.add_argument("--json", action="store_true", help="print one JSON object per line, for other programs")
    purge = actions.add_parser(
        "purge",
        help="purge entries; servers notice at their next request",
        description="Purge entries, and print how many of them servers can no longer serve. Servers notice at the next"
        " request. The exit status is 1 if no entry can have the tag or path.",
    )
    what = purge.add_mutually_exclusive_group(required=True)
    what.add_argument("--tag", help="purge the entries with this tag")
    what.add_argument("--path", help="purge the entries of a URL, or of a route such as '/items/[slug]'")
    what.add_argument("--all", action="store_true", help="purge everything")
    for action in (stats, listing, purge):
        # Without this default, an action would reset what stands before it.
        action.add_argument("--storage", default=argparse.SUPPRESS, **storage)
        loading.add_target(action)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    handler, applications = _open(options.storage, options.target)
    try:
        if options.action == "purge":
            _purge(handler, options, applications)
        else:
            {"stats": _stats, "list": _list}[options.action](handler, options)
    except BrokenPipeError:  # of the output, see main()
        raise
    except (OSError, StorageError) as error:
        loading.fail(f"the storage cannot be read: {error}")
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "redis":
            raise
        loading.fail(f"Redis failed: {error}")


# The folder with the routes of an application, and its settings.
_Application = tuple[Path, Config]


def _open(url: str | None, target: Target) -> tuple[CacheHandler, list[_Application]]:
    """Open a storage by its URL, or that of an application. Also return the applications that are known then.

    A folder with routes is not loaded for it, and a module is not imported for a storage that has a URL.
    """
    applications: list[_Application] = []
    if target.folder is not None:
        config = make_config(read_settings(Path.cwd()))
        handler = open_storage(config if url is None else make_config({"cache": url}))
        if target.folder.is_dir():  # else this is a place that has the storage only
            applications.append((target.folder, config))
    elif url is not None:
        handler = open_storage(make_config({"cache": url}))
    else:
        apps = loading.run_user_code(target.find_apps, f"a file of {target}")
        handlers = {getattr(one, "identity", id(one)): one for one in (app.cache.store.handler for app in apps)}
        if len(handlers) > 1:
            loading.fail(f"{target} has {len(handlers)} applications with storages. Name one with --storage URL.")
        handler = next(iter(handlers.values()))
        applications += [(app.directory, app.config) for app in apps]
    if not handler.is_shared:
        loading.fail(
            "a memory:// cache lies inside each server process, and this command cannot reach it. Name a shared"
            " storage: --storage file:///var/cache/app"
        )
    return handler, applications


def _stats(handler: CacheHandler, _: argparse.Namespace) -> None:
    purges = handler.purges()
    count: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    size = 0
    for entry in handler.entries():
        count[freshness_of(entry, purges).value] += 1
        kinds[_kind(entry)] += 1
        size += len(entry.body)
    print(f"entries   {sum(count.values())}  ({', '.join(f'{count[one.value]} {one.value}' for one in Freshness)})")
    print(f"kinds     {', '.join(f'{number} {kind}' for kind, number in sorted(kinds.items())) or '-'}")
    print(f"bodies    {_size(size)}")
    print(f"purges    {purges.number}  (epoch {purges.epoch[:8]})")


def _list(handler: CacheHandler, options: argparse.Namespace) -> None:
    purges = handler.purges()
    chosen = [entry for entry in handler.entries() if options.tag is None or options.tag in entry.tags]
    rows = [_row(entry, purges) for entry in sorted(chosen, key=lambda entry: entry.key)]
    if options.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    shown = [("what", "status", "state", "age", "ttl", "size", "tags")]
    shown += [
        (row["what"], str(row["status"] or "-"), row["state"], f"{row['age']} s", f"{row['ttl']} s", _size(row["size"]),
         " ".join(row["tags"]) or "-")
        for row in rows
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))]
    for shown_row in shown:
        print("  ".join(cell.ljust(width) for cell, width in zip(shown_row, widths, strict=True)).rstrip())


def _row(entry: Entry, purges: Purges) -> dict[str, Any]:
    now = time.time()
    return {
        "what": _what(entry),
        "key": entry.key,
        "status": entry.status,
        "state": freshness_of(entry, purges).value,
        "age": int(age_of(entry, now)),
        "ttl": int(fresh_until(entry) - now),
        "size": len(entry.body),
        "tags": [tag for tag in entry.tags if not tag.startswith("_N_T_")],
    }


def _kind(entry: Entry) -> str:
    kind: str = json.loads(entry.key)[0]
    return {"route": "answers", "cached": "values", "fetch": "fetched"}.get(kind, kind)


def _what(entry: Entry) -> str:
    """Return a readable name of an entry: its path, URL or function."""
    kind, *parts = json.loads(entry.key)
    if kind == "route":
        prefix, _, path, *varied = parts
        return f"{prefix}{path}{' ' + json.dumps(varied) if varied else ''}"
    if kind == "fetch":
        return f"{parts[0]} {parts[1]}"
    return f"{parts[0]}()"


def _purge(handler: CacheHandler, options: argparse.Namespace, applications: list[_Application]) -> None:
    if options.all:
        purged, what = purging.purge_all(handler), ""
    elif options.tag is not None:
        purged, what = purging.purge_tag(handler, options.tag), f" with the tag {shorten(options.tag)}"
    else:
        targets = [purging.find_targets(*one) for one in applications]
        purged, what = purging.purge_path(handler, options.path, targets), f" of {shorten(options.path)}"
    if purged.problem:
        print(f"routehandlers: Nothing was purged{what}: {purged.problem}", file=sys.stderr)
        raise SystemExit(_NOTHING)
    print(f"Purged {purged.count} {'entry' if purged.count == 1 else 'entries'}{what}.")


def _size(size: float) -> str:
    units: Iterable[str] = _UNITS
    for unit in units:
        if size < 1024 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError(size)
