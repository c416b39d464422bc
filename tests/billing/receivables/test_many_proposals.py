"""TD4: many are approved at once, each by itself; what is not theirs is said before and after."""

from __future__ import annotations

from datetime import timedelta

from approvals.models import Proposal
from approvals.operations.deciding_many import approve_many
from approvals.queries.bulk import bulk_plan
from tests.billing.receivables.policies import publishes, row
from tests.billing.receivables.proposing import Desk
from tests.billing.receivables.test_fifteen_failures import becomes_approver
from tests.story import instant


def write_off(desk: Desk, amount: str, *, ulf: bool = True) -> Proposal:
    invoice = desk.books.invoice({"a": amount})
    return desk.proposes("write_off", invoice=invoice, by=desk.ulf if ulf else desk.sena)


def test_TD4_twelve_are_ticked_and_exactly_eight_are_done(desk: Desk) -> None:
    """Eight of theirs, one own of 500.00, one above the limit, one expired, one changed since."""
    limit = {"role": "finance_approver", "per_item": {"EUR": "500.00"}}
    publishes(desk, row(), limits=[limit])
    expired = write_off(desk, "10.00")
    desk.books.story.at = expired.expires_at - timedelta(minutes=1)
    theirs = [write_off(desk, "10.00") for _ in range(8)]
    own, above = write_off(desk, "499.00", ulf=False), write_off(desk, "600.00")
    changed = write_off(desk, "20.00")
    becomes_approver(desk)
    ticked = [*theirs, own, above, expired]
    seen = {each.public_id: each.seal for each in ticked} | {changed.public_id: "0" * 64}
    desk.books.story.at = expired.expires_at + timedelta(seconds=1)

    plan = bulk_plan(seen, by=desk.sena, at=desk.books.at)
    assert [str(each) for each in plan.sums] == ["80.00 EUR"]
    assert {each.row.proposal.pk for each in plan.theirs} == {each.pk for each in theirs}
    assert {each.row.proposal.pk: each.code for each in plan.others} == {
        own.pk: "own_proposal",
        above.pk: "above_limit",
        expired.pk: "proposal_expired",
        changed.pk: "changed_since",
    }

    done = approve_many(seen, by=desk.sena, at=desk.books.at)
    assert {each.proposal.pk for each in done if each.is_approved} == {each.pk for each in theirs}
    assert len(done) == 12
    refused = {each.proposal.pk: each.code for each in done if not each.is_approved}
    assert (refused[own.pk], refused[above.pk]) == ("own_proposal", "above_limit")
    assert refused[expired.pk] == "proposal_expired"


def test_a_limit_of_a_day_is_counted_over_the_rows(desk: Desk) -> None:
    limit = {"role": "finance_approver", "per_day": {"EUR": "25.00"}}
    publishes(desk, row(), limits=[limit])
    rows = [write_off(desk, "10.00") for _ in range(3)]
    seen = {each.public_id: each.seal for each in rows}
    plan = bulk_plan(seen, by=desk.farid, at=desk.books.at)
    assert ([str(each) for each in plan.sums], len(plan.others)) == (["20.00 EUR"], 1)
    done = approve_many(seen, by=desk.farid, at=desk.books.at)
    assert [each.code for each in done] == ["executed", "executed", "above_limit"]


def test_one_that_is_there_no_more_leaves_the_others(desk: Desk) -> None:
    desk.books.story.at = instant("2026-06-02")
    found = write_off(desk, "10.00")
    seen = {found.public_id: found.seal, "prp_nobody": "0" * 64}
    assert [each.code for each in approve_many(seen, by=desk.farid, at=desk.books.at)] == [
        "executed"
    ]
