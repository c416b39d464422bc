"""Files from the pages of finance: a statement, what was billed as FOCUS, what was invoiced."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client

from tests.console.platform import Platform

DAYS = "from=2026-05-01&to=2026-05-31"


def rows(client: Client, url: str) -> list[dict[str, str]]:
    """The rows of a file."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_statement_page_offers_its_files(platform: Platform, support: Client) -> None:
    page = support.get(f"/accounts/{platform.acme.account.public_id}/statement/?{DAYS}")
    html = page.content.decode()

    assert "/statement/+csv/?from=2026-05-01&amp;to=2026-05-31" in html
    assert all(f"version={version}" in html for version in ("1.2", "1.4"))


def test_a_statement_is_a_file_that_ends_with_what_is_owed(
    platform: Platform, support: Client
) -> None:
    found = rows(support, f"/accounts/{platform.acme.account.public_id}/statement/+csv/?{DAYS}")

    assert (found[0]["what"], found[0]["owed_after_it"]) == ("Owed before", "0.00")
    assert (found[-1]["source"], found[-1]["owed_after_it"]) == (
        platform.invoice.number,
        "110.60",
    )


def test_what_was_billed_is_a_focus_file(platform: Platform, support: Client) -> None:
    found = rows(support, f"/accounts/{platform.acme.account.public_id}/statement/+focus/?{DAYS}")

    assert sum(Decimal(row["BilledCost"]) for row in found) == Decimal("110.60")
    assert {row["InvoiceId"] for row in found} == {platform.invoice.number}


@pytest.mark.parametrize("grain", ["summary", "product", "price", "customer", "invoice", "line"])
def test_what_was_invoiced_sums_to_the_same_in_every_grain(
    grain: str, platform: Platform, support: Client
) -> None:
    found = rows(support, f"/receivables/+revenue/?grain={grain}&{DAYS}")

    assert sum(Decimal(row["amount"]) for row in found) == Decimal("110.60")
    assert f"grain={grain}" in support.get("/receivables/").content.decode()


@pytest.mark.parametrize(
    "query", ["grain=colour", "from=2026-05-31&to=2026-05-01", "from=yesterday"]
)
def test_what_cannot_be_read_is_refused(query: str, platform: Platform, support: Client) -> None:
    assert support.get(f"/receivables/+revenue/?{query}").status_code == 422


def test_an_operator_takes_no_files_of_customers(platform: Platform, operator: Client) -> None:
    account = platform.acme.account.public_id

    for url in (
        f"/accounts/{account}/statement/+csv/",
        f"/accounts/{account}/statement/+focus/",
        "/receivables/+revenue/",
    ):
        assert operator.get(url).status_code == 403
