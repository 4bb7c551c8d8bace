"""Recognise a failed import of ``_routes.py``, the module that ``routehandlers typegen`` writes."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from .._typegen.module import MARK
from ..exceptions import InvalidRouteModuleError

_NAME = "_routes"
_FILE = f"{_NAME}.py"

# The message for "from . import _routes".
_FROM_FOLDER = f"cannot import name {_NAME!r} from "


def missing_types(error: Exception, root: Path, package: str) -> InvalidRouteModuleError | None:
    """Return the mistake if a file imports ``_routes.py`` or a name that it does not have; ``None`` for others.

    :param error: What the file raised.
    :param root: The ``app`` folder.
    :param package: The name of its package.
    """
    if not isinstance(error, ImportError) or error.name is None:
        return None
    module = f"{error.name}.{_NAME}" if error.msg.startswith(_FROM_FOLDER) else error.name
    is_relative = module.startswith(f"{package}.")
    folder, _, name = module.rpartition(".")
    # As in "from app._routes" and "from shop.app._routes".
    if name != _NAME or not (is_relative or folder.rpartition(".")[2] == root.name):
        return None
    reason = _reason(error, root / _FILE, is_relative=is_relative)
    place = _last_place(error.__traceback__)
    if not reason or place is None:
        return None
    file, line = place
    return InvalidRouteModuleError(file, reason, line)


def _reason(error: ImportError, file: Path, *, is_relative: bool) -> str:
    shown = f"{file.parent.name}/{_FILE}"
    if not isinstance(error, ModuleNotFoundError) and not error.msg.startswith(
        _FROM_FOLDER
    ):  # the module is there, and has no such name
        return f"{error.msg.partition(' from ')[0]} from {shown}. Run: routehandlers typegen" if _is_ours(file) else ""
    if not file.is_file():
        return f"It imports {shown}, which does not exist yet. Run: routehandlers typegen"
    # "app._routes" is missing if the folder above cannot be imported from: that error says enough.
    if not is_relative:
        return ""
    return f"It imports {_FILE} from another folder than {file.parent.name}. Add or remove dots: one for each folder."


def _is_ours(file: Path) -> bool:
    try:
        return file.read_text(encoding="utf-8").startswith(MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _last_place(trace: TracebackType | None) -> tuple[Path, int] | None:
    """Return file and line of the import statement."""
    place = None
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if not filename.startswith("<frozen importlib"):
            place = Path(filename), trace.tb_lineno
        trace = trace.tb_next
    return place
