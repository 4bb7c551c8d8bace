"""A JSON body. A body that is not JSON gets a 400 with the position of the error."""

from werkzeug.exceptions import BadRequest

from routehandlers import Request, Response


def POST(request: Request):
    item = request.json()
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise BadRequest("Send an object with a 'name'.")
    return Response.json({"stored": item}, status=201)
