"""Bills by prices that look at every event by itself: payments with a fee, costs passed on."""

from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.drafting import charging
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.invariants import rating
from billing.invoicing.invariants.shadow import second_rater_agrees
from billing.invoicing.models import Invoice
from billing.invoicing.operations import late_usage as late
from billing.invoicing.queries.month_to_date import month_to_date
from billing.invoicing.queries.proofs import invoice_line_proof
from billing.publishing.queries.publication import version_cautions
from billing.rating import quote
from billing.verifier.proofs import verify
from billing.whatif.operations import simulations
from core.periods import Period
from tests.billing.blast.asking import asked, back_tests, found, span
from tests.billing.catalogue.changes import drafts, revises
from tests.billing.prices import flat
from tests.people import ADA
from tests.story import SOURCE, WHY, Customer, Story, instant, lines
from usage.envelope.received_event import event_key
from usage.models import Meter
from usage.operations import event_corrections

FEE = {
    "model": "percentage",
    "percent": "1.2",
    "fee_per_event": "0.10",
    "free_events": 3,
    "free_amount": "500",
}
PLAIN_FEE = {"model": "percentage", "percent": "1", "fee_per_event": "0.30"}
FREE_TWO = {"model": "percentage", "percent": "0", "fee_per_event": "1", "free_events": 2}
APRIL = Period(instant("2026-04-01"), instant("2026-05-01"))


@pytest.fixture
def payments(story: Story) -> Meter:
    """What each payment moved, in USD."""
    return story.meter("payments", unit="USD", value_property="amount", event_type="payment.made")


def sold(meter: Meter, definition: dict[str, Any], *group_by: str) -> PriceTerms:
    """A price of what the meter measures."""
    return PriceTerms("pay", "Payments", definition, meter, group_by=group_by)


def subscriber(story: Story, plan: Plan, name: str = "Acme") -> Customer:
    """An account with an app that has the plan from April on."""
    customer = story.on("2026-04-01").account(name)
    customer.app(f"{name.lower()}-web")
    customer.subscribes(plan)
    return customer


def pays(customer: Customer, day: str, amount: str, **more: Any) -> str:
    """Report a payment; returns the id of its event."""
    app = f"{customer.account.name.lower()}-web"
    event = customer.story.event(type="payment.made", subject=app, time=instant(day).isoformat())
    customer.story.sends(event | {"data": {"amount": amount}} | more)
    return str(event["id"])


def key(event_id: str) -> UUID:
    return UUID(event_key(SOURCE, event_id))


def quoted(definition: dict[str, Any], *events: dict[str, Any]) -> str:
    """The total `quote` gives for the same events."""
    return str(quote({"currency": "USD", "price": definition, "events": events})["total"])


def billed(customer: Customer) -> str:
    """What the last invoice comes to."""
    return str(customer.invoice.total.amount)


def test_a_month_of_payments_costs_what_the_quote_says(story: Story, payments: Meter):
    acme = subscriber(story, story.plan("pay", sold(payments, FEE)))
    story.on("2026-05-01")
    # Reported in another order than they happened: free are the first that happened.
    for day, amount in (("07", "100"), ("05", "200"), ("08", "50"), ("06", "100")):
        pays(acme, f"2026-04-{day}", amount)
    story.runs_billing()
    assert acme.statement == lines("""
        Payments  450  0.70
        total  0.70
    """)
    amounts = ({"amount": each} for each in ("200", "100", "100", "50"))
    assert billed(acme) == quoted(FEE, *amounts)


def test_a_bare_percentage_is_billed_on_the_sum(story: Story, payments: Meter):
    rate = {"model": "percentage", "percent": "1"}
    acme = subscriber(story, story.plan("pay", sold(payments, rate)))
    story.on("2026-05-01")
    for day in ("05", "06", "07"):
        pays(acme, f"2026-04-{day}", "100")
    story.runs_billing()
    assert acme.statement == lines("""
        Payments  300  3.00
        total  3.00
    """)


def test_events_count_once_as_corrected(story: Story, payments: Meter):
    acme = subscriber(story, story.plan("pay", sold(payments, PLAIN_FEE)))
    story.on("2026-05-01")
    voided, amended = pays(acme, "2026-04-02", "1000"), pays(acme, "2026-04-03", "999")
    again = pays(acme, "2026-04-04", "10")
    pays(acme, "2026-04-04", "10", id=again)
    event_corrections.void(key(voided), at=story.at, by=ADA, reason=WHY)
    event_corrections.amend(
        key(amended), quantity=None, data={"amount": "100"}, at=story.at, by=ADA, reason=WHY
    )
    story.runs_billing()
    assert billed(acme) == quoted(PLAIN_FEE, {"amount": "100"}, {"amount": "10"}) == "1.70"


def test_a_payment_of_nothing_still_pays_its_fee(story: Story, payments: Meter):
    acme = subscriber(story, story.plan("pay", sold(payments, PLAIN_FEE)))
    story.on("2026-05-01")
    pays(acme, "2026-04-02", "0")
    story.runs_billing()
    assert billed(acme) == quoted(PLAIN_FEE, {"amount": "0"}) == "0.30"


def test_each_owner_pays_for_the_payments_of_its_time(story: Story, payments: Meter):
    plan = story.plan("pay", sold(payments, PLAIN_FEE))
    story.on("2026-04-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    app = acme.app("acme-web")
    for customer in (acme, globex):
        customer.subscribes(plan)
    story.on("2026-05-01")
    acme.hands_over(app, globex, at="2026-04-11T12:00")
    for day in ("2026-04-10", "2026-04-11T11:59:59", "2026-04-11T12:00", "2026-04-20"):
        pays(acme, day, "100")
    story.runs_billing()
    assert (billed(acme), billed(globex)) == ("2.60", "2.60")


def test_free_events_go_on_where_the_terms_change(story: Story, payments: Meter):
    plan = story.plan("pay", sold(payments, FREE_TWO))
    acme = subscriber(story, plan)
    dearer = FREE_TWO | {"fee_per_event": "5", "free_events": 3}
    revises(story, plan, sold(payments, dearer), existing_from="2026-04-16")
    story.on("2026-05-01")
    for day in ("02", "16", "17", "18"):
        pays(acme, f"2026-04-{day}", "10")
    story.runs_billing()
    # One of two was free, then two more of three, and one at 5.00.
    assert billed(acme) == "5.00"
    assert [line.quantity for line in acme.invoice.lines.order_by("position")] == [10, 30]
    assert second_rater_agrees().holds


def test_a_cut_within_a_day_parts_the_events_to_the_second(story: Story, payments: Meter):
    plan = story.plan("pay", sold(payments, PLAIN_FEE))
    story.on("2026-04-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    story.on("2026-04-10T09:30")
    acme.subscribes(plan, until="2026-04-20T18:00")
    story.on("2026-05-01")
    for at in ("10T09:29:59", "10T09:30", "20T17:59:59", "20T18:00"):
        pays(acme, f"2026-04-{at}", "100")
    story.runs_billing()
    assert billed(acme) == "2.60"


@pytest.mark.parametrize("group", [(), ("resource",)])
def test_late_corrections_bring_the_month_to_what_it_should_have_been(
    story: Story, payments: Meter, group: tuple[str, ...]
):
    plan = story.plan("pay", sold(payments, FREE_TWO, *group), flat("50"))
    acme = subscriber(story, plan)
    story.on("2026-05-01")
    ids = [pays(acme, f"2026-04-{day}", "10") for day in ("02", "03", "04", "05")]
    story.runs_billing()
    assert billed(acme) == "52.00"
    (nothing,) = late_usage([acme.invoice])
    assert (nothing.lines, nothing.problem) == ((), None)
    pays(acme, "2026-04-01", "7")  # takes a free place of another
    story.on("2026-06-01").runs_billing()
    assert billed(acme) == "51.00"
    assert [(line.kind, line.amount_minor) for line in late_lines(acme)] == [
        ("reversal", -200),
        ("usage", 300),
    ]
    for id in ids:
        event_corrections.void(key(id), at=story.at, by=ADA, reason=WHY)
    story.on("2026-07-01").runs_billing()
    assert billed(acme) == "47.00"
    story.on("2026-08-01").runs_billing()
    assert billed(acme) == "50.00"
    assert second_rater_agrees().holds


def late_lines(customer: Customer) -> list[Any]:
    return list(customer.invoice.lines.filter(corrects__isnull=False).order_by("position"))


def test_late_events_are_waived_once(story: Story, payments: Meter):
    acme = subscriber(story, story.plan("pay", sold(payments, PLAIN_FEE)))
    story.on("2026-05-01")
    pays(acme, "2026-04-02", "100")
    story.runs_billing()
    pays(acme, "2026-04-03", "100")
    decision = late.waive(invoice=acme.invoice, at=story.at, by=ADA, reason=WHY)
    assert decision.amount_minor == 130
    assert decision.amounts.get().quantity == 100
    with pytest.raises(late.NothingLate):
        late.waive(invoice=acme.invoice, at=story.at, by=ADA, reason=WHY)


def test_rating_again_writes_nothing_and_the_invariants_hold(story: Story, payments: Meter):
    with time_machine.travel("2026-04-01T00:00:00Z", tick=False):
        acme = subscriber(story, story.plan("pay", sold(payments, FEE)))
        story.on("2026-05-01")
        for day in ("02", "03", "04", "05"):
            pays(acme, f"2026-04-{day}", "200")
        story.runs_billing()
    before = Invoice.history.count()
    story.runs_billing()
    assert Invoice.history.count() == before
    for check in (
        rating.quantities_are_billed_once,
        rating.rating_is_a_function,
        rating.unchanged_usage_changes_nothing,
        rating.order_does_not_matter,
        second_rater_agrees,
    ):
        result = check()
        assert (result.holds, result.examined > 0) == (True, True), check


def test_the_proof_of_a_line_has_its_events(story: Story, payments: Meter):
    acme = subscriber(story, story.plan("pay", sold(payments, FEE)))
    story.on("2026-05-01")
    ids = [pays(acme, f"2026-04-{day}", "200") for day in ("02", "03", "04")]
    story.runs_billing()
    proof = invoice_line_proof(acme.invoice, 1)
    (charge,) = proof["document"]["charges"]
    assert [each["id"] for each in charge["events"]] == ids
    assert verify(proof).is_identical
    charge["events"][0]["quantity"] = "100"
    assert not verify(proof).is_identical


def test_costs_are_passed_on_by_the_amount_of_each_event(story: Story):
    tasks = story.meter("tasks", aggregation="count", event_type="task.done")
    markup = {"model": "cost_plus", "markup_percent": "20"}
    acme = subscriber(story, story.plan("tasks", sold(tasks, markup)))
    story.on("2026-05-01")
    for day, amount in (("02", "12.50"), ("03", "0.25")):
        acme.uses("task.done", "acme-web", f"2026-04-{day}", amount=amount)
    story.runs_billing()
    events = [{"quantity": "1", "amount": "12.50"}, {"quantity": "1", "amount": "0.25"}]
    assert billed(acme) == quoted(markup, *events) == "15.30"


def test_an_event_without_an_amount_parks_the_account(story: Story):
    tasks = story.meter("tasks", aggregation="count", event_type="task.done")
    acme = subscriber(story, story.plan("tasks", sold(tasks, {"model": "dynamic"})))
    story.on("2026-05-01")
    acme.uses("task.done", "acme-web", "2026-04-02")
    parked = story.runs_billing().items.get(state="parked")
    assert "has no amount" in parked.parked_reason


def test_what_has_no_single_events_parks_the_account_and_is_cautioned(story: Story):
    highest = story.meter(
        "highest", aggregation="max", value_property="amount", event_type="payment.made"
    )
    plan = story.plan("pay", sold(highest, PLAIN_FEE))
    acme = subscriber(story, plan)
    version = drafts(story, plan, sold(highest, PLAIN_FEE))
    cautions = [each.code for each in version_cautions(version, at=story.at)]
    assert cautions == ["single_events_missing", "no_worked_case"]
    story.on("2026-05-01")
    for day in ("02", "03"):
        pays(acme, f"2026-04-{day}", "100")
    parked = story.runs_billing().items.get(state="parked")
    assert parked.parked_code == "single_events_needed"


def test_the_bill_so_far_and_simulations_look_at_events_too(story: Story, payments: Meter):
    plan = story.plan("pay", sold(payments, FREE_TWO))
    acme = subscriber(story, plan)
    story.on("2026-05-01")
    for day in ("02", "03", "04", "05"):
        pays(acme, f"2026-04-{day}", "10")
    bill = month_to_date(acme.account, at=instant("2026-04-06"))
    assert bill is not None
    assert (str(bill.total.amount), bill.problem) == ("2.00", None)
    story.runs_billing()
    cheaper = drafts(story, plan, sold(payments, FREE_TWO | {"free_events": 3}))
    assert found(back_tests(story, cheaper, "2026-04")) == [
        ("Acme", "Payments", "2.00", "2.00", "1.00", "-1.00")
    ]
    outage = span("2026-04-02", "2026-04-03T12:00")
    simulation = simulations.left_out(meter=payments, span=outage, **asked(story))
    assert found(simulation) == [("Acme", "Payments", "2.00", "2.00", "0.00", "-2.00")]


def test_more_events_than_a_line_can_tell_park_the_account(
    story: Story, payments: Meter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(charging, "EVENTS_MAX", 2)
    acme = subscriber(story, story.plan("pay", sold(payments, PLAIN_FEE)))
    story.on("2026-05-01")
    for day in ("02", "03", "04"):
        pays(acme, f"2026-04-{day}", "100")
    parked = story.runs_billing().items.get(state="parked")
    assert "would have 3 of them; 2 are the most" in parked.parked_reason


def test_any_number_of_accounts_costs_the_same_queries(story: Story, payments: Meter):
    plan = story.plan("pay", sold(payments, PLAIN_FEE))
    customers = [subscriber(story, plan, f"A{number}") for number in range(5)]
    story.on("2026-05-01")
    for customer in customers:
        pays(customer, "2026-04-02", "100")
    scopes = [AccountPeriod(each.account.pk, APRIL, "UTC") for each in customers]
    rated_drafts(scopes)

    def queries(some: list[AccountPeriod]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            drafts = rated_drafts(some)
        assert [each.subtotal_minor for each in drafts if isinstance(each, InvoiceDraft)] == [
            130
        ] * len(some)
        return len(captured)

    assert queries(scopes) == queries(scopes[:1]) < 25
