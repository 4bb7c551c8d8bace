"""The database: one SQLite file, and one connection for each call."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bookmarks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, title TEXT NOT NULL, slug TEXT UNIQUE,
    created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE TABLE IF NOT EXISTS tags (
    bookmark INTEGER NOT NULL REFERENCES bookmarks(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (bookmark, name)
);
CREATE TABLE IF NOT EXISTS visits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bookmark INTEGER NOT NULL REFERENCES bookmarks(id) ON DELETE CASCADE,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
"""

_SELECT = """
SELECT id, slug, url, title, created,
       (SELECT count(*) FROM visits WHERE bookmark = bookmarks.id) AS visits,
       (SELECT group_concat(name) FROM (SELECT name FROM tags WHERE bookmark = bookmarks.id ORDER BY name)) AS tags
FROM bookmarks
"""

# Sort keys and their SQL. A client chooses a key and never sends SQL.
SORTS = {
    "created": "id",
    "-created": "id DESC",
    "title": "title COLLATE NOCASE, id",
    "visits": "visits, id",
    "-visits": "visits DESC, id",
}


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """Open a connection. The block is one transaction."""
    connection = sqlite3.connect(os.environ.get("BOOKMARKS_DB", "bookmarks.sqlite3"), timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            yield connection
    finally:
        connection.close()


def create_tables() -> None:
    with database() as db:
        # In this mode, workers can read while one of them writes.
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(_SCHEMA)


def list_bookmarks(*, tag: str | None, text: str | None, sort: str, limit: int, offset: int) -> list[dict[str, Any]]:
    where, values = ["1"], []
    if tag:
        where.append("EXISTS (SELECT 1 FROM tags WHERE bookmark = bookmarks.id AND name = ?)")
        values.append(tag)
    if text:
        where.append("(instr(lower(title), lower(?)) OR instr(lower(url), lower(?)))")
        values += [text, text]
    query = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY {SORTS[sort]} LIMIT ? OFFSET ?"
    with database() as db:
        return [_as_dict(row) for row in db.execute(query, [*values, limit, offset])]


def get_bookmark(id: int) -> dict[str, Any] | None:
    with database() as db:
        row = db.execute(f"{_SELECT} WHERE id = ?", [id]).fetchone()
    return _as_dict(row) if row else None


def add_bookmark(url: str, title: str, tags: list[str]) -> int:
    with database() as db:
        id = db.execute("INSERT INTO bookmarks (url, title) VALUES (?, ?)", [url, title]).lastrowid
        assert id is not None
        db.execute("UPDATE bookmarks SET slug = ? WHERE id = ?", [f"k{id:x}", id])
        _set_tags(db, id, tags)
    return id


def change_bookmark(id: int, *, url: str | None, title: str | None, tags: list[str] | None) -> bool:
    with database() as db:
        changed = db.execute(
            "UPDATE bookmarks SET url = coalesce(?, url), title = coalesce(?, title) WHERE id = ?", [url, title, id]
        )
        if changed.rowcount and tags is not None:
            _set_tags(db, id, tags)
    return changed.rowcount > 0


def remove_bookmark(id: int) -> bool:
    with database() as db:
        return db.execute("DELETE FROM bookmarks WHERE id = ?", [id]).rowcount > 0


def count_visit(slug: str) -> str | None:
    """Count a visit of a short link and return its URL."""
    with database() as db:
        row = db.execute("SELECT id, url FROM bookmarks WHERE slug = ?", [slug]).fetchone()
        if row is None:
            return None
        db.execute("INSERT INTO visits (bookmark) VALUES (?)", [row["id"]])
        return str(row["url"])


def visits_since(id: int) -> list[dict[str, Any]]:
    with database() as db:
        rows = db.execute(
            "SELECT visits.id, at, slug, title, url FROM visits JOIN bookmarks ON bookmarks.id = bookmark"
            " WHERE visits.id > ? ORDER BY visits.id LIMIT 100",
            [id],
        )
        return [dict(row) for row in rows]


def last_visit() -> int:
    with database() as db:
        return int(db.execute("SELECT coalesce(max(id), 0) FROM visits").fetchone()[0])


def _set_tags(db: sqlite3.Connection, id: int, tags: list[str]) -> None:
    db.execute("DELETE FROM tags WHERE bookmark = ?", [id])
    db.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(id, tag) for tag in tags])


def _as_dict(row: sqlite3.Row) -> dict[str, Any]:
    return {**dict(row), "tags": row["tags"].split(",") if row["tags"] else []}


create_tables()
