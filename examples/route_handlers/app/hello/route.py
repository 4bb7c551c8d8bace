"""The smallest handler: it takes nothing, and a dict is JSON."""


def GET():
    return {"message": "Hello, world!"}
