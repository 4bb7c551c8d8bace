"""The guide to deployment: the proxy, the logs, and one cache for several workers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest
from optional_servers import missing
from servers import Server, free_port, run

from docs.deployment import FILES, PAGE, shell
from docs.samples import blocks
from docs.shop import (
    Site,
    get,
    service,
    wait_for,
)


def test_nginx_passes_on_the_path_and_the_address_and_the_log_has_it(site: Site, tmp_path: Path) -> None:
    program = shutil.which("nginx") or missing("nginx", "apt-get install nginx")
    with service(site) as server:
        port = free_port()
        shop = FILES["/etc/nginx/conf.d/shop.conf"].replace("listen 80;", f"listen 127.0.0.1:{port};")
        (tmp_path / "shop.conf").write_text(shop.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}"))
        folders = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}"
            f" http {{ access_log off; {folders} include {tmp_path}/shop.conf; }}"
        )
        with run([program, "-p", str(tmp_path), "-c", f"{tmp_path}/nginx.conf"], port, cwd=tmp_path) as proxy:
            head = (
                "Host: www.example.com\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Host: evil.test\r\nConnection: close"
            )

            who = send_from("127.0.0.2", proxy, f"GET /who HTTP/1.1\r\n{head}\r\n\r\n")
            stock = send_from("127.0.0.2", proxy, f"GET /stock/a%2Fb HTTP/1.1\r\n{head}\r\n\r\n")

        assert '["127.0.0.2","http://www.example.com/who"]' in who
        assert '{"slug":"a/b",' in stock
        wait_for(server, "127.0.0.2 - - [", 2)
        assert "9.9.9.9" not in server.logs()


def send_from(address: str, server: Server, message: str) -> str:
    """Send a request from another address of this machine than that of the proxy."""
    with socket.create_connection(("127.0.0.1", server.port), 10, (address, 0)) as connection:
        connection.sendall(message.encode())
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def test_the_log_of_granian_has_the_address_of_the_proxy(site: Site) -> None:
    with site.serve("routehandlers start shop.wsgi:app --access-log --server granian --workers 1") as server:
        assert b'"203.0.113.7"' in server.request("GET", "/who", headers={"X-Forwarded-For": "203.0.113.7"}).body

        wait_for(server, "127.0.0.1 - - [")


def test_waitress_removes_the_headers_of_the_proxy_unless_it_trusts_it(site: Site) -> None:
    page = (PAGE.parents[1] / "servers/waitress.md").read_text(encoding="utf-8")
    (trusting,) = re.findall(r"^routehandlers start --server waitress (--trusted.*)$", page, re.MULTILINE)
    sent = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    command = "routehandlers start shop.wsgi:app --server waitress"

    with site.serve(command) as server:
        assert b'"127.0.0.1","http://' in server.request("GET", "/who", headers=sent).body
    with site.serve(f"{command} {trusting}") as server:
        assert b'"203.0.113.7","https://' in server.request("GET", "/who", headers=sent).body


def test_the_other_format_of_the_log_is_json_and_its_file_can_be_moved_away(site: Site, tmp_path: Path) -> None:
    (command,) = (block.text for block in blocks(PAGE) if "--access-logformat" in block.text)
    command = command.replace("start", "start shop.wsgi:app --workers 1 --access-logfile access.log")
    log = tmp_path / "access.log"
    with site.serve(command, cwd=tmp_path) as server:
        server.request("GET", "/version?a=b", headers={"X-Forwarded-For": "203.0.113.7"})
        wait_for_file(log)
        line = json.loads(log.read_text())

        assert line.pop("seconds") > 0
        assert line == {"path": "/version", "status": 200, "for": "203.0.113.7"}
        log.rename(tmp_path / "old.log")
        os.kill(server.process.pid, signal.SIGUSR1)
        deadline = time.monotonic() + 30
        while not log.exists() or not log.stat().st_size:
            assert time.monotonic() < deadline
            server.request("GET", "/version")


def wait_for_file(file: Path) -> None:
    deadline = time.monotonic() + 30
    while not file.exists() or not file.stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_with_preload_a_reload_keeps_the_old_code(site: Site, tmp_path: Path) -> None:
    shutil.copytree(site.project / "src", tmp_path / "src")
    route = tmp_path / "src/shop/app/version/route.py"
    environ = {"PYTHONPATH": f"{tmp_path}/src"}
    with site.serve("routehandlers start shop.wsgi:app --workers 1 --preload", cwd=tmp_path, **environ) as server:
        assert get(server, "/version") == b"1.0"
        route.write_text(route.read_text().replace("1.0", "2.0"))
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(server, "Worker exiting")

        assert get(server, "/version") == b"1.0"


@pytest.mark.parametrize("storage", ["file", "redis"])
def test_workers_with_one_cache_render_once_and_a_command_purges(
    site: Site, storage: str, request: pytest.FixtureRequest
) -> None:
    url = site.environment()["ROUTEHANDLERS_CACHE"]
    if storage == "redis":
        url = f"redis://127.0.0.1:{request.getfixturevalue('redis_server').port}/0?prefix=deploying"
    (purge,) = (block.text for block in blocks(PAGE) if "cache --storage" in block.text)
    command = "routehandlers start shop.wsgi:app --workers 3 --access-log --access-logformat 'worker=%(p)s'"
    with site.serve(command, ROUTEHANDLERS_CACHE=url) as server:
        first = renders(server)
        words = site.here(purge).replace("sudo -u shop ", "").replace("file://" + site.here("/var/cache/shop"), url)
        shell(words, site.image, {**os.environ, "PATH": site.path})
        second = renders(server)

    assert (len(first), len(second)) == (1, 1)
    assert first != second


def renders(server: Server) -> set[bytes]:
    """The renders that the workers serve, when at least two of them have answered."""
    found: set[bytes] = set()
    begun = server.logs().count("worker=")
    deadline = time.monotonic() + 40
    while len(set(re.findall(r"worker=\S+", server.logs())[begun:])) < 2:
        assert time.monotonic() < deadline, server.logs()
        found.add(get(server, "/stock/hat"))
    return found
