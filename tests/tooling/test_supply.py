"""The bill of materials and the question for weaknesses are of the lock that a server installs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "deploy/supply/list"


def test_both_read_the_lock_of_a_server_and_an_unasked_audit_is_no_pass() -> None:
    text = SCRIPT.read_text()
    assert text.count("requirements/runtime.txt") == 3
    assert "--strict" in text


def test_the_licences_are_asked_of_every_package_of_the_lock() -> None:
    lock = PROJECT / "requirements/runtime.txt"
    pattern = re.search(r"sed -n '(.+?)' requirements", SCRIPT.read_text())
    assert pattern is not None
    named = subprocess.run(
        ["sed", "-n", pattern[1], lock], capture_output=True, text=True, check=True
    ).stdout.split()
    wanted = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", lock.read_text(), re.MULTILINE)
    assert named == wanted
    assert "psycopg" in named


def test_whoever_asks_for_neither_is_told_what_there_is() -> None:
    asked = subprocess.run([SCRIPT, "everything"], capture_output=True, text=True, check=False)
    assert "usage: deploy/supply/list sbom|audit" in asked.stderr
