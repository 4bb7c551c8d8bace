"""The shop of the guide to deployment, built once for each file of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.deployment import FILES, build, stages, write_project
from docs.shop import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    (folder / "cache").mkdir()
    (folder / "state").mkdir()
    project = write_project(folder / "project")
    build(stages(FILES["Dockerfile"])[0], project, folder / "image")
    places = {
        "/srv/shop/venv": f"{folder}/image/venv",
        "/srv/shop": str(folder),
        "/var/cache/shop": f"{folder}/cache",
        "/var/lib/shop": f"{folder}/state",
        "/etc/shop.env": f"{folder}/shop.env",
        # A Mac has no such folder.
        "/dev/shm": "/dev/shm" if Path("/dev/shm").is_dir() else str(folder),
    }
    return Site(project, folder / "image", places)
