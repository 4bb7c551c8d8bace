"""``routehandlers typecheck``: run mypy over the whole tree, including folders with brackets.

mypy names a module after the folders above it that have importable names, so
two files ``[id]/route.py`` are both called ``route``. The command shows mypy the
tree under importable names, and replaces them by the real names in the output.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import IO, Any

from .._project.project import Target
from ..exceptions import AppFolderError
from . import loading
from .packaging.mirror import Mirror, make_mirror
from .packaging.mypy_paths import package_base


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "typecheck",
        help="run mypy over the whole tree",
        description="Run mypy over every Python file of the tree, with the mypy settings of the current folder. All"
        " other arguments go to mypy.",
        epilog="example: routehandlers typecheck app --strict",
        allow_abbrev=False,
    )
    loading.add_target(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    if find_spec("mypy") is None:
        loading.fail("typecheck runs mypy, which is not installed. Install it with: pip install mypy")
    statuses = [_check_folder(folder, options.extra) for folder in _folders(options.target)]
    raise SystemExit(max(statuses))


def _folders(target: Target) -> list[Path]:
    """Return the folders with routes."""
    if target.folder is None:
        return [app.directory for app in loading.run_user_code(target.find_apps, f"a file of {target}")]
    if not target.folder.is_dir():
        raise AppFolderError(target.folder)
    return [target.folder]


def _check_folder(folder: Path, words: list[str]) -> int:
    app = Path(os.path.normpath(folder.absolute()))
    with ExitStack() as stack:
        mirror = make_mirror(_place(app, stack), app, package_base(app, words))
        if not mirror.modules:
            loading.fail(f"there is no Python file in {folder}.")
        return _run_mypy(mirror, words, stack)


def _place(app: Path, stack: ExitStack) -> Path:
    """Return the folder for the mirror: one below ``.mypy_cache``, which tools and repositories ignore.

    A temporary folder replaces it if it is not writable or would be part of the tree.
    """
    folder = Path.cwd() / ".mypy_cache" / "routehandlers"
    if not folder.is_relative_to(app):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ".gitignore").write_text("*\n")
        except OSError:
            pass
        else:
            # A relative path: mypy's cache stores file names with their errors, and may move to another machine.
            return folder / hashlib.sha256(os.fsencode(os.path.relpath(app))).hexdigest()[:16]
    return Path(stack.enter_context(tempfile.TemporaryDirectory())).resolve()


def _run_mypy(mirror: Mirror, words: list[str], stack: ExitStack) -> int:
    """Run mypy and return its exit status. mypy itself reports wrong arguments.

    The names of the files are in a file, because a command line may be too short for them. Each file is named,
    because projects use ``exclude`` to keep plain mypy away from this tree.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    listed = folder / "modules"
    listed.write_text("".join(f"{path}\n" for path in mirror.modules), encoding="utf-8")
    # mypy expects all files side by side. The user may name more of them, before the options or after.
    ordered = [*words, f"@{listed}"] if words[:1] and words[0].startswith("-") else [f"@{listed}", *words]
    command = [sys.executable, "-m", "mypy", "--namespace-packages", "--explicit-package-bases", *ordered]
    pipe, environ = subprocess.PIPE, _environment(mirror)
    # No shell is involved: the command is this interpreter.
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environ, encoding="utf-8") as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stderr is not None
        errors = Thread(target=_tell, args=(process.stderr, sys.stderr, mirror))
        errors.start()
        _tell(process.stdout, sys.stdout, mirror)
        errors.join()
    return process.returncode


def _environment(mirror: Mirror) -> dict[str, str]:
    """Return the environment of mypy: where it finds modules, and the terminal that our pipe hides."""
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    paths = [str(mirror.root), environ.get("MYPYPATH", ""), str(mirror.base)]
    if not mirror.root.is_relative_to(Path.cwd()):
        environ["MYPY_CACHE_DIR"] = os.devnull  # a cache would refer to a folder that no longer exists
    environ["MYPYPATH"] = os.pathsep.join(path for path in paths if path)
    if sys.stdout.isatty() and sys.stderr.isatty():
        environ.setdefault("MYPY_FORCE_COLOR", "1")
        environ.setdefault("MYPY_FORCE_TERMINAL_WIDTH", str(shutil.get_terminal_size().columns))
    return environ


def _tell(source: IO[str], target: IO[str], mirror: Mirror) -> None:
    for line in source:
        print(mirror.real_names(line), end="", file=target, flush=True)
