"""docs/security.md: each control names what holds it, and that is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.test_settings import _COMPLETE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
ROWS = re.findall(r"^\| (V\d+-\d\d) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_control_has_a_row_once() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids)) == 45


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_holds_a_control_is_there_or_it_says_what_is_not(row: tuple[str, str, str]) -> None:
    _, _, held_by = row
    named = re.findall(r"`((?:tests|pyproject)[\w./]*)(?:::(\w+))?`", held_by)
    assert named or "not built" in held_by
    for path, test in named:
        found = ROOT / path
        assert found.is_file(), path
        assert not test or f"def {test}(" in found.read_text(), test


def test_production_is_as_the_framework_would_have_it() -> None:
    """No warning of `check --deploy`, and no switch of the environment makes errors talk."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DEBUG": "1",
        **_COMPLETE,
        "SECRET_KEY": "a key of many kinds of characters 0123456789 and of some length",
    }
    said = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    code = (
        "from django.conf import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE, "
        "s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, "
        "s.SESSION_COOKIE_NAME, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31_536_000)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert told == ["False", "True", "True", "True", "Lax", "__Host-session", "True", "True"]
