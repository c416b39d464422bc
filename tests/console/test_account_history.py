"""An account's history is all that happened, on one line of time, in pages without an end."""

from __future__ import annotations

from django.test import Client

from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.publishing import operations as publishing
from tests.billing.prices import flat
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import WHY, instant
from usage.models import Event
from usage.operations import event_corrections


def history_of(platform: Platform, client: Client, query: str = "") -> str:
    url = f"/accounts/{platform.acme.account.public_id}/history/{query}"
    return words(client.get(url).content)


def test_invoices_corrections_and_scaling_are_in_the_history(
    platform: Platform, support: Client
) -> None:
    event = Event.objects.filter(type__name="router.requests").earliest("occurred_at")
    event_corrections.void(
        event.key, at=instant("2026-05-12T11:30"), by=ADA, reason="Counted twice"
    )

    page = history_of(platform, support)

    assert "12 May 2026, 11:30 · Ada (finance) Event voided" in page
    assert "“Counted twice”" in page
    assert f"Invoice added State Issued Number {platform.invoice.number}" in page
    assert "16 Apr 2026, 00:00 · the platform acme-web: 3 × web, standard-2x on" in page


def test_what_was_added_stands_at_the_day_it_counts_from_not_at_its_import(
    platform: Platform, support: Client
) -> None:
    page = history_of(platform, support)

    assert "1 Apr 2026, 00:00 · test" not in page
    assert page.index("16 Apr 2026, 00:00") < page.index("Subscription Standard added")


def test_the_history_goes_on_beyond_its_first_page(platform: Platform, support: Client) -> None:
    for number in range(60):
        platform.acme.scales(
            "acme-web",
            "standard-2x",
            str(4 + number % 2),
            f"2026-05-02T{number // 6:02}:{number % 6}0",
        )

    first = support.get(f"/accounts/{platform.acme.account.public_id}/history/")
    older = first.context["page"].older
    second = history_of(platform, support, f"?after={older.replace('+', '%2B')}")

    assert len(first.context["page"].rows) == 50
    assert "Account added" in second


def test_a_place_that_is_none_is_refused_in_words(platform: Platform, support: Client) -> None:
    url = f"/accounts/{platform.acme.account.public_id}/history/?after=1~2~3"

    assert support.get(url).status_code == 422


def test_a_version_that_took_over_is_in_the_history(platform: Platform, support: Client) -> None:
    kept = [
        PriceTerms(each.code, each.name, each.definition, each.meter, each.match, each.group_by)
        for each in platform.version.prices.exclude(code="fee")
    ]
    rise = plans.draft_version(
        plan=platform.version.plan,
        effective_from=instant("2026-05-10"),
        existing_from=instant("2026-05-10").date(),
        prices=[*kept, flat("12.00")],
        by=ADA,
        reason=WHY,
    )
    publishing.publish(version=rise, at=instant("2026-05-09"), by=ADA, reason=WHY)

    page = history_of(platform, support)

    assert "10 May 2026, 00:00 · the plan Standard moved to version 2" in page
