"""Plans and their versions: what they charge, how two differ, what publishing looks at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from django.test import Client

from accounts.permissions import Role
from billing.catalogue.models import PlanVersion
from billing.catalogue.operations import drafts, plans
from billing.catalogue.operations.drafts import VersionDates
from billing.catalogue.operations.plans import CaseTerms, PriceTerms
from tests.billing.prices import flat
from tests.browsers import TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import WHY, instant

JUNE = {"period": {"from": "2026-06-01", "until": "2026-07-01", "zone": "UTC"}}
FALLING = {
    "model": "volume",
    "unit": "million requests",
    "convert": {"divide_by": "1000000"},
    "tiers": [{"up_to": "10", "unit_price": "1"}, {"unit_price": "0.1"}],
}


@pytest.fixture
def draft(platform: Platform) -> PlanVersion:
    """Version 2: a dearer fee, no tiers, a case that does not hold."""
    made = drafts.copy_version(
        version=platform.version,
        dates=VersionDates(instant("2026-06-01"), date(2026, 6, 1)),
        by=ADA,
        reason=WHY,
    )
    requests = made.prices.get(code="requests")
    terms = PriceTerms("requests", "Router requests", FALLING, requests.meter)
    plans.set_price(version=made, terms=terms, by=ADA, reason=WHY)
    plans.set_price(version=made, terms=flat("12.00"), by=ADA, reason=WHY)
    case = CaseTerms("The fee alone", JUNE, {"total": "11.00"})
    plans.set_case(version=made, case=case, by=ADA, reason=WHY)
    return made


def page(client: Client, version: PlanVersion, tab: str = "") -> str:
    """A page of a version, as words."""
    return words(client.get(f"/catalogue/versions/{version.public_id}/{tab}").content)


def test_a_plan_shows_its_versions_newest_first(
    platform: Platform, draft: PlanVersion, support: Client
) -> None:
    found = words(support.get(f"/catalogue/plans/{draft.plan.public_id}/").content)

    assert found.index("Version 2 Draft") < found.index("Version 1 Published")
    assert "existing subscribers move on 1 Jun 2026" in found
    assert "New subscriptions get version 1" in found
    assert "What changed since version 1" in found


def test_a_version_says_its_prices_in_words_and_as_documents(
    platform: Platform, support: Client
) -> None:
    found = page(support, platform.version)

    assert "$50.00 per dyno-month" in found
    assert "above 1 million requests: $0.40" in found
    assert "size standard-2x" in found
    assert "&quot;divide_by&quot;: &quot;period_seconds&quot;" in found


def test_two_versions_are_compared_in_words_and_dates(draft: PlanVersion, support: Client) -> None:
    drafts.remove_price(version=draft, code="dyno-standard-2x", by=ADA, reason=WHY)
    terms = PriceTerms("support", "Support", {"model": "flat", "amount": "4"})
    plans.set_price(version=draft, terms=terms, by=ADA, reason=WHY)

    found = page(support, draft, "compare/")

    assert "never 1 Jun 2026" in found
    assert "Support support Added" in found
    assert "Dyno dyno-standard-2x Removed" in found
    assert "Platform fee fee Changed Definition $10.00" in found
    assert "4 differ; the others are the same" in found


def test_a_version_with_nothing_to_compare_says_so(platform: Platform, support: Client) -> None:
    assert "This is the only version of the plan." in page(support, platform.version, "compare/")


def test_cases_show_expected_and_computed(draft: PlanVersion, support: Client) -> None:
    found = page(support, draft, "cases/")

    assert "The fee alone Fails" in found
    assert "The total is 12.00, expected was 11.00." in found
    assert "Expected $11.00 Comes to $12.00" in found


def test_publishing_is_prepared_with_every_caution(draft: PlanVersion, support: Client) -> None:
    found = page(support, draft, "check/")

    assert "Total falls requests /tiers/1" in found
    assert "Usage uncovered the version dyno-seconds size=huge has no price; 1 account" in found
    assert "1 of 1 worked cases fail" in found
    assert "Finance admin puts its publication forward; others approve it." in found


def test_the_effect_is_worked_out_when_asked(draft: PlanVersion, support: Client) -> None:
    assert "Work it out for 2 subscriptions" in page(support, draft, "check/")

    found = page(support, draft, "check/?effect=now")

    # Acme in May so far: fee 10 to 12, and 0.4 million requests at 1.00 instead of nothing.
    assert "Difference this period +$2.40" in found
    assert "Globex : No price covers dyno-seconds size=huge" in found
    assert "how much more or less they pay 1 +$2.00–$3.00 Show as a table" in found
    assert "All 1 +$2.40" in found


def test_what_is_too_many_to_wait_for_is_left_to_a_back_test(
    draft: PlanVersion, two: TwoPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.catalogue.views.EFFECT_AT_ONCE", 1)

    found = page(two, draft, "check/?effect=now")

    assert "2 subscriptions have this plan: too many to work out while you wait." in found


def test_a_refusal_to_publish_is_on_the_page(draft: PlanVersion, two: TwoPeople) -> None:
    url = f"/catalogue/versions/{draft.public_id}/publish/"

    answer = two.post(url, {"reason": "The board said so"})

    found = words(answer.content)
    assert answer.status_code == 422
    assert "A worked case does not hold. Nothing was saved." in found
    assert "The fee alone: The total is 12.00, expected was 11.00." in found
    assert 'value="The board said so"' in answer.content.decode()
    draft.refresh_from_db()
    assert draft.is_draft


def test_what_holds_is_published_by_two(draft: PlanVersion, two: TwoPeople) -> None:
    plans.remove_case(version=draft, name="The fee alone", by=ADA, reason=WHY)
    url = f"/catalogue/versions/{draft.public_id}/publish/"

    answer = two.post(url, {"reason": "The board said so"}, follow=True)

    assert "Publication of prices was put forward" in words(answer.content)
    draft.refresh_from_db()
    assert not draft.is_draft
    again = two.post(url, {"reason": "The board said so", "reason_code": "new_prices"})
    assert again.status_code == 409
    assert "A published plan version never changes." in words(again.content)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b"])
def test_nothing_is_published_without_a_reason(
    reason: str, draft: PlanVersion, two: TwoPeople
) -> None:
    answer = two.post(f"/catalogue/versions/{draft.public_id}/publish/", {"reason": reason})

    assert answer.status_code == 422
    draft.refresh_from_db()
    assert draft.is_draft


def test_who_may_not_publish_cannot(draft: PlanVersion, support: Client) -> None:
    url = f"/catalogue/versions/{draft.public_id}/publish/"
    for client in (support, client_of(person("ada", Role.FINANCE_APPROVER))):
        answer = client.post(url, {"reason": "Please", "reason_code": "new_prices"})

        assert answer.status_code == 403
        assert "finance admin" in words(answer.content)


def test_another_plans_version_is_not_compared_with(
    platform: Platform, draft: PlanVersion, support: Client
) -> None:
    other = platform.story.plan("other", flat("1.00")).versions.get()

    answer = support.get(f"/catalogue/versions/{draft.public_id}/compare/?with={other.public_id}")

    assert answer.status_code == 422


TIERS = {
    "model": "graduated",
    "tiers": [{"up_to": "10", "unit_price": "1"}, {"unit_price": "0.8"}],
}


def fails(draft: PlanVersion, *lines: dict[str, str], total: str) -> None:
    """A case of some requests beside the fee of 12.00 that does not come to what it says."""
    given = JUNE | {"usage": [{"meter": "requests", "quantity": "15", "resource": "web"}]}
    expected = {"total": total} | ({"lines": list(lines)} if lines else {})
    case = CaseTerms("Fifteen requests", given, expected)
    plans.set_case(version=draft, case=case, by=ADA, reason=WHY)


def priced(draft: PlanVersion, definition: Mapping[str, object], *, has_fee: bool = False) -> None:
    requests = draft.prices.get(code="requests")
    terms = PriceTerms("requests", "Router requests", definition, requests.meter)
    plans.set_price(version=draft, terms=terms, by=ADA, reason=WHY)
    if not has_fee:
        drafts.remove_price(version=draft, code="fee", by=ADA, reason=WHY)


PACKAGES = {"model": "package", "size": "10", "price": "3"}
FEES = [{"up_to": "10", "unit_price": "2"}, {"unit_price": "1", "fee": "5"}]
SHARES = [{"up_to": "10", "percent": "2.5"}, {"percent": "1"}]
TINY = {"model": "per_unit", "unit_price": "0.001"}
FREE_FIVE = {"model": "per_unit", "unit_price": "0.10", "included": "5"}


@pytest.mark.parametrize(
    ("definition", "summed"),
    [
        (TIERS, "10 × $1.00 + 5 × $0.80 = $14.00, expected $15.00, $1.00 apart."),
        (PACKAGES, "2 packages × $3.00 = $6.00, expected $15.00, $9.00 apart."),
        (
            {"model": "volume", "tiers": FEES},
            "15 × $1.00 + $5.00 = $20.00, expected $15.00, $5.00 apart.",
        ),
        (
            {"model": "graduated_percentage", "tiers": SHARES},
            "2.5 % of $10.00 + 1 % of $5.00 = $0.30, expected $15.00, $14.70 apart.",
        ),
        (TINY, "15 × $0.001 = $0.015, rounded $0.02, expected $15.00, $14.98 apart."),
        (FREE_FIVE, "10 × $0.10 = $1.00, expected $15.00, $14.00 apart."),
    ],
)
def test_a_failing_case_shows_the_sum_that_it_came_to(
    definition: Mapping[str, object], summed: str, draft: PlanVersion, support: Client
) -> None:
    plans.remove_case(version=draft, name="The fee alone", by=ADA, reason=WHY)
    priced(draft, definition)
    fails(draft, total="15.00")

    assert summed in page(support, draft, "cases/")


def test_a_case_of_several_lines_shows_the_sum_of_each_and_of_all(
    draft: PlanVersion, support: Client
) -> None:
    priced(draft, TIERS | {"maximum": "13"}, has_fee=True)
    fails(
        draft,
        {"price": "fee", "amount": "11.00"},
        {"price": "requests", "amount": "14.00", "kind": "usage"},
        total="25.00",
    )

    found = page(support, draft, "cases/")

    assert "Platform fee: $12.00, expected $11.00, $1.00 apart." in found
    assert "Router requests: 10 × $1.00 + 5 × $0.80 = $14.00." in found
    assert "At most 13 USD per charge; the lines come to 14. −$1.00." in found
    assert "Together $14.00 − $1.00 + $12.00 = $25.00." in found
