"""Load the application that ``dev`` serves, or an application that shows why it cannot be loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..exceptions import AppFolderError
from .debugger import Debugger
from .frames import UserFrames
from .hosts import AllowedHosts, guard
from .mistakes import Mistake, find_mistakes
from .pages import mistakes_response
from .unknown_paths import ListedRoute, with_suggestions

if TYPE_CHECKING:
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Made:
    """A loaded application.

    :param application: It as a WSGI application, which may be wrapped in others.
    :param routes: Its routes, for the response to a path without one.
    """

    application: WSGIApplication
    routes: Sequence[ListedRoute]


def make_served(make_app: Callable[[], Made], folder: Path, host: str, trusted_hosts: Sequence[str]) -> WSGIApplication:
    """Return the application to serve. It shows mistakes if the application cannot be loaded.

    :param host: The address that the server listens on.
    """
    frames = UserFrames(folder)
    frames.trim_logs()
    hosts = AllowedHosts(host, trusted_hosts)
    try:
        made = make_app()
    except (Exception, SystemExit) as error:  # a file of the user may call sys.exit()
        mistakes = find_mistakes(error, frames)
        _report(error, mistakes)
        return guard(_show(mistakes), hosts)
    suggesting = with_suggestions(made.application, made.routes, folder)
    return guard(Debugger(suggesting, frames, hosts.allow), hosts)


def _show(mistakes: Sequence[Mistake]) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return mistakes_response(environ, mistakes)(environ, start_response)

    return application


def _report(error: BaseException, mistakes: Sequence[Mistake]) -> None:
    if isinstance(error, AppFolderError):
        print(f"routehandlers: {mistakes[0].text}", file=sys.stderr, flush=True)
        return
    texts = [f"{mistake.place}\n  {mistake.text.rstrip()}".replace("\n", "\n  ").lstrip() for mistake in mistakes]
    count = f"{len(mistakes)} mistakes" if len(mistakes) != 1 else "a mistake"
    title = f"routehandlers: {count}. dev continues when the files are right again."
    print("\n\n".join([title, *texts]), end="\n\n", file=sys.stderr, flush=True)
