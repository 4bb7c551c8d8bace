"""A webhook that checks the signature of the raw body.

::

    body='{"event": "paid"}'
    signature=$(printf %s "$body" | openssl dgst -sha256 -hmac secret -r | cut -d' ' -f1)
    curl localhost:8000/webhook -d "$body" -H "X-Signature: $signature"
"""

import hashlib
import hmac
import os

from routehandlers import Request
from routehandlers.navigation import unauthorized

SECRET = os.environ.get("WEBHOOK_SECRET", "secret").encode()


def POST(request: Request):
    expected = hmac.new(SECRET, request.bytes(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("X-Signature", "").encode(), expected.encode()):
        unauthorized()
    return {"received": request.json()["event"]}
