"""The local supervisor, for real: what it starts answers, and what it leaves behind is nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from deploy.local.children import Command
from deploy.local.restarts import Restarts
from tests.tooling.checkout import Checkout, checkout, processes_using, started_by, wait_until

__all__ = ["checkout"]

pytestmark = pytest.mark.services

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends children with their parent"
)


def sockets_of(database_url: str) -> str:
    return parse_qs(urlsplit(database_url).query)["host"][0]


def ask_postgres(database_url: str, question: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return str(row[0])


def ask_valkey(redis_url: str, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(urlsplit(redis_url).path)
        connection.sendall(command + b"\r\n")
        return connection.recv(64)


def answers(redis_url: str) -> bool:
    try:
        return ask_valkey(redis_url, b"PING") == b"+PONG\r\n"
    except OSError:
        return False


def answers_sql(database_url: str) -> bool:
    try:
        return ask_postgres(database_url, "SELECT 1") == "1"
    except psycopg.OperationalError:
        return False


def test_both_services_answer(checkout: Checkout) -> None:
    checkout.start("services")
    services = checkout.services()
    assert ask_postgres(services["database_url"], "SELECT current_database()") == "counterfoil"
    assert ask_valkey(services["redis_url"], b"PING") == b"+PONG\r\n"


def test_the_applications_role_is_no_superuser_and_nothing_listens_on_tcp(
    checkout: Checkout,
) -> None:
    checkout.start("services")
    url = checkout.services()["database_url"]
    assert ask_postgres(url, "SELECT current_setting('is_superuser')") == "off"
    assert ask_postgres(url, "SELECT current_setting('listen_addresses')") == ""


def test_the_sockets_are_private(checkout: Checkout) -> None:
    checkout.start("services")
    sockets = Path(sockets_of(checkout.services()["database_url"]))
    assert sockets.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_process_and_no_socket(
    checkout: Checkout, number: signal.Signals
) -> None:
    supervisor = checkout.start("services")
    sockets = sockets_of(checkout.services()["database_url"])
    assert processes_using(sockets)
    supervisor.send_signal(number)
    assert supervisor.wait(timeout=120) == 0
    assert processes_using(sockets) == []
    assert not Path(sockets).exists()


@linux_only
def test_a_killed_supervisor_leaves_no_process(checkout: Checkout) -> None:
    supervisor = checkout.start("services")
    sockets = sockets_of(checkout.services()["database_url"])
    assert processes_using(sockets)
    supervisor.kill()
    wait_until(lambda: processes_using(sockets) == [])


def test_what_a_killed_supervisor_left_is_cleared_and_the_data_is_kept(checkout: Checkout) -> None:
    killed = checkout.start("services")
    url = checkout.services()["database_url"]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed.kill()
    killed.wait()
    wait_until(lambda: processes_using(sockets_of(url)) == [])

    addresses = checkout.run("psql", "-Atc", "SELECT answer FROM kept")

    assert (addresses.returncode, addresses.stdout) == (0, "42\n")
    assert not Path(sockets_of(url)).exists()


def test_a_second_supervisor_is_refused(checkout: Checkout) -> None:
    first = checkout.start("services")
    checkout.services()
    second = checkout.run("services")
    assert second.returncode == 1
    assert second.stderr == (f"services: already running in this checkout (process {first.pid})\n")


def test_a_command_uses_the_running_supervisors_services(checkout: Checkout) -> None:
    checkout.start("services")
    services = checkout.services()
    ran = checkout.run("run", "addresses")
    assert ran.stdout.split() == [
        services["role_urls"]["counterfoil_worker"],
        services["redis_url"],
    ]


def test_a_command_without_a_supervisor_starts_and_stops_its_own(checkout: Checkout) -> None:
    ran = checkout.run("run", "addresses")
    assert ran.returncode == 0
    assert processes_using(sockets_of(ran.stdout.split()[0])) == []


def test_the_first_command_makes_the_tables_and_prints_nothing_but_its_own(
    checkout: Checkout,
) -> None:
    first = checkout.run("run", "addresses")
    assert first.stderr.splitlines() == ["Bringing the tables up to date …", "tables made"]
    assert len(first.stdout.splitlines()) == 1
    assert checkout.run("run", "addresses").stderr == ""


def test_new_migrations_are_applied_before_the_next_command(checkout: Checkout) -> None:
    checkout.run("run", "addresses")
    migrations = checkout.directory / "demo" / "migrations"
    migrations.mkdir()
    (migrations / "0002_more.py").write_text("")
    assert "tables made" in checkout.run("run", "addresses").stderr


def test_after_a_migration_by_hand_the_tables_are_made_again(checkout: Checkout) -> None:
    checkout.run("run", "addresses")
    assert "Bringing" not in checkout.run("run", "migrate").stderr
    assert "Bringing" in checkout.run("run", "addresses").stderr


def test_tables_of_a_named_database_are_left_alone(checkout: Checkout) -> None:
    ran = checkout.run("run", "addresses", DATABASE_URL="postgres://db.example/books")
    assert ran.stderr == ""


def test_a_command_waits_for_those_who_use_its_services(checkout: Checkout) -> None:
    host = checkout.start("psql", "-c", "SELECT pg_sleep(3)")
    url = checkout.services()["database_url"]
    guest = checkout.start("psql", "-Atc", "SELECT pg_sleep(5), 'still there'")
    assert host.wait(timeout=120) == 0
    output, _ = guest.communicate(timeout=120)
    assert output == "|still there\n"
    assert processes_using(sockets_of(url)) == []


def test_a_commands_exit_status_is_passed_on(checkout: Checkout) -> None:
    assert checkout.run("run", "fail").returncode == 7


def test_a_terminated_command_is_terminated_with_its_services(checkout: Checkout) -> None:
    supervisor = checkout.start("run", "wait")
    sockets = sockets_of(checkout.services()["database_url"])
    wait_until(lambda: processes_using("manage.py wait") != [])
    supervisor.terminate()
    assert supervisor.wait(timeout=120) == 128 + signal.SIGTERM
    assert processes_using(sockets) == []
    assert processes_using("manage.py wait") == []


def test_named_services_are_used_and_nothing_is_started(checkout: Checkout) -> None:
    named = {"DATABASE_URL": "postgres://db.example/books", "REDIS_URL": "redis://cache.example/0"}
    ran = checkout.run("run", "addresses", **named)
    assert ran.stdout.split() == list(named.values())
    assert not list(checkout.directory.glob(".dev/logs/postgres.log"))


def test_the_broker_alone_is_started_when_the_database_is_named(checkout: Checkout) -> None:
    ran = checkout.run("run", "addresses", DATABASE_URL="postgres://db.example/books")
    database_url, redis_url = ran.stdout.split()
    assert database_url == "postgres://db.example/books"
    assert redis_url.startswith("unix:///tmp/counterfoil-")


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line.strip()
    raise AssertionError(f"ended before {text!r}")


def test_one_child_that_dies_ends_everything(checkout: Checkout) -> None:
    """It is started again, and whoever looks is told."""
    supervisor = checkout.start("services")
    services = checkout.services()
    ask_valkey(services["redis_url"], b"SHUTDOWN NOSAVE")
    said = read_until(supervisor, " ended ")
    assert said == "valkey ended with status 0 and starts again in 1 s."
    wait_until(lambda: answers(services["redis_url"]))
    assert ask_postgres(services["database_url"], "SELECT 1") == "1"


@linux_only
def test_a_killed_database_comes_back_with_what_it_had(checkout: Checkout) -> None:
    supervisor = checkout.start("services")
    url = checkout.services()["database_url"]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(started_by(supervisor.pid, "postgres"), signal.SIGKILL)
    assert read_until(supervisor, " ended ").startswith("postgres ended with status -9 and starts")
    wait_until(lambda: answers_sql(url))
    assert ask_postgres(url, "SELECT answer FROM kept") == "42"


def test_a_child_that_dies_again_and_again_shows_its_last_lines_and_ends_the_rest(
    checkout: Checkout,
) -> None:
    supervisor = checkout.start("services")
    services = checkout.services()
    while supervisor.poll() is None:
        with suppress(OSError):
            ask_valkey(services["redis_url"], b"SHUTDOWN NOSAVE")
        time.sleep(0.1)
    said, errors = supervisor.communicate(timeout=120)
    assert supervisor.returncode == 1
    assert [line.rpartition(" in ")[2] for line in said.splitlines() if "valkey ended" in line] == [
        *("1 s.", "2 s.", "4 s.", "8 s.")
    ]
    assert "valkey ended 5 times within 60 s, at last with status 0. Its last lines:" in errors
    assert "User requested shutdown" in errors
    assert processes_using(sockets_of(services["database_url"])) == []


def test_ends_that_lie_far_apart_are_no_loop() -> None:
    worker, restarts = Command("worker", ["worker"], {}), Restarts()
    assert [restarts.wait_s(worker, now=at) for at in (0, 61, 122, 183, 244)] == [1, 1, 1, 1, 1]
    assert [restarts.wait_s(worker, now=245) for _ in range(4)] == [2, 4, 8, None]
    assert restarts.due(now=300) == [worker] * 8
    assert restarts.due(now=301) == []


def test_a_port_that_is_taken_is_said_before_anything_starts(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = checkout.run("demo", PORT=port)
    assert refused.returncode == 1
    assert f"port {port} is taken" in refused.stderr
    assert not (checkout.directory / ".dev").exists()


def test_cleaning_is_refused_while_a_supervisor_runs(checkout: Checkout) -> None:
    checkout.start("services")
    checkout.services()
    refused = checkout.run("clean")
    assert refused.returncode == 1
    assert "already running" in refused.stderr
