"""`make demo`'s processes, with a stand-in for the application: order, progress, and the end."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.tooling.checkout import Checkout, checkout, processes_using, started_by, wait_until

__all__ = ["checkout"]

pytestmark = pytest.mark.services


@pytest.fixture
def port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def sockets_of(checkout: Checkout) -> str:
    url: str = checkout.services()["redis_url"]
    return url.removeprefix("unix://").partition("/valkey")[0]


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines that the process prints, up to the first with this text."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or text not in lines[-1]:
        line = process.stdout.readline()
        assert line, f"ended before {text!r}: {lines}"
        lines.append(line.strip())
    return lines


def test_the_web_answers_before_the_story_begins(checkout: Checkout, port: str) -> None:
    demo = checkout.start("demo", PORT=port)
    assert read_until(demo, "Ready") == [
        "PostgreSQL and Valkey are up.",
        "Bringing the tables up to date …",
        "migrate | tables made",
        "the web says the books",
        "",
        f"Ready at http://127.0.0.1:{port}   (Ctrl-C stops everything)",
    ]


def test_a_command_beside_a_starting_demo_waits_for_its_tables(
    checkout: Checkout, port: str
) -> None:
    demo = checkout.start("demo", PORT=port, TABLES="3")
    read_until(demo, "tables made")
    ran = checkout.run("run", "addresses")
    assert (ran.returncode, ran.stderr) == (0, "")
    read_until(demo, "Ready")


def test_the_second_start_finds_its_tables(checkout: Checkout, port: str) -> None:
    checkout.run("run", "addresses")
    demo = checkout.start("demo", PORT=port)
    assert not any("tables" in line for line in read_until(demo, "Ready"))


def test_ctrl_c_leaves_no_process_and_is_no_failure(checkout: Checkout, port: str) -> None:
    demo = checkout.start("demo", PORT=port)
    sockets = sockets_of(checkout)
    read_until(demo, "Ready")
    assert len(processes_using(sockets)) >= 6, "two services, web, its workers, worker, beat"
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=120) == 0
    assert processes_using(sockets) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_demo_leaves_no_process(checkout: Checkout, port: str) -> None:
    demo = checkout.start("demo", PORT=port)
    sockets = sockets_of(checkout)
    read_until(demo, "Ready")
    assert len(processes_using(sockets)) >= 6
    demo.kill()
    wait_until(lambda: processes_using(sockets) == [])


@pytest.mark.skipif(sys.platform != "linux", reason="found by /proc")
@pytest.mark.parametrize("name", ["gunicorn", "beat", "worker"])
def test_a_killed_process_of_the_demo_starts_again(
    checkout: Checkout, port: str, name: str
) -> None:
    demo = checkout.start("demo", PORT=port)
    checkout.services()
    read_until(demo, "Ready")
    child = "web" if name == "gunicorn" else name
    os.kill(started_by(demo.pid, name), signal.SIGKILL)
    assert f"{child} ended with status -9 and starts again in 1 s." in read_until(demo, "ended")
    wait_until(lambda: started_by(demo.pid, name) > 0)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=120) == 0


def test_a_story_that_fails_ends_the_demo_with_its_last_lines(
    checkout: Checkout, port: str
) -> None:
    demo = checkout.run("demo", PORT=port, STORY="fails")
    assert demo.returncode == 1
    assert demo.stderr.startswith("demo: demo ended with status 1. Its last lines:")
    assert "the story broke off" in demo.stderr


def test_a_demo_that_nobody_listens_to_stops(checkout: Checkout, port: str) -> None:
    demo = checkout.start("demo", PORT=port, STORY="goes on")
    sockets = sockets_of(checkout)
    read_until(demo, "and then")
    assert demo.stdout is not None
    demo.stdout.close()
    assert demo.wait(timeout=120) == 0
    assert processes_using(sockets) == []


def test_starting_over_deletes_the_data(checkout: Checkout, port: str) -> None:
    checkout.run("psql", "-c", "CREATE TABLE kept ()")
    checkout.run("demo", "--reset", PORT=port, STORY="fails")
    asked = checkout.run("psql", "-Atc", "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'")
    assert asked.stdout == "0\n"
