"""Load the application that ``dev`` serves, or an application that shows why it cannot be loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from .._project.frames import UserFrames
from ..exceptions import AppFolderError
from .debugger import Debugger
from .hosts import AllowedHosts, guard
from .mistakes import Mistake, find_mistakes
from .pages import mistakes_response
from .unknown_paths import with_suggestions

if TYPE_CHECKING:
    from .._project.project import Project
    from .._start.development import Development
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment


def make_served(load: Callable[[], Project], development: Development, host: str) -> WSGIApplication:
    """Return the application to serve. It shows mistakes if the application cannot be loaded.

    :param development: What ``load`` has found out about the application, also if it fails.
    :param host: The address that the server listens on.
    """
    frames = UserFrames(development.folders)
    frames.trim_logs()
    try:
        project = load()
        suggesting = with_suggestions(project.wsgi_app, project.mounted)
    except (Exception, SystemExit) as error:  # a file of the user may call sys.exit()
        mistakes = find_mistakes(error, frames)
        _report(error, mistakes)
        return guard(_show(mistakes), AllowedHosts(host, development.trusted_hosts))
    hosts = AllowedHosts(host, development.trusted_hosts)
    return guard(Debugger(suggesting, frames, hosts.allow), hosts)


def _show(mistakes: Sequence[Mistake]) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return mistakes_response(environ, mistakes)(environ, start_response)

    return application


def _report(error: BaseException, mistakes: Sequence[Mistake]) -> None:
    if isinstance(error, AppFolderError):
        print(f"routehandlers: {mistakes[0].text}", file=sys.stderr, flush=True)
        return
    texts = [f"{mistake.place}\n{mistake.text.rstrip()}".replace("\n", "\n  ").lstrip() for mistake in mistakes]
    count = f"{len(mistakes)} mistakes" if len(mistakes) != 1 else "a mistake"
    title = f"routehandlers: {count}. dev continues when the files are right again."
    print("\n\n".join([title, *texts]), end="\n\n", file=sys.stderr, flush=True)
