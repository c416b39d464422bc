"""One account that cannot be planned is parked with a sentence; the run bills the others."""

from __future__ import annotations

import pytest

from billing.invoicing.models import BillRun
from billing.invoicing.operations import bill_runs
from billing.invoicing.operations.run_plan import plan
from core.invariants import invariants
from tests.billing.prices import flat
from tests.people import ADA
from tests.story import WHY, Customer, Story
from tests.tampering import guards_off


@pytest.fixture
def customers(story: Story) -> list[Customer]:
    """Three accounts since September; the clock of the second is in a zone that is no more."""
    plan = story.plan("base", flat("5.00"))
    found = [story.on("2026-09-01").account(name) for name in ("Acme", "Globex", "Initech")]
    for customer in found:
        customer.subscribes(plan)
    story.on("2026-11-02")
    lies_in(found[1], "Mars/Olympus")
    return found


def lies_in(customer: Customer, zone: str) -> None:
    """Change the zone behind everybody's back, as a new edition of the time zones does."""
    statement = "UPDATE accounts_billingprofile SET zone = %s WHERE account_id = %s"
    _execute(statement, zone, customer.account.pk)


def loses_its_profile(customer: Customer) -> None:
    _execute("DELETE FROM accounts_billingprofile WHERE account_id = %s", customer.account.pk)


def _execute(statement: str, *values: str | int) -> None:
    with guards_off("accounts_billingprofile") as cursor:
        cursor.execute(statement, values)


def parked(run: BillRun) -> list[tuple[str, str]]:
    rows = run.items.filter(state="parked").order_by("period_from")
    return list(rows.values_list("account__name", "parked_code"))


def test_an_account_without_a_zone_kept_everybody_from_being_billed(
    story: Story, customers: list[Customer]
) -> None:
    run = story.runs_billing()
    assert [len(each.invoices) for each in customers] == [2, 0, 2]
    assert parked(run) == [("Globex", "zone_unknown")]
    assert "Mars/Olympus" in run.items.get(state="parked").parked_reason
    assert run.finished_at is not None


def test_whoever_starts_the_run_is_told_before(story: Story, customers: list[Customer]) -> None:
    planned = plan(as_of=story.at, at=story.at, grace=bill_runs.GRACE, issues=True)
    assert [each for each in planned.sentences if "parks" in each] == [
        "The months of 1 account cannot be told: it parks them with the reason."
    ]


def test_it_is_billed_once_its_zone_is_known_again(story: Story, customers: list[Customer]) -> None:
    run = story.runs_billing()
    lies_in(customers[1], "UTC")
    bill_runs.retry_parked(run=run, at=story.at, by=ADA, reason=WHY)
    story.runs_billing()
    assert [each.total_minor for each in customers[1].invoices] == [500, 500]
    assert parked(run) == []


def test_an_account_without_a_billing_profile_was_passed_over_in_silence(
    story: Story, customers: list[Customer]
) -> None:
    lies_in(customers[1], "UTC")
    loses_its_profile(customers[2])
    run = story.runs_billing()
    assert parked(run) == [("Initech", "months_unknown")]
    assert [len(each.invoices) for each in customers] == [2, 2, 0]


def test_an_account_that_was_not_planned_and_not_parked_is_forgotten(
    story: Story, customers: list[Customer]
) -> None:
    story.runs_billing()
    (check,) = [each for each in invariants(["I47"]) if "due" in each.text]
    assert check.check().holds
    BillRun.objects.get().items.filter(state="parked").delete()
    assert not check.check().holds
