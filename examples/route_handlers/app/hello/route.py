"""The smallest handler: it takes no arguments, and a dict becomes JSON."""


def GET():
    return {"message": "Hello, world!"}
