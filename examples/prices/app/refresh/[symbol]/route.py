from routehandlers import Request, RouteContext
from routehandlers.cache import revalidate_tag


def POST(request: Request, context: RouteContext):
    is_soft = "soft" in request.args
    revalidate_tag(f"price-{context.params['symbol']}", "max" if is_soft else None)
    return {"forgotten": context.params["symbol"], "softly": is_soft}
