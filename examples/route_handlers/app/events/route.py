"""Server-Sent Events. A client that reconnects sends the id of the last event that it got."""

import time
from collections.abc import Iterator
from typing import Any

from routehandlers import Request, Response


def GET(request: Request):
    first = int(request.headers.get("Last-Event-ID", "0")) + 1

    def count() -> Iterator[dict[str, Any]]:
        for number in range(first, first + 3):
            yield {"id": number, "event": "count", "data": {"number": number}}
            time.sleep(0.2)

    return Response.event_stream(count())
