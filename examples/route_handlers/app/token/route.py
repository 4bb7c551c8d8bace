"""Cookies, read and set without the ``request`` argument."""

from routehandlers.headers import cookies


def GET():
    jar = cookies()
    token = jar.get("token")
    jar.set("token", "new", httponly=True, secure=True, samesite="Lax", max_age=3600)
    return {"token": token}


def DELETE():
    cookies().delete("token")
    return {"token": None}
