"""Load a tree of files: its routes, its folder files and its settings. Report the mistakes of all steps together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from .._metadata.documents import scheme_names
from .._metadata.files import load_metadata
from .._openapi.described import find_operation_mistakes
from .._openapi.security import Guard, read_guards
from .._routing.conflicts import find_conflicts
from .._routing.converters import find_unknown_converters
from .._routing.folders import FolderMap, folders_in_use
from .._routing.tree import RouteTree
from .._runtime.around.folder_files import FolderFiles
from .._runtime.around.middleware import make_middleware
from .._runtime.around.transform_settings import compile_transforms
from .._runtime.scope.error_files import FAILURE_FILES
from ..exceptions import InvalidAppError, RouteModuleImportError
from .folder_files import load_folder_files
from .loader import ModuleLoader, RouteModule, is_imported

if TYPE_CHECKING:
    from ..config import Config


class Loaded(NamedTuple):
    """The loaded files of an application."""

    routes: list[RouteModule]
    folder_files: FolderFiles
    guards: list[Guard]


_imports_files = ContextVar("routehandlers_imports_files", default=True)


@contextmanager
def without_files() -> Iterator[None]:
    """Make applications that have their folder and their settings, and no routes.

    Commands that read names of folders only do not depend on what is in the files.
    """
    token = _imports_files.set(False)
    try:
        yield
    finally:
        _imports_files.reset(token)


def load(tree: RouteTree, config: Config) -> Loaded:
    """Import and check the files of a tree.

    :raise InvalidAppError: With all mistakes. A single failed import raises its own exception instead.
    """
    if not _imports_files.get():
        tree = RouteTree(tree.root, routes=(), problems=())
    transforms = compile_transforms(config.redirects, config.rewrites, config.headers, config.base_path)
    folders = folders_in_use(tree)
    loader = ModuleLoader(tree.root, config.model_adapters, validate=config.validate_responses)
    metadata, metadata_mistakes = load_metadata(loader, tree.metadata)
    found = [*tree.routes, *(loaded.route for loaded in metadata)]
    problems = [*tree.problems, *find_conflicts(found), *find_unknown_converters(found, config.converters)]
    routes, route_mistakes = loader.load(tree.routes)
    functions, file_mistakes = load_folder_files(loader, tree.folder_files)
    middleware, matcher_mistakes = make_middleware(functions)
    guards, guard_mistakes = read_guards(functions, middleware)
    schemes = scheme_names(guards, metadata)
    problems += [*route_mistakes, *metadata_mistakes, *file_mistakes, *matcher_mistakes]
    problems += [*guard_mistakes, *find_operation_mistakes(routes, schemes)]
    problems += [missed.problem for missed in tree.near_misses if not is_imported(missed.file)]
    if len(problems) == 1 and isinstance(problems[0], RouteModuleImportError):
        raise problems[0].error
    if problems:
        raise InvalidAppError(tree.root, problems)
    answers_failures = any(function.name in FAILURE_FILES for function in functions)
    folder_map = FolderMap(folders, config.converters) if answers_failures else None
    return Loaded([*routes, *metadata], FolderFiles(functions, middleware, transforms, folder_map), guards)
