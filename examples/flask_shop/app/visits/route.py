"""New: it streams, with Flask's session at hand."""

from flask import session


def GET():
    user = session.get("user", "nobody")
    for number in range(3):
        yield f"visit {number} of {user}\n"
