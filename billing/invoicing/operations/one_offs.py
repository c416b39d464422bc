"""One-off invoices: one person types and prepares one, another issues it.

Between the two it is a draft that anybody may look at; nobody changes it, it is discarded and
prepared again. What issuing does to money is seen before by carrying it out and undoing it
(`billing.receivables.effects`).
"""

from datetime import datetime, timedelta

from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.invoicing.drafting.one_offs import TypedInvoice, one_off_draft, typed_again
from billing.invoicing.models import Invoice, OneOffInvoice
from billing.invoicing.operations.invoices import DraftOutdated, NotADraft, is_same, issue_all
from billing.invoicing.operations.stored_drafts import discard_draft, draft_now
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden
from core.periods import Period
from eventing.publish import publish
from usage.days import day_at, day_starts


class OwnOneOff(Forbidden):
    """Nobody issues what they prepared."""

    code = "one_off_own"
    title = "Somebody else issues this"


class NotTyped(Conflict):
    """The invoice is of another kind."""

    code = "invoice_not_one_off"
    title = "The invoice is no one-off invoice"


def prepare(
    *,
    account: Account,
    typed: TypedInvoice,
    at: datetime,
    by: Actor,
    reason: str,
    ticket: str = "",
) -> Invoice:
    """Write a one-off invoice as a draft. Raises: OneOffInvalid, NoPayer, NoBillingProfile."""
    with acting_as(by, reason=reason), transaction():
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        zones = zones_of([account.pk])[account.pk]
        day = day_at(zones, at)
        today = Period(day_starts(zones, day), day_starts(zones, day + timedelta(days=1)))
        zone = next(span.zone for span in reversed(zones) if span.valid_from <= at)
        draft = one_off_draft(account, typed, period=typed.period or today, zone=zone, issued_at=at)
        invoice = draft_now(draft=draft, at=at)
        OneOffInvoice.objects.create(
            invoice=invoice,
            prepared_by=by.name,
            preparer_ref=by.id,
            prepared_at=at,
            reason=reason,
            ticket=ticket,
        )
        publish(
            "invoice.prepared",
            subject=invoice.public_id,
            payload={"kind": "one_off", "total": invoice.total.as_fact, "by": by.name},
            at=at,
        )
    return invoice


def issue(*, invoice: Invoice, at: datetime, by: Actor, reason: str) -> Invoice:
    """Issue a prepared one-off invoice, if it still comes to the same.

    Raises: NotTyped, NotADraft, OwnOneOff, DraftOutdated, NoPayer, NoBillingProfile.
    """
    with acting_as(by, reason=reason), transaction():
        invoice, typed = _locked(invoice)
        if typed.preparer_ref == by.id:
            raise OwnOneOff(f"{by} prepared it; somebody else issues it.")
        now = one_off_draft(
            invoice.account,
            typed_again(invoice),
            period=invoice.period,
            zone=invoice.zone,
            issued_at=at,
        )
        if not is_same(invoice, now):
            raise DraftOutdated(
                "The payer, the address or the tax has changed since it was prepared. Nothing was "
                "issued. Discard it, and prepare it again.",
                invoices=[invoice.public_id],
            )
        typed.approved_by, typed.approver_ref = by.name, by.id
        typed.approved_at, typed.approval_reason = at, reason
        typed.save(update_fields=["approved_by", "approver_ref", "approved_at", "approval_reason"])
        (issued,) = issue_all(invoice_ids=[invoice.pk], at=at)
    return issued


def discard(*, invoice: Invoice, at: datetime, by: Actor, reason: str) -> None:
    """Take a prepared one-off invoice back; its history stays. Raises: NotTyped, NotADraft."""
    with acting_as(by, reason=reason), transaction():
        invoice, typed = _locked(invoice)
        public_id = invoice.public_id
        typed.delete()
        discard_draft(invoice=invoice)
        publish(
            "invoice.discarded",
            subject=public_id,
            payload={"by": by.name, "reason": reason},
            at=at,
        )


def _locked(invoice: Invoice) -> tuple[Invoice, OneOffInvoice]:
    if invoice.kind != Invoice.Kind.ONE_OFF:
        raise NotTyped(f"{invoice} is no one-off invoice.", invoice=invoice.public_id)
    Account.objects.select_for_update(no_key=True).get(pk=invoice.account_id)
    locked = Invoice.objects.select_for_update(no_key=True, of=("self",)).select_related("account")
    found = locked.filter(pk=invoice.pk).first()
    if found is None or not found.is_draft:
        raise NotADraft(f"{invoice} is no draft any more.", invoice=invoice.public_id)
    return found, OneOffInvoice.objects.select_for_update().get(invoice=found)
