"""One charge with everything that made it: price, steps, and the usage to look at behind it.

The same for a line of an invoice and for a line of the bill so far. Recomputing rates the period
again with the function that billed it and compares.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts.models import Account, Resource
from billing.catalogue.models import Price
from billing.catalogue.queries.plans import PriceRow, price_row
from billing.contracts.models import PriceOverride
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import ADJUSTMENT
from billing.invoicing.queries.invoices import Party, line_row
from billing.invoicing.queries.line_pages import LineNotFound, LineRow
from billing.invoicing.queries.month_to_date import MonthToDate, draft_line_row, rated_now
from billing.rating import Explanation, expand
from core.errors import DomainError
from core.money import Money
from usage.aggregate.rules import Aggregation


class LineUnpriced(LineNotFound):
    """No price made the line, so there is no usage, price or tier to open."""


@dataclass(frozen=True, slots=True)
class UsageBehind:
    """Which usage a line was made from; `meter_id` None: from none, it is a fee.

    `match` are the pricing dimensions the usage has; `resource_id` None: of every resource. `as_of`
    is when an invoice was made from it; None for a bill that is worked out now. `is_time`: it is
    time spent in states, not events.
    """

    scope: AccountPeriod
    meter_id: int | None
    resource_id: int | None
    match: Mapping[str, str]
    as_of: datetime | None
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """A price agreed with one subscription instead of the plan's."""

    public_id: str
    valid_from: datetime
    agreed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedCharge:
    """A line and what it takes to explain it.

    `beside` are the lines its discounts, limits and commitments have on the same bill. `corrects`
    is the number of the issued invoice whose late usage the line bills, empty for an ordinary line.
    """

    line: LineRow
    key: str
    account: Party
    currency: str
    invoice_ref: str
    invoice_state: str
    group_label: str
    plan: str
    version_id: str
    version_number: int
    price: PriceRow
    dimensions: Mapping[str, str]
    explanation: Explanation
    beside: Sequence[LineRow]
    agreement: Agreement | None
    corrects: str
    usage: UsageBehind

    @property
    def zone(self) -> str:
        """The zone the days of the period are counted in."""
        return self.usage.scope.zone

    @property
    def usage_invoice(self) -> str:
        """The issued invoice that the usage belongs to, empty while there is none."""
        return self.corrects or (self.invoice_ref if self.invoice_state == "issued" else "")

    @property
    def original_key(self) -> str:
        """The key of the charge on the invoice that the usage belongs to."""
        return charge_key_of(self.key) if self.corrects else charge_key(self.key)

    @property
    def is_part(self) -> bool:
        """Whether the line is for less than the whole billing period."""
        return self.line.period != self.usage.scope.period


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the charge comes to when it is rated again; `problem` when it cannot be."""

    amount: Money | None
    is_identical: bool
    differs_in: Sequence[str]
    problem: DomainError | None


def explain_invoice_line(invoice: Invoice, position: int) -> ExplainedCharge:
    """A line of an invoice, its account loaded; four queries.

    Raises: LineNotFound, LineUnpriced.
    """
    line = (
        InvoiceLine.objects.filter(invoice=invoice, position=position)
        .select_related("resource", "corrects")
        .first()
    )
    if line is None:
        raise LineNotFound(f"{invoice} has no line {position}.")
    meant = line.corrects or invoice
    beside = InvoiceLine.objects.filter(
        invoice=invoice, key__startswith=f"{charge_key(line.key)}/"
    ).select_related("resource")
    scope = AccountPeriod(invoice.account_id, meant.period, meant.zone)
    return _explained(
        line_row(line, invoice.currency),
        line,
        scope=scope,
        account=invoice.account,
        invoice=invoice,
        beside=[line_row(each, invoice.currency) for each in beside.order_by("position")],
        corrects=str(meant) if line.corrects else "",
    )


def explain_bill_line(account: Account, bill: MonthToDate, position: int) -> ExplainedCharge:
    """A line of the bill so far; three queries. Raises: LineNotFound, LineUnpriced."""
    if not 0 < position <= len(bill.lines):
        raise LineNotFound(f"The bill so far has no line {position}.")
    line = bill.lines[position - 1]
    currency, prefix = account.currency, f"{charge_key(line.key)}/"
    return _explained(
        draft_line_row(position, line, currency, _resource(line.resource_id)),
        line,
        scope=bill.scope,
        account=account,
        beside=[
            draft_line_row(number, each, currency)
            for number, each in enumerate(bill.lines, start=1)
            if each.key.startswith(prefix)
        ],
    )


def _resource(resource_id: int | None) -> Resource | None:
    return None if resource_id is None else Resource.objects.get(pk=resource_id)


def charge_key(line_key: str) -> str:
    """The key of the charge a line belongs to; its discounts and limits have lines of their own."""
    return line_key.partition("/")[0]


def recompute(charge: ExplainedCharge) -> Recomputed:
    """Rate the whole period again, now, with the functions that bill, and compare this line."""
    lines, problem = rated_now(charge.usage.scope)
    again = next((line for line in lines if line.key == charge.key), None)
    if again is None:
        differs = [] if problem else ["the line is not there any more"]
        return Recomputed(None, False, differs, problem)
    amount = Money.from_minor(again.amount_minor, charge.currency)
    differs = [
        name
        for name, before, now in (
            ("amount", charge.line.amount, amount),
            ("quantity", charge.line.quantity, again.quantity),
            ("steps", charge.explanation, _expanded(again.explanation)),
        )
        if before != now
    ]
    return Recomputed(amount, not differs, differs, None)


def _explained(
    row: LineRow,
    line: InvoiceLine | DraftLine,
    *,
    scope: AccountPeriod,
    account: Account,
    invoice: Invoice | None = None,
    beside: Sequence[LineRow] = (),
    corrects: str = "",
) -> ExplainedCharge:
    if line.price_id is None:
        raise LineUnpriced(_decided_text(line))
    price = Price.objects.select_related("meter", "plan_version__plan").get(pk=line.price_id)
    version, shown = price.plan_version, price_row(price)
    override = None
    if line.price_override_id is not None:
        override = PriceOverride.objects.get(pk=line.price_override_id)
        shown = replace(shown, definition=override.definition)
    return ExplainedCharge(
        line=row,
        key=line.key,
        account=Party(account.public_id, account.name),
        currency=row.amount.currency,
        invoice_ref=(invoice.number or invoice.public_id) if invoice else "",
        invoice_state=invoice.state if invoice else "",
        group_label=line.group_label,
        plan=version.plan.name,
        version_id=version.public_id,
        version_number=version.number,
        price=shown,
        dimensions=line.dimensions,
        explanation=_expanded(line.explanation),
        beside=beside,
        agreement=_agreement(override),
        corrects=corrects,
        usage=UsageBehind(
            scope=scope,
            meter_id=price.meter_id,
            resource_id=line.resource_id,
            match={**price.match, **line.dimensions},
            as_of=invoice.rated_at if invoice else None,
            is_time=price.meter is not None and price.meter.aggregation == Aggregation.DURATION,
        ),
    )


def _decided_text(line: InvoiceLine | DraftLine) -> str:
    """Why a line has no price: it is the whole account's, or somebody decided on it."""
    if line.kind != ADJUSTMENT:
        return f"{line.description} is a line of the whole account and has no price."
    (step,) = _expanded(line.explanation).steps
    ticket = f" ({step['ticket']})" if step["ticket"] else ""
    return f"{line.description} was decided on by {step['by']}{ticket}: {step['reason']}"


def _agreement(override: PriceOverride | None) -> Agreement | None:
    if override is None:
        return None
    return Agreement(override.public_id, override.valid_from, override.agreed_by, override.reason)


def _expanded(explanation: Any) -> Explanation:
    """Through JSON, so that a stored explanation and a fresh one are of the same types."""
    return expand(json.loads(json.dumps(explanation)))
