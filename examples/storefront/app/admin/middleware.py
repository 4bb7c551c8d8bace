from routehandlers import Response

STAFF = {"Bearer ann": "ann"}


def middleware(request):
    user = STAFF.get(request.headers.get("Authorization", ""))
    if user is None:
        return Response.json({"error": "Staff only."}, 401, {"WWW-Authenticate": "Bearer"})
    return Response.next(request_headers={"X-User": user})
