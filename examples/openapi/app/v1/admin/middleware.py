import hmac

from routehandlers.navigation import unauthorized
from routehandlers.server import Request

security = {"bearer": {"type": "http", "scheme": "bearer"}}


def middleware(request: Request) -> None:
    sent = request.headers.get("Authorization", "")
    if not hmac.compare_digest(sent.encode(), b"Bearer open sesame"):
        unauthorized()
