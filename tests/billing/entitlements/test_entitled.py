"""What an account may, at any instant: from intervals, the account's own word first."""

from __future__ import annotations

from typing import Any

import pytest

from billing.catalogue.models import Plan
from billing.contracts.models import Entitlement, SubscriptionPause
from billing.contracts.operations import entitlements, subscriptions
from billing.contracts.operations.entitlements import (
    EntitledAlready,
    EntitlementInvalid,
    EntitlementTerms,
)
from billing.contracts.queries.entitlements import check, overrides_of
from billing.invoicing.queries.allowances import check_use, uses_of
from core.actor import acting_as
from core.decimals import decimal_text
from tests.billing.prices import flat
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant
from usage.models import Meter

FEATURE = "private-spaces"


@pytest.fixture
def acme(story: Story) -> Customer:
    """Acme is on a plan with the feature since 1 September."""
    plan = story.plan("pro", flat("40.00"))
    entitles(plan, "true", "2026-01-01")
    acme = story.on("2026-09-01").account("Acme")
    acme.subscribes(plan)
    return acme


def entitles(whose: Any, value: str, start: str, until: str | None = None) -> Entitlement:
    terms = EntitlementTerms(FEATURE, value, instant(start), instant(until) if until else None)
    return entitlements.entitle(
        whose=whose, terms=terms, by=ADA, at=instant("2026-09-01"), reason=WHY
    )


def asks(customer: Customer, at: str) -> tuple[bool, str | None]:
    answer = check(customer.account.public_id, FEATURE, at=instant(at))
    until = answer.until
    return answer.is_allowed, until.isoformat()[:16] if until else None


def test_td44_what_is_paid_to_the_end_is_allowed_to_the_end(acme: Customer) -> None:
    acme.story.on("2026-09-17")
    subscriptions.end(
        subscription=acme.account.subscriptions.get(),
        at=instant("2026-10-01"),
        by=ADA,
        reason=WHY,
    )
    assert asks(acme, "2026-09-20") == (True, "2026-10-01T00:00")
    assert asks(acme, "2026-09-30T23:59:59") == (True, "2026-10-01T00:00")
    assert asks(acme, "2026-10-01") == (False, None)


def test_td45_an_answer_carries_its_own_end(acme: Customer) -> None:
    entitles(acme.account, "false", "2026-09-10T12:00", "2026-09-12T12:00")
    assert asks(acme, "2026-09-10T11:59") == (True, "2026-09-10T12:00")
    assert asks(acme, "2026-09-10T12:00") == (False, "2026-09-12T12:00")
    assert asks(acme, "2026-09-12T12:00") == (True, None)
    assert asks(acme, "2026-08-31") == (False, "2026-09-01T00:00")


def test_the_most_that_any_plan_says_counts(acme: Customer) -> None:
    for code, value in (("small", "5"), ("large", "20")):
        plan = acme.story.plan(code, flat("1.00"))
        entitles(plan, value, "2026-01-01")
        acme.subscribes(plan)
    answer = check(acme.account.public_id, FEATURE, at=instant("2026-09-02"))
    assert answer.value == "20"


def test_what_is_paused_is_not_allowed_until_it_goes_on(acme: Customer) -> None:
    with acting_as(ADA, reason=WHY):
        SubscriptionPause.objects.create(
            subscription=acme.account.subscriptions.get(),
            cause=SubscriptionPause.Cause.OVERDUE,
            paused_from=instant("2026-09-05"),
            paused_until=instant("2026-09-07"),
        )
    assert asks(acme, "2026-09-04") == (True, "2026-09-05T00:00")
    assert asks(acme, "2026-09-05") == (False, "2026-09-07T00:00")
    assert asks(acme, "2026-09-07") == (True, None)


def test_it_costs_one_query(acme: Customer, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        asks(acme, "2026-09-20")


def test_one_value_holds_at_an_instant_and_ends_to_come(acme: Customer) -> None:
    made = entitles(acme.account, "true", "2026-09-10")
    with pytest.raises(EntitledAlready):
        entitles(acme.account, "false", "2026-09-20")
    said: dict[str, Any] = {"at": instant("2026-09-15"), "by": ADA, "reason": WHY}
    with pytest.raises(EntitlementInvalid):
        entitlements.end(entitlement=made, until=instant("2026-09-14"), **said)
    entitlements.end(entitlement=made, until=instant("2026-09-20"), **said)
    entitles(acme.account, "false", "2026-09-20")
    assert asks(acme, "2026-09-20") == (False, None)


def test_a_plan_that_is_not_ones_own_says_nothing(acme: Customer) -> None:
    other = acme.story.account("Globex")
    assert Plan.objects.count() == 1
    assert asks(other, "2026-09-20") == (False, None)


def _calls(acme: Customer) -> Meter:
    meter = acme.story.meter("calls", unit="call")
    acme.app("acme-web")
    return meter


def allows(whose: Any, meter: Meter, value: str, start: str, until: str | None = None) -> None:
    terms = EntitlementTerms(
        "calls", value, instant(start), instant(until) if until else None, meter
    )
    entitlements.entitle(whose=whose, terms=terms, by=ADA, at=instant("2026-09-01"), reason=WHY)


def used_of(acme: Customer, at: str) -> tuple[bool, str | None, str | None, str]:
    """Whether it may, what is used and left of the period, and when the answer ends."""
    use = check_use(acme.account, "calls", at=instant(at))
    said = [None if each is None else decimal_text(each) for each in (use.used, use.remaining)]
    assert use.until is not None
    return use.is_allowed, said[0], said[1], use.until.isoformat()[:10]


def test_a_metered_one_says_what_is_used_and_left_of_the_period(acme: Customer) -> None:
    meter = _calls(acme)
    allows(acme.account.subscriptions.get().plan, meter, "100", "2026-01-01")
    acme.story.on("2026-09-10T10:00")
    acme.uses("calls", "acme-web", "2026-09-10T09:00", quantity="60")
    acme.uses("calls", "acme-web", "2026-09-10T09:30", quantity="40")
    assert used_of(acme, "2026-09-10T09:15") == (True, "60", "40", "2026-10-01")
    assert used_of(acme, "2026-09-10T10:00") == (False, "100", "0", "2026-10-01")
    assert used_of(acme, "2026-10-01") == (True, "0", "100", "2026-11-01")


def test_a_subscription_has_more_than_its_plan_and_an_override_ends(acme: Customer) -> None:
    meter, held = _calls(acme), acme.account.subscriptions.get()
    allows(held.plan, meter, "100", "2026-01-01")
    allows(held, meter, "250", "2026-09-05")
    allows(acme.account, meter, "10", "2026-09-10", "2026-09-12")
    days = ("2026-09-04", "2026-09-05", "2026-09-10", "2026-09-12")
    assert [used_of(acme, day)[2] for day in days] == ["100", "250", "10", "250"]
    assert used_of(acme, "2026-09-10")[3] == "2026-09-12"


def test_what_is_metered_is_a_number(acme: Customer) -> None:
    meter = _calls(acme)
    for wrong in ("true", "-1", "many", "1e3"):
        with pytest.raises(EntitlementInvalid) as refused:
            allows(acme.account, meter, wrong, "2026-09-10")
        assert refused.value.errors[0].pointer == "/value"


def test_what_is_not_metered_costs_one_query(
    acme: Customer, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert check_use(acme.account, FEATURE, at=instant("2026-09-20")).kind == "boolean"


def test_all_that_an_account_may_is_read_at_once(
    acme: Customer, django_assert_max_num_queries: Any
) -> None:
    meter = _calls(acme)
    allows(acme.account.subscriptions.get().plan, meter, "100", "2026-01-01")
    with django_assert_max_num_queries(12):
        found = uses_of(acme.account, at=instant("2026-09-20"))
    assert [(use.answer.feature, use.kind, use.is_allowed) for use in found] == [
        ("calls", "metered", True),
        (FEATURE, "boolean", True),
    ]
    assert overrides_of(acme.account) == []
