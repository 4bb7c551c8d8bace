from routehandlers.navigation import not_found

from ..._stock import ITEMS


def GET(request, context):
    slug = context.params["slug"]
    if slug == "broken":
        raise RuntimeError("the till is on fire")
    return {"slug": slug, "price": ITEMS[slug]} if slug in ITEMS else not_found()
