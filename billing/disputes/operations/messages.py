"""Say something in a case: to the customer or among staff. What is sent never changes.

An answer to the customer keeps the promise of a first answer; what the customer says ends the
waiting for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.disputes.models import CaseMessage, ClockEvent, DisputeCase, DisputeLine
from billing.disputes.operations import case_clocks
from billing.disputes.operations.evidence_files import SentFile, attach, require_keepable
from core.actor import Actor, acting_as
from core.db.transactions import transaction, transaction_required
from core.errors import Invalid
from core.text_in import is_odd
from eventing.publish import publish

LONGEST: Final = 20_000


class MessageUnreadable(Invalid):
    """A message says nothing, too much, or holds a control character."""

    code = "message_unreadable"
    title = "The message cannot be kept"


@dataclass(frozen=True, slots=True)
class Said:
    """Words for a case, by whom they are and who may read them."""

    body: str
    audience: CaseMessage.Audience
    author: str
    is_from_customer: bool = False
    kind: CaseMessage.Kind = CaseMessage.Kind.MESSAGE
    file: SentFile | None = None


def say(
    *,
    case: DisputeCase,
    body: str,
    audience: CaseMessage.Audience,
    at: datetime,
    by: Actor,
    file: SentFile | None = None,
) -> CaseMessage:
    """Send a message to the customer, or keep an internal note, with a file or without.

    Raises: MessageUnreadable, EvidenceEmpty, EvidenceTooLarge, EvidenceTooMuch.
    """
    with transaction():
        lock_case(case)
        return write(case, Said(body, audience, by.name, file=file), at=at)


def customer_said(
    *,
    case: DisputeCase,
    body: str,
    author: str,
    at: datetime,
    by: Actor,
    file: SentFile | None = None,
) -> CaseMessage:
    """Record what the customer says: lines that waited for it are looked into again.

    Raises: MessageUnreadable, EvidenceEmpty, EvidenceTooLarge, EvidenceTooMuch.
    """
    with acting_as(by, reason="The customer answered"), transaction():
        lock_case(case)
        waiting = case.lines.select_for_update().filter(
            state=DisputeLine.State.WAITING_FOR_CUSTOMER
        )
        for line in waiting.order_by("pk"):
            line.state = DisputeLine.State.INVESTIGATING
            line.save()
        case_clocks.resume(case, at=at)
        said = Said(body, CaseMessage.Audience.CUSTOMER, author, is_from_customer=True, file=file)
        return write(case, said, at=at)


@transaction_required()
def write(case: DisputeCase, said: Said, *, at: datetime) -> CaseMessage:
    """Write a message of a locked case with its file, and tell others.

    Raises: MessageUnreadable, EvidenceEmpty, EvidenceTooLarge, EvidenceTooMuch.
    """
    body = said.body.strip()
    if not body or len(body) > LONGEST or is_odd(body):
        raise MessageUnreadable(
            f"Say something, in up to {LONGEST:,} characters without control characters.",
            field="body",
        )
    if said.file is not None:
        require_keepable(said.file)
    message = CaseMessage.objects.create(
        case=case,
        kind=said.kind,
        audience=said.audience,
        is_from_customer=said.is_from_customer,
        author=said.author,
        body=body,
        sent_at=at,
    )
    if said.file is not None:
        attach(message, said.file, at=at)
    if said.audience == CaseMessage.Audience.CUSTOMER and not said.is_from_customer:
        case_clocks.met(case, ClockEvent.Clock.FIRST_ANSWER, at=at)
    publish(
        "dispute.message_sent",
        subject=case.public_id,
        payload={"message": message.public_id, "audience": said.audience},
        at=at,
        # What is said among staff is nobody else's to hear of.
        account=case.account.public_id if said.audience == CaseMessage.Audience.CUSTOMER else "",
    )
    return message


@transaction_required()
def lock_case(case: DisputeCase) -> DisputeCase:
    """Lock a case, after the payers of its invoices where money is held."""
    return DisputeCase.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
