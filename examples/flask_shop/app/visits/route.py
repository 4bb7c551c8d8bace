"""New: a stream that reads Flask's session."""

from flask import session


def GET():
    user = session.get("user", "nobody")
    for number in range(3):
        yield f"visit {number} of {user}\n"
