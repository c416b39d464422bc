"""TD65: from the switch on each second of each product has one biller, or nothing is cut over."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import Subscription
from billing.ledger.models import JournalLine
from billing.legacy.billers import Biller, BillerFaultKind, BillerSpan, biller_faults
from billing.legacy.mapping import LegacyMapping, MappingInvalid, read_mapping
from billing.legacy.models import CutOver
from billing.legacy.operations import keep, prepare
from billing.legacy.operations.cutting_over import (
    CutOverDone,
    CutOverRefused,
    cut_over,
    plan_cut_over,
)
from billing.legacy.readers import SYSTEMS
from billing.overview.queries.timeline.page import TimelineScope, timeline_page
from billing.overview.queries.timeline.sources import TimelineKind
from core.db.keyset_pages import Position
from core.money import Money
from tests.billing.legacy.exports import stripe_invoice, written
from tests.billing.prices import per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story

BASE_FEE = PriceTerms(
    code="fee",
    name="Platform fee",
    definition={"model": "flat", "amount": "30", "proration": "second"},
)
SWITCH = datetime(2026, 12, 1, tzinfo=UTC)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T00:00:00+00:00")


def span(biller: Biller, start: str, end: str | None, code: str = "fee") -> BillerSpan:
    return BillerSpan(biller, code, at(start), at(end) if end else None, biller.value)


class TestWhoBills:
    def test_one_after_the_other_is_right(self) -> None:
        spans = [span(Biller.THEIRS, "11-20", "12-20"), span(Biller.OURS, "12-20", None)]
        assert biller_faults(spans, since=at("11-01")) == []

    def test_each_second_that_both_bill_is_named(self) -> None:
        spans = [span(Biller.THEIRS, "11-20", "12-20"), span(Biller.OURS, "12-01", None)]
        (fault,) = biller_faults(spans, since=at("11-01"))
        assert (fault.kind, fault.start, fault.end) == (
            BillerFaultKind.TWICE, at("12-01"), at("12-20"),
        )  # fmt: skip
        assert "billed twice from 2026-12-01" in str(fault)

    def test_each_second_that_nobody_bills_is_named(self) -> None:
        spans = [span(Biller.THEIRS, "11-20", "12-20"), span(Biller.OURS, "12-24", None)]
        (fault,) = biller_faults(spans, since=at("11-01"))
        assert (fault.kind, fault.start, fault.end) == (
            BillerFaultKind.NOBODY, at("12-20"), at("12-24"),
        )  # fmt: skip
        (last,) = biller_faults([span(Biller.THEIRS, "11-20", "12-20")], since=at("11-01"))
        assert (last.kind, last.start, last.end) == (BillerFaultKind.NOBODY, at("12-20"), None)

    def test_what_was_over_before_or_is_cancelled_is_missed_by_nobody(self) -> None:
        assert biller_faults([span(Biller.THEIRS, "01-01", "02-01")], since=at("11-01")) == []
        spans = [span(Biller.THEIRS, "11-20", "12-20")]
        assert biller_faults(spans, since=at("11-01"), ends={"fee": at("12-20")}) == []

    def test_two_lines_of_one_system_are_one_biller(self) -> None:
        spans = [span(Biller.THEIRS, "11-20", "12-20"), span(Biller.THEIRS, "11-25", "12-20")]
        assert biller_faults(spans, since=at("11-01"), ends={"fee": at("12-20")}) == []


@pytest.fixture
def story(db: None) -> Story:
    return Story()


@pytest.fixture
def acme(story: Story, tmp_path: Path) -> Customer:
    """30.00 in advance for 20 Nov to 20 Dec, of which 12.13 were paid, and usage of November."""
    story.plan("base", BASE_FEE)
    story.plan("metered", per_unit(requests(story), "0.01"))
    story.on("2026-11-01")
    acme = story.account("Acme")
    invoice = stripe_invoice(
        total=3500, amount_paid=1213, total_discount_amounts=[], total_tax_amounts=[],
        lines={"data": [
            line("il_1", 3000, "price_base", "11-20", "12-20"),
            line("il_2", 500, "price_calls", "11-01", "12-01"),
        ]},
    )  # fmt: skip
    prepared = prepare([written(tmp_path, "in.json", invoice)], decided(acme))
    keep(prepared, at=at("11-30"), by=ADA, reason=WHY)
    story.on("2026-11-30")
    return acme


def line(id: str, amount: int, price: str, start: str, end: str) -> dict[str, Any]:
    period = {"start": int(at(start).timestamp()), "end": int(at(end).timestamp())}
    return {"id": id, "amount": amount, "price": {"id": price}, "period": period, "quantity": 1}


def toml(acme: Customer, more: str = "") -> bytes:
    return f"""
        system = "stripe"
        [currencies]
        USD = 2
        [accounts]
        cus_1 = "{acme.account.public_id}"
        [products]
        price_base = "fee"
        price_calls = "requests"
        {more}
    """.encode()


PLANS = """
    [[plans]]
    customer = "cus_1"
    plan = "metered"
    [[plans]]
    customer = "cus_1"
    plan = "base"
    starts_at = 2026-12-20T00:00:00Z
    anchor_day = 1
"""


def decided(acme: Customer, more: str = "") -> LegacyMapping:
    return read_mapping(toml(acme, more), systems=SYSTEMS)


def done(acme: Customer, more: str = PLANS) -> CutOver:
    return cut_over(
        decided(acme, more), acme.account, switch_at=SWITCH, at=at("11-30"), by=ADA, reason=WHY
    )


class TestCuttingOver:
    def test_td65_usage_is_ours_from_the_switch_and_the_fee_when_theirs_is_over(
        self, acme: Customer, story: Story
    ) -> None:
        made = done(acme)
        assert made.opening == Money.from_minor(2287, "USD")
        starts = {each.plan.code: each.started_at for each in Subscription.objects.all()}
        assert starts == {"metered": SWITCH, "base": at("12-20")}
        booked = JournalLine.objects.filter(journal__kind="opening_balance")
        assert {each.ledger_account.code: each.amount_minor for each in booked} == {
            "opening-receivables": 2287, "opening-clearing": -2287,
        }  # fmt: skip
        story.on("2027-01-01").runs_billing()
        assert acme.invoice.total == Money.from_minor(1161, "USD")
        scope = TimelineScope(kind=TimelineKind.INVOICES)
        told = timeline_page(acme.account, at=story.at, scope=scope, position=Position()).rows
        said = [each.entry.what for each in told]
        assert said.index("Billed here, no longer by stripe") < said.index(
            "Invoice A-0001 of stripe"
        )

    def test_the_fee_from_the_switch_on_would_be_paid_twice(self, acme: Customer) -> None:
        both = PLANS.replace("starts_at = 2026-12-20T00:00:00Z", "")
        plan = plan_cut_over(decided(acme, both), acme.account, switch_at=SWITCH)
        (fault,) = plan.faults
        assert (fault.code, fault.start, fault.end) == ("fee", SWITCH, at("12-20"))
        with pytest.raises(CutOverRefused, match="billed twice"):
            done(acme, both)
        assert not CutOver.objects.exists()
        assert not Subscription.objects.exists()

    def test_without_a_plan_that_follows_nobody_would_bill_it(self, acme: Customer) -> None:
        plan = plan_cut_over(decided(acme), acme.account, switch_at=SWITCH)
        assert [(each.code, each.kind) for each in plan.faults] == [
            ("fee", BillerFaultKind.NOBODY), ("requests", BillerFaultKind.NOBODY),
        ]  # fmt: skip

    def test_a_cancellation_a_trial_and_the_anchor_are_carried(self, acme: Customer) -> None:
        cancelled = PLANS + 'cancels_at = 2026-12-20T00:00:00Z\nproducts = ["fee"]\n'
        plan = plan_cut_over(decided(acme, cancelled), acme.account, switch_at=SWITCH)
        assert [each.plan.code for each in plan.starts] == ["metered"]
        assert not plan.wrong
        trial = PLANS.replace("starts_at", "trial_until")
        plan = plan_cut_over(decided(acme, trial), acme.account, switch_at=SWITCH)
        assert [each.start for each in plan.starts] == [SWITCH, at("12-20")]
        other = PLANS.replace("anchor_day = 1", "anchor_day = 20")
        plan = plan_cut_over(decided(acme, other), acme.account, switch_at=SWITCH)
        assert "begin on day 20 there, and on day 1 here" in plan.wrong[0]

    def test_what_has_no_price_here_and_no_plan_stops_it(self, acme: Customer) -> None:
        unknown = toml(acme, PLANS.replace('"base"', '"nowhere"')).replace(
            b'price_calls = "r', b'x = "r'
        )
        mapping = read_mapping(unknown, systems=SYSTEMS)
        plan = plan_cut_over(mapping, acme.account, switch_at=SWITCH)
        assert any("price_calls" in each for each in plan.wrong)
        assert any("nowhere" in each for each in plan.wrong)

    def test_it_is_done_once(self, acme: Customer) -> None:
        done(acme)
        with pytest.raises(CutOverDone):
            done(acme)
        assert CutOver.objects.count() == 1
        assert Plan.objects.count() == 2

    def test_the_command_says_what_would_be_and_does_it(
        self, acme: Customer, tmp_path: Path
    ) -> None:
        path = tmp_path / "stripe.toml"
        path.write_bytes(toml(acme))
        asked = ("cut_over", "--mapping", str(path), "--at", "2026-12-01T00:00:00Z")
        said = StringIO()
        with pytest.raises(CommandError) as stopped:
            call_command(*asked, stdout=said)
        assert stopped.value.returncode == 3
        assert "STOP: fee is billed by nobody from 2026-12-20" in said.getvalue()
        path.write_bytes(toml(acme, PLANS))
        call_command(*asked, stdout=said)
        assert not CutOver.objects.exists()
        call_command(*asked, "--do", "--reason", "Moving", stdout=said)
        assert "cut over as cto_" in said.getvalue()


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ('[[plans]]\ncustomer = "c"', "plan"),
        ('[[plans]]\ncustomer = "c"\nplan = "p"\nstarts_at = 2026-12-01', "starts_at"),
        ('[[plans]]\ncustomer = "c"\nplan = "p"\nanchor_day = 32', "anchor_day"),
        ('[[plans]]\ncustomer = "c"\nplan = "p"\ncolour = 1', "colour"),
        ('[[plans]]\ncustomer = "c"\nplan = "p"\nproducts = "fee"', "products"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_named(wrong: str, place: str) -> None:
    content = f'system = "stripe"\n[currencies]\nUSD = 2\n{wrong}\n'.encode()
    with pytest.raises(MappingInvalid) as refused:
        read_mapping(content, systems=SYSTEMS)
    assert [each.pointer for each in refused.value.errors] == [f"/plans/0/{place}"]
