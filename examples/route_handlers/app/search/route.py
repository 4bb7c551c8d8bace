"""Query parameters: ``next_url.search_params`` as in Next, or Werkzeug's ``args``."""

from routehandlers import Request


def GET(request: Request):
    query = request.next_url.search_params.get("query", "")
    page = request.args.get("page", default=1, type=int)
    return {"query": query, "page": page}
