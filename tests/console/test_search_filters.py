"""Questions with filters: what they find, and what a bad one is told."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.overview.queries.search_filters import SearchFilterInvalid, read_question
from tests.console.platform import Platform
from tests.console.test_invoice_page import words


def titles(client: Client, text: str) -> dict[str, list[str]]:
    found = client.get("/search/", {"q": text})
    assert found.status_code == 200, text
    return {label: [hit.title for hit, _ in hits] for label, hits in found.context["groups"]}


@pytest.mark.parametrize(
    "text",
    [
        "amount:>110 kind:invoice",
        "amount:>=110.60 kind:invoice",
        "amount:110.60 USD kind:invoice",
        "amount:100..120 kind:invoices",
        "amount: 110..111 usd",
        "status:issued account:cme",
        "status:issued since:2026-05-01 until:2026-06-01",
    ],
)
def test_an_invoice_is_found_by_what_it_is(text: str, platform: Platform, support: Client) -> None:
    assert platform.invoice.number in titles(support, text)["Invoices"]


@pytest.mark.parametrize(
    "text",
    [
        "amount:>110.60 kind:invoice",
        "amount:<110.60 kind:invoice",
        "status:draft account:acme",
        "status:issued until:2026-04-01",
        "status:issued account:globex",
    ],
)
def test_and_not_by_what_it_is_not(text: str, platform: Platform, support: Client) -> None:
    assert platform.invoice.number not in titles(support, text).get("Invoices", [])


def test_what_is_overdue_is_so_from_the_midnight_after_it_was_due(
    platform: Platform, support: Client
) -> None:
    owed = titles(support, "status:open").get("Invoices", [])
    late = titles(support, "status:overdue").get("Invoices", [])

    assert platform.invoice.number in owed
    assert platform.invoice.number not in late  # due on 11 June


def test_each_kind_is_asked_for_alone(platform: Platform, support: Client) -> None:
    assert list(titles(support, "kind:dispute account:acme")) == ["Disputes"]
    assert list(titles(support, "kind:payment")) == ["Payments"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status:purple", "Allowed: "),
        ("status:overdue kind:payment", "status: cannot be 'overdue'"),
        ("kind:shoe", "Allowed: invoice, payment, dispute, proposal."),
        ("amount:>much", "Allowed: 42.50, >100"),
        ("amount:>1 XXX", "nothing is sold in XXX"),
        ("amount:>1 kind:dispute", "narrows invoices, payments and proposals"),
        ("since:yesterday", "such as 2026-10-31"),
        ("since:2026-02-30", "such as 2026-10-31"),
        ("status:open colour:red", "Filters are account:, amount:"),
        ("status:open status:draft", "stands twice"),
        ("hello status:open", "without a filter"),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_what_is_allowed(
    text: str, said: str, platform: Platform, support: Client
) -> None:
    answer = support.get("/search/", {"q": text})

    assert answer.status_code == 422
    assert "Nothing was searched." in words(answer.content)
    with pytest.raises(SearchFilterInvalid, match=r".") as refused:
        read_question(text)
    assert said in refused.value.message


@pytest.mark.parametrize(
    "text",
    ["acme", "account:acme", "amount:110.60", "inv:CF-1", "Re: the invoice of May", "12:30 today"],
)
def test_a_text_without_filters_is_searched_as_it_stands(text: str, platform: Platform) -> None:
    assert read_question(text) is None
