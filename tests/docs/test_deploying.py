"""The guide to deployment, step by step: its image, its service, its proxy and its reload, really run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from optional_servers import missing
from servers import Server

from docs.deployment import FILES, PAGE, PIP, borrow_packages, shell, stages
from docs.samples import blocks, commands
from docs.shop import (
    UNIT,
    Site,
    get,
    load,
    reload,
    service,
    wait_for,
)

BUILD, IMAGE = stages(FILES["Dockerfile"])


# -- The laptop


def test_the_laptop_serves_the_editable_package_and_answers_health_checks(site: Site, tmp_path: Path) -> None:
    (install, *served) = next(block.text for block in blocks(PAGE) if "--editable" in block.text).splitlines()
    shell(f"{sys.executable} -m venv --without-pip {tmp_path}/venv", tmp_path, dict(os.environ))
    borrow_packages(tmp_path / "venv")
    environ = {"PATH": f"{tmp_path}/venv/bin{os.pathsep}{os.environ['PATH']}"}
    shell(f"{install} --no-deps", site.project, {**os.environ, **PIP, **environ})

    for command in served:
        with Site(site.project, tmp_path, {}).serve(command, cwd=site.project) as server:
            assert json.loads(server.request("GET", "/stock/hat").body)["slug"] == "hat"
            for line, shown in console():
                curl_shows(server, line, shown)


def console() -> list[tuple[str, str]]:
    return [pair for block in blocks(PAGE) if block.language == "console" for pair in commands(block.text)]


def curl_shows(server: Server, command: str, shown: str) -> None:
    """curl is really run; the headers of the page must be among those that came."""
    if shutil.which("curl") is None:
        missing("curl", "apt-get install curl")
    words = shlex.split(command.replace("localhost:8000", server.url))
    printed = subprocess.run([*words, "-s"], capture_output=True, text=True, timeout=30).stdout.replace("\r", "")
    head, _, body = printed.partition("\n\n")
    shown_head, _, shown_body = shown.partition("\n\n")
    status, *headers = shown_head.splitlines()
    assert head.splitlines()[0].split()[1] == status.split()[1], printed
    assert {line.lower() for line in headers} <= {line.lower() for line in head.splitlines()}, printed
    assert body.strip() == shown_body.strip()


# -- The container


def status_for(server: Server, host: str) -> int:
    answer = server.raw(f"GET /health/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return int(answer.split()[1])


def test_the_image_serves_on_its_port_and_its_health_check_tells(site: Site) -> None:
    command = shlex.join(IMAGE.words("CMD"))
    check = [str(site.image / "venv/bin/python"), *IMAGE.words("HEALTHCHECK")[1:]]
    settings = {**site.environment(), "ROUTEHANDLERS_CACHE": "memory://"}

    with site.serve(command, WEB_CONCURRENCY="1", **settings) as server:
        environ = {"PORT": str(server.port)}
        assert server.request("GET", "/robots.txt").body == b"all\n"
        assert status_for(server, "www.example.com") == 200
        assert status_for(server, "elsewhere.test") == 400
        assert subprocess.run(check, env=environ, cwd=site.image).returncode == 0

        assert server.request("GET", "/health/ready").status == 503
        database = Path(settings["SHOP_DATABASE"])
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("CREATE TABLE stock (slug)")
        assert server.request("GET", "/health/ready").status == 200
        database.write_bytes(b"not a database" * 100)
        assert server.request("GET", "/health/ready").status == 503

        wait_for(server, '"GET /health/live HTTP/1.1" 200')
        # No process stands between the first one and the server.
        assert server.logs().count(f"[{server.process.pid}] [INFO] Starting gunicorn") == 1
        assert "control socket" not in server.logs().lower()
    assert subprocess.run(check, env=environ, cwd=site.image, stderr=subprocess.DEVNULL).returncode == 1


def test_the_image_runs_as_a_user_without_rights_and_has_no_sources() -> None:
    (user,) = (text for name, text in IMAGE.steps if name == "RUN")

    assert user.startswith("useradd ")
    assert f"--uid {IMAGE.last('USER')} " in user
    assert [text for name, text in IMAGE.steps if name == "COPY"] == [f"--from={BUILD.name} /venv /venv"]
    assert IMAGE.environ()["PORT"] == IMAGE.last("EXPOSE")
    assert {f"!{text.split()[0]}" for name, text in BUILD.steps if name == "COPY"} | {"!MANIFEST.in"} == {
        line for line in FILES[".dockerignore"].splitlines() if line.startswith("!")
    }


# -- The service


def test_systemd_finds_nothing_wrong_with_the_unit(site: Site, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze", "apt-get install systemd")
    file = tmp_path / "shop.service"
    file.write_text(site.here(FILES[UNIT]))

    ended = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


def test_a_new_wheel_and_a_reload_fail_no_request_and_a_broken_file_keeps_the_old_workers(site: Site) -> None:
    install, _ = next(
        block.text for block in blocks(PAGE) if "systemctl reload shop\n" in block.text and "shop-1.1" in block.text
    ).splitlines()
    new = site.project.parent / "new"
    shutil.copytree(site.project, new, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    project = new / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "1.0"', 'version = "1.1"'))
    route = new / "src/shop/app/version/route.py"
    route.write_text(route.read_text().replace("1.0", "1.1"))
    environ = {**os.environ, **PIP, "PATH": site.path}
    shell("pip wheel --no-deps --wheel-dir dist .", new, environ)
    answers: Counter[str] = Counter()

    with service(site) as server:
        assert get(server, "/version") == b"1.0"
        old = set(server.worker_pids())
        with load(server, answers):
            shell(f"{site.here(install)} --no-deps", new, environ)
            reload(server)
            deadline = time.monotonic() + 40
            while old & set(server.worker_pids()):
                assert time.monotonic() < deadline, server.logs()
                time.sleep(0.05)
            before = answers.total()
            while answers.total() < before + 8:
                assert time.monotonic() < deadline, answers
                time.sleep(0.05)
        assert set(answers) == {"200 slow"}, server.logs()
        assert get(server, "/version") == b"1.1"

        (installed,) = (site.image / "venv").glob("lib/python*/site-packages/shop/app/version/route.py")
        installed.write_text("def GET() return\n")
        reload(server)
        said = re.search(
            r"^\[ERROR\] (The old .* loaded: )app/route.py, line \d+: (SyntaxError: expected ':')$",
            PAGE.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        assert said is not None
        wait_for(server, f"{said[1]}{installed}, line 1: {said[2]}")
        assert get(server, "/version") == b"1.1"
    # Later tests build nothing anew.
    installed.write_text("VERSION = '1.0'\n\n\ndef GET():\n    return VERSION\n")


def test_stopping_lets_requests_in_flight_finish(site: Site) -> None:
    answers: Counter[str] = Counter()
    with service(site) as server:
        client = threading.Thread(target=lambda: answers.update([get(server, "/stop").decode()]))
        client.start()
        wait_for(server, "in the handler")
        server.process.terminate()
        client.join(30)

        assert answers == {"complete": 1}, server.logs()
        assert server.process.wait(30) == 0


# Commands that need a server's rights or an index, and what the tests do in their place.
NOT_RUN = {
    "routehandlers start --bind 0.0.0.0:8000 --workers 4 --access-log": "other tests start it with their ports",
    "python3 -m venv /srv/shop/venv": "the Dockerfile has the same",
    "/srv/shop/venv/bin/pip install dist/shop-1.0-py3-none-any.whl": "the Dockerfile has the same",
    "useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin shop": "root",
    "systemd-analyze verify /etc/systemd/system/shop.service": "is run on the unit in another folder",
    "systemctl enable --now shop": "ExecStart is run",
    "systemctl reload shop": "ExecReload is run",
    "journalctl --unit shop --follow": "systemd",
    "docker build --tag shop .": "the steps of the Dockerfile are run",
    "docker run --read-only --tmpfs /tmp --env-file shop.env --env WEB_CONCURRENCY=4 --publish 8000:8000 --stop-timeout 40 shop": "CMD is run",
    'pip install ".[bench]"': "an index",
    "python -m benchmarks --only http": "minutes",
}
RUN = ["pip install --editable .", "routehandlers dev ", "routehandlers start --workers 2", "routehandlers start --access-log --access-logformat ", "pip wheel --no-deps ", "routehandlers check src/shop/app --wheel ", "/srv/shop/venv/bin/pip install dist/shop-1.1", "sudo -u shop /srv/shop/venv/bin/routehandlers cache "]  # fmt: skip


def test_every_command_of_the_page_is_run_or_has_a_reason() -> None:
    lines = [
        line for block in blocks(PAGE) if block.language == "sh" and not block.title for line in block.text.splitlines()
    ]

    assert [line for line in lines if line not in NOT_RUN and not line.startswith(tuple(RUN))] == []
    assert [line for line in NOT_RUN if line not in lines] == []
