"""Invoices somebody types: lines with a quantity, a price and a tax class, taxed as any other.

One rounding a line, half away from zero. Credit that was carried forward stays for the account's
period invoices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from accounts.models import Account
from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.customers import Customer, customers
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.taxing import with_tax
from billing.invoicing.models import Invoice
from billing.invoicing.models.invoice_lines import TYPED
from billing.rating import expand
from billing.rating.charges import STEPPED
from core.decimals import decimal_text
from core.errors import DomainError, Invalid
from core.money import to_minor
from core.periods import Period

LINES_MAX = 200
DESCRIPTION_MAX = 500
TERMS_MAX = 365


class OneOffInvalid(Invalid):
    """What was typed breaks a rule; the field is named."""

    code = "one_off_invalid"
    title = "The invoice is not valid"


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line as somebody types it; `unit_price` in units of the account's currency, before tax.

    `period` is the time it is for; None is that of the invoice. `tax_class` is a product class.
    """

    description: str
    quantity: Decimal
    unit_price: Decimal
    unit: str = ""
    tax_class: str = ""
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class TypedInvoice:
    """What a one-off invoice is to say. `period` None is the account's day it is prepared on.

    `terms_days`, `purchase_order` and `note` None are those of the payer.
    """

    lines: Sequence[TypedLine]
    period: Period | None = None
    terms_days: int | None = None
    purchase_order: str | None = None
    note: str | None = None

    def check(self) -> None:
        """Raises: OneOffInvalid."""
        if not 0 < len(self.lines) <= LINES_MAX:
            raise OneOffInvalid(f"It has 1 to {LINES_MAX} lines.", field="lines")
        if self.terms_days is not None and not 0 <= self.terms_days <= TERMS_MAX:
            raise OneOffInvalid(f"It is due within {TERMS_MAX} days.", field="terms_days")
        if len(self.purchase_order or "") > 100:
            raise OneOffInvalid("It has 100 characters at most.", field="purchase_order")
        if len(self.note or "") > 1_000:
            raise OneOffInvalid("It has 1,000 characters at most.", field="note")
        for position, line in enumerate(self.lines, start=1):
            _check_line(line, position)


def _check_line(line: TypedLine, position: int) -> None:
    where = f"Line {position}"
    if not line.description.strip():
        raise OneOffInvalid(f"{where} says what it is for.", field="description")
    if len(line.description) > DESCRIPTION_MAX:
        raise OneOffInvalid(
            f"{where}: a description has {DESCRIPTION_MAX} characters at most.", field="description"
        )
    if not line.quantity.is_finite() or line.quantity <= 0:
        raise OneOffInvalid(f"{where}: a quantity is above 0.", field="quantity")
    if not line.unit_price.is_finite():
        raise OneOffInvalid(f"{where}: a price is a number.", field="unit_price")
    if line.quantity >= 10**12 or abs(line.unit_price) >= 10**12:
        raise OneOffInvalid(f"{where} is beyond any invoice.", field="quantity")
    places = (-int(line.quantity.as_tuple().exponent), -int(line.unit_price.as_tuple().exponent))
    if places[0] > 18 or places[1] > 12:
        raise OneOffInvalid(
            f"{where}: a quantity has 18 decimals at most, a price 12.", field="unit_price"
        )


def one_off_draft(
    account: Account, typed: TypedInvoice, *, period: Period, zone: str, issued_at: datetime
) -> InvoiceDraft:
    """The draft of a typed invoice of an account, taxed as things are at the end of its period.

    Raises: OneOffInvalid, NoPayer, NoBillingProfile, TaxUnavailable, TaxIdUnconfirmed.
    """
    typed.check()
    (customer,) = customers([AccountPeriod(account.pk, period, zone)])
    if isinstance(customer, DomainError):
        raise customer
    lines = [
        _line(line, position, customer, period) for position, line in enumerate(typed.lines, 1)
    ]
    said = [[line.key, line.description, line.amount_minor, line.tax_class] for line in lines]
    untaxed = _untaxed(account, typed, customer, period, zone, lines, said)
    (taxed,) = with_tax([untaxed], issued_at=issued_at)
    if isinstance(taxed, DomainError):
        raise taxed
    if taxed.total_minor < 0 or taxed.subtotal_minor < 0:
        raise OneOffInvalid("An invoice is not below 0; give a credit note.", field="lines")
    return taxed


def _untaxed(
    account: Account,
    typed: TypedInvoice,
    customer: Customer,
    period: Period,
    zone: str,
    lines: Sequence[DraftLine],
    said: Sequence[object],
) -> InvoiceDraft:
    terms = customer.terms_days if typed.terms_days is None else typed.terms_days
    order = customer.purchase_order if typed.purchase_order is None else typed.purchase_order
    note = customer.note if typed.note is None else typed.note
    return InvoiceDraft(
        account_id=account.pk,
        payer_id=customer.payer_id,
        period=period,
        zone=zone,
        currency=customer.currency,
        billed_to=customer.billed_to,
        terms_days=terms,
        inputs_digest=digest([said, customer.payer_id, customer.billed_to, terms, order, note]),
        lines=lines,
        has_usage=False,
        taxed_as=customer.taxed_as,
        kind=Invoice.Kind.ONE_OFF.value,
        purchase_order=order,
        note=note,
    )


def _line(line: TypedLine, position: int, customer: Customer, period: Period) -> DraftLine:
    exact = Fraction(line.quantity) * Fraction(line.unit_price)
    amount = to_minor(exact, customer.currency)
    inputs = {"quantity": decimal_text(line.quantity)}
    step = {
        "step": "typed",
        "quantity": decimal_text(line.quantity),
        "unit_price": decimal_text(line.unit_price),
        "tax_class": line.tax_class,
    }
    return DraftLine(
        key=f"typed:{position}",
        kind=TYPED,
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=line.description.strip(),
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        amount_minor=amount,
        dimensions={},
        explanation=(STEPPED, inputs, [step]),
        period=line.period or period,
        tax_class=line.tax_class,
    )


def typed_again(invoice: Invoice) -> TypedInvoice:
    """What a stored draft was typed as."""
    lines = []
    for line in invoice.lines.order_by("position"):
        step = expand(line.explanation).step("typed")
        assert step is not None
        assert line.unit_price is not None
        lines.append(
            TypedLine(
                line.description,
                line.quantity,
                line.unit_price,
                line.unit,
                str(step["tax_class"]),
                Period(line.period_from, line.period_until),
            )
        )
    return TypedInvoice(
        lines, invoice.period, invoice.terms_days, invoice.purchase_order, invoice.note
    )
