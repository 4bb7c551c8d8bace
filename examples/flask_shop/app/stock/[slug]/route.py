"""New, and cached, because it reads nothing from the client. With ``g`` or ``session``, it would not be stored."""

import itertools

revalidate = 60

counted = itertools.count(1)


def GET(request, context):
    return {"slug": context.params["slug"], "pieces": 7, "counted": next(counted)}
