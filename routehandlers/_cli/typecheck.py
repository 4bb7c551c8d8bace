"""``routehandlers typecheck``: mypy over the whole tree, brackets and all.

mypy names a module after its folders, as far as those could be imported, so
that two ``[id]/route.py`` are two modules ``route``. It is shown the tree under
other names, and what it prints is told with the real ones.
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

from ..exceptions import AppFolderError
from . import loading
from .packaging.mirror import Mirror, make_mirror
from .packaging.mypy_paths import package_base


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "typecheck",
        help="run mypy over the whole tree",
        description="Run mypy, with its settings in the current folder, over every Python file of the tree. Everything"
        " else on the line is passed on to mypy.",
        epilog="example: routehandlers typecheck app --strict",
        allow_abbrev=False,
    )
    loading.add_directory(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    if find_spec("mypy") is None:
        loading.fail("typecheck runs mypy, which is not installed. Install it with: pip install mypy")
    if not options.directory.is_dir():
        raise AppFolderError(options.directory)
    app = Path(os.path.normpath(options.directory.absolute()))
    with ExitStack() as stack:
        mirror = make_mirror(_place(app, stack), app, package_base(app, options.extra))
        if not mirror.modules:
            loading.fail(f"there is no Python file in {options.directory}.")
        raise SystemExit(_run_mypy(mirror, options.extra, stack))


def _place(app: Path, stack: ExitStack) -> Path:
    """Where the mirror goes: a folder of its own below mypy's, which tools and repositories leave alone.

    Elsewhere, for this time only, where that cannot be written to or would be part of the tree.
    """
    folder = Path.cwd() / ".mypy_cache" / "routehandlers"
    if not folder.is_relative_to(app):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ".gitignore").write_text("*\n")
        except OSError:
            pass
        else:
            # mypy's cache keeps names of files with their errors, and may be carried to another machine.
            return folder / hashlib.sha256(os.fsencode(os.path.relpath(app))).hexdigest()[:16]
    return Path(stack.enter_context(tempfile.TemporaryDirectory())).resolve()


def _run_mypy(mirror: Mirror, words: list[str], stack: ExitStack) -> int:
    """The exit status of mypy, which says on its own what is wrong with the words.

    The files go in a file, as a line may be too short for them. They are named one by one, since ``exclude`` is what
    keeps plain mypy from a tree that it cannot read.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    listed = folder / "modules"
    listed.write_text("".join(f"{path}\n" for path in mirror.modules), encoding="utf-8")
    # mypy wants its files side by side, and the line may name more of them, before its options or after.
    ordered = [*words, f"@{listed}"] if words[:1] and words[0].startswith("-") else [f"@{listed}", *words]
    command = [sys.executable, "-m", "mypy", "--namespace-packages", "--explicit-package-bases", *ordered]
    pipe, environ = subprocess.PIPE, _environment(mirror)
    # No shell is wanted: the command is this interpreter's own.
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environ, encoding="utf-8") as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stderr is not None
        errors = Thread(target=_tell, args=(process.stderr, sys.stderr, mirror))
        errors.start()
        _tell(process.stdout, sys.stdout, mirror)
        errors.join()
    return process.returncode


def _environment(mirror: Mirror) -> dict[str, str]:
    """Where mypy finds modules, and what it would see of the terminal if nobody stood in between."""
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    paths = [str(mirror.root), environ.get("MYPYPATH", ""), str(mirror.base)]
    if not mirror.root.is_relative_to(Path.cwd()):
        environ["MYPY_CACHE_DIR"] = os.devnull  # what it keeps would speak of a folder that is gone
    environ["MYPYPATH"] = os.pathsep.join(path for path in paths if path)
    if sys.stdout.isatty() and sys.stderr.isatty():
        environ.setdefault("MYPY_FORCE_COLOR", "1")
        environ.setdefault("MYPY_FORCE_TERMINAL_WIDTH", str(shutil.get_terminal_size().columns))
    return environ


def _tell(source: IO[str], target: IO[str], mirror: Mirror) -> None:
    for line in source:
        print(mirror.real_names(line), end="", file=target, flush=True)
