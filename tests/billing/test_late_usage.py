"""Usage that arrives after its invoice was issued: one visible fate, never silence."""

from typing import Any
from uuid import UUID

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.models import Invoice, LateUsageDecision
from billing.invoicing.operations import late_usage as late
from core.errors import DomainError
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, lines, statement
from usage.envelope.received_event import event_key
from usage.models import Event
from usage.operations import event_corrections
from usage.operations.ingest import Verdict

VOLUME = {
    "model": "volume",
    "tiers": [{"up_to": "15", "unit_price": "10"}, {"unit_price": "5"}],
}


def march(story: Story, *prices: PriceTerms, quantity: str) -> Customer:
    """An account whose March is issued."""
    plan = story.plan("calls", *prices)
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity=quantity)
    story.runs_billing()
    return acme


def test_usage_of_a_closed_month_is_billed_on_the_next_invoice_naming_the_old_one(
    story: Story,
) -> None:
    """wF1: 5 billed at 10, 8 in all now: 3 more at 10."""
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    issued = statement(acme.invoice)
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    acme.uses("router.requests", "acme-web", "2026-04-10", quantity="1")
    story.on("2026-05-01").runs_billing()
    old, new = acme.invoices
    assert statement(old) == issued
    assert acme.statement == lines("""
        requests  1  10.00
        Late usage of invoice CF-00000001 · requests  3  30.00
        total  40.00
    """)
    line = new.lines.get(corrects=old)
    assert (line.period_from, line.period_until) == (old.period_from, old.period_until)
    decision = LateUsageDecision.objects.get()
    assert (decision.invoice, decision.billed_on, decision.amount_minor) == (old, new, 3000)


def test_a_volume_price_takes_its_earlier_amount_back(story: Story) -> None:
    """wF2: 15 billed at 10; the 16th moves all of them to 5: back 150, new 80, net -70."""
    meter = requests(story)
    price = PriceTerms(code="calls", name="Calls", meter=meter, definition=VOLUME)
    acme = march(story, price, flat("100.00"), quantity="15")
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="1")
    story.on("2026-05-01").runs_billing()
    late_lines = acme.invoice.lines.filter(corrects__isnull=False).order_by("position")
    assert [(line.kind, line.amount_minor) for line in late_lines] == [
        ("reversal", -15000),
        ("usage", 8000),
    ]


def test_tiers_go_on_where_the_issued_invoice_ended(story: Story) -> None:
    graduated = {
        "model": "graduated",
        "tiers": [{"up_to": "10", "unit_price": "2"}, {"unit_price": "1"}],
    }
    meter = requests(story)
    price = PriceTerms(code="calls", name="Calls", meter=meter, definition=graduated)
    acme = march(story, price, quantity="8")
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="5")
    story.on("2026-05-01").runs_billing()
    assert acme.invoice.total_minor == 700  # 2 at 2.00 and 3 at 1.00


def test_late_usage_is_billed_once_however_often_runs_come(story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    for day in ("2026-05-01", "2026-06-01", "2026-07-01"):
        acme.uses("router.requests", "acme-web", "2026-04-20", quantity="0")
        story.on(day).runs_billing()
    assert sum(invoice.total_minor for invoice in acme.invoices) == 8000


def test_usage_that_arrives_again_and_again_is_billed_each_time(story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    for arrived, quantity, run in (
        ("2026-04-10", "3", "2026-05-01"),
        ("2026-05-10", "2", "2026-06-01"),
    ):
        story.on(arrived)
        acme.uses("router.requests", "acme-web", "2026-03-30", quantity=quantity)
        story.on(run).runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices] == [5000, 3000, 2000]


def test_waived_usage_is_never_billed_and_says_who_and_why(story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    decision = late.waive(
        invoice=acme.invoice, at=story.at, by=ADA, reason="Our collector was down"
    )
    assert (decision.amount_minor, decision.decided_by) == (3000, "Ada (finance)")
    run = story.on("2026-05-01").runs_billing()
    assert run.items.get().state == "empty"
    with pytest.raises(late.NothingLate):
        late.waive(invoice=acme.invoice, at=story.at, by=ADA, reason=WHY)


def test_a_draft_has_no_late_usage(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing(issues=False)
    with pytest.raises(late.NotIssued):
        late.waive(invoice=acme.invoice, at=story.at, by=ADA, reason=WHY)


def test_a_month_with_nothing_but_late_usage_is_billed(story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    story.on("2026-05-01").runs_billing()
    assert acme.statement == lines("""
        Late usage of invoice CF-00000001 · requests  3  30.00
        total  30.00
    """)


def test_an_unchanged_past_is_not_rated_again(story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    (found,) = late_usage([acme.invoice])
    assert (found.lines, found.problem) == ((), None)


def test_late_usage_nobody_can_price_parks_the_account_instead_of_vanishing(story: Story) -> None:
    meter = story.meter("size", event_type="sized", dimensions=("size",))
    price = PriceTerms(
        code="small",
        name="Small",
        meter=meter,
        match={"size": "small"},
        definition={"model": "per_unit", "unit_price": "1"},
    )
    plan = story.plan("sizes", price, flat("10.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    story.on("2026-04-10")
    acme.uses("sized", "acme-web", "2026-03-30", quantity="1", size="large")
    run = story.on("2026-05-01").runs_billing()
    assert run.items.get().parked_code == "usage_without_price"
    assert Invoice.objects.filter(account=acme.account).count() == 1
    (found,) = late_usage([acme.invoice])
    assert isinstance(found.problem, DomainError)


def test_a_charge_that_was_only_ever_billed_late_is_credited_when_it_is_voided(
    story: Story,
) -> None:
    plan = story.plan("calls", per_unit(requests(story), "10"), flat("100.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    late_one = acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    story.on("2026-05-01").runs_billing()
    void(late_one, story)
    story.on("2026-06-01").runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices] == [10000, 13000, 7000]


def test_a_resource_of_which_nothing_is_left_is_credited_on_its_own_line(story: Story) -> None:
    meter = requests(story)
    calls = PriceTerms("calls", "Calls", {"model": "per_unit", "unit_price": "10"}, meter,
                       group_by=("resource",))  # fmt: skip
    acme = march(story, calls, flat("100.00"), quantity="5")
    (event,) = Event.objects.all()
    event_corrections.void(event.key, at=story.at, by=ADA, reason=WHY)
    story.on("2026-05-01").runs_billing()
    (line,) = acme.invoice.lines.filter(corrects__isnull=False)
    assert (line.resource.name if line.resource else "", line.amount_minor) == ("acme-web", -5000)


def test_usage_that_was_waived_and_is_then_voided_credits_nothing(story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), flat("100.00"), quantity="5")
    late_one = acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    late.waive(invoice=acme.invoice, at=story.at, by=ADA, reason=WHY)
    void(late_one, story)
    story.on("2026-05-01").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-31", quantity="4")
    story.on("2026-06-01").runs_billing()
    # Of the 4 that came later, 3 were let go of.
    assert [invoice.total_minor for invoice in acme.invoices] == [15000, 10000, 11000]


def test_a_credit_that_was_let_go_of_is_not_charged_when_the_usage_counts_again(
    story: Story,
) -> None:
    acme = march(story, per_unit(requests(story), "10"), flat("100.00"), quantity="5")
    (event,) = Event.objects.all()
    said: dict[str, Any] = {"at": story.at, "by": ADA, "reason": WHY}
    event_corrections.void(event.key, **said)
    waived = late.waive(invoice=acme.invoice, **said)
    event_corrections.restore(event.key, **said)
    story.on("2026-05-01").runs_billing()
    assert waived.amount_minor == -5000
    assert [invoice.total_minor for invoice in acme.invoices] == [15000, 10000]


def void(verdict: Verdict, story: Story) -> None:
    """Take an event back."""
    event_corrections.void(key_of(verdict), at=story.at, by=ADA, reason=WHY)


def key_of(verdict: Verdict) -> UUID:
    """The key of the event a verdict is of."""
    assert verdict.source is not None
    assert verdict.id is not None
    return UUID(event_key(verdict.source, verdict.id))
