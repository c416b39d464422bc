"""What a browser should never send, and somebody does: odd text in addresses, cookies, headers."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.console.pages import BILLING, COUNTS, WORK, address
from tests.console.platform import Platform

PAGES = ("/", "/accounts/", "/usage/events/", "/staff/login/", "/admin/", "/admin/catalogue/price/")


@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "%FF", "%1B"])
def test_odd_text_in_a_query_is_said_on_a_page(odd: str, platform: Platform, senior: Client):
    for page in [*PAGES, *(address(name, platform) for name in (*BILLING, *COUNTS, *WORK))]:
        answer = senior.get(f"{page}{'&' if '?' in page else '?'}q={odd}")
        assert answer.status_code == 422, page
        assert "Nothing was saved" in answer.content.decode()


@pytest.mark.parametrize("path", ["/accounts/%00/", "/admin/%00/", "/%1B", "/staff/%00"])
def test_odd_text_in_a_path_is_said_on_a_page(path: str, platform: Platform, senior: Client):
    answer = senior.get(path)
    assert answer.status_code == 422
    assert "The address cannot be read" in answer.content.decode()


@pytest.mark.parametrize("path", ["/accounts/%ED%A0%80/", "/admin/%FF/", "/invoices/%C3/"])
def test_a_path_that_is_no_utf_8_is_nowhere(path: str, platform: Platform, senior: Client):
    assert senior.get(path).status_code == 404


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "theme", "messages"])
def test_a_cookie_that_cannot_be_ours_counts_for_nothing(name: str, platform: Platform):
    browser = Client(headers={"Cookie": f'{name}="aaaaaaaa\\000aaaaaaaa"'})
    for page in PAGES:
        assert browser.get(page).status_code in (200, 302)


def test_a_line_break_in_a_header_is_said_on_a_page(platform: Platform, senior: Client):
    answer = senior.get("/accounts/", headers={"HX-Current-URL": "a\r\nb"})
    assert answer.status_code == 400
    assert "A header cannot be read" in answer.content.decode()
