"""A month is locked once totals agree, counts are zero or waived, and two persons signed."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from billing.closing.models import CloseCheck, MonthClose
from billing.closing.months import MonthNotOver, read_month
from billing.closing.operations import closing
from billing.closing.operations.closing import (
    FiguresMoved,
    NotChecked,
    NotClosed,
    NothingToWaive,
    NotReadyToLock,
    SignedAlready,
)
from billing.closing.operations.recognition import recognise
from billing.closing.queries.closes import CloseStanding, standing
from billing.closing.queries.totals import differing_invoices, money_of
from billing.ledger.operations.period_locking import LaterLock, SamePerson
from billing.ledger.period_locks import PeriodLocked
from billing.ledger.templates import DocumentKind
from billing.receivables.operations import corrections
from billing.receivables.operations.settling import Recorded
from core.actor import ReasonMissing
from tests.billing.prices import per_unit
from tests.billing.receivables.books import Books
from tests.people import ADA, SAM
from tests.story import WHY, Customer, Story, instant
from tests.tampering import guards_off

pytestmark = pytest.mark.django_db

OCTOBER = read_month("2026-10")


@pytest.fixture
def acme(story: Story) -> Customer:
    """A customer with one invoice of October, issued on 2 November; it is the third."""
    meter = story.meter("calls", event_type="calls")
    plan = story.plan("calls", per_unit(meter, "0.10"))
    story.on("2026-10-01")
    acme = story.account("Acme", anchor="2026-10-01")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-11-02")
    acme.uses("calls", "acme-web", "2026-10-05", quantity="640")
    story.runs_billing()
    story.on("2026-11-03")
    return acme


def checked(story: Story) -> CloseStanding:
    """October with its revenue recognised, checked now."""
    recognise(month=OCTOBER, at=story.at, by=ADA, reason=WHY)
    closing.check(month=OCTOBER, at=story.at, by=ADA)
    return standing(OCTOBER, at=story.at)


def signed(story: Story) -> CloseStanding:
    """The same, signed by two."""
    found = checked(story)
    assert found.check is not None
    for person in (ADA, SAM):
        closing.sign(month=OCTOBER, seen=found.check.digest, at=story.at, by=person)
    return standing(OCTOBER, at=story.at)


def lock(story: Story) -> MonthClose:
    """October locked by Ada."""
    return closing.lock(month=OCTOBER, at=story.at, by=ADA, reason=WHY)


def run(statement: str) -> None:
    """What only whoever owns the table can do: past its triggers."""
    table = statement.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
    with guards_off(table) as cursor:
        cursor.execute(statement)


def test_the_five_totals_of_a_month_agree(story: Story, acme: Customer) -> None:
    found = checked(story)
    assert {pair.code: str(pair.left) for pair in found.pairs} == {
        "events": "1",
        "use": "1",
        "lines": "64.00 USD",
        "invoices": "64.00 USD",
        "receivables": "64.00 USD",
    }
    assert all(pair.agrees for pair in found.pairs)
    assert found.missing == ["2 signatures are missing."]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE invoicing_invoiceline SET amount_minor = amount_minor + 1", "lines"),
        ("UPDATE ledger_journalline SET amount_minor = 2 * amount_minor", "invoices"),
        ("DELETE FROM usage_event", "events"),
        ("UPDATE usage_usageday SET quantity = quantity + 1", "use"),
    ],
)
def test_one_cent_keeps_the_month_open(
    story: Story, acme: Customer, statement: str, code: str
) -> None:
    signed(story)
    run(statement)
    if code != "use":
        with pytest.raises(FiguresMoved):
            lock(story)
    found = closing.check(month=OCTOBER, at=story.at, by=ADA)
    with pytest.raises(NotReadyToLock):
        lock(story)
    differ = [pair.code for pair in standing(OCTOBER, at=story.at).pairs if not pair.agrees]
    assert code in differ
    assert found.digest
    if code in {"lines", "invoices"}:
        assert differing_invoices(OCTOBER) == [acme.invoice.public_id]


def test_a_settlement_that_the_books_do_not_know_is_found(story: Story, acme: Customer) -> None:
    corrections.write_off(
        invoice=acme.invoice,
        amount_minor=1000,
        recorded=Recorded(story.at, ADA, WHY),
    )
    (before,) = money_of(OCTOBER)
    assert before.agrees
    run("UPDATE receivables_settlement SET amount_minor = amount_minor - 1")
    (after,) = money_of(OCTOBER)
    assert (after.in_ledger - after.paid_and_open).minor != 0
    assert differing_invoices(OCTOBER) == [acme.invoice.public_id]


def test_two_persons_sign_and_the_month_is_locked(story: Story, acme: Customer) -> None:
    assert signed(story).missing == []
    closed = lock(story)
    assert closed.lock.locked_until == OCTOBER.ends_at
    found = standing(OCTOBER, at=story.at)
    assert found.is_locked
    assert all(state.lock for state in found.locks)
    with pytest.raises(PeriodLocked, match="1 November 2026"):
        corrections.write_off(
            invoice=acme.invoice,
            recorded=Recorded(story.at, ADA, WHY, instant("2026-10-31")),
        )


def test_one_person_does_not_sign_twice(story: Story, acme: Customer) -> None:
    found = checked(story)
    assert found.check is not None
    closing.sign(month=OCTOBER, seen=found.check.digest, at=story.at, by=ADA)
    with pytest.raises(SignedAlready):
        closing.sign(month=OCTOBER, seen=found.check.digest, at=story.at, by=ADA)
    with pytest.raises(NotReadyToLock, match="1 signature is missing"):
        lock(story)


def test_signatures_fall_when_a_figure_moves(story: Story, acme: Customer) -> None:
    signed(story)
    acme.uses("calls", "acme-web", "2026-10-06", quantity="1")
    with pytest.raises(FiguresMoved):
        lock(story)
    closing.check(month=OCTOBER, at=story.at, by=ADA)
    found = standing(OCTOBER, at=story.at)
    assert found.signatures == []
    assert "1 count is not zero." in found.missing


def test_nobody_signs_what_they_did_not_see(story: Story, acme: Customer) -> None:
    with pytest.raises(NotChecked):
        closing.sign(month=OCTOBER, seen="", at=story.at, by=ADA)
    checked(story)
    with pytest.raises(FiguresMoved):
        closing.sign(month=OCTOBER, seen="0" * 64, at=story.at, by=ADA)


def test_a_month_that_is_not_over_is_not_signed(story: Story, acme: Customer) -> None:
    november = read_month("2026-11")
    found = closing.check(month=november, at=story.at, by=ADA)
    with pytest.raises(MonthNotOver):
        closing.sign(month=november, seen=found.digest, at=story.at, by=ADA)
    assert "The month is not over." in standing(november, at=story.at).missing


def counted(story: Story) -> dict[str, int]:
    """The counts that are not zero."""
    closing.check(month=OCTOBER, at=story.at, by=ADA)
    return {each.code: each.count for each in standing(OCTOBER, at=story.at).counts if each.count}


def pays(story: Story, acme: Customer) -> None:
    """Money of October that is on no invoice."""
    Books(story, acme).pays("5.00", on="2026-10-20")


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (lambda story, acme: None, {"not_recognised": 1}),
        (
            lambda story, acme: acme.uses("calls", "acme-web", "2026-10-06", quantity="1"),
            {"not_recognised": 1, "late_usage": 1},
        ),
        (
            lambda story, acme: acme.uses("calls", "nobody", "2026-10-06", quantity="1"),
            {"not_recognised": 1, "quarantine": 1},
        ),
        (pays, {"not_recognised": 1, "unapplied": 1}),
    ],
)
def test_counts_that_must_be_zero(
    story: Story,
    acme: Customer,
    happens: Callable[[Story, Customer], object],
    expected: dict[str, int],
) -> None:
    happens(story, acme)
    assert counted(story) == expected


def test_what_is_due_and_not_billed_counts(story: Story, acme: Customer) -> None:
    story.on("2026-10-15")
    other = story.account("Other", anchor="2026-10-15")
    other.subscribes(acme.account.subscriptions.get().plan)
    story.on("2026-11-20")
    assert "not_billed" not in counted(story)
    story.on("2026-10-15")
    late = story.account("Late", anchor="2026-10-01")
    late.subscribes(acme.account.subscriptions.get().plan)
    story.on("2026-11-20")
    assert counted(story)["not_billed"] == 1


def test_a_count_is_waived_as_it_stands_and_not_one_more(story: Story, acme: Customer) -> None:
    acme.uses("calls", "nobody", "2026-10-06", quantity="1")
    checked(story)
    with pytest.raises(ReasonMissing):
        closing.waive(month=OCTOBER, code="quarantine", at=story.at, by=ADA, reason="")
    with pytest.raises(NothingToWaive):
        closing.waive(month=OCTOBER, code="drafts", at=story.at, by=ADA, reason=WHY)
    closing.waive(month=OCTOBER, code="quarantine", at=story.at, by=ADA, reason=WHY)
    assert signed(story).missing == []
    acme.uses("calls", "nobody", "2026-10-07", quantity="1")
    closing.check(month=OCTOBER, at=story.at, by=ADA)
    assert "1 count is not zero." in standing(OCTOBER, at=story.at).missing


def test_somebody_else_reopens_and_it_is_signed_anew(story: Story, acme: Customer) -> None:
    signed(story)
    lock(story)
    with pytest.raises(SamePerson):
        closing.reopen(month=OCTOBER, at=story.at, by=ADA, reason=WHY)
    with pytest.raises(ReasonMissing):
        closing.reopen(month=OCTOBER, at=story.at, by=SAM, reason="")
    closing.reopen(month=OCTOBER, at=story.at, by=SAM, reason=WHY)
    assert not standing(OCTOBER, at=story.at).is_locked
    with pytest.raises(NotClosed):
        closing.reopen(month=OCTOBER, at=story.at, by=SAM, reason=WHY)
    assert lock(story).lock.locked_until == OCTOBER.ends_at


def test_the_latest_month_is_reopened_first(story: Story, acme: Customer) -> None:
    signed(story)
    lock(story)
    story.on("2026-12-05")
    closing.lock_kind(
        month=read_month("2026-11"),
        document=DocumentKind.INVOICE,
        at=story.at,
        by=SAM,
        reason=WHY,
    )
    with pytest.raises(LaterLock):
        closing.reopen(month=OCTOBER, at=story.at, by=SAM, reason=WHY)


def test_a_kind_is_locked_ahead_of_the_journal(story: Story, acme: Customer) -> None:
    asked = {"month": OCTOBER, "at": story.at, "by": ADA, "reason": WHY}
    closing.lock_kind(document=DocumentKind.PAYMENT, **asked)  # type: ignore[arg-type]
    with pytest.raises(NotReadyToLock):
        closing.lock_kind(document=DocumentKind.JOURNAL, **asked)  # type: ignore[arg-type]
    signed(story)
    lock(story)
    assert all(state.lock for state in standing(OCTOBER, at=story.at).locks)


def test_tm43_an_event_of_a_locked_month_is_late_usage(story: Story, acme: Customer) -> None:
    signed(story)
    lock(story)
    acme.uses("calls", "acme-web", "2026-10-28", quantity="10")
    story.on("2026-12-02")
    story.runs_billing()
    assert acme.invoice.period_from == OCTOBER.ends_at
    assert acme.invoice.lines.filter(corrects__isnull=False).get().amount_minor == 100
    recognise(month=read_month("2026-11"), at=story.at, by=ADA, reason=WHY)


def test_the_command_says_how_a_month_stands(
    story: Story, acme: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("close_books", "--month", "2026-10", "--recognise")
    said = capsys.readouterr().out
    assert "64.00 USD" in said
    assert "2 signatures are missing." in said
    assert CloseCheck.objects.count() == 1
    run("UPDATE invoicing_invoiceline SET amount_minor = amount_minor + 1")
    with pytest.raises(CommandError, match=acme.invoice.public_id):
        call_command("close_books", "--month", "2026-10")
    with pytest.raises(CommandError, match="no month such as"):
        call_command("close_books", "--month", "October")
