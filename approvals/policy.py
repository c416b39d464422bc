"""Who may put forward and who may approve: kind of proposal, reason and amount as a table.

The table is data with a version, which every proposal keeps; whoever edits it gives it the next
number. The roles behind the permissions are in accounts.permissions. docs/approvals.md prints it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from accounts.permissions import Permission
from core.errors import Forbidden
from core.money import Money

POLICY_VERSION: Final = 1
OPEN_FOR: Final = timedelta(days=7)
"""How long a proposal can be decided."""

SMALL: Final[Mapping[str, Decimal]] = {
    "USD": Decimal(50),
    "EUR": Decimal(50),
    "GBP": Decimal(50),
    "CHF": Decimal(50),
    "JPY": Decimal(7500),
}
"""Up to here goodwill is small, in units; in any other currency none is."""


class NotForThisRole(Forbidden):
    """The person's roles do not carry this kind of proposal, or not this much."""

    code = "proposal_not_permitted"
    title = "Your roles do not carry this proposal"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One row: who puts forward and who approves. The first row that fits decides.

    `reason_codes` empty is every reason; `is_small` limits the row to small amounts.
    """

    kinds: frozenset[str]
    propose: Permission
    approve: Permission
    reason_codes: frozenset[str] = frozenset()
    is_small: bool = False

    def fits(self, kind: str, reason_code: str, amount: Money) -> bool:
        """Whether the row is about this."""
        return (
            kind in self.kinds
            and (not self.reason_codes or reason_code in self.reason_codes)
            and (not self.is_small or amount.amount <= SMALL.get(amount.currency, Decimal(-1)))
        )


POLICY: Final[Sequence[PolicyRule]] = (
    PolicyRule(
        frozenset({"adjustment", "credit_note"}),
        Permission.GOODWILL_PROPOSE,
        Permission.GOODWILL_APPROVE,
        reason_codes=frozenset({"goodwill"}),
        is_small=True,
    ),
    PolicyRule(
        frozenset({"credit_note", "void", "void_and_reissue"}),
        Permission.VOID_PROPOSE,
        Permission.VOID_APPROVE,
    ),
    PolicyRule(
        frozenset({"adjustment", "recovery", "refund", "settlement_reversal", "write_off"}),
        Permission.CREDIT_PROPOSE,
        Permission.CREDIT_APPROVE,
    ),
)


def rule_for(kind: str, reason_code: str, amount: Money) -> PolicyRule:
    """The row about a proposal. Raises: NotForThisRole where the policy has none."""
    for rule in POLICY:
        if rule.fits(kind, reason_code, amount):
            return rule
    raise NotForThisRole(f"The policy says nobody may put forward {kind!r}.", kind=kind)


def proposing(kind: str) -> frozenset[Permission]:
    """Any of these lets a person put forward something of this kind."""
    return frozenset(rule.propose for rule in POLICY if kind in rule.kinds)


def approving() -> frozenset[Permission]:
    """Any of these lets a person decide something."""
    return frozenset(rule.approve for rule in POLICY)
