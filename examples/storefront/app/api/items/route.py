from ..._stock import ITEMS

revalidate = 60


def GET():
    return sorted(ITEMS)
