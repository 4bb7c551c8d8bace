"""The visits as they happen, as Server-Sent Events.

They are read from the database, so it does not matter which worker counted
them. A browser that reconnects sends the id of the last event, and misses none.
"""

import time
from collections.abc import Iterator
from typing import Any

from routehandlers import Request, Response

from .. import _db


def GET(request: Request):
    last = request.headers.get("Last-Event-ID", "")
    seen = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else _db.last_visit()
    return Response.event_stream(_visits(seen), keep_alive=15)


def _visits(seen: int) -> Iterator[dict[str, Any]]:
    while True:
        for visit in _db.visits_since(seen):
            seen = visit["id"]
            yield {"event": "visit", "id": seen, "data": visit}
        time.sleep(0.3)
