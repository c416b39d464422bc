"""What keeps a bill from being issued, who lets it pass, and what it costs nobody else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts
from billing.invoicing.models import BillRun, BillRunItem, Invoice
from billing.invoicing.operations import bill_runs, gates, invoice_terms
from billing.invoicing.operations.gates import NothingToRelease, SanityBounds, SanityPolicyInvalid
from billing.invoicing.operations.invoice_terms import AgreedTerms
from billing.invoicing.operations.invoices import issue
from billing.invoicing.queries.due import due_periods
from billing.invoicing.queries.expected import expected_after
from billing.invoicing.queries.gates import SourceBehind, held_back
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA, SAM
from tests.story import SOURCE, WHY, Customer, Story, instant
from usage.models import Source
from usage.operations import source_progress
from usage.operations.source_progress import ProgressGoesBack, ProgressInvalid


def works_off(story: Story) -> None:
    while chunk := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=chunk, at=story.at)


def item_of(run: BillRun, customer: Customer) -> BillRunItem:
    return BillRunItem.objects.select_related("run").get(run=run, account=customer.account)


@pytest.fixture
def acme(story: Story) -> Customer:
    """Calls at 1.00, in March 2026; Globex beside it pays a fee."""
    plan = story.plan("calls", per_unit(requests(story), "1.00"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.app("web")
    acme.subscribes(plan)
    acme.uses("router.requests", "web", "2026-03-01", quantity="40")
    return acme


def globex(story: Story) -> Customer:
    other = story.account("Globex")
    other.subscribes(story.plan("fee", flat("10.00")))
    return other


def source() -> Source:
    return Source.objects.get(name=SOURCE)


def requires(*meters: str) -> None:
    source_progress.require(
        source=source(), is_required=True, meter_codes=meters, by=ADA, reason=WHY
    )


def reports(story: Story, through: str) -> None:
    source_progress.report(source=source(), complete_through=instant(through), at=story.at, by=ADA)


def test_a_bill_waits_for_the_source_of_its_meters_and_no_other_does(
    story: Story, acme: Customer
) -> None:
    other = globex(story)
    requires("requests")
    reports(story, "2026-03-01")

    run = story.on("2026-04-01").runs_billing()

    waiting = item_of(run, acme)
    assert (waiting.state, waiting.parked_code) == ("parked", "source_behind")
    assert "complete through 2026-03-01" in waiting.parked_reason
    assert item_of(run, other).state == "billed"
    reports(story, "2026-04-01")
    bill_runs.retry_parked(run=run, at=story.at, by=ADA, reason=WHY)
    works_off(story)
    assert item_of(run, acme).state == "billed"


def test_a_month_without_usage_waits_too_and_is_not_closed_as_empty(
    story: Story, acme: Customer
) -> None:
    requires()
    story.on("2026-04-01")
    reports(story, "2026-04-01")
    story.runs_billing()

    run = story.on("2026-05-01").runs_billing()

    assert item_of(run, acme).parked_code == "source_behind"


def test_a_source_is_waived_by_name_with_a_reason(story: Story, acme: Customer) -> None:
    requires()
    run = story.on("2026-04-01").runs_billing()
    assert item_of(run, acme).state == "parked"

    gates.waive_source(
        source=source(), through_at=story.at, account=acme.account, at=story.at, by=SAM, reason=WHY
    )
    bill_runs.retry_parked(run=run, at=story.at, by=ADA, reason=WHY)
    works_off(story)

    assert item_of(run, acme).state == "billed"


def test_a_draft_issued_by_hand_waits_too(story: Story, acme: Customer) -> None:
    requires()
    story.on("2026-04-01").runs_billing(issues=False)

    with pytest.raises(SourceBehind):
        issue(invoice_ids=[acme.invoice.pk], at=story.at, by=ADA, reason=WHY)


def test_a_source_never_goes_back_and_is_never_ahead(story: Story, acme: Customer) -> None:
    story.on("2026-04-01")
    reports(story, "2026-04-01")
    reports(story, "2026-04-01")

    with pytest.raises(ProgressGoesBack):
        reports(story, "2026-03-31")
    with pytest.raises(ProgressInvalid) as refused:
        reports(story, "2026-04-02")
    assert refused.value.field == "complete_through"
    with pytest.raises(ProgressInvalid, match="no meter nothing"):
        requires("nothing")


@pytest.mark.parametrize(
    ("bounds", "figure"),
    [
        (SanityBounds(line_max_minor=30_00), "A line comes to 40.00 USD, more than 30.00 USD"),
        (SanityBounds(invoice_max_minor=39_99), "The invoice comes to 40.00 USD, more than"),
        (SanityBounds(run_max_minor=39_00), "The run comes to 40.00 USD, more than 39.00 USD"),
    ],
)
def test_a_bill_out_of_bounds_is_parked_with_the_figure_and_released_by_name(
    story: Story, acme: Customer, bounds: SanityBounds, figure: str
) -> None:
    gates.set_policy(currency="USD", bounds=bounds, at=story.at, by=ADA, reason=WHY)
    run = story.on("2026-04-01").runs_billing()
    tripped = item_of(run, acme)
    assert (tripped.state, tripped.parked_code) == ("parked", "bill_unusual")
    assert figure in tripped.parked_reason

    made = gates.release(item=tripped, at=story.at, by=SAM, reason=WHY)
    works_off(story)

    assert figure in made.figure
    assert item_of(run, acme).state == "billed"


def test_a_bill_of_times_the_usual_is_parked_and_another_amount_trips_again(
    story: Story, acme: Customer
) -> None:
    bounds = SanityBounds(times_usual=Decimal(3), usual_from_minor=50_00)
    gates.set_policy(currency="USD", bounds=bounds, at=story.at, by=ADA, reason=WHY)
    story.on("2026-04-01").runs_billing()
    acme.uses("router.requests", "web", "2026-04-01", quantity="130")
    run = story.on("2026-05-01").runs_billing()
    tripped = item_of(run, acme)
    assert "130.00 USD, 3.2 times the usual 40.00 USD" in tripped.parked_reason

    gates.release(item=tripped, at=story.at, by=SAM, reason=WHY)
    acme.uses("router.requests", "web", "2026-04-02", quantity="1")
    works_off(story)

    assert item_of(run, acme).parked_code == "bill_unusual"
    gates.set_policy(currency="USD", bounds=SanityBounds(), at=story.at, by=ADA, reason=WHY)
    with pytest.raises(NothingToRelease):
        gates.release(item=item_of(run, acme), at=story.at, by=SAM, reason=WHY)


def test_a_bound_of_nothing_is_refused(story: Story) -> None:
    with pytest.raises(SanityPolicyInvalid) as refused:
        SanityBounds(invoice_max_minor=0).check()
    assert refused.value.field == "invoice_max_minor"


def test_gates_ask_as_much_of_one_bill_as_of_many(story: Story, acme: Customer) -> None:
    globex(story)
    requires("requests")
    bounds = SanityBounds(times_usual=Decimal(3), run_max_minor=10)
    gates.set_policy(currency="USD", bounds=bounds, at=story.at, by=ADA, reason=WHY)
    story.on("2026-04-01")
    due = due_periods(as_of=story.at, grace=timedelta(0)).periods
    found = [each for each in drafts(due) if isinstance(each, InvoiceDraft)]

    counts = []
    for some in (found[:1], found):
        with CaptureQueriesContext(connection) as asked:
            held_back(some)
        counts.append(len(asked))

    assert len(found) == 2
    assert counts[0] == counts[1] <= 7


def test_an_account_with_grace_of_its_own_is_billed_later(story: Story, acme: Customer) -> None:
    other = globex(story)
    invoice_terms.agree(
        account=acme.account, terms=AgreedTerms(grace_days=5), at=story.at, by=ADA, reason=WHY
    )

    story.on("2026-04-03").runs_billing()
    assert (len(acme.invoices), len(other.invoices)) == (0, 1)
    story.on("2026-04-06").runs_billing()

    assert acme.invoice.state == Invoice.State.ISSUED


@pytest.mark.parametrize(
    ("totals", "usual", "forecast"),
    [
        ([40_00], 40_00, None),
        ([40_00, 60_00], 50_00, None),
        ([100_00, 200_00, 300_00, 400_00], 250_00, 500_00),
        ([100_00, 100_00, 900_00, 100_00], 100_00, 100_00),
        ([300_00, 200_00, 100_00], 200_00, 0),
        ([300_00, 100_00, 10_00], 100_00, 0),
    ],
)
def test_what_is_expected_of_a_bill(totals: list[int], usual: int, forecast: int | None) -> None:
    found = expected_after(totals)

    assert (found.usual, found.forecast) == (usual, forecast)


def test_a_bill_far_beyond_its_forecast_is_kept_back_and_one_that_grows_as_ever_is_not(
    story: Story, acme: Customer
) -> None:
    """40, 80 and 120 go on to 160: 165 passes at 1.1 times; after it, 400 does not."""
    story.on("2026-04-01").runs_billing()
    for month, calls in (("2026-04", "80"), ("2026-05", "120"), ("2026-06", "165")):
        story.on(f"{month}-02")
        acme.uses("router.requests", "web", f"{month}-01", quantity=calls)
        if month == "2026-06":
            bounds = SanityBounds(times_forecast=Decimal("1.1"))
            gates.set_policy(currency="USD", bounds=bounds, at=story.at, by=ADA, reason=WHY)
        run = story.on(f"2026-{int(month[-2:]) + 1:02}-01").runs_billing()
        assert item_of(run, acme).state == "billed"
    story.on("2026-07-02")
    acme.uses("router.requests", "web", "2026-07-01", quantity="400")

    run = story.on("2026-08-01").runs_billing()

    parked = item_of(run, acme)
    assert parked.parked_code == "bill_unusual"
    assert "400.00 USD, 2.0 times the forecast 205.00 USD" in parked.parked_reason


@pytest.mark.parametrize("times", ["1", "100", "1.001", "NaN", "-2"])
def test_a_multiple_is_above_1_and_fits(story: Story, times: str) -> None:
    bounds = SanityBounds(times_forecast=Decimal(times))
    with pytest.raises(SanityPolicyInvalid) as refused:
        gates.set_policy(currency="USD", bounds=bounds, at=story.at, by=ADA, reason=WHY)
    assert refused.value.field == "times_forecast"
    with pytest.raises(SanityPolicyInvalid, match="no currency"):
        gates.set_policy(currency="XX", bounds=SanityBounds(), at=story.at, by=ADA, reason=WHY)
