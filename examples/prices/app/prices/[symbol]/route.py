from routehandlers import Request, RouteContext
from routehandlers.cache import cache_tag
from routehandlers.navigation import not_found

from ..._exchange import find_price

revalidate = 5


def GET(request: Request, context: RouteContext):
    symbol = context.params["symbol"]
    cache_tag(f"price-{symbol}")
    return find_price(symbol) or not_found()
