"""A long bill is compared by a worker: asked for once, found whole or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.models import BillComparisonWork, ComparedPart, Invoice
from billing.invoicing.operations import bill_comparisons, invoices
from billing.invoicing.operations.bill_comparisons import LEASE
from billing.invoicing.queries import kept_changes
from billing.invoicing.queries.bill_change import earlier_of
from billing.invoicing.queries.kept_changes import kept_change, kept_parts, parts_at_once
from core.db.transactions import transaction
from core.leases import LeaseLost
from tests.billing.prices import per_unit
from tests.people import ADA
from tests.story import Customer, Story

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def any_bill_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bill_comparisons, "TOLD_AT_ONCE", 1)
    monkeypatch.setattr(invoices, "LONG", 0)


@pytest.fixture
def acme(story: Story) -> Customer:
    """March and April are issued: twenty calls more."""
    plan = story.plan("calls", per_unit(story.meter("calls", event_type="calls"), "0.10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    for month, calls in ((3, "250"), (4, "270")):
        story.on(f"2026-0{month}-06")
        acme.uses("calls", "acme-web", f"2026-0{month}-05", quantity=calls)
        story.on(f"2026-0{month + 1}-01").runs_billing()
    return acme


def pair(acme: Customer) -> tuple[Invoice, Invoice]:
    earlier = earlier_of(acme.invoice)
    assert earlier is not None
    return acme.invoice, earlier


def claimed(story: Story) -> BillComparisonWork:
    item = bill_comparisons.claim(at=story.at)
    assert item is not None
    return item


def test_issuing_a_long_bill_asks_for_it_once(story: Story, acme: Customer) -> None:
    invoice, earlier = pair(acme)

    asked = bill_comparisons.ask(invoice=invoice, earlier=earlier, at=story.at, by=ADA)

    assert asked == BillComparisonWork.objects.get()
    assert (asked.invoice, asked.earlier, asked.line_count) == (invoice, earlier, 2)
    assert asked.asked_by != ADA.name


def test_what_is_kept_is_what_is_found_at_once(story: Story, acme: Customer) -> None:
    item = claimed(story)
    bill_comparisons.work_through(item, at=story.at)
    invoice, earlier = pair(acme)

    for by in ToldBy:
        assert kept_parts(item, by=by) == parts_at_once(invoice, earlier, by=by)
        kept = kept_change(item, invoice, earlier, by=by)
        assert sum(part.minor for part in kept.parts) == kept.delta.minor == 200


def test_a_worker_that_dies_leaves_nothing_and_another_does_it(
    story: Story, acme: Customer
) -> None:
    item = claimed(story)
    assert bill_comparisons.claim(at=story.at) is None
    story.at += LEASE
    another = claimed(story)

    with pytest.raises(LeaseLost), transaction():
        bill_comparisons.work(item, at=story.at)
    assert not ComparedPart.objects.exists()
    bill_comparisons.work_through(another, at=story.at)

    assert BillComparisonWork.objects.get().state == "done"
    assert ComparedPart.objects.exists()


def test_a_bill_that_says_something_else_by_now_is_asked_for_anew(
    story: Story, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = claimed(story)
    monkeypatch.setattr(kept_changes, "_FORM", 99)

    bill_comparisons.work_through(item, at=story.at)
    item.refresh_from_db()
    failed = (item.state, item.last_error)
    invoice, earlier = pair(acme)
    again = bill_comparisons.ask(invoice=invoice, earlier=earlier, at=story.at, by=ADA)

    assert failed == ("ready", f"{invoice} says something else by now. Ask again.")
    assert again == BillComparisonWork.objects.get() != item
    assert again.not_before == story.at < item.not_before


def test_one_that_failed_too_often_waits_for_somebody_to_ask_again(
    story: Story, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("an explanation of a form that is not known")

    monkeypatch.setattr(bill_comparisons, "every_change", breaks)
    while (item := bill_comparisons.claim(at=story.at)) is not None:
        bill_comparisons.work_through(item, at=story.at)
        story.at += timedelta(hours=1)

    stopped = BillComparisonWork.objects.get()

    assert stopped.state == "parked"
    assert "no rule foresees" in stopped.parked_reason
    assert not ComparedPart.objects.exists()
