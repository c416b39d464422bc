"""Why a charge may be wrong: each reason has the fact it needs, and what a credit for it is called.

Data: what a fact comes to is worked out by `operations.claims`, by the code that bills.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from billing.invoicing.models import CreditNote


class FactKind(StrEnum):
    """What is typed for a fact."""

    INSTANT = "instant"
    QUANTITY = "quantity"
    PRICE = "price"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class FactField:
    """One thing a reason needs to know."""

    name: str
    label: str
    kind: FactKind


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A reason: its sentence with the fact in it, the fields, the reason of the credit note."""

    code: str
    title: str
    sentence: str
    fields: Sequence[FactField]
    credited_as: CreditNote.Reason


_REASONS: Final = (
    ReasonCode(
        "ended_earlier",
        "It ended earlier",
        "It ended at {ended_at}.",
        (FactField("ended_at", "It ended at", FactKind.INSTANT),),
        CreditNote.Reason.BILLING_ERROR,
    ),
    ReasonCode(
        "price_differs",
        "The price is another",
        "The price should be {unit_price}.",
        (FactField("unit_price", "The price should be", FactKind.PRICE),),
        CreditNote.Reason.PRICE_NOT_AS_AGREED,
    ),
    ReasonCode(
        "quantity_differs",
        "The quantity is another",
        "The quantity was {quantity}.",
        (FactField("quantity", "The quantity was", FactKind.QUANTITY),),
        CreditNote.Reason.RE_RATED,
    ),
    ReasonCode(
        "counted_twice",
        "It is counted twice",
        "Event {event} is the same as {same_as}.",
        (
            FactField("event", "This event", FactKind.EVENT),
            FactField("same_as", "is the same as", FactKind.EVENT),
        ),
        CreditNote.Reason.BILLING_ERROR,
    ),
    ReasonCode(
        "not_ours",
        "It is not ours",
        "It belongs to somebody else.",
        (),
        CreditNote.Reason.USAGE_NOT_THEIRS,
    ),
    ReasonCode(
        "was_down",
        "It was down",
        "It was down from {down_from} to {down_until}.",
        (
            FactField("down_from", "It was down from", FactKind.INSTANT),
            FactField("down_until", "until", FactKind.INSTANT),
        ),
        CreditNote.Reason.SERVICE_UNAVAILABLE,
    ),
)

REASON_CODES: Final[Mapping[str, ReasonCode]] = MappingProxyType(
    {each.code: each for each in _REASONS}
)
CODES: Final = tuple((each.code, each.title) for each in _REASONS)
"""As a model's or a form's choices."""
