"""The page that shows the visits."""

from pathlib import Path

from routehandlers import Response

PAGE = (Path(__file__).parent / "_page.html").read_text(encoding="utf-8")


def GET():
    return Response(PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
