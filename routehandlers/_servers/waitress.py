"""Serve with waitress in this process, with the common options translated."""

from __future__ import annotations

import getopt
import logging
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from . import addresses, defaults
from .access_log import with_access_log
from .options import Options, StartError, default_address, in_brackets

if TYPE_CHECKING:
    from ..typing import WSGIApplication

PACKAGE, EXTRA = "waitress", "waitress"
CANNOT = (
    "waitress is one process, so there are no --workers and no reload by SIGHUP; it reads a whole request body before"
    " the handler runs, and keeps chunks for slow clients in memory; it has neither TLS nor HTTP/2."
)


def serve(options: Options, app: WSGIApplication) -> None:
    # waitress is an extra; start has made sure that it is there.
    from waitress import serve as serve_with_waitress  # type: ignore[import-untyped]

    settings = adjustments(options)
    print(f"routehandlers: {CANNOT}", file=sys.stderr, flush=True)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _refuse_reload)
    serve_with_waitress(with_access_log(app) if options.access_log else app, **settings)


def adjustments(options: Options) -> dict[str, Any]:
    """Return the settings of waitress, when their addresses have been checked."""
    from waitress import adjustments as waitress_adjustments

    # Checkers guess wrong types for what has none.
    adjustments_class: Any = waitress_adjustments.Adjustments

    if options.workers not in (None, 1):
        raise StartError(
            f"waitress is one process and cannot start {options.workers} workers. Leave out --workers, or use"
            " --server gunicorn."
        )
    # waitress does not say which host it does not know.
    addresses.check(addresses.parse(text) for text in options.addresses())
    try:
        settings, others = adjustments_class.parse_args(arguments(options))
        if others:
            raise StartError(f"waitress has no argument {others[0]!r}.")
        del settings["help"], settings["call"]
        made = adjustments_class(**settings)
    except (getopt.GetoptError, ValueError) as error:
        raise StartError(f"waitress says: {str(error).rstrip('.')}.") from None
    if made.unix_socket:
        addresses.check([made.unix_socket])
    else:
        addresses.check(place[:2] for *_, place in made.listen)
    return dict(settings)


def arguments(options: Options) -> list[str]:
    """Return the arguments of waitress-serve, without the application."""
    words = ["--threads", str(options.threads or defaults.THREADS)]
    own = {word.split("=")[0] for word in options.rest}
    bind = options.addresses()
    if not bind and not own & {"--listen", "--unix-socket"}:
        host, port = default_address()
        bind = [f"{in_brackets(host)}:{port}"]
    for text in bind:
        address = addresses.parse(text)
        words += ["--unix-socket", address] if isinstance(address, str) else ["--listen", text]
    return [*words, *options.rest]


def _stop(*_: object) -> NoReturn:
    # waitress closes its sockets and ends its threads then.
    sys.exit(0)


def _refuse_reload(*_: object) -> None:
    logging.getLogger("routehandlers").error("waitress cannot reload. Stop it and start it again.")
