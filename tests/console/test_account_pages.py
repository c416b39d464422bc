"""An account on screen: the bill so far, invoices, resources, history."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from core.money import Money
from tests.billing.prices import dyno_month
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import instant
from usage.models import Meter


def test_the_bill_so_far_counts_what_runs_until_now(platform: Platform, support: Client) -> None:
    url = f"/accounts/{platform.acme.account.public_id}/bill/"

    page = words(support.get(url).content)

    # 3 dynos × 11.5 of 31 days × $50.00, the fee, and requests inside the free million.
    assert "$55.65" in page
    assert "Total so far $65.65" in page


def test_the_days_add_up_to_the_bill(platform: Platform, support: Client) -> None:
    context = support.get(f"/accounts/{platform.acme.account.public_id}/").context

    bars = [bar.source.value for bar in context["chart"].bars]

    assert len(bars) == 31
    assert sum(bars, Decimal(0)) == context["bill"].total.amount == Decimal("65.65")


def test_a_day_opens_its_events(platform: Platform, support: Client) -> None:
    account = platform.acme.account.public_id

    page = support.get(f"/accounts/{account}/").content.decode()

    assert f"/usage/events/?account={account}&amp;on=2026-05-02" in page


def test_the_uses_add_up_to_the_bill(platform: Platform, support: Client) -> None:
    context = support.get(f"/accounts/{platform.acme.account.public_id}/").context

    shares = [(share.label, share.value) for share in context["shares"]]

    assert shares == [
        ("Dyno time", Decimal("55.65")),
        ("Platform fee", Decimal("10.00")),
        ("Router requests", Decimal("0.00")),
    ]


def test_an_account_that_cannot_be_billed_says_why(platform: Platform, support: Client) -> None:
    page = words(support.get(f"/accounts/{platform.globex.account.public_id}/").content)

    assert "No price covers dyno-seconds size=huge" in page


def test_the_history_says_old_and_new_and_why(platform: Platform, senior: Client) -> None:
    acme = platform.acme.account
    profiles.revise(
        account=acme,
        terms=ProfileTerms(legal_name="Acme Ltd", zone="Europe/Berlin"),
        at=instant("2026-05-12T11:30"),
        by=ADA,
        reason="Moved to Berlin, ticket 7",
    )

    page = words(senior.get(f"/accounts/{acme.public_id}/history/").content)

    assert "Billing zone Europe/Berlin" in page
    assert "“Moved to Berlin, ticket 7”" in page
    assert "Ada (finance)" in page


def test_personal_fields_of_the_history_are_hidden_from_support(
    platform: Platform, support: Client
) -> None:
    page = words(support.get(f"/accounts/{platform.acme.account.public_id}/history/").content)

    assert "Acme Ltd" not in page
    assert "Legal name hidden for your role" in page


def test_resources_show_who_owned_them_when(platform: Platform, support: Client) -> None:
    acme, app = platform.acme, platform.app
    acme.hands_over(app, platform.globex, at="2026-05-05T00:00")

    owned = words(support.get(f"/accounts/{acme.account.public_id}/resources/").content)
    owners = words(support.get(f"/resources/{app.public_id}/").content)

    assert "acme-web App acme-web 1 Apr 2026, 00:00 5 May 2026, 00:00" in owned
    assert "Globex 5 May 2026, 00:00:00 owns it now" in owners


def test_the_list_finds_by_part_of_a_name_and_by_kind(platform: Platform, support: Client) -> None:
    found = words(support.get("/accounts/?named=cme&kind=team").content)
    nothing = words(support.get("/accounts/?named=cme&kind=personal").content)

    assert "Acme Team Standard" in found
    assert "Globex" not in found
    assert "No account matches." in nothing


@pytest.mark.parametrize("tab", ["", "bill/", "invoices/", "resources/", "history/"])
def test_every_tab_has_the_same_head(tab: str, platform: Platform, support: Client) -> None:
    page = words(support.get(f"/accounts/{platform.acme.account.public_id}/{tab}").content)

    assert "Plan Standard v1 Currency USD Billing zone UTC" in page


def test_a_new_account_has_nothing_and_says_what_would_fill_it(
    platform: Platform, support: Client
) -> None:
    fresh = platform.story.on("2026-05-10").account("Fresh")

    page = words(support.get(f"/accounts/{fresh.account.public_id}/").content)

    assert "Nothing to bill so far." in page
    assert "No invoice yet." in page
    assert str(Money.zero("USD").amount) in page


def test_an_account_that_is_billed_for_states_alone_opens(
    platform: Platform, support: Client
) -> None:
    story = platform.story
    plan = story.plan(
        "dynos", dyno_month(Meter.objects.get(code="dyno-seconds"), "standard-2x", "50.00")
    )
    story.on("2026-05-01")
    alone = story.account("Alone")
    alone.app("alone-web")
    alone.subscribes(plan)
    story.on("2026-05-12T11:00")
    alone.scales("alone-web", "standard-2x", "1", at="2026-05-12T00:00")

    page = support.get(f"/accounts/{alone.account.public_id}/")

    assert page.status_code == 200
    assert page.context["bill"].total.minor == 81
