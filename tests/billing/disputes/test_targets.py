"""What can be contested: a charge, some days of a meter on a resource, usage that came late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from approvals.models import Proposal
from billing.disputes.contested import ContestedTarget
from billing.disputes.facts import FactNotOfLine
from billing.disputes.models import DisputeLine
from billing.disputes.operations import moving
from billing.disputes.operations.line_decisions import (
    ChargeProposed,
    LateUsageIsWhole,
    NothingToGrant,
)
from billing.disputes.operations.opening import DisputedAlready
from billing.disputes.queries.resources_named import ResourceNotTheirs, resource_named
from billing.disputes.targets import late_charges, late_of, some_days
from billing.disputes.tasks import follow_late_usage
from billing.invoicing.models import CreditNote, Invoice, LateUsageDecision
from billing.invoicing.operations import late_usage
from billing.invoicing.operations.late_usage import NothingLate
from billing.receivables.queries.open_items import held_of
from core.actor import acting_as
from core.invariants import invariants
from tests.billing.disputes.claiming import Counter, amount, figures
from tests.billing.receivables.test_proposed_corrections import tiered
from tests.people import ADA
from tests.story import WHY


def days(counter: Counter, first: int, last: int) -> ContestedTarget:
    """Days of March of the one charge, both included."""
    assert counter.customer is not None
    charge = counter.charge
    web = resource_named(counter.customer.account, "acme-web") if not charge.resource else None
    until = date(2026, 3, last) + timedelta(days=1)
    return some_days(charge, (date(2026, 3, first), until), web)


def comes_late(counter: Counter, quantity: str = "3") -> ContestedTarget:
    """Requests of March arrive in April; what they come to is not billed."""
    assert counter.customer is not None
    counter.story.on("2026-04-10")
    counter.customer.uses("router.requests", "acme-web", "2026-03-30", quantity=quantity)
    invoice = counter.invoice
    (late,) = late_charges(invoice)
    return late_of(invoice, late.key)


def follows(counter: Counter) -> int:
    """What the sweep does, by the clock of the story."""
    waiting = moving.late_decisions_to_follow(most=10)
    return sum(moving.follow_late(each, at=counter.story.at, by=ADA) for each in waiting)


def of_case(counter: Counter, line: DisputeLine) -> DisputeLine:
    """The last line of the case of a line, as it is now."""
    return counter.line_of(line.case)


def test_five_days_of_a_dyno_are_not_theirs(counter: Counter) -> None:
    """31.00 for March: days 3 to 7 are 5.00, and only those are held."""
    counter.runs_a_dyno()
    line = counter.contests("not_ours", of=days(counter, 3, 7))

    assert figures(line) == ("31.00", "26.00", "5.00", "5.00")
    assert held_of([counter.invoice.pk], at=counter.story.at)[counter.invoice.pk] == 500
    assert line.target_text.endswith("acme-web, 2026-03-03 to 2026-03-07")


@pytest.mark.parametrize(
    ("reason", "facts", "credit"),
    [
        ("ended_earlier", {"ended_at": "2026-03-05T00:00:00Z"}, "3.00"),
        ("quantity_differs", {"quantity": "172800"}, "3.00"),
        (
            "was_down",
            {"down_from": "2026-03-01T00:00:00Z", "down_until": "2026-03-04T00:00:00Z"},
            "1.00",
        ),
    ],
)
def test_a_fact_of_days_is_assumed_within_them(
    counter: Counter, reason: str, facts: dict[str, str], credit: str
) -> None:
    counter.runs_a_dyno()
    line = counter.contests(reason, facts, of=days(counter, 3, 7))
    assert figures(line)[2] == credit


def test_overlapping_days_are_contested_once(counter: Counter) -> None:
    counter.runs_a_dyno()
    counter.contests("not_ours", of=days(counter, 3, 7))

    with pytest.raises(DisputedAlready):
        counter.contests("not_ours", of=days(counter, 7, 9))
    beside = counter.contests("not_ours", of=days(counter, 8, 9))
    assert figures(beside)[2] == "2.00"


def test_the_database_refuses_overlapping_days_and_a_second_late_line(counter: Counter) -> None:
    counter.calls("5")
    line = counter.contests("not_ours", of=days(counter, 1, 7))
    late = counter.contests("not_ours", of=comes_late(counter))
    for model in (line, late):
        model.pk, model.public_id, model.hold, model._state.adding = None, "", None, True
        model.days_from = model.days_from and date(2026, 3, 7)
        model.days_until = model.days_until and date(2026, 3, 9)
        with (
            pytest.raises(IntegrityError, match="live_once"),
            acting_as(ADA, reason=WHY),
            transaction.atomic(),
        ):
            model.save()


def test_days_and_the_charge_that_covers_them_are_not_both_paid_out(counter: Counter) -> None:
    """All of March is 31.00; five days of it are 5.00. Together 31.00 and not 36.00."""
    counter.runs_a_dyno()
    some = counter.contests("not_ours", of=days(counter, 3, 7))
    every = counter.contests("not_ours")
    proposal = counter.grants(some)

    with pytest.raises(ChargeProposed):
        counter.grants(every)
    counter.approves(proposal)
    counter.approves(counter.grants(every))

    notes = CreditNote.objects.order_by("pk")
    assert [note.total_minor for note in notes] == [500, 2600]
    assert all(each.check().holds for each in invariants(["C1", "C2", "C4"]))


def test_days_of_a_charge_that_was_given_back_come_to_nothing(counter: Counter) -> None:
    counter.runs_a_dyno()
    counter.approves(counter.grants(counter.contests("not_ours")))
    some = counter.contests("not_ours", of=days(counter, 3, 7))
    with pytest.raises(NothingToGrant):
        counter.grants(some)


def test_what_was_given_on_the_next_invoice_is_not_given_again(counter: Counter) -> None:
    counter.runs_a_dyno()
    counter.approves(counter.grants(counter.contests("not_ours"), way="adjustment"))
    again = counter.contests("not_ours")
    with pytest.raises(NothingToGrant):
        counter.grants(again)


def test_days_apart_together_come_to_what_one_claim_would_have(counter: Counter) -> None:
    """22 calls: 10 at 1.00, 12 at 0.25 are 13.00. 12 calls fall on the 1st, 10 on the 2nd: apart
    they are 3.00 and 2.50 off the top; the second after the first is the whole of 10.00.
    """
    counter.calls("12", "10", price=tiered(counter.story, "graduated", ("10", "1"), (None, "0.25")))
    first = counter.contests("not_ours", of=days(counter, 1, 1))
    second = counter.contests("not_ours", of=days(counter, 2, 2))
    assert (figures(first)[2], figures(second)[2]) == ("3.00", "2.50")

    counter.approves(counter.grants(first))
    counter.approves(counter.grants(second))

    assert sum(CreditNote.objects.values_list("total_minor", flat=True)) == 1300


def test_an_event_of_other_days_is_not_the_one_meant(counter: Counter) -> None:
    counter.calls("4", "4", "9")
    with pytest.raises(FactNotOfLine, match="not of these days"):
        counter.contests("counted_twice", of=days(counter, 3, 3), event="evt-2", same_as="evt-1")


@pytest.mark.parametrize(
    ("first", "last", "reason", "words"),
    [
        (28, 31, "price_differs", "whole charge"),
        (7, 5, "not_ours", "before the first"),
    ],
)
def test_days_that_cannot_be_contested(
    counter: Counter, first: int, last: int, reason: str, words: str
) -> None:
    counter.runs_a_dyno()
    facts = {"unit_price": "1"} if reason == "price_differs" else {}
    with pytest.raises(FactNotOfLine, match=words):
        counter.contests(
            reason,
            facts,
            of=days(counter, first, last),
        )


def test_days_outside_the_line_are_refused(counter: Counter) -> None:
    counter.runs_a_dyno()
    with pytest.raises(FactNotOfLine, match="not all inside"):
        some_days(counter.charge, (date(2026, 3, 30), date(2026, 4, 3)))


def test_late_usage_is_contested_before_it_is_billed(counter: Counter) -> None:
    """5.00 billed, 3.00 came late; nothing is held, as nothing of it is billed."""
    counter.calls("5")
    line = counter.contests("not_ours", of=comes_late(counter))

    assert figures(line) == ("3.00", "0.00", "3.00", "3.00")
    assert line.hold is None
    with pytest.raises(DisputedAlready):
        counter.contests("not_ours", of=comes_late(counter, "1"))


def test_granted_late_usage_is_let_go_of_by_somebody_else(counter: Counter) -> None:
    counter.calls("5")
    line = counter.contests("not_ours", of=comes_late(counter))
    proposal = counter.grants(line)
    assert (proposal.kind, str(proposal.amount)) == ("late_waiver", "3.00 USD")
    counter.approves(proposal)

    line.refresh_from_db()
    decision = LateUsageDecision.objects.get()
    assert (line.state, line.settled_by) == ("granted", decision.public_id)
    assert amount(line, line.approved_minor or 0) == "3.00"
    assert all(each.check().holds for each in invariants(["C1", "C2"]))


def test_a_part_of_late_usage_is_not_granted(counter: Counter) -> None:
    """5 calls were billed and 3 came late. Had they been 7 in all, 1.00 of 3.00 was too much."""
    counter.calls("5")
    line = counter.contests("quantity_differs", quantity="7", of=comes_late(counter))
    assert figures(line) == ("3.00", "2.00", "1.00", "1.00")
    with pytest.raises(LateUsageIsWhole):
        counter.grants(line)
    assert not Proposal.objects.exists()


def test_a_contested_late_charge_goes_on_with_the_invoice_that_bills_it(counter: Counter) -> None:
    counter.calls("5")
    line = counter.contests("not_ours", of=comes_late(counter))
    counter.story.on("2026-05-01").runs_billing()
    assert (follows(counter), follows(counter)) == (1, 0)

    line.refresh_from_db()
    new = of_case(counter, line)
    billed = Invoice.objects.latest("pk")
    assert (line.state, new.state) == ("withdrawn", "investigating")
    assert new.charged.invoice == billed
    assert held_of([billed.pk], at=counter.story.at)[billed.pk] == 300
    counter.approves(counter.grants(new))
    assert CreditNote.objects.get().total_minor == 300


def test_late_usage_that_was_waived_beside_the_dispute_settles_it(counter: Counter) -> None:
    counter.calls("5")
    line = counter.contests("not_ours", of=comes_late(counter))
    late_usage.waive(invoice=counter.invoice, at=counter.story.at, by=ADA, reason=WHY)
    assert follow_late_usage() == 1

    line.refresh_from_db()
    assert (line.state, amount(line, line.approved_minor or 0)) == ("granted", "3.00")


def test_nothing_late_is_nothing_to_contest(counter: Counter) -> None:
    counter.calls("5")
    with pytest.raises(NothingLate):
        counter.contests("not_ours", of=late_of(counter.invoice, counter.charge.key))


def test_days_of_one_app_of_a_charge_that_sums_up_all(counter: Counter) -> None:
    counter.calls("5", "6")
    charge = counter.charge
    assert charge.resource is None
    with pytest.raises(FactNotOfLine, match="say which"):
        some_days(charge, (date(2026, 3, 2), date(2026, 3, 3)))
    with pytest.raises(ResourceNotTheirs):
        resource_named(charge.invoice.account, "somebody-elses")
    line = counter.contests("not_ours", of=days(counter, 2, 2))
    assert figures(line)[2] == "6.00"
