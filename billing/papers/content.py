"""What is on a paper: one plain value that every format is made of. No rows, no clock, no words.

Amounts are posted minor units of `currency`, prices and quantities exact decimals, days those of
the seller's clock. A format that wants something else asks for a field here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from billing.invoicing.tax import TaxRounding
from core.money import Money, to_minor


@dataclass(frozen=True, slots=True)
class PaperParty:
    """Who sells or pays, as copied at issue. `address` is of one line or several."""

    legal_name: str
    address: str = ""
    country: str = ""
    tax_id: str = ""
    registration: str = ""
    email: str = ""
    reference: str = ""

    @property
    def address_lines(self) -> list[str]:
        """The address, without empty lines."""
        return [line.strip() for line in self.address.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class PayTo:
    """Where a payment goes."""

    bank_name: str = ""
    iban: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed charge or discount. `first_on` and `last_on` are both included.

    `takes_tax_out`: it is the tax that the prices of its group have in them.
    """

    position: int
    group: str
    description: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount_minor: int
    tax_group: str
    first_on: date | None = None
    last_on: date | None = None
    takes_tax_out: bool = False

    def multiplies(self, currency: str) -> bool:
        """Whether quantity times price is the amount, rounded once, half away from zero."""
        if self.quantity is None or self.unit_price is None:
            return False
        exact = Fraction(self.quantity) * Fraction(self.unit_price)
        return to_minor(exact, currency) == self.amount_minor


@dataclass(frozen=True, slots=True)
class PaperTax:
    """One tax group; `rate` is a share, 0.19 is 19 %. `is_included`: prices have it in them."""

    group: str
    jurisdiction: str
    treatment: str
    name: str
    rate: Decimal
    base_minor: int
    tax_minor: int
    evidence: str = ""
    rounding: TaxRounding = TaxRounding.HALF_UP
    is_included: bool = False


@dataclass(frozen=True, slots=True)
class RefersTo:
    """The invoice that a paper corrects, takes back or stands in for."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperContent:
    """A whole paper. `paid_minor` is what was on the invoice the moment it was issued."""

    kind: str
    code: str
    language: str
    public_id: str
    number: str
    issued_at: datetime
    issued_on: date
    due_on: date | None
    voided_on: date | None = None
    first_on: date | None = None
    last_on: date | None = None
    currency: str
    seller: PaperParty
    customer: PaperParty
    pay_to: PayTo
    purchase_order: str = ""
    note: str = ""
    reason: str = ""
    refers_to: RefersTo | None = None
    lines: Sequence[PaperLine] = ()
    taxes: Sequence[PaperTax] = ()
    subtotal_minor: int
    tax_minor: int
    carried_minor: int = 0
    paid_minor: int = 0
    total_minor: int
    content_sha256: str

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes away."""
        return self.kind == "credit_note"

    @property
    def is_void(self) -> bool:
        """Whether it says that an invoice is owed by nobody."""
        return self.kind == "void"

    @property
    def due_minor(self) -> int:
        """What the paper asks for; of a credit note, what it gives."""
        return self.total_minor - self.paid_minor

    @property
    def gross_minor(self) -> int:
        """Subtotal and tax, before credit that is carried."""
        return self.subtotal_minor + self.tax_minor

    def money(self, minor: int) -> Money:
        """A posted amount of the paper."""
        return Money.from_minor(minor, self.currency)
