"""Cut an account over: from a day on its bills are ours. Looked at first, by the code that does it.

What is carried from the other system is what its invoices say: until when each product is paid, and
what is open. The mapping file adds what no invoice says: which plan follows, trials, cancellations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Account
from billing.catalogue.models import Plan
from billing.catalogue.queries.price_book import BookVersion, versions
from billing.contracts.operations import subscriptions
from billing.contracts.operations.subscriptions import version_in_force
from billing.contracts.queries.tenures import tenures
from billing.ledger.chart_of_accounts import OPENING_CLEARING, OPENING_RECEIVABLES
from billing.ledger.operations import post
from billing.ledger.templates import credit, debit, declare
from billing.legacy.billers import Biller, BillerFault, BillerSpan, biller_faults
from billing.legacy.mapping import FollowingPlan, LegacyMapping
from billing.legacy.models import CutOver, LegacyInvoice
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.errors import Conflict, DomainError, FieldError, Invalid
from core.money import Money

LOOKS_BACK = timedelta(days=35)
"""What nobody was billed for in the last month before the switch ended there, and is not missed."""

OPENING_BALANCE = declare(
    "opening_balance",
    "Opening balance",
    "An account is cut over: what is open of its invoices in the other system, which collects it.",
    debit(OPENING_RECEIVABLES, "open", "payer"),
    credit(OPENING_CLEARING, "open"),
)


class CutOverRefused(Invalid):
    """Some second would be billed twice or by nobody, or something cannot be carried."""

    code = "cut_over_refused"
    title = "The account cannot be cut over"


class CutOverDone(Conflict):
    """The account was cut over from this system before."""

    code = "cut_over_done"
    title = "The account is cut over already"


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """A plan that the account is put on, from an instant to another; an open end is None."""

    plan: Plan
    start: datetime
    end: datetime | None
    version: BookVersion


@dataclass(frozen=True, slots=True)
class CutOverPlan:
    """What cutting an account over would do, and everything that forbids it."""

    account: Account
    system: str
    switch_at: datetime
    opening: Money
    starts: Sequence[PlannedStart]
    spans: Sequence[BillerSpan]
    faults: Sequence[BillerFault]
    problems: Sequence[str]

    @property
    def wrong(self) -> list[str]:
        """Everything that forbids it, in words."""
        return [*self.problems, *map(str, self.faults)]


def plan_cut_over(mapping: LegacyMapping, account: Account, *, switch_at: datetime) -> CutOverPlan:
    """Work out a cut over; nothing is saved."""
    invoices = list(
        LegacyInvoice.objects.filter(account=account, system=mapping.system).order_by(
            "period_from", "pk"
        )
    )
    problems: list[str] = []
    if CutOver.objects.filter(account=account, system=mapping.system).exists():
        problems.append(f"{account} is cut over from {mapping.system} already.")
    if not invoices:
        problems.append(f"No invoice of {account} from {mapping.system} was kept.")
    theirs = list(_theirs(invoices, mapping, problems))
    starts = list(_starts(mapping, account, switch_at, problems))
    spans = [*theirs, *_ours(account), *_planned(starts)]
    ends = _ends(mapping, account, starts)
    return CutOverPlan(
        account=account,
        system=mapping.system,
        switch_at=switch_at,
        opening=_opening(account, invoices, problems),
        starts=starts,
        spans=spans,
        faults=biller_faults(spans, since=switch_at - LOOKS_BACK, ends=ends),
        problems=problems,
    )


def cut_over(
    mapping: LegacyMapping,
    account: Account,
    *,
    switch_at: datetime,
    at: datetime,
    by: Actor,
    reason: str,
) -> CutOver:
    """Put the account on its plans, book its opening balance, and keep that it was done.

    All or nothing. Raises: CutOverRefused naming everything, CutOverDone, what starting a
    subscription raises, PeriodLocked, ReasonMissing.
    """
    reason = require_said(reason, "Say why the account is cut over.")
    with transaction():
        account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        if CutOver.objects.filter(account=account, system=mapping.system).exists():
            raise CutOverDone(f"{account} is cut over from {mapping.system} already.")
        plan = plan_cut_over(mapping, account, switch_at=switch_at)
        if plan.wrong:
            raise CutOverRefused(
                f"{account} cannot be cut over: {plan.wrong[0]}",
                errors=[FieldError("", CutOverRefused.code, each) for each in plan.wrong],
            )
        for each in plan.starts:
            subscriptions.start(
                account=account, plan=each.plan, at=each.start, until=each.end, by=by, reason=reason
            )
        done = CutOver.objects.create(
            account=account,
            system=mapping.system,
            mapping_digest=mapping.digest,
            switch_at=switch_at,
            currency=account.currency,
            opening_minor=plan.opening.minor,
            plans=[
                {
                    "plan": each.plan.code,
                    "from": each.start.isoformat(),
                    "until": each.end.isoformat() if each.end else None,
                }
                for each in plan.starts
            ],
            made_at=at,
            made_by=str(by),
            reason=reason,
        )
        post(
            postings=[
                OPENING_BALANCE.posting(
                    source=done.public_id,
                    currency=account.currency,
                    amounts={"open": plan.opening.minor},
                    owners={"payer": account.pk},
                    effective_at=min(switch_at, at),
                )
            ],
            at=at,
        )
    return done


def _theirs(
    invoices: Sequence[LegacyInvoice], mapping: LegacyMapping, problems: list[str]
) -> Iterator[BillerSpan]:
    """What each charge of theirs is for; a line without a period is for that of its invoice."""
    unknown: dict[str, str] = {}
    for invoice in invoices:
        for line in invoice.content["lines"]:
            if line["kind"] != "charge":
                continue
            code = mapping.products.get(line["product"])
            if code is None:
                unknown.setdefault(line["product"], str(invoice))
                continue
            start = datetime.fromisoformat(line["from"]) if line["from"] else invoice.period_from
            end = datetime.fromisoformat(line["until"]) if line["until"] else invoice.period_until
            if start < end:
                yield BillerSpan(Biller.THEIRS, code, start, end, str(invoice))
    problems += [
        f"{product or 'A charge without a product'} (invoice {invoice}) is no price of ours: add it"
        " under [products]."
        for product, invoice in sorted(unknown.items())
    ]


def _starts(
    mapping: LegacyMapping, account: Account, switch_at: datetime, problems: list[str]
) -> Iterator[PlannedStart]:
    for each in _following(mapping, account):
        plan = Plan.objects.filter(code=each.plan).first()
        if plan is None:
            problems.append(f"There is no plan {each.plan}.")
            continue
        start = max(filter(None, (each.starts_at or switch_at, each.trial_until)))
        if each.anchor_day and each.anchor_day != account.billing_anchor_on.day:
            problems.append(
                f"{each.plan}: months begin on day {each.anchor_day} there, and on day"
                f" {account.billing_anchor_on.day} here."
            )
        if each.cancels_at is not None and each.cancels_at <= start:
            continue  # over before it would begin
        try:
            version = version_in_force(plan, start)
        except DomainError as refused:
            problems.append(refused.message)
            continue
        yield PlannedStart(plan, start, each.cancels_at, versions([version.pk])[version.pk])


def _following(mapping: LegacyMapping, account: Account) -> Iterator[FollowingPlan]:
    parties = {party for party, named in mapping.accounts.items() if named == account.public_id}
    return (each for each in mapping.plans if each.customer in parties)


def _ours(account: Account) -> Iterator[BillerSpan]:
    """What the account's subscriptions bill already."""
    held = tenures([account.pk])
    books = versions(held.version_ids)
    for tenure in held.by_account.get(account.pk, ()):
        for span in held.versions_of(tenure):
            for price in books[span.version_id].prices:
                yield BillerSpan(
                    Biller.OURS, price.code, span.start, span.end, books[span.version_id].public_id
                )


def _planned(starts: Sequence[PlannedStart]) -> Iterator[BillerSpan]:
    for each in starts:
        for price in each.version.prices:
            yield BillerSpan(Biller.OURS, price.code, each.start, each.end, each.plan.code)


def _ends(
    mapping: LegacyMapping, account: Account, starts: Sequence[PlannedStart]
) -> dict[str, datetime]:
    """When what was cancelled is over, by price."""
    ends = {price.code: each.end for each in starts if each.end for price in each.version.prices}
    for each in _following(mapping, account):
        if each.cancels_at is not None:
            ends.update(dict.fromkeys(each.products, each.cancels_at))
    return ends


def _opening(account: Account, invoices: Sequence[LegacyInvoice], problems: list[str]) -> Money:
    total = Money.zero(account.currency)
    for invoice in invoices:
        if invoice.open and invoice.currency != account.currency:
            problems.append(f"Invoice {invoice} is open in {invoice.currency}.")
        elif invoice.open:
            total += invoice.open
    return total
