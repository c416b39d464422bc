"""A choice is kept in a cookie and set on <html> by the server, so nothing flashes."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.console.platform import Platform


def test_a_new_browser_follows_the_system(platform: Platform, support: Client) -> None:
    page = support.get("/invoices/").content.decode()

    assert 'data-theme="system" data-density="regular"' in page


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("theme", "dark", 'data-theme="dark"'),
        ("density", "compact", 'data-density="compact"'),
        ("shortcuts", "off", 'data-shortcuts="off"'),
    ],
)
def test_a_choice_holds_on_the_next_page(
    name: str, value: str, expected: str, platform: Platform, support: Client
) -> None:
    answer = support.post("/preferences/", {name: value, "next": "/invoices/"})

    assert answer.headers["Location"] == "/invoices/"
    assert expected in support.get("/invoices/").content.decode()


def test_the_admin_follows_the_same_choice(platform: Platform, senior: Client) -> None:
    senior.post("/preferences/", {"theme": "dark"})

    assert "theme-dark" in senior.get("/admin/").content.decode()


def test_a_value_nobody_offered_is_not_kept(platform: Platform, support: Client) -> None:
    answer = support.post("/preferences/", {"theme": "neon", "next": "/"})

    assert answer.cookies.get("theme") is None


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", ""])
def test_one_never_comes_back_on_another_site(
    next_page: str, platform: Platform, support: Client
) -> None:
    answer = support.post("/preferences/", {"theme": "dark", "next": next_page})

    assert answer.headers["Location"] == "/"
