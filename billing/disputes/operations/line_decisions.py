"""Decide a line: ask the customer, put a correction forward, deny in words, or take it back.

What grants a line is a proposal; somebody else decides it, and the line follows (`settling_lines`).
Locks payers first, then the case, then the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from accounts.models import User
from approvals.models import Proposal
from approvals.operations import putting_forward
from approvals.operations.putting_forward import Wish
from approvals.queries.proposals import state_at
from billing.disputes.figures import ClaimFigures
from billing.disputes.models import CaseMessage, ClockEvent, DisputeCase, DisputeLine
from billing.disputes.operations import case_clocks, line_holds
from billing.disputes.operations.claims import only_part, worked_out
from billing.disputes.operations.messages import Said, lock_case, write
from billing.disputes.operations.opening import DecidedAlready, fact_of, keep, lock_undecided
from billing.disputes.operations.owed_credits import owed_credits
from billing.disputes.queries.findings import findings
from billing.disputes.targets import charge_of, target_of
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.models import Adjustment
from billing.invoicing.queries.creditable import creditable
from billing.invoicing.queries.explain import charge_key
from billing.receivables.proposals.payloads import amount_text
from core.actor import Actor, acting_as, is_said, require_said
from core.db.integrity import constraint_errors
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from core.money import Money
from eventing.publish import publish
from usage.operations.settling import bring_up_to_date

Way = Literal["credit_note", "adjustment"]


class NothingToGrant(Conflict):
    """Under the fact the customer would owe as much, or more, or nothing stands any more."""

    code = "claim_worth_nothing"
    title = "There is nothing to grant"


class GrantsTooMuch(Invalid):
    """More than still stands of the charge."""

    code = "grant_exceeds_what_stands"
    title = "That is more than stands of the charge"


class ChargeProposed(Conflict):
    """A correction of the same charge waits for a decision; what this comes to rests on it."""

    code = "dispute_charge_proposed"
    title = "A correction of the same charge waits for a decision"


class LateUsageIsWhole(Conflict):
    """Usage that came late for an invoice is let go of whole."""

    code = "late_usage_is_whole"
    title = "Late usage is let go of whole"


class LinesUndecided(Conflict):
    """A case is closed once each of its lines is decided."""

    code = "dispute_lines_undecided"
    title = "A line is not decided"


class DenialNeedsWords(Invalid):
    """The customer is told why."""

    code = "denial_needs_words"
    title = "Say why, in words for the customer"


@dataclass(frozen=True, slots=True)
class LineGrant:
    """What is granted of a line: all that it comes to, or `amount_minor` before tax; and how.

    `seen` is the digest of what the claim came to when that was decided; empty has looked at
    nothing. An adjustment is given on the next invoice instead of credited now.
    """

    amount_minor: int | None = None
    way: Way = "credit_note"
    seen: str = ""


def ask_customer(*, line: DisputeLine, question: str, at: datetime, by: Actor) -> DisputeLine:
    """Ask the customer about a line; the promise of a decision waits for the answer.

    Raises: DecidedAlready, MessageUnreadable.
    """
    with acting_as(by, reason="The customer is asked"), transaction():
        lock_case(line.case)
        locked = lock_undecided(line)
        locked.state = DisputeLine.State.WAITING_FOR_CUSTOMER
        locked.save()
        write(line.case, Said(question, CaseMessage.Audience.CUSTOMER, by.name), at=at)
        case_clocks.pause(line.case, at=at)
    return locked


def propose(
    *, line: DisputeLine, grant: LineGrant, at: datetime, by: User, reason: str
) -> Proposal:
    """Put forward what grants a line; another person decides it. The claim is worked out again.

    Raises: DecidedAlready, NothingToGrant, GrantsTooMuch, ChargeProposed, LateUsageIsWhole,
    NotForThisRole, ReasonMissing, ChangedSince where it comes to something else than was seen, and
    what the proposal refuses.
    """
    require_said(reason, "Say why it is granted.")
    bring_up_to_date([line.case.account_id], at=at)
    fact = fact_of(line)
    figures = worked_out(target_of(line), fact, at=at)
    if grant.seen and figures.digest(fact) != grant.seen:
        raise _changed(line, figures, figures.digest(fact))
    with (
        acting_as(by.actor, reason=reason),
        transaction(),
        constraint_errors({"dispute_charge_proposed_once": ChargeProposed}),
    ):
        line_holds.lock_payers([line.charged.invoice])
        lock_case(line.case)
        locked = _lock_proposable(line, at=at)
        granted = _granted(locked, figures, grant)
        if not grant.seen:
            found = findings(charge_of(target_of(line)), fact, resource=line.resource)
            keep(locked, fact, figures, found, at=at)
        proposal = putting_forward.put_forward(
            wish=_wish(locked, granted, grant, reason), by=by, at=at
        )
        locked.state, locked.proposal = DisputeLine.State.PROPOSED, proposal.public_id
        locked.save()
        case_clocks.resume(line.case, at=at)
        _note(line.case, f"{proposal.amount} is put forward as {proposal}: {reason}", by.actor, at)
    return proposal


def deny(*, line: DisputeLine, words: str, at: datetime, by: Actor) -> DisputeLine:
    """Deny a line; the words go to the customer, and nothing of it is held any more.

    Raises: DenialNeedsWords, DecidedAlready, MessageUnreadable.
    """
    if not is_said(words):
        raise DenialNeedsWords(field="words")
    with acting_as(by, reason="Denied"), transaction():
        line_holds.lock_payers([line.charged.invoice])
        lock_case(line.case)
        locked = lock_undecided(line)
        said = Said(words, CaseMessage.Audience.CUSTOMER, by.name, kind=CaseMessage.Kind.DECISION)
        write(line.case, said, at=at)
        return conclude(locked, DisputeLine.State.DENIED, outcome=words.strip(), at=at, by=by)


def withdraw(*, line: DisputeLine, at: datetime, by: Actor, reason: str) -> DisputeLine:
    """The customer does not contest a line any more. Raises: DecidedAlready, ReasonMissing."""
    require_said(reason, "Say why it is withdrawn.")
    with acting_as(by, reason=reason), transaction():
        line_holds.lock_payers([line.charged.invoice])
        lock_case(line.case)
        locked = lock_undecided(line)
        _note(line.case, f"{line.target_text}: withdrawn. {reason}", by, at)
        return conclude(locked, DisputeLine.State.WITHDRAWN, outcome=reason, at=at, by=by)


def hand_over(*, case: DisputeCase, to: User | None, at: datetime, by: Actor) -> DisputeCase:
    """Make somebody care for a case."""
    with acting_as(by, reason=f"Handed over to {to or 'nobody'}"), transaction():
        locked = lock_case(case)
        locked.owner = to
        locked.save()
        _note(case, f"{to or 'Nobody'} cares for it now.", by, at)
    return locked


def set_priority(
    *, case: DisputeCase, priority: DisputeCase.Priority, at: datetime, by: Actor, reason: str
) -> DisputeCase:
    """Say how urgent a case is; both promises of time are those of the priority from its opening.

    Raises: ReasonMissing.
    """
    require_said(reason, "Say why it is more or less urgent.")
    with acting_as(by, reason=reason), transaction():
        locked = lock_case(case)
        locked.priority = priority
        locked.save()
        _note(
            case, f"Its priority is {locked.get_priority_display().lower()} now: {reason}", by, at
        )
    return locked


def close(*, case: DisputeCase, at: datetime, by: Actor) -> CaseMessage:
    """Close a case whose lines are all decided. Raises: LinesUndecided."""
    said = Said("Closed.", CaseMessage.Audience.CUSTOMER, by.name, kind=CaseMessage.Kind.CLOSED)
    with transaction(), constraint_errors({"case_closed_when_decided": LinesUndecided}):
        lock_case(case)
        return write(case, said, at=at)


def reopen(*, case: DisputeCase, at: datetime, by: Actor, reason: str) -> CaseMessage:
    """Open a closed case again, for another line. Raises: ReasonMissing."""
    require_said(reason, "Say why it is opened again.")
    said = Said(reason, CaseMessage.Audience.INTERNAL, by.name, kind=CaseMessage.Kind.REOPENED)
    with transaction():
        lock_case(case)
        return write(case, said, at=at)


@transaction_required()
def conclude(
    line: DisputeLine, state: DisputeLine.State, *, outcome: str, at: datetime, by: Actor
) -> DisputeLine:
    """End a locked line and its hold; the last one keeps the promise of a decision."""
    line_holds.let_go(line, at=at, by=by, reason=f"{state.label}: {line.case}")
    line.state, line.outcome, line.decided_at = state, outcome, at
    line.save()
    if not any(each.is_live for each in line.case.lines.all()):
        case_clocks.met(line.case, ClockEvent.Clock.DECISION, at=at)
    publish(
        "dispute.line_decided",
        subject=line.case.public_id,
        payload={"line": line.public_id, "state": state},
        at=at,
        account=line.case.account.public_id,
    )
    return line


def _lock_proposable(line: DisputeLine, *, at: datetime) -> DisputeLine:
    """A line to be proposed: undecided, or with a proposal whose time is over."""
    locked = DisputeLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if locked.state != DisputeLine.State.PROPOSED:
        return lock_undecided(line)
    present = Proposal.objects.get(public_id=locked.proposal)
    if state_at(present, at) != Proposal.State.EXPIRED:
        raise DecidedAlready(f"{present} waits for a decision.", line=locked.public_id)
    return locked


def _granted(line: DisputeLine, figures: ClaimFigures, grant: LineGrant) -> ClaimFigures:
    currency = line.currency
    if not figures.is_worth_something:
        billed, drafted = (
            Money.from_minor(each, currency)
            for each in (figures.billed_minor - figures.corrected_minor, figures.drafted_minor)
        )
        raise NothingToGrant(f"{billed} stands, and if this is right it comes to {drafted}.")
    if grant.amount_minor is None:
        return figures
    key, left = charge_key(line.charged.key), creditable(line.charged.invoice)
    most = min(figures.ceiling_minor, figures.credit_minor)
    if not 0 < grant.amount_minor <= most:
        raise GrantsTooMuch(
            f"Up to {Money.from_minor(most, currency)} can be granted.", field="amount"
        )
    return only_part(figures, key, grant.amount_minor, left)


def _wish(line: DisputeLine, granted: ClaimFigures, grant: LineGrant, reason: str) -> Wish:
    invoice, fact = line.charged.invoice, fact_of(line)
    if line.invoice_line is None:
        return _waiver(line, granted, reason)
    owed = line_holds.owed_on(invoice)
    payload: dict[str, Any] = {"invoice": owed.public_id}
    if grant.way == "adjustment":
        payload["give"] = amount_text(granted.credit_minor, line.currency)
        payload["description"] = f"Correction of {line.charged.description}"[:200]
        code: str = Adjustment.Reason.BILLING_ERROR
    else:
        payload["lines"] = [
            {"charge": key, "amount": amount_text(minor, line.currency)}
            for key, minor in owed_credits(invoice, granted.credits).items()
        ]
        code = fact.reason.credited_as
    return Wish(grant.way, payload, code, reason, ticket=line.case.number)


def _waiver(line: DisputeLine, granted: ClaimFigures, reason: str) -> Wish:
    """Letting go of what came late: all of it, or it waits until it is billed."""
    invoice = line.charged.invoice
    (late,) = late_usage([invoice])
    if late.amount_minor != granted.credit_minor:
        total, credit = (line.money(each) for each in (late.amount_minor, granted.credit_minor))
        raise LateUsageIsWhole(
            f"{total} came late for {invoice}, of which this is {credit}. Correct the usage, or "
            "grant the line once it is billed; it goes on with the charge."
        )
    return Wish(
        "late_waiver",
        {"invoice": invoice.public_id},
        "our_fault",
        reason,
        ticket=line.case.number,
    )


def _changed(line: DisputeLine, figures: ClaimFigures, digest: str) -> ChangedSince:
    last = line.drafts.order_by("-number")[0]
    names = ("billed_minor", "drafted_minor", "corrected_minor", "credit_minor")
    moved = [
        FieldChange(
            name.removesuffix("_minor"),
            str(line.money(getattr(last, name))),
            str(line.money(getattr(figures, name))),
        )
        for name in names
        if getattr(last, name) != getattr(figures, name)
    ]
    return ChangedSince(stamp=digest, differences=moved)


def _note(case: DisputeCase, text: str, by: Actor, at: datetime) -> None:
    write(case, Said(text, CaseMessage.Audience.INTERNAL, by.name), at=at)
