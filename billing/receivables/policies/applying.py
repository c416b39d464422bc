"""Whether money that is free settles what is issued by itself, and how small a bank charge is."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from billing.receivables.policies.documents import RuleDocument


@dataclass(frozen=True, slots=True)
class ApplyingRules:
    """For accounts of a kind: what settles new invoices unasked, oldest first.

    `charge_limit` is what a bank may keep of a payment, in units of the invoice's currency.
    """

    applies_credit: bool
    applies_cash: bool
    charge_limit: Decimal


def read_applying(document: Any) -> ApplyingRules:
    """{"credit": …, "cash": …, "charge_limit": "5.00"}. Raises: RuleInvalid."""
    read = RuleDocument(document, ("credit", "cash", "charge_limit"))
    found = ApplyingRules(
        applies_credit=read.flag("credit", default=True),
        applies_cash=read.flag("cash", default=True),
        charge_limit=read.amount("charge_limit", "5.00"),
    )
    read.require_sound()
    return found


STANDARD: Final[Mapping[str, Any]] = {"credit": True, "cash": True, "charge_limit": "5.00"}
