"""Import route modules and check their exports.

Every application has its own package in ``sys.modules``. Its folders are
packages and its files are modules. Therefore relative imports work, a file is
imported once, and two applications share nothing.
"""

from __future__ import annotations

import dis
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .._http.request.vary import Vary
from .._inputs.mistakes import route_mistakes
from .._inputs.parameters import parameters_of
from .._inputs.prepared import Prepared, prepare, where_of
from .._inputs.reading import read_signature, wrong_parameters
from .._inputs.signature import Signature
from .._models.base import ModelAdapter
from .._routing.tree import RouteFile
from ..exceptions import InvalidRouteModuleError, RouteHandlersError, RouteModuleImportError
from ..typing import Handler
from .arguments import is_async
from .generated_types import missing_types
from .segment_config import METHODS, SegmentConfig, find_mistakes, read_config

_numbers = itertools.count(1)


@dataclass(frozen=True)
class RouteModule:
    """An imported ``route.py``, or a metadata file treated like one.

    :param module: ``None`` for a file that is not Python.
    :param handlers: The handlers that the file defines, by method.
    :param signatures: What the handlers of a ``route.py`` declare, by method.
    :param prepared: Those handlers that have inputs or declared responses, by method.
    """

    route: RouteFile
    module: ModuleType | None
    handlers: dict[str, Handler]
    config: SegmentConfig
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    prepared: Mapping[str, Prepared] = field(default_factory=dict)


class ModuleLoader:
    """Import the files of one application.

    :param root: The ``app`` folder.
    :param adapters: Adapters for models, beside those of the library.
    :param validate: Whether responses are checked as the setting ``validate_responses`` says.
    """

    def __init__(self, root: Path, adapters: Sequence[ModelAdapter] = (), *, validate: bool = False) -> None:
        self._root = root
        self._adapters = adapters
        self._validate = validate
        # The name must not clash with the library's "routehandlers.app". The number keeps applications apart.
        self._package = f"routehandlers_app_{next(_numbers)}"

    def load(self, routes: Iterable[RouteFile]) -> tuple[list[RouteModule], list[RouteHandlersError]]:
        """Import and check the routes. Go on after a mistake, to report all of them."""
        modules: list[RouteModule] = []
        problems: list[RouteHandlersError] = []
        for route in routes:
            module = self.import_file(route.file, route.folders)
            if not isinstance(module, ModuleType):
                problems.append(module)
                continue
            mistakes = list(_check(route, module))
            if mistakes:
                problems += [*mistakes, *self._read(route, module, is_valid=False)[1]]
                continue
            loaded, mistakes = self._read(route, module, is_valid=True)
            if mistakes:
                problems += mistakes
            else:
                modules.append(loaded)
        return modules, problems

    def _read(
        self, route: RouteFile, module: ModuleType, *, is_valid: bool
    ) -> tuple[RouteModule, list[InvalidRouteModuleError]]:
        """Return the route of a module, and the mistakes in what its handlers declare.

        :param is_valid: Whether no mistake was found in the module so far.
        """
        names = vars(module)
        config = read_config(names) if is_valid else SegmentConfig()
        handlers: dict[str, Handler] = {}
        signatures: dict[str, Signature] = {}
        prepared: dict[str, Prepared] = {}
        mistakes: list[InvalidRouteModuleError] = []
        for name in METHODS:
            handler: Any = names.get(name)
            if name not in names or (not is_valid and handler_mistake(name, handler) is not None):
                continue
            handlers[name] = handler
            signatures[name], wrong = read_signature(name, handler, self._adapters)
            wrong += route_mistakes(name, signatures[name], _parameters(route), _vary_of(name, config))
            if not wrong:
                try:
                    made = prepare(
                        handler,
                        signatures[name],
                        where_of(name, route.pattern, handler, route.file),
                        validate=self._validate,
                    )
                except Exception as error:
                    wrong = [f"{name} has a model that cannot be checked: {error}"]
                else:
                    prepared.update({name: made} if made is not None else {})
            mistakes += [InvalidRouteModuleError(route.file, mistake, line_of(module, name)) for mistake in wrong]
        return RouteModule(route, module, handlers, config, signatures, prepared), mistakes

    def import_file(
        self, file: Path, folders: tuple[str, ...]
    ) -> ModuleType | RouteModuleImportError | InvalidRouteModuleError:
        """Import a file of the tree. Return its module, or an error with the exception that it raised.

        :param folders: The names of the folders above it, from the application's folder down.
        """
        try:
            return self._import(file, folders)
        except Exception as error:
            return missing_types(error, self._root, self._package) or RouteModuleImportError(
                file, without_import_frames(error)
            )

    def _import(self, file: Path, folders: tuple[str, ...]) -> ModuleType:
        package = self._folder_package(folders)
        # If "sitemap/" lies beside "sitemap.py", the folder keeps the name, as in Python. The file gets another name
        # with a dot, which no folder can have.
        stem = f"{file.stem}%2Epy" if file.with_suffix("").is_dir() else file.stem
        name = f"{package}.{stem}"
        if name in sys.modules:  # another file has already imported it, with "from ..route import …"
            return sys.modules[name]
        spec = spec_from_file_location(name, file)
        assert spec is not None, file
        assert spec.loader is not None, file
        module = module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    def _folder_package(self, folders: tuple[str, ...]) -> str:
        """Return the package of a folder, and make it with those above it. A dot in a folder name is escaped."""
        name, path = self._package, self._root
        _ensure_package(name, path)
        for folder in folders:
            name, path = f"{name}.{folder.replace('.', '%2E')}", path / folder
            _ensure_package(name, path)
        return name


def _parameters(route: RouteFile) -> list[str]:
    return [segment.name for segment in route.segments if segment.is_parameter]


def _vary_of(method: str, config: SegmentConfig) -> Vary | None:
    """Return the parts of a request that the key of a handler covers, or ``None`` if it is not cached."""
    return Vary.of(config.vary) if method == "GET" and config.is_cacheable else None


def is_imported(file: Path) -> bool:
    """Return whether a module of any application was imported from a file."""
    path = file.absolute()
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return any(isinstance(one, str) and Path(one) == path for one in files)


def _ensure_package(name: str, path: Path) -> None:
    if name in sys.modules:
        return
    init = path / "__init__.py"
    if init.is_file():
        spec = spec_from_file_location(name, init, submodule_search_locations=[str(path)])
    else:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(path)]
    assert spec is not None, path
    module = module_from_spec(spec)
    sys.modules[name] = module
    if spec.loader is not None:
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise


def without_import_frames(error: BaseException) -> BaseException:
    """Return the exception with a traceback that starts in the user's file."""
    traceback = error.__traceback__
    while traceback is not None and _is_machinery(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    return error.with_traceback(traceback)


def _is_machinery(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen importlib")


def _check(route: RouteFile, module: ModuleType) -> Iterator[InvalidRouteModuleError]:
    names = vars(module)
    own = {name: value for name, value in names.items() if is_own(module, value)}
    for name, message in find_mistakes(names, own):
        yield InvalidRouteModuleError(route.file, message, line_of(module, name))
    methods = [name for name in METHODS if name in names]
    for name in methods:
        mistake = handler_mistake(name, names[name])
        if mistake is not None:
            yield InvalidRouteModuleError(route.file, mistake, line_of(module, name))
    meant = {name.upper() for name, value in own.items() if callable(value)}
    if not methods and not meant & set(METHODS):
        yield InvalidRouteModuleError(
            route.file, f"It exports no handler. Write 'def GET(request):', or another of {', '.join(METHODS)}."
        )


def is_own(module: ModuleType, value: object) -> bool:
    """Return whether a module defines a value. An imported ``delete``, for example, is not a misspelled handler."""
    if isinstance(value, ModuleType):
        return False
    return getattr(value, "__module__", module.__name__) == module.__name__


def handler_mistake(name: str, handler: object) -> str | None:
    """Return the reason why a value cannot be a handler, or ``None``.

    :param name: The method.
    """
    if not callable(handler) or isinstance(handler, type):
        return f"{name} is {handler!r}. Write a function: 'def {name}(request):'."
    if is_async(handler):
        return f"{name} is asynchronous, and this library is not. Write 'def {name}(…):' and call blocking functions."
    return wrong_parameters(name) if parameters_of(handler) is None else None


def line_of(module: ModuleType, name: str) -> int | None:
    """Return the line where a module binds a name, or ``None`` if it is unknown."""
    value = vars(module).get(name)
    if isinstance(value, FunctionType) and value.__module__ == module.__name__:
        return value.__code__.co_firstlineno
    loader = getattr(module.__spec__, "loader", None)
    code = loader.get_code(module.__name__) if loader is not None else None
    return _binding_line(code, name) if isinstance(code, CodeType) else None


def _binding_line(code: CodeType, name: str) -> int | None:
    line = None
    for instruction in dis.get_instructions(code):
        if instruction.starts_line:
            line = _first_line(instruction)
        if instruction.opname == "STORE_NAME" and instruction.argval == name:
            return line
    return None


def _first_line(instruction: Any) -> int | None:
    # starts_line became a flag in Python 3.13, beside line_number.
    line: int | None = getattr(instruction, "line_number", None) or instruction.starts_line
    return line
