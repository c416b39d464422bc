"""What a role may not do is said on the page, with who may."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.permissions import Role
from console.shell.access import opens, who_opens
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.pages import address
from tests.console.platform import Platform

DOORS = {
    "runs": ("run-start",),
    "payments": ("payment-record", "bank-file-new"),
    "bank-files": ("bank-file-new",),
    "backfills": ("backfill-new",),
    "meters": ("meter-new",),
    "simulations": ("simulation-back-test", "simulation-blast"),
    "incidents": ("incident-new",),
}
"""Lists, and the actions that begin on a page of their own."""
_OFF = re.compile(r"<[a-z]+\b[^>]*aria-disabled=\"true\"[^>]*>")


@pytest.mark.parametrize("role", list(Role))
def test_an_action_is_a_link_or_is_off_and_says_who_may(role: Role, platform: Platform) -> None:
    user = person(f"a-{role.value}", role)
    browser = client_of(user)
    for name, doors in DOORS.items():
        answer = browser.get(address(name, platform))
        page = answer.content.decode()
        for door in doors if answer.status_code == 200 else ():
            is_link = f'href="{address(door, platform)}"' in page if door in _PLAIN else None
            is_off = f'aria-describedby="who-{door}"' in page
            assert is_off is not opens(user, f"console:{door}"), (role, name, door)
            assert is_link in (None, not is_off)
            if is_off:
                said = f'id="who-{door}">for {who_opens(f"console:{door}")}'
                assert said in page, (role, name, door)


_PLAIN = ("run-start", "payment-record", "bank-file-new", "backfill-new", "meter-new")


def test_who_may_is_named_by_role() -> None:
    assert "finance" in who_opens("console:run-start")
    assert "operator" not in who_opens("console:run-start")


def test_whatever_is_off_points_to_its_reason() -> None:
    paths = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
    texts = {path.name: path.read_text() for path in paths}
    every = "".join(texts.values())
    for name, tag in ((name, tag) for name, text in texts.items() for tag in _OFF.findall(text)):
        described = re.search(r'aria-describedby="([^"]+)"', tag)
        assert described, f"{name}: {tag}"
        assert f'id="{described[1]}"' in every, f"{name}: nothing is called {described[1]}"


def test_an_operator_is_told_who_opens_a_page_that_is_closed(
    platform: Platform, operator: Client
) -> None:
    page = operator.get("/proposals/").content.decode()

    assert "This page is for those who may" in page
