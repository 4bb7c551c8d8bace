"""The mistakes that can be made with this library.

::

    RouteHandlersError
    ├── AppFolderError                the folder with the routes is not there
    ├── InvalidAppError               everything that is wrong with a tree, together
    ├── InvalidSegmentError           a folder name that means nothing         (ValueError)
    ├── InvalidTreeError              folders that make no URL together        (ValueError)
    ├── RouteConflictError            two files for one URL                    (ValueError)
    ├── InvalidRouteModuleError       a ``route.py`` that exports the wrong thing
    ├── RouteModuleImportError        a ``route.py`` that raised while it was imported
    ├── InvalidConfigError            a setting that is unknown or of the wrong shape (ValueError)
    ├── InvalidPatternError           a ``source`` or a regular expression that means nothing (ValueError)
    ├── UnknownRouteError             ``url_for()`` or ``load()`` of a pattern that is not there (LookupError)
    ├── OutsideRequestError           ``cookies()`` and its like without a request    (RuntimeError)
    ├── ResponseStartedError          a cookie set when the headers had left           (RuntimeError)
    ├── InvalidReturnError            a handler returned what cannot be sent            (TypeError)
    ├── DynamicUsageError             a cached function or a static route read of a client (RuntimeError)
    ├── InvalidStaticParamsError      ``generate_static_params()`` gave no params      (ValueError)
    ├── StorageError                  a storage of the cache failed                    (OSError)
    └── FetchError                    ``fetch()`` got no answer                        (ConnectionError)

``redirect()`` and ``not_found()`` raise an answer, not a mistake: see
``routehandlers.navigation.Interrupt``.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path


class RouteHandlersError(Exception):
    """What every error of this library is."""


class AppFolderError(RouteHandlersError, FileNotFoundError):
    """The folder that should hold the routes is missing or is not a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        if self.folder.exists():
            return f"{self.folder} is not a folder. Name the folder that holds your route.py files."
        return (
            f"There is no folder {self.folder}. Name the folder that holds your route.py files,"
            " or make a new application with: routehandlers new NAME"
        )


class InvalidAppError(RouteHandlersError):
    """Everything that is wrong with an ``app`` folder, found at start.

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
    """A folder name that the grammar of segments does not know."""

    def __init__(self, folder: str, remedy: str, path: Path | None = None) -> None:
        super().__init__(folder, remedy, path)
        self.folder = folder
        self.remedy = remedy
        self.path = path

    def __str__(self) -> str:
        where = f"{self.path}\n  " if self.path is not None else ""
        return f"{where}{self.folder!r} is not a segment: {self.remedy}"


class InvalidTreeError(RouteHandlersError, ValueError):
    """Folders that are right one by one and wrong together.

    :param files: Every file that takes part.
    """

    def __init__(self, reason: str, files: Sequence[Path], remedy: str) -> None:
        super().__init__(reason, tuple(files), remedy)
        self.reason = reason
        self.files = tuple(files)
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join([self.reason, *(f"  {file}" for file in self.files), self.remedy])


class RouteConflictError(InvalidTreeError):
    """Several ``route.py`` files that would answer the same URL."""

    def __init__(self, url: str, files: Sequence[Path]) -> None:
        super().__init__(
            f"{'Two' if len(files) == 2 else len(files)} files answer {url!r}:",
            files,
            "Groups such as '(shop)' and slots such as '@side' do not change the URL. Rename or remove one.",
        )
        self.args = (url, tuple(files))
        self.url = url


class InvalidRouteModuleError(RouteHandlersError):
    """A ``route.py`` that exports something that cannot work.

    :param line: The line in the file, counted from 1, where it is known.
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
    """A ``route.py`` that raised while it was imported.

    ``__cause__`` is the user's own exception with its own traceback, which is
    also what ``str()`` shows.
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
    """A setting of ``routehandlers.RouteHandlers`` or of ``pyproject.toml`` that cannot work."""


class InvalidPatternError(RouteHandlersError, ValueError):
    """A ``source``, a ``destination`` or a regular expression that nothing can be matched with.

    :param remedy: The rest of the sentence: what is wrong, and what to write.
    """

    def __init__(self, pattern: str, remedy: str) -> None:
        super().__init__(pattern, remedy)
        self.pattern = pattern
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.pattern!r} cannot be used: {self.remedy}"


class UnknownRouteError(RouteHandlersError, LookupError):
    """A pattern that no file of the application has, or parameters that do not fill it."""


class OutsideRequestError(RouteHandlersError, RuntimeError):
    """A function that needs a request was called without one."""

    def __init__(self, function: str) -> None:
        super().__init__(function)
        self.function = function

    def __str__(self) -> str:
        return (
            f"{self.function}() was called outside of a request. It works inside a handler, in functions"
            " that a handler calls, in a stream and in after(). A thread of your own does not inherit the"
            " request: run its function with contextvars.copy_context().run. In a test or a shell, put it into"
            " 'with routehandlers.testing.request_scope():', or send a request with routehandlers.testing.client(app)."
        )


class ResponseStartedError(RouteHandlersError, RuntimeError):
    """The headers had left when something tried to add to them."""


class InvalidReturnError(RouteHandlersError, TypeError):
    """A handler returned something that is no answer."""


class DynamicUsageError(RouteHandlersError, RuntimeError):
    """Something of one client was read where only what is the same for everyone may be.

    :param where: Whose render or function it is.
    :param what: What was read.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what

    def __str__(self) -> str:
        return (
            f"{self.where} read {self.what}, which differs from client to client, and its result is kept for all of"
            " them. Read it outside and pass what is needed as an argument, or, in a route, leave out"
            ' dynamic = "error".'
        )


class InvalidStaticParamsError(RouteHandlersError, ValueError):
    """``generate_static_params()`` returned what cannot be the params of its route."""

    def __init__(self, file: Path, pattern: str, message: str) -> None:
        super().__init__(file, pattern, message)
        self.file = file
        self.pattern = pattern
        self.message = message

    def __str__(self) -> str:
        return f"{self.file}\n  generate_static_params() of {self.pattern}: {self.message}"


class StorageError(RouteHandlersError, OSError):
    """A storage of the cache could not do what it was asked. It fails no request: the handler is called instead."""


class FetchError(RouteHandlersError, ConnectionError):
    """Another server could not be reached, or its answer broke off. ``__cause__`` is urllib3's exception."""

    def __init__(self, method: str, url: str, error: Exception) -> None:
        super().__init__(method, url, error)
        self.method = method
        self.url = url
        self.error = error

    def __str__(self) -> str:
        return f"{self.method} {self.url} got no answer: {self.error}"
