"""A command that meets an outage says so in a sentence."""

import os
import subprocess
import sys

import pytest


def run(*arguments: str, database: str) -> subprocess.CompletedProcess[str]:
    """A command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=os.environ | {"DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command", [("check_invariants",), ("bill_run",), ("migrate",), ("shadow_rate",)]
)
def test_a_command_showed_a_traceback_where_the_database_was_away(command: tuple[str, ...]) -> None:
    ended = run(*command, database="postgres://nobody@127.0.0.1:1/nothing")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("The database does not answer")
    assert "run it again" in ended.stderr


def test_a_defect_keeps_its_traceback() -> None:
    ended = run("shell", "-c", "1 / 0", database="postgres://nobody@127.0.0.1:1/nothing")
    assert ended.returncode != 0
    assert "ZeroDivisionError" in ended.stderr
