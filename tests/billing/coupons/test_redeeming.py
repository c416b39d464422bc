"""Coupons are redeemed as often as the database lets, and count once a billing period.

Rows of the worked cases (wE…) and traps (TD…) carry their ids.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.catalogue.models import Plan
from billing.contracts.models import Coupon, CouponRedemption
from billing.contracts.operations import coupons, subscriptions
from billing.contracts.operations.coupons import (
    CouponInvalid,
    CouponNotFound,
    CouponOver,
    CouponRedeemedAlready,
    CouponTerms,
    CouponUsedUp,
)
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.invariants import rating as rating_rules
from billing.invoicing.invariants import shadow as shadow_rules
from billing.invoicing.models import CouponUse
from billing.receivables.invariants import receivables_agree
from billing.receivables.operations import corrections
from billing.receivables.operations.settling import Recorded
from core.actor import acting_as
from tests.at_once import at_once
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines


def coupon(**more: Any) -> Coupon:
    said: dict[str, Any] = {"code": "spring", "name": "Spring", "redemptions_max": 3} | more
    if "amount_minor" not in said:
        said.setdefault("share", Decimal("0.1"))
    at = instant("2026-01-01")
    return coupons.make(terms=CouponTerms(**said), at=at, by=ADA, reason=WHY)


def redeems(customer: Customer, code: str = "spring") -> CouponRedemption:
    return coupons.redeem(
        account=customer.account, code=code, at=customer.story.at, by=ADA, reason=WHY
    )


def holds() -> bool:
    checks = (
        invoice_rules.totals_agree,
        invoice_rules.issued_content_is_unchanged,
        rating_rules.rating_is_a_function,
        rating_rules.unchanged_usage_changes_nothing,
        shadow_rules.second_rater_agrees,
        receivables_agree,
    )
    return all(check().holds for check in checks)


def standing() -> int:
    return CouponRedemption.objects.filter(released_at__isnull=True).count()


@pytest.fixture
def fee(story: Story) -> Plan:
    return story.plan("fee", flat("40.00"))


def member(story: Story, name: str, fee: Plan) -> Customer:
    customer = story.on("2026-03-01").account(name)
    customer.subscribes(fee)
    return customer


def test_a_share_is_off_for_so_many_periods(story: Story, fee: Plan) -> None:
    coupon(periods=2)
    acme = member(story, "Acme", fee)
    redeems(acme)
    totals = []
    for day in ("2026-04-01", "2026-05-01", "2026-06-01"):
        story.on(day).runs_billing()
        totals.append(str(acme.invoice.total))
    assert totals == ["36.00 USD", "36.00 USD", "40.00 USD"]
    assert CouponUse.objects.count() == 2
    assert holds()


def test_an_amount_is_off_some_prices_and_never_below_zero(story: Story) -> None:
    plan = story.plan("both", flat("40.00"), per_unit(requests(story), "1.00"))
    coupon(amount_minor=3000, currency="USD", price_codes=("requests",))
    acme = member(story, "Acme", plan)
    acme.app("acme-web")
    redeems(acme)
    story.on("2026-03-05")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="12")
    story.on("2026-04-01").runs_billing()
    assert acme.statement == lines("""
        Platform fee  1  40.00
        requests  12  12.00
        requests · Spring  1  -12.00
        total  40.00
    """)
    assert holds()


def test_late_usage_has_the_share_its_invoice_had(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "1.00"))
    coupon(periods=1)
    acme = member(story, "Acme", plan)
    acme.app("acme-web")
    redeems(acme)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="100")
    story.runs_billing()
    assert str(acme.invoice.total) == "90.00 USD"
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="50")
    story.on("2026-05-01")
    acme.uses("router.requests", "acme-web", "2026-04-06", quantity="10")
    story.runs_billing()
    assert str(acme.invoice.total) == "55.00 USD"


def test_td28_a_period_cut_in_parts_counts_once(story: Story, fee: Plan) -> None:
    coupon(periods=1)
    acme = member(story, "Acme", fee)
    redeems(acme)
    running = acme.account.subscriptions.get()
    story.on("2026-03-11")
    subscriptions.end(subscription=running, at=story.at, by=ADA, reason=WHY)
    acme.subscribes(fee)
    story.on("2026-04-01").runs_billing()
    assert str(acme.invoice.total) == "36.00 USD"
    assert CouponUse.objects.count() == 1
    story.on("2026-05-01").runs_billing()
    assert str(acme.invoice.total) == "40.00 USD"


def test_td31_a_void_frees_one_and_a_reissue_carries_its_own(story: Story, fee: Plan) -> None:
    coupon()
    members = [member(story, name, fee) for name in ("A", "B", "C")]
    for each in members:
        redeems(each)
    sixth = member(story, "F", fee)
    with pytest.raises(CouponUsedUp, match="All 3"):
        redeems(sixth)
    story.on("2026-04-01").runs_billing()
    recorded = Recorded(story.at, ADA, WHY)
    again = corrections.void_and_reissue(invoice=members[1].invoice, recorded=recorded)
    assert (str(again.total), standing()) == ("36.00 USD", 3)
    with pytest.raises(CouponUsedUp):
        redeems(sixth)
    corrections.void(invoice=members[0].invoice, recorded=recorded)
    assert standing() == 2
    assert redeems(sixth).place == 1


def test_td31_a_void_does_not_bring_back_what_is_over(story: Story, fee: Plan) -> None:
    coupon(redemptions_max=1, redeem_until=instant("2026-03-15"))
    acme = member(story, "Acme", fee)
    redeems(acme)
    story.on("2026-04-01").runs_billing()
    corrections.void(invoice=acme.invoice, recorded=Recorded(story.at, ADA, WHY))
    with pytest.raises(CouponOver, match="until 2026-03-15"):
        redeems(acme)


def test_an_account_has_it_once_and_in_its_currency(story: Story, fee: Plan) -> None:
    coupon(amount_minor=500, currency="EUR")
    coupon(code="other")
    acme = member(story, "Acme", fee)
    with pytest.raises(CouponOver, match="is of EUR"):
        redeems(acme)
    with pytest.raises(CouponNotFound):
        redeems(acme, "summer")
    redeems(acme, "other")
    with pytest.raises(CouponRedeemedAlready):
        redeems(acme, "other")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"redemptions_max": 0}, "redemptions_max"),
        ({"share": Decimal(0)}, "percent"),
        ({"share": Decimal("1.1")}, "percent"),
        ({"amount_minor": 0, "currency": "USD"}, "amount"),
        ({"periods": 0}, "periods"),
        ({"code": ""}, "code"),
    ],
)
def test_what_is_no_coupon_names_the_field(db: None, more: dict[str, Any], field: str) -> None:
    with pytest.raises(CouponInvalid) as refused:
        coupon(**more)
    assert refused.value.field == field


def test_the_database_holds_the_limit(story: Story, fee: Plan) -> None:
    spring = coupon(redemptions_max=1)
    acme = member(story, "Acme", fee)
    redeems(acme)
    globex = member(story, "Globex", fee)
    said: dict[str, Any] = {"coupon": spring, "redeemed_at": story.at}
    said |= {"account": globex.account, "redeemed_by": "x", "reason": "x"}
    for place in (1, 2, 0):
        with (
            pytest.raises(IntegrityError),
            acting_as(ADA, reason=WHY),
            transaction.atomic(),
        ):
            CouponRedemption.objects.create(place=place, **said)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_we20_five_at_once_have_one_winner(transactional_db: None) -> None:
    story = Story().on("2026-03-01")
    coupon(redemptions_max=1)
    five = [story.account(name) for name in "ABCDE"]
    answers = at_once(*(partial(redeems, each) for each in five))
    assert sum(isinstance(each, CouponRedemption) for each in answers) == 1
    assert sum(isinstance(each, CouponUsedUp) for each in answers) == 4
