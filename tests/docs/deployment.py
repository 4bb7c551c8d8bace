"""Builds the shop of the guide to deployment as its Dockerfile does, in a folder in place of an image."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from docs.samples import blocks

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guides/deploying.md"
FILES = {block.title: block.text for block in blocks(PAGE) if block.title}

# Routes that only the tests need: one that is busy for a while, and one that tells which version is loaded.
ROUTES = {
    "src/shop/app/slow/route.py": "import time\n\n\ndef GET():\n    time.sleep(0.3)\n    return 'slow'\n",
    "src/shop/app/stop/route.py": "import time\n\n\ndef GET():\n    print('in the handler', flush=True)\n    time.sleep(1)\n    return 'complete'\n",
    "src/shop/app/version/route.py": "VERSION = '1.0'\n\n\ndef GET():\n    return VERSION\n",
    "src/shop/app/who/route.py": "def GET(request):\n    return [request.remote_addr, request.url]\n",
}

# No index is asked, and the build backend is that of the tests. Only "0" switches the isolation off.
PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@dataclass
class Stage:
    """One stage of a Dockerfile: its instructions, and what the last of each kind says."""

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        return next(text for name, text in reversed(self.steps) if name == instruction)

    def words(self, instruction: str) -> list[str]:
        """The words of a command in its exec form."""
        text = self.last(instruction)
        words: list[str] = json.loads(text[text.index("[") :])
        return words

    def environ(self) -> dict[str, str]:
        found = [word.split("=", 1) for name, text in self.steps if name == "ENV" for word in text.split()]
        return dict(found)


def stages(dockerfile: str) -> list[Stage]:
    found: list[Stage] = []
    lines = re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", "").splitlines()
    for line in filter(None, lines):
        instruction, _, text = line.partition(" ")
        assert instruction in {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}, line
        if instruction == "FROM":
            image, _, name = text.partition(" AS ")
            assert re.fullmatch(r"python:3\.\d+-slim", image), image
            found.append(Stage(name))
        else:
            found[-1].steps.append((instruction, text))
    return found


def write_project(folder: Path) -> Path:
    """Write the files of the page that belong to the project, and the routes of the tests."""
    for name, text in {**FILES, **ROUTES, "src/shop/__init__.py": "", "src/shop/public/robots.txt": "all\n"}.items():
        if not name.startswith("/"):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return folder


def build(stage: Stage, context: Path, image: Path) -> None:
    """Run the steps of the first stage, with a folder as the root of the image."""
    folder = image
    folder.mkdir()
    environ = {**os.environ, **PIP, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for instruction, text in stage.steps:
        if instruction == "WORKDIR":
            folder = image / text.strip("/")
            folder.mkdir(parents=True, exist_ok=True)
        elif instruction == "ENV":
            name, _, value = inside(text, image).partition("=")
            environ[name] = value.replace("$PATH", environ["PATH"])
        elif instruction == "COPY":
            copy(text.split(), context, folder)
        else:
            assert instruction == "RUN"
            # pip would take seconds to install; the tests' own is used.
            shell(inside(text, image).replace("-m venv", "-m venv --without-pip"), folder, environ)
            if "-m venv" in text:
                borrow_packages(image / "venv")


def inside(text: str, image: Path) -> str:
    return text.replace("/venv", str(image / "venv"))


def copy(words: list[str], context: Path, folder: Path) -> None:
    *sources, target = words
    for source in sources:
        place = folder / target / (source if target == "./" else "")
        if (context / source).is_dir():
            shutil.copytree(context / source, place)
        else:
            shutil.copyfile(context / source, place)


def borrow_packages(environment: Path) -> None:
    """Let a virtual environment use the packages and the commands that the tests run with."""
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n")
    for name, module in {"pip": "pip._internal.cli.main", "routehandlers": "routehandlers._cli.main"}.items():
        command = environment / "bin" / name
        command.write_text(f"#!{environment}/bin/python\nfrom {module} import main\n\nraise SystemExit(main())\n")
        command.chmod(0o755)


def shell(command: str, folder: Path, environ: dict[str, str]) -> str:
    ran = subprocess.run(command, shell=True, cwd=folder, env=environ, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout
