"""Errors of this library.

::

    RouteHandlersError
    ├── AppFolderError                the folder with the routes is missing (FileNotFoundError)
    ├── InvalidAppError               all mistakes in a tree together
    ├── InvalidSegmentError           an invalid folder name (ValueError)
    ├── InvalidTreeError              folders that do not work together (ValueError)
    │   └── RouteConflictError        several files for the same URL
    ├── InvalidRouteModuleError       a ``route.py`` with invalid exports
    ├── RouteModuleImportError        a ``route.py`` that raised an exception during its import
    ├── InvalidConfigError            an unknown setting or an invalid value (ValueError)
    ├── InvalidPatternError           an invalid ``source``, ``destination`` or regular expression (ValueError)
    ├── UnknownApplicationError       ``module:app`` names no application (LookupError)
    ├── UnknownRouteError             ``url_for()`` or ``load()`` with an unknown pattern (LookupError)
    ├── OutsideRequestError           ``cookies()`` or a similar function without a request (RuntimeError)
    ├── OutsideUnitError              a resource was used outside of a unit of work (RuntimeError)
    ├── ResourceCycleError            resources that need each other (RuntimeError)
    ├── ResponseStartedError          a cookie set after the headers were sent (RuntimeError)
    ├── ValidationError               inputs of a request are invalid (Werkzeug's UnprocessableEntity, a 422)
    ├── InvalidReturnError            a handler returned a value that cannot be sent (TypeError)
    ├── DynamicUsageError             a cached function or a static route read client data (RuntimeError)
    ├── PurgeInRenderError            a cached function or a static route purged something (RuntimeError)
    ├── InvalidStaticParamsError      ``generate_static_params()`` returned invalid params (ValueError)
    ├── StorageError                  the cache's storage failed (OSError)
    └── FetchError                    ``fetch()`` got no response (ConnectionError)

``redirect()`` and ``not_found()`` raise a response, not an error: see
``routehandlers.navigation.Interrupt``.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import werkzeug.exceptions


class RouteHandlersError(Exception):
    """Base class of all errors of this library."""


class AppFolderError(RouteHandlersError, FileNotFoundError):
    """The folder with the routes is missing or is not a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        module = self.folder.name.removesuffix(".py")
        if (self.folder.parent / f"{module}.py").is_file():
            return (
                f"{self.folder} is not a folder. Name the folder that contains your route.py files, or an application"
                f" in {module}.py: {module}:app"
            )
        if self.folder.exists():
            return f"{self.folder} is not a folder. Name the folder that contains your route.py files."
        return (
            f"There is no folder {self.folder}. Name the folder that contains your route.py files,"
            " or make a new application with: routehandlers new NAME"
        )


class InvalidAppError(RouteHandlersError):
    """All mistakes in an ``app`` folder, found at start.

    :param problems: One error for each mistake, in the order of the files.
    """

    def __init__(self, folder: Path, problems: Sequence[RouteHandlersError]) -> None:
        super().__init__(folder, tuple(problems))
        self.folder = folder
        self.problems = tuple(problems)

    def __str__(self) -> str:
        count = len(self.problems)
        title = f"{count} problem{'s' if count != 1 else ''} in {self.folder}:"
        return "\n\n".join([title, *(str(problem) for problem in self.problems)])


class InvalidSegmentError(RouteHandlersError, ValueError):
    """A folder name that is not a valid segment."""

    def __init__(self, folder: str, remedy: str, path: Path | None = None) -> None:
        super().__init__(folder, remedy, path)
        self.folder = folder
        self.remedy = remedy
        self.path = path

    def __str__(self) -> str:
        where = f"{self.path}\n  " if self.path is not None else ""
        return f"{where}{self.folder!r} is not a segment: {self.remedy}"


class InvalidTreeError(RouteHandlersError, ValueError):
    """Folders that are valid one by one but not together.

    :param files: All files that contribute to the mistake.
    """

    def __init__(self, reason: str, files: Sequence[Path], remedy: str) -> None:
        super().__init__(reason, tuple(files), remedy)
        self.reason = reason
        self.files = tuple(files)
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join([self.reason, *(f"  {file}" for file in self.files), self.remedy])


class RouteConflictError(InvalidTreeError):
    """Several ``route.py`` files for the same URL."""

    def __init__(self, url: str, files: Sequence[Path]) -> None:
        super().__init__(
            f"{'Two' if len(files) == 2 else len(files)} files answer {url!r}:",
            files,
            "Groups such as '(shop)' and slots such as '@side' do not change the URL. Rename or remove one.",
        )
        self.args = (url, tuple(files))
        self.url = url


class InvalidRouteModuleError(RouteHandlersError):
    """A ``route.py`` with invalid exports.

    :param line: The line in the file, counted from 1, or ``None`` if it is unknown.
    """

    def __init__(self, file: Path, message: str, line: int | None = None) -> None:
        super().__init__(file, message, line)
        self.file = file
        self.message = message
        self.line = line

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line is not None else f"{self.file}"
        return f"{where}\n  {self.message}"


class RouteModuleImportError(RouteHandlersError):
    """A ``route.py`` that raised an exception during its import.

    ``__cause__`` is the user's exception. ``str()`` shows it with its traceback.
    """

    def __init__(self, file: Path, error: BaseException) -> None:
        super().__init__(file, error)
        self.file = file
        self.error = error
        self.__cause__ = error

    def __str__(self) -> str:
        lines = traceback.format_exception(type(self.error), self.error, self.error.__traceback__)
        own = "".join(lines).rstrip().replace("\n", "\n  ")
        return f"{self.file} could not be imported:\n  {own}"


class InvalidConfigError(RouteHandlersError, ValueError):
    """An invalid setting of ``routehandlers.RouteHandlers``, in the environment or in ``pyproject.toml``."""


class InvalidPatternError(RouteHandlersError, ValueError):
    """An invalid ``source``, ``destination`` or regular expression.

    :param remedy: The rest of the message: what is wrong, and what to write.
    """

    def __init__(self, pattern: str, remedy: str) -> None:
        super().__init__(pattern, remedy)
        self.pattern = pattern
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.pattern!r} cannot be used: {self.remedy}"


class UnknownApplicationError(RouteHandlersError, LookupError):
    """``module:app``, given to a command or named in ``pyproject.toml``, is no application with routes."""


class UnknownRouteError(RouteHandlersError, LookupError):
    """A pattern that is not a route of the application, or parameters that do not fit it."""


class OutsideRequestError(RouteHandlersError, RuntimeError):
    """A function that needs a request was called without one."""

    def __init__(self, function: str) -> None:
        super().__init__(function)
        self.function = function

    def __str__(self) -> str:
        return (
            f"{self.function}() was called outside of a request. It works inside a handler, in functions"
            " that a handler calls, in a stream and in after(). A thread of your own does not inherit the"
            " request: run its function with contextvars.copy_context().run. In a test or a shell, call it inside"
            " 'with routehandlers.testing.request_scope():', or send a request with routehandlers.testing.client(app)."
        )


class OutsideUnitError(RouteHandlersError, RuntimeError):
    """A resource was used where there is no unit of work."""

    def __init__(self, resource: str) -> None:
        super().__init__(resource)
        self.resource = resource

    def __str__(self) -> str:
        return (
            f"The resource {self.resource} was used outside of a unit of work, so nothing would end it. It works while"
            " a request is answered and in after(). In a script, a task or a thread of your own, use it inside"
            " 'with routehandlers.resources.unit():'."
        )


class ResourceCycleError(RouteHandlersError, RuntimeError):
    """Resources that need each other before they yield.

    :param names: The resources in the order of their calls. The last is the first.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.names = tuple(names)

    def __str__(self) -> str:
        return (
            f"Resources need each other before they yield: {' → '.join(self.names)}. Move what they share into a"
            " resource that needs none of them."
        )


class ResponseStartedError(RouteHandlersError, RuntimeError):
    """A cookie or header was set after the headers were sent."""


class ValidationError(RouteHandlersError, werkzeug.exceptions.UnprocessableEntity):
    """Inputs of a request are invalid. A handler can raise it, too: the response is a 422 that lists the errors.

    :param errors: One dict for each value. ``detail`` is a sentence for the client. ``pointer`` is the place in the
        body (``"#/name"``); ``in`` and ``name`` are the place elsewhere (``"query"``, ``"page"``).
    :param description: The first sentence of the response; by default the number of values.
    """

    def __init__(self, errors: Sequence[Mapping[str, str]] = (), description: str | None = None) -> None:
        count = len(errors)
        if description is None:
            description = f"{count} values are invalid." if count != 1 else "1 value is invalid."
        super().__init__(description)
        self.errors = [dict(error) for error in errors]


class InvalidReturnError(RouteHandlersError, TypeError):
    """A handler returned a value that cannot be sent as a response."""


class DynamicUsageError(RouteHandlersError, RuntimeError):
    """Client data was read where the result is cached for all clients.

    :param where: The route or function that read it.
    :param what: The data, such as ``"cookies()"``.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what

    def __str__(self) -> str:
        return (
            f"{self.where} read {self.what}, which differs from client to client, but its result is cached for all of"
            " them. Read it outside and pass the values as arguments, or, in a route, remove"
            ' dynamic = "error".'
        )


class PurgeInRenderError(RouteHandlersError, RuntimeError):
    """A purge was made by code whose result is cached, so that a later call would not make it.

    :param where: The route or function that made it.
    :param what: The call, such as ``"revalidate_tag()"``.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what

    def __str__(self) -> str:
        return (
            f"{self.where} called {self.what}, but its result is cached, so that the next call would purge nothing."
            " Purge where the data changes, such as in a POST, or pass the purge to after()."
        )


class InvalidStaticParamsError(RouteHandlersError, ValueError):
    """``generate_static_params()`` returned invalid params."""

    def __init__(self, file: Path, pattern: str, message: str) -> None:
        super().__init__(file, pattern, message)
        self.file = file
        self.pattern = pattern
        self.message = message

    def __str__(self) -> str:
        return f"{self.file}\n  generate_static_params() of {self.pattern}: {self.message}"


class StorageError(RouteHandlersError, OSError):
    """The cache's storage failed. Requests do not fail: the handler is called instead."""


class FetchError(RouteHandlersError, ConnectionError):
    """Another server could not be reached, or its response broke off. ``__cause__`` is urllib3's exception."""

    def __init__(self, method: str, url: str, error: Exception) -> None:
        super().__init__(method, url, error)
        self.method = method
        self.url = url
        self.error = error

    def __str__(self) -> str:
        return f"{self.method} {self.url} got no response: {self.error}"
