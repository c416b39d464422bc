"""Open a case, contest lines of invoices in it, and say again what a claim comes to.

The contested part of an invoice is held from reminders, as far as it is open; a case is never
refused because less is open. Locks payers first, then the case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Max

from accounts.models import Account, User
from billing.disputes.contested import ContestedTarget
from billing.disputes.facts import StatedFact, kept_fact, read_fact
from billing.disputes.figures import ClaimFigures
from billing.disputes.models import (
    CaseMessage,
    ClaimDraft,
    DisputeCase,
    DisputeLine,
    ServiceHours,
)
from billing.disputes.operations import case_clocks, line_holds
from billing.disputes.operations.claims import worked_out
from billing.disputes.operations.messages import Said, lock_case, write
from billing.disputes.queries.findings import findings
from billing.disputes.targets import charge_of, target_of
from billing.invoicing.models.invoice_lines import UNRATED
from billing.invoicing.operations.credit_notes import require_live
from core.actor import Actor, acting_as, require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from core.text_in import is_odd
from eventing.publish import publish
from usage.operations.settling import bring_up_to_date

LIVE_ONCE: Final = (
    "dispute_line_days_live_once",
    "dispute_line_late_live_once",
    "dispute_line_live_once",
)
"""Constraints of the database: a target is in one live line at a time."""


class DisputedAlready(Conflict):
    """A target is contested in one live case at a time; days do not overlap."""

    code = "line_disputed_already"
    title = "The line is contested already"


class NotDisputable(Invalid):
    """The line is no charge of a live invoice of the account."""

    code = "line_not_disputable"
    title = "The line cannot be contested"


class DecidedAlready(Conflict):
    """The line is decided, or waits for its proposal."""

    code = "dispute_line_decided"
    title = "The line is decided"


class CaseTextInvalid(Invalid):
    """A text of the case is too long, or holds a control character."""

    code = "dispute_text_invalid"
    title = "A text cannot be kept"


@dataclass(frozen=True, slots=True)
class NewLine:
    """What is to be contested and why; `facts` are the values its reason needs, as text."""

    target: ContestedTarget
    reason_code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be opened: whose, how it came, in whose words, about what."""

    account: Account
    said: str
    lines: Sequence[NewLine]
    channel: DisputeCase.Channel = DisputeCase.Channel.HELPDESK
    priority: DisputeCase.Priority = DisputeCase.Priority.NORMAL
    ticket: str = ""
    customer: str = ""
    owner: User | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    target: ContestedTarget
    description: str
    fact: StatedFact
    figures: ClaimFigures
    evidence: Sequence[Mapping[str, str]]


def open_case(*, new: NewCase, at: datetime, by: Actor) -> DisputeCase:
    """Open a case with at least one line: what each claim comes to is worked out and held.

    A claim that comes out dearer is kept with nothing claimed; it cannot be granted.

    Raises: NotDisputable, FactInvalid, FactNotOfLine, DisputedAlready, MessageUnreadable,
    NothingLate, CaseTextInvalid, UsageUnsettled (retryable), and what rating refuses; then nothing
    is kept.
    """
    if not new.lines:
        raise NotDisputable("Say which line is contested.", field="lines")
    if is_odd(new.ticket) or len(new.ticket) > 100:
        raise CaseTextInvalid(
            "Up to 100 characters, none of them control characters.", field="ticket"
        )
    claims = _worked_out(new.account, new.lines, at=at)
    reason = f"Opened for the customer: {new.ticket or new.channel.label}"
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors(dict.fromkeys(LIVE_ONCE, DisputedAlready)),
    ):
        line_holds.lock_payers([each.target.invoice for each in claims])
        case = DisputeCase.objects.create(
            account=new.account,
            channel=new.channel,
            priority=new.priority,
            ticket=new.ticket,
            owner=new.owner,
            hours=ServiceHours.objects.order_by("-version")[0],
            opened_at=at,
            opened_by=by.name,
        )
        case_clocks.start(case, at=at)
        said = Said(
            new.said,
            CaseMessage.Audience.CUSTOMER,
            new.customer or new.account.name,
            is_from_customer=True,
        )
        write(case, said, at=at)
        for claim in claims:
            _add(case, claim, at=at, by=by)
        publish(
            "dispute.opened",
            subject=case.public_id,
            payload={"account": new.account.public_id, "lines": len(claims)},
            at=at,
            account=new.account.public_id,
        )
    return case


def add_line(
    *, case: DisputeCase, new: NewLine, at: datetime, by: Actor, reason: str
) -> DisputeLine:
    """Contest another line in a case. Raises: as open_case, ReasonMissing."""
    require_said(reason, "Say why this line is contested.")
    (claim,) = _worked_out(case.account, [new], at=at)
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors(
            {
                **dict.fromkeys(LIVE_ONCE, DisputedAlready),
                "dispute_line_steps": DecidedAlready,
            }
        ),
    ):
        line_holds.lock_payers([claim.target.invoice])
        lock_case(case)
        return _add(case, claim, at=at, by=by)


def state_fact(
    *, line: DisputeLine, facts: Mapping[str, Any], at: datetime, by: Actor, reason: str
) -> ClaimDraft:
    """Say the fact of a line anew, or the same again: what it comes to is worked out as of now.

    Raises: DecidedAlready, FactInvalid, FactNotOfLine, ReasonMissing, and what rating refuses.
    """
    require_said(reason, "Say how you know.")
    fact = read_fact(line.reason_code, facts)
    claim = _claim(target_of(line), fact, at=at)
    with acting_as(by, reason=reason), transaction():
        line_holds.lock_payers([claim.target.invoice])
        lock_case(line.case)
        locked = lock_undecided(line)
        locked.facts = dict(fact.values)
        locked.claimed_minor = max(claim.figures.credit_minor, 0)
        if locked.state == DisputeLine.State.NEW:
            locked.state = DisputeLine.State.INVESTIGATING
        line_holds.hold_anew(locked, claim.figures.gross_minor, at=at, by=by)
        locked.save()
        return keep(locked, claim.fact, claim.figures, claim.evidence, at=at)


def lock_undecided(line: DisputeLine) -> DisputeLine:
    """A line of a locked case, which nobody has decided or proposed. Raises: DecidedAlready."""
    locked = DisputeLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if not locked.is_live or locked.state == DisputeLine.State.PROPOSED:
        raise DecidedAlready(
            f"It is {locked.get_state_display().lower()} already.", line=locked.public_id
        )
    return locked


def _worked_out(account: Account, lines: Sequence[NewLine], *, at: datetime) -> list[_Claim]:
    read = [
        (_disputable(account, each.target), read_fact(each.reason_code, each.facts))
        for each in lines
    ]
    bring_up_to_date([account.pk], at=at)
    return [_claim(target, fact, at=at) for target, fact in read]


def _claim(target: ContestedTarget, fact: StatedFact, *, at: datetime) -> _Claim:
    figures = worked_out(target, fact, at=at)
    line = charge_of(target)
    found = findings(line, fact, resource=target.resource)
    return _Claim(target, line.description, fact, figures, found)


def _disputable(account: Account, target: ContestedTarget) -> ContestedTarget:
    if target.invoice.account_id != account.pk:
        raise NotDisputable("The line is on another account’s invoice.", field="lines")
    # A statement is contested by its own account; it stands as the invoice that it is part of does.
    require_live(line_holds.owed_on(target.invoice))
    line = target.line
    if line is not None and (line.kind in UNRATED or "/" in line.key):
        raise NotDisputable(
            "Contest the charge itself; this line only takes something off it.", field="lines"
        )
    return target


@transaction_required()
def _add(case: DisputeCase, claim: _Claim, *, at: datetime, by: Actor) -> DisputeLine:
    target = claim.target
    days_from, days_until = target.days or (None, None)
    line = DisputeLine(
        case=case,
        invoice_line=target.line,
        days_from=days_from,
        days_until=days_until,
        resource=target.resource,
        late_invoice=target.invoice if target.is_late else None,
        late_charge=target.late_charge,
        late_description=claim.description if target.is_late else "",
        reason_code=claim.fact.reason.code,
        facts=dict(claim.fact.values),
        currency=target.invoice.currency,
        claimed_minor=max(claim.figures.credit_minor, 0),
    )
    line.save()
    line_holds.hold_anew(line, claim.figures.gross_minor, at=at, by=by)
    if line.hold_id is not None:
        line.save()
    keep(line, claim.fact, claim.figures, claim.evidence, at=at)
    return line


@transaction_required()
def keep(
    line: DisputeLine,
    fact: StatedFact,
    figures: ClaimFigures,
    evidence: Sequence[Mapping[str, str]],
    *,
    at: datetime,
) -> ClaimDraft:
    """Keep what a claim comes to, with its digest, as the next of its line."""
    last = line.drafts.aggregate(last=Max("number"))["last"] or 0
    return ClaimDraft.objects.create(
        line=line,
        number=last + 1,
        facts=dict(fact.values),
        billed_minor=figures.billed_minor,
        drafted_minor=figures.drafted_minor,
        corrected_minor=figures.corrected_minor,
        elsewhere_minor=figures.elsewhere_minor,
        credit_minor=figures.credit_minor,
        gross_minor=figures.gross_minor,
        credits=dict(figures.credits),
        evidence=[dict(each) for each in evidence],
        digest=figures.digest(fact),
        drafted_at=at,
    )


def fact_of(line: DisputeLine) -> StatedFact:
    """The fact of a line as it is kept."""
    return kept_fact(line.reason_code, line.facts)
