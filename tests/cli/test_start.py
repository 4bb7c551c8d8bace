"""``routehandlers start``, run as a user runs it, with each of its servers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from optional_servers import missing
from servers import Server, free_port, run, write_app

from routehandlers._project.reference import import_application
from routehandlers._servers import granian, gunicorn, waitress
from routehandlers._servers.addresses import check, parse
from routehandlers._servers.options import Options, StartError
from routehandlers.exceptions import UnknownApplicationError

COMMAND = [sys.executable, "-m", "routehandlers._cli.main", "start", "app"]
SERVERS = ["gunicorn", "granian", "waitress"]

FILES = {
    "route.py": "def GET(): return 'first'\n",
    "items/[slug]/route.py": "def GET(request, context): return context.params['slug']\n",
    "stream/route.py": "def GET():\n    yield 'one'\n    yield 'two'\n",
    "gone/route.py": "from routehandlers.navigation import not_found\n\ndef GET(): not_found()\n",
}


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    needs(value)
    return value


def needs(server: str) -> None:
    if find_spec(server) is None:
        missing(server, f"pip install {server}")


# By default gunicorn starts more workers than there are processors, and each takes half a second of one. Tests say so
# where they want more than one.
ONE_WORKER = {"WEB_CONCURRENCY": "1"}


@contextmanager
def started(folder: Path, server: str, *words: str, env: dict[str, str] = ONE_WORKER) -> Iterator[Server]:
    port = free_port()
    with run([*COMMAND, "--server", server, "--port", str(port), *words], port, cwd=folder, env=env) as process:
        yield process


def start(folder: Path, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run ``start`` to its end, which comes by itself only if it refuses to serve."""
    return subprocess.run(
        [*before, *COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def wait_for(server: Server, text: str, times: int = 1) -> None:
    deadline = time.monotonic() + 30
    while server.logs().count(text) < times:
        assert time.monotonic() < deadline, server.logs()
        assert server.process.poll() is None, server.logs()
        time.sleep(0.05)


def wait_for_body(server: Server, body: bytes) -> None:
    deadline = time.monotonic() + 30
    while server.request("GET", "/").body != body:
        assert time.monotonic() < deadline, server.logs()
        time.sleep(0.05)


def is_refused(ended: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("routehandlers: ")
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    # No server has printed anything, so no worker has started.
    assert "Booting worker" not in ended.stdout
    assert "Spawning worker" not in ended.stdout


def test_a_port_in_use_is_one_sentence_before_a_worker_starts(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = start(tmp_path, "--server", name, "--port", str(port))

    is_refused(ended, f"cannot listen on 127.0.0.1:{port}: another program uses this port. End that program, or")


def test_a_second_start_on_the_same_port_is_refused(tmp_path: Path, name: str) -> None:
    """Granian sets SO_REUSEPORT, with which two servers would share the port."""
    write_app(tmp_path, FILES)

    with started(tmp_path, name) as first:
        ended = start(tmp_path, "--server", name, "--port", str(first.port))

        is_refused(ended, "another program uses this port")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        # A block for documentation, which no machine has.
        (
            ["--host", "192.0.2.1"],
            "cannot listen on 192.0.2.1:8000: this machine does not have that address. Use --host",
        ),
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid:8000: there is no such host."),
        (["--port", "65536"], "cannot listen on 127.0.0.1:65536: "),
        (["--bind", "unix:nowhere/socket"], "cannot listen on unix:nowhere/socket: there is no folder"),
        (["--bind", "unix:app/route.py"], "the file exists and is not a socket."),
    ],
)
def test_an_address_that_cannot_be_bound_is_one_sentence(
    tmp_path: Path, name: str, words: list[str], sentence: str
) -> None:
    write_app(tmp_path, FILES)

    is_refused(start(tmp_path, "--server", name, *words), sentence)


def test_a_privileged_port_is_one_sentence(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)
    first = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not first.exists() or int(first.read_text()) <= 81:
        pytest.skip("every user of this machine may use port 81")
    # Root may use all ports: in a user namespace of its own it is not root for the network.
    before = ("unshare", "--user", "--map-user=1000") if os.geteuid() == 0 else ()
    if before and subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no user namespaces")

    ended = start(tmp_path, "--server", name, "--port", "81", before=before)

    is_refused(ended, "cannot listen on 127.0.0.1:81: this user may not use ports below 1024. Choose a higher --port")


def test_the_addresses_of_gunicorns_own_file_are_checked(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "gunicorn.conf.py").write_text(f"bind = '127.0.0.1:{port}'\n")
        ended = start(tmp_path)

    is_refused(ended, f"cannot listen on 127.0.0.1:{port}: another program")


def test_a_unix_socket_serves_and_is_refused_while_it_does(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)
    place = tmp_path / "socket"
    command = [*COMMAND, "--server", name, "--bind", f"unix:{place}"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **ONE_WORKER}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not place.exists() or ask_path(place) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)

        assert b"first" in (ask_path(place) or b"")
        is_refused(start(tmp_path, "--server", name, "--bind", f"unix:{place}"), "another program listens there")
    finally:
        process.terminate()
        process.wait(20)


def ask_path(place: Path) -> bytes | None:
    with socket.socket(socket.AF_UNIX) as connection:
        if connection.connect_ex(str(place)):
            return None
        connection.settimeout(10)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        ("def GET() return", "route.py, line 1: SyntaxError: "),
        ("def get(): ...", "route.py:1 It exports 'get'. Did you mean 'GET'?"),
        ("import nowhere", "route.py, line 1: ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_reload_with_a_broken_file_keeps_the_old_workers(
    tmp_path: Path, server: str, source: str, mistake: str
) -> None:
    needs(server)
    app = write_app(tmp_path, FILES)
    with started(tmp_path, server, "--workers", "1") as process:
        # The worker has loaded the application when it answers.
        assert process.request("GET", "/").body == b"first"
        workers = process.worker_pids()

        (app / "route.py").write_text(f"{source}\n")
        process.process.send_signal(signal.SIGHUP)

        wait_for(process, "The old workers go on, because the application cannot be loaded: ")
        (line,) = [line for line in process.logs().splitlines() if "The old workers go on" in line]
        assert mistake in line
        assert process.worker_pids() == workers
        assert process.request("GET", "/").body == b"first"


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_reload_after_the_mistake_is_corrected_serves_the_new_file(tmp_path: Path, server: str) -> None:
    needs(server)
    app = write_app(tmp_path, FILES)
    # By default Granian waits between two workers.
    words = ["--respawn-interval", "0.2"] if server == "granian" else []
    with started(tmp_path, server, "--workers", "1", *words) as process:
        assert process.request("GET", "/").body == b"first"
        (app / "route.py").write_text("def get(): ...\n")
        process.process.send_signal(signal.SIGHUP)
        wait_for(process, "The old workers go on")

        (app / "route.py").write_text("def GET(): return 'the second'\n")
        process.process.send_signal(signal.SIGHUP)

        wait_for_body(process, b"the second")


def test_a_reload_with_a_broken_configuration_of_gunicorn_keeps_the_old_workers(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    configuration = tmp_path / "gunicorn.conf.py"
    configuration.write_text("workers = 1\n")
    with started(tmp_path, "gunicorn") as process:
        assert process.request("GET", "/").body == b"first"
        configuration.write_text("workers = = 1\n")
        process.process.send_signal(signal.SIGHUP)

        wait_for(
            process, "The old workers go on, because the application cannot be loaded: SyntaxError: invalid syntax"
        )
        assert process.request("GET", "/").body == b"first"


def test_waitress_says_that_it_cannot_reload_and_goes_on(tmp_path: Path) -> None:
    needs("waitress")
    write_app(tmp_path, FILES)
    with started(tmp_path, "waitress") as process:
        process.process.send_signal(signal.SIGHUP)

        wait_for(process, "waitress cannot reload. Stop it and start it again.")
        assert process.request("GET", "/").body == b"first"


def test_a_new_master_of_gunicorn_starts_like_the_old_one(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    with started(tmp_path, "gunicorn", "--workers", "1", "--pid", "pid") as process:
        process.process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + 30
        while not (tmp_path / "pid.2").exists() or process.logs().count("Using worker: gthread") < 2:
            assert time.monotonic() < deadline, process.logs()
            time.sleep(0.05)
        new = int((tmp_path / "pid.2").read_text())
        os.kill(process.process.pid, signal.SIGTERM)
        process.process.wait(40)
        try:
            assert process.request("GET", "/").body == b"first"
        finally:
            os.kill(new, signal.SIGTERM)


LINE = re.compile(r'(\S+) - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(.*)" (\d{3}) (\d+) \d+\.\d{6}')


def test_the_access_log_has_the_same_lines_with_each_server(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)
    with started(tmp_path, name, "--access-log", env={}) as process:  # with as many workers as by default
        for count, target in enumerate(["/?a=b&c=%22", "/stream", "/gone", "/items/a%0Ab%22"], 1):
            process.request("GET", target)
            # A line comes after its response, and the next response may come from another worker.
            wait_for(process, "HTTP/1.1", count)
        logs = process.logs()

    lines = [found.groups() for line in logs.splitlines() if (found := LINE.fullmatch(line))]
    assert [line[:3] for line in lines] == [
        ("127.0.0.1", "GET /?a=b&c=%22 HTTP/1.1", "200"),
        ("127.0.0.1", "GET /stream HTTP/1.1", "200"),
        ("127.0.0.1", "GET /gone HTTP/1.1", "404"),
        ("127.0.0.1", "GET /items/a%0Ab%22 HTTP/1.1", "200"),
    ], logs
    assert [line[3] for line in lines] == ["5", "6", lines[2][3], "4"]


def test_without_access_log_no_request_is_logged(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)
    with started(tmp_path, name) as process:
        process.request("GET", "/gone")
        process.request("GET", "/")

        assert "GET /gone" not in process.logs()


def test_the_common_options_are_translated_for_each_server() -> None:
    options = Options("shop:app", bind=("127.0.0.1:9",), workers=3, threads=5, access_log=True, rest=["--other"])

    assert gunicorn.arguments(options) == [
        "--bind", "127.0.0.1:9", "--workers", "3", "--threads", "5", "--access-logfile", "-", "--access-logformat",
        '%(h)s - - %(t)s "%(r)s" %(s)s %(b)s %(L)s', "--other", "shop:app",
    ]  # fmt: skip
    assert granian.arguments(options) == [
        "--interface", "wsgi", "--host", "127.0.0.1", "--port", "9", "--workers", "3", "--blocking-threads", "5",
        "--access-log", "--other", "shop:app",
    ]  # fmt: skip
    assert waitress.arguments(options) == ["--threads", "5", "--listen", "127.0.0.1:9", "--other"]


@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        (Options("x"), []),
        (Options("x", port=9), ["127.0.0.1:9"]),
        (Options("x", host="::1"), ["[::1]:8000"]),
        (Options("x", bind=("a:1", "unix:b"), port=9), ["a:1", "unix:b", "127.0.0.1:9"]),
    ],
)
def test_host_and_port_and_bind_name_addresses(
    monkeypatch: pytest.MonkeyPatch, options: Options, addresses: list[str]
) -> None:
    monkeypatch.delenv("PORT", raising=False)

    assert options.addresses() == addresses


def test_port_in_the_environment_is_for_all_addresses_of_the_machine(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)
    port = free_port()
    with run([*COMMAND, "--server", name], port, cwd=tmp_path, env={**ONE_WORKER, "PORT": str(port)}) as process:
        assert process.request("GET", "/").body == b"first"
        wait_for(process, f"0.0.0.0:{port}")


def test_the_other_arguments_go_to_the_server(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)
    words = {
        "gunicorn": ["--log-level", "debug"],
        "granian": ["--log-level", "debug", "--url-path-prefix", "/below"],
        "waitress": ["--ident", "my-server"],
    }[name]

    with started(tmp_path, name, *words) as process:
        if name == "gunicorn":
            wait_for(process, "[DEBUG]")
        elif name == "granian":
            assert process.request("GET", "/below/").body == b"first"
        else:
            assert process.request("GET", "/").header("Server") == "my-server"


@pytest.mark.parametrize("server", ["granian", "waitress"])
def test_what_a_server_cannot_do_is_said_at_start(tmp_path: Path, server: str) -> None:
    needs(server)
    write_app(tmp_path, FILES)
    with started(tmp_path, server) as process:
        cannot = {"granian": granian.CANNOT, "waitress": waitress.CANNOT}[server]

        assert process.logs().count(f"routehandlers: {cannot}\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--server", "waitress", "--workers", "4"], "waitress is one process and cannot start 4 workers. Leave out"),
        (["--server", "waitress", "--nonsense"], "waitress says: option --nonsense not recognized."),
        (["--server", "waitress", "nonsense"], "waitress has no argument 'nonsense'."),
        (["--server", "granian", "-b", "a:1", "-b", "b:2"], "Granian listens on one address. Give --bind once, or"),
        (["--server", "granian", "-b", "nonsense"], "'nonsense' is not an address. Write HOST:PORT, for example"),
        (["--server", "uwsgi"], "invalid choice: 'uwsgi'"),
        (["--workers", "0"], "argument -w/--workers: '0' is not a number above 0"),
        (["--threads", "-1"], "argument --threads: '-1' is not a number above 0"),
        (["--threads", "many"], "argument --threads: 'many' is not a number above 0"),
    ],
)
def test_what_a_server_cannot_do_is_refused_in_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    needs("waitress")
    needs("granian")
    write_app(tmp_path, FILES)

    is_refused(start(tmp_path, *words), sentence)


@pytest.mark.parametrize(
    ("variable", "value"), [("WEB_CONCURRENCY", "0"), ("WEB_CONCURRENCY", "many"), ("PORT", "http")]
)
def test_a_variable_that_is_no_number_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    write_app(tmp_path, FILES)

    is_refused(start(tmp_path), f"{variable} is '{value}' in the environment. Set it to a number above 0, such as")


def test_an_empty_variable_of_the_server_is_unset(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    with started(tmp_path, "gunicorn", env={"WEB_CONCURRENCY": "", "PORT": ""}) as process:
        assert process.request("GET", "/").body == b"first"


@pytest.mark.parametrize(
    ("server", "extra"), [("gunicorn", "server"), ("granian", "granian"), ("waitress", "waitress")]
)
def test_a_server_that_is_not_installed_is_named_with_its_extra(tmp_path: Path, server: str, extra: str) -> None:
    write_app(tmp_path, FILES)
    program = f"import sys; sys.modules[{server!r}] = None; from routehandlers._cli.main import main; main()"

    ended = subprocess.run(
        [sys.executable, "-c", program, "start", "app", "--server", server],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    is_refused(ended, f'{server} is not installed. Install it with: pip install "routehandlers[{extra}]"')
    assert extra in metadata("routehandlers").get_all("Provides-Extra", [])


@pytest.mark.parametrize(
    ("words", "configuration", "worker"),
    [
        ([], "", "gthread"),
        (["-k", "sync"], "", "sync"),
        ([], "worker_class = 'sync'\n", "sync"),
        ([], "worker_class = 'sync'\nthreads = 2\n", "gthread"),
    ],
)
def test_the_defaults_give_way_to_the_users_choice_of_worker(
    tmp_path: Path, words: list[str], configuration: str, worker: str
) -> None:
    write_app(tmp_path, FILES)
    (tmp_path / "gunicorn.conf.py").write_text(configuration)

    with started(tmp_path, "gunicorn", *words) as process:
        wait_for(process, f"Using worker: {worker}\n")


def test_web_concurrency_is_the_number_of_workers(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    for server in ("gunicorn", "granian"):
        needs(server)
        with started(tmp_path, server, env=ONE_WORKER) as process:
            wait_for(process, "Booting worker" if server == "gunicorn" else "Started worker-1")
            # Another would be there before the first request is answered several times.
            for _ in range(20):
                process.request("GET", "/")
            assert len(process.worker_pids()) == 1


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_worker_that_crashes_starts_again(tmp_path: Path, server: str) -> None:
    needs(server)
    write_app(tmp_path, FILES)
    with started(tmp_path, server, "--workers", "1") as process:
        assert process.request("GET", "/").body == b"first"
        (old,) = process.worker_pids()

        os.kill(old, signal.SIGKILL)

        deadline = time.monotonic() + 30
        while old in process.worker_pids() or not process.worker_pids():
            assert time.monotonic() < deadline, process.logs()
            time.sleep(0.05)
        # The socket may be closed until the new worker listens.
        wait_for(process, "Booting worker" if server == "gunicorn" else "Started worker-1", 2)
        wait_for_body(process, b"first")


def test_gunicorns_master_imports_nothing_of_the_library(tmp_path: Path) -> None:
    """A gevent worker patches the standard library after the fork, too late for what has taken a lock from it."""
    write_app(tmp_path, FILES)
    (tmp_path / "gunicorn.conf.py").write_text(
        "import sys\ndef when_ready(server):\n"
        "    print('imported:', sorted({'routehandlers', 'werkzeug', 'ssl'} & {*sys.modules}), flush=True)\n"
    )

    with started(tmp_path, "gunicorn") as process:
        wait_for(process, "imported: ")
        assert "imported: ['ssl']" in process.logs() or "imported: []" in process.logs()


def test_a_gevent_worker_serves(tmp_path: Path) -> None:
    needs("gevent")
    write_app(tmp_path, FILES)
    with started(tmp_path, "gunicorn", "-k", "gevent", "--workers", "1") as process:
        assert process.request("GET", "/stream").body == b"onetwo"
        assert "Warning" not in process.logs()


def test_waitress_ends_by_itself_on_sigterm(tmp_path: Path) -> None:
    needs("waitress")
    write_app(tmp_path, FILES)
    with started(tmp_path, "waitress") as process:
        process.process.terminate()

        assert process.process.wait(20) == 0


def test_a_host_may_be_a_name(tmp_path: Path, name: str) -> None:
    write_app(tmp_path, FILES)

    with started(tmp_path, name, "--host", "localhost") as process:
        assert process.request("GET", "/").body == b"first"
        is_refused(
            start(tmp_path, "--server", name, "-b", f"localhost:{process.port}"), "another program uses this port"
        )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:80", ("::1", 80)),
        (":80", ("0.0.0.0", 80)),
        ("unix:/run/shop", "/run/shop"),
        ("unix:///run/shop", "/run/shop"),
    ],
)
def test_addresses_are_read_as_gunicorn_reads_them(text: str, address: object) -> None:
    assert parse(text) == address


def test_an_address_that_is_free_again_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            served, _ = taken.accept()
            served.close()

    check([("127.0.0.1", port)])


def test_a_folder_that_cannot_be_written_holds_no_socket(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)

    with pytest.raises(StartError, match="this user may not write in"):
        check([str(tmp_path / "socket")])


def test_a_target_is_a_name_or_a_call_with_literals() -> None:
    assert import_application("json.decoder:JSONDecoder.decode").__name__ == "decode"
    assert import_application("operator:itemgetter(1)")("ab") == "b"  # type: ignore[arg-type]
    with pytest.raises(UnknownApplicationError, match="does not name an application"):
        import_application("os:1 + 1")
