"""Closing a month in the console: by those who may, two of them, and nobody twice."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts.permissions import Role
from billing.closing.checklist import closing_counts
from billing.closing.models import (
    CloseCheck,
    CloseCheckWork,
    CloseSignature,
    JournalBatch,
    MonthClose,
)
from billing.closing.months import read_month
from billing.closing.queries.closes import last_check
from billing.closing.tasks import work_close_checks
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words

APRIL = "/close/2026-04/"


def sent(browser: Browser, step: str, **said: str) -> Any:
    """A step of April, and the page it leads to; a check is done by a worker."""
    page = browser.post(f"{APRIL}{step}/", said, follow=True)
    if step == "check" and page.status_code == 200:
        work_close_checks()
        page = browser.get(APRIL)
    return page


@pytest.fixture
def ada(platform: Platform) -> Browser:
    """A finance admin."""
    return client_of(person("ada", Role.FINANCE_ADMIN))


@pytest.fixture
def farid(platform: Platform) -> Browser:
    """A finance approver."""
    return client_of(person("farid", Role.FINANCE_APPROVER))


def digest() -> str:
    """Of April as it was checked last."""
    found = last_check(read_month("2026-04"))
    assert found is not None
    return found.digest


def ready(browser: Browser) -> None:
    """April recognised and checked, and what is left waived."""
    sent(browser, "recognise")
    sent(browser, "check")
    for code in re.findall(r'name="code" value="(\w+)"', browser.get(APRIL).content.decode()):
        sent(browser, "waive", code=code, reason="Goes to May")


def test_a_month_that_was_never_checked_says_so(ada: Browser) -> None:
    page = words(ada.get(APRIL).content)
    assert "The month was never checked." in page
    assert "Recognise revenue" in page


def test_the_five_totals_stand_side_by_side(ada: Browser) -> None:
    sent(ada, "recognise")
    page = words(sent(ada, "check").content)
    for said in ("Events", "Use", "Lines", "Invoices", "Receivables", "Difference", "$0.00"):
        assert said in page
    assert "2 signatures are missing." in page
    assert "Events in quarantine from the month" in page


def test_a_count_and_a_total_lead_to_their_rows_alone(ada: Browser) -> None:
    """Of Globex 36.00 are on no invoice: 10.00 by hand, 26.00 by the bank, of May."""
    sent(ada, "check")
    page = sent(ada, "check").content.decode()
    assert "/invoices/?state=issued&amp;period=2026-04&amp;currency=USD" in page
    ada.post("/close/2026-05/check/", {})
    work_close_checks()
    may = ada.get("/close/2026-05/")
    rows = "/finance/payments/?left=some&received_from=2026-05-01&received_until=2026-06-01"
    assert rows.replace("&", "&amp;") in may.content.decode()
    shown = ada.get(rows).context["page"].rows
    assert shown
    assert all(row.free.minor > 0 for row in shown)
    assert not ada.get(rows.replace("some", "none")).context["page"].rows


def test_a_check_goes_on_in_the_background_and_its_page_says_how_far_it_is(ada: Browser) -> None:
    asked = words(ada.post(f"{APRIL}check/", {}, follow=True).content)
    assert "April 2026 is being checked" in asked
    assert "Waiting for a worker" in asked
    assert "The month was never checked." not in asked
    fragment = ada.get(APRIL, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert "Waiting for a worker" in words(fragment.content)
    # Asked twice, it is one check.
    ada.post(f"{APRIL}check/", {})
    assert CloseCheckWork.objects.count() == 1

    work_close_checks()

    assert ada.get(APRIL, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = words(ada.get(APRIL).content)
    assert "being checked" not in page
    assert "2 signatures are missing." in page


def test_a_check_that_stopped_says_why_and_is_asked_again(
    ada: Browser,
) -> None:
    ada.post(f"{APRIL}check/", {})
    CloseCheckWork.objects.update(state="parked", parked_reason="Gave up after 5 attempts.")
    page = words(ada.get(APRIL).content)
    assert "The check stopped" in page
    assert "Gave up after 5 attempts. Nothing was stored; ask again." in page
    assert "2 signatures are missing." in words(sent(ada, "check").content)


def test_each_count_leads_to_its_rows_of_the_month_and_no_others(ada: Browser) -> None:
    sent(ada, "check")
    rows = {each.count.code: each.url for each in ada.get(APRIL).context["counts"]}
    urls = {
        "drafts": "/invoices/?state=draft&ended_by={}",
        "late_usage": "/usage/late/?ended_in={}",
        "quarantine": "/usage/quarantine/?in={}",
    }
    for code, url in urls.items():
        assert rows[code] in ("", url.format("2026-04"))
        for month in ("2026-04", "2026-05"):
            counted = {each.code: each for each in closing_counts()}[code].counts(read_month(month))
            shown = ada.get(url.format(month)).context["page"]
            listed = len(shown.rows) if shown else 0
            assert (code, month, listed) == (code, month, counted)
        assert ada.get(url.format("April")).status_code in (200, 422)


def test_two_people_close_a_month_and_one_of_them_locks_it(ada: Browser, farid: Browser) -> None:
    ready(ada)
    sent(ada, "sign", digest=digest())
    again = sent(ada, "sign", digest=digest())
    assert again.status_code == 409
    assert "1 signature is missing." in words(ada.get(APRIL).content)
    sent(farid, "sign", digest=digest())
    assert sent(farid, "lock", reason="").status_code == 422
    page = words(sent(farid, "lock", reason="April is complete").content)
    assert "April 2026 is locked." in page
    assert "“April is complete”" in page
    assert MonthClose.objects.get().lock.locked_by == "Farid"
    assert sent(farid, "reopen", reason="Forgot something").status_code == 409
    assert "April 2026 is open again." in words(
        sent(ada, "reopen", reason="Forgot something").content
    )


def test_what_was_seen_is_what_is_signed(ada: Browser) -> None:
    ready(ada)
    assert sent(ada, "sign", digest="0" * 64).status_code == 409
    assert sent(ada, "sign").status_code == 409
    assert not CloseSignature.objects.exists()


def test_journals_are_exported_once(ada: Browser) -> None:
    assert sent(ada, "export").status_code == 409
    sent(ada, "recognise")
    sent(ada, "check")
    sent(ada, "export")
    page = sent(ada, "export").content.decode()
    batch = JournalBatch.objects.get()
    assert f"/close/batches/{batch.public_id}/+csv/" in page
    file = ada.get(f"/close/batches/{batch.public_id}/+csv/")
    assert file["Content-Disposition"].endswith(f'{batch.public_id}.csv"')
    first = b"".join(file.streaming_content)  # type: ignore[attr-defined]
    again = b"".join(
        ada.get(f"/close/batches/{batch.public_id}/+csv/").streaming_content  # type: ignore[attr-defined]
    )
    assert first == again
    assert ada.get("/close/batches/jbt_none/+csv/").status_code == 404


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.SENIOR_SUPPORT, Role.AUDITOR, Role.OPERATOR])
@pytest.mark.parametrize(
    "step", ["check", "recognise", "sign", "waive", "lock", "reopen", "export"]
)
def test_others_only_look(platform: Platform, role: Role, step: str) -> None:
    answer = client_of(person("sam", role)).post(f"{APRIL}{step}/", {"reason": "x"})
    assert answer.status_code == 403
    assert not CloseCheck.objects.exists()


def test_no_button_is_offered_to_who_only_looks(platform: Platform) -> None:
    page = client_of(person("sam", Role.SUPPORT)).get(APRIL).content.decode()
    assert "/close/2026-04/check/" not in page


@pytest.mark.parametrize("month", ["2026-13", "april", "0001-01", "9999-12"])
def test_a_month_is_written_as_one(ada: Browser, month: str) -> None:
    assert ada.get(f"/close/{month}/").status_code == 422


def test_there_is_no_other_step(ada: Browser) -> None:
    assert ada.post(f"{APRIL}drop/", {}).status_code == 404


def test_a_waiver_of_nothing_is_refused(ada: Browser) -> None:
    assert sent(ada, "waive", code="quarantine", reason="x").status_code == 409
    sent(ada, "check")
    assert sent(ada, "waive", code="magic", reason="x").status_code == 409
    assert sent(ada, "waive", code="quarantine", reason=" ").status_code == 422
