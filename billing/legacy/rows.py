"""What a reader makes of another system's export: parties, documents, lines, settlements.

Every row says which line of which file it came from, and keeps the columns that nothing here has
a place for. Periods are half-open instants in UTC; amounts are exact, in the document's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from core.money import Money


@dataclass(frozen=True, slots=True)
class RowOrigin:
    """Where a row stood: the file's name, its line (of JSON the number of the object), and all
    that nothing here has a place for, as it was written.
    """

    file: str
    line: int
    unmapped: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.file}, line {self.line:,}"


@dataclass(frozen=True, slots=True)
class LegacyParty:
    """Whom the other system bills."""

    origin: RowOrigin
    foreign_id: str
    name: str = ""
    email: str = ""
    country: str = ""
    tax_id: str = ""


class LegacyDocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class LegacyDocument:
    """One invoice of theirs. `total` is what they say was charged, with tax and after discounts,
    before anything was paid or credited; None where the export does not say. `paid` likewise.
    """

    origin: RowOrigin
    foreign_id: str
    number: str
    party: str
    currency: str
    issued_on: date
    total: Money | None
    paid: Money | None = None
    kind: LegacyDocumentKind = LegacyDocumentKind.INVOICE
    period_from: datetime | None = None
    period_until: datetime | None = None
    state: str = ""


class LegacyLineKind(StrEnum):
    CHARGE = "charge"
    DISCOUNT = "discount"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class LegacyLine:
    """A part of a document's total; what takes off is below zero."""

    origin: RowOrigin
    document: str
    foreign_id: str
    kind: LegacyLineKind
    product: str
    description: str
    amount: Money
    quantity: Decimal | None = None
    service_from: datetime | None = None
    service_until: datetime | None = None


class SettlementKind(StrEnum):
    PAYMENT = "payment"
    CREDIT = "credit"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class LegacySettlement:
    """What was put on a document: money, or credit the customer had. A refund is below zero."""

    origin: RowOrigin
    document: str
    foreign_id: str
    kind: SettlementKind
    amount: Money
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegacyProblem:
    """A row that could not be read, with the reason in a sentence; never a shifted amount."""

    origin: RowOrigin
    detail: str


LegacyRow = LegacyParty | LegacyDocument | LegacyLine | LegacySettlement | LegacyProblem
