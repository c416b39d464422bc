"""A draft invoice as values: what rating an account's period came to, before it is rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from billing.invoicing.tax import NO_COUNTRY, TaxParty
from billing.invoicing.tax_amounts import GroupTax
from billing.rating import LineKind, expand
from core.errors import DomainError
from core.periods import Period


class DraftLine(NamedTuple):
    """One rated line with what is printed beside it; fields as on `InvoiceLine`.

    A line of the whole account, such as a grant, has no subscription and no price. `tax_class` is
    the product class it is taxed as. `deducts_id` is the threshold invoice that billed some of the
    same usage already: the line is taxed as that was.
    """

    key: str
    kind: str
    subscription_id: int | None
    price_id: int | None
    resource_id: int | None
    group_label: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    amount_minor: int
    dimensions: Mapping[str, str]
    explanation: Any
    period: Period
    price_override_id: int | None = None
    corrects_id: int | None = None
    tax_group: str = ""
    tax_class: str = ""
    deducts_id: int | None = None

    @property
    def shows_something(self) -> bool:
        """Whether the line is one of money, or of usage with a price, be it less than a cent."""
        return bool(self.amount_minor or (self.kind in _OF_USAGE and self.quantity))

    @property
    def is_priced(self) -> bool:
        """Whether it prices something; one that adjusts others has no quantity and no unit."""
        return expand(self.explanation).is_priced

    @property
    def rated_quantity(self) -> Decimal | None:
        """What was priced; None on a line that adjusts others, whose `quantity` stands for none."""
        return self.quantity if self.is_priced else None

    @property
    def rated_unit(self) -> str:
        """What was priced is counted in; empty on a line that adjusts others."""
        return self.unit if self.is_priced else ""


_OF_USAGE = (LineKind.USAGE, LineKind.OVERAGE)


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """Everything an invoice of one account and period will say, except its number.

    `has_usage` says whether anything was metered, also where none of it is on a line because it is
    free. `carried_minor` is the credit that does not fit and is carried forward; below 0, what is
    taken of credit that was.
    """

    account_id: int
    payer_id: int
    period: Period
    zone: str
    currency: str
    billed_to: Mapping[str, Any]
    terms_days: int
    inputs_digest: str
    lines: Sequence[DraftLine]
    has_usage: bool
    carried_minor: int = 0
    taxed_as: TaxParty = NO_COUNTRY
    taxes: Sequence[GroupTax] = ()
    kind: str = "period"
    purchase_order: str = ""
    note: str = ""

    @property
    def shows_something(self) -> bool:
        """Whether there is an invoice: one whose lines are all of 0.00, with no usage, is none."""
        return any(line.shows_something for line in self.lines)

    @property
    def subtotal_minor(self) -> int:
        """Sum of the rounded lines, in minor units; tax is no line."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        """What the payer will owe, in minor units; never below 0."""
        return self.subtotal_minor + self.tax_minor + self.carried_minor

    @property
    def tax_minor(self) -> int:
        """Sum of the groups' taxes, each rounded once, in minor units."""
        return sum(each.tax_minor for each in self.taxes)


DraftOrProblem = InvoiceDraft | DomainError
