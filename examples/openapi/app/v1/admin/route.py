from .. import _shop
from .._models import Statistics


def GET() -> Statistics:
    """Count what there is."""
    return Statistics(items=len(_shop.everything()), tags=_shop.count_tags())
