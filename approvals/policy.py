"""Who may put forward and who may approve: kind of proposal, reason, account and amount as a table.

The table is data with a version, which every version of a proposal keeps. Here it is once it was
read; `approvals.policy_document` reads it, and docs/approvals.md prints the house's own. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from accounts.permissions import Permission, Role, roles_with
from core.errors import Forbidden
from core.money import Money


class NotForThisRole(Forbidden):
    """The person's roles do not carry this kind of proposal, or not this much."""

    code = "proposal_not_permitted"
    title = "Your roles do not carry this proposal"


class AboveLimit(NotForThisRole):
    """It is more than the person may let happen at once, or in a day."""

    code = "above_limit"
    title = "This is above your limit"


@dataclass(frozen=True, slots=True)
class Matter:
    """What the policy is asked about. `account` is a public id, empty where it concerns none."""

    kind: str
    reason_code: str
    amount: Money | None
    account: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalLevel:
    """One level: so many different people who carry the permission."""

    permission: Permission
    persons: int = 1

    @property
    def roles(self) -> Sequence[Role]:
        """The roles that carry it."""
        return roles_with(self.permission)


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """One row: who puts forward, and the levels that approve, one after the other.

    What is empty narrows nothing; `up_to` limits the row to amounts up to there by currency, and
    to none in a currency it does not name.
    """

    kinds: frozenset[str]
    propose: Permission
    levels: Sequence[ApprovalLevel]
    reason_codes: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    up_to: Mapping[str, Decimal] | None = None

    def fits(self, matter: Matter) -> bool:
        """Whether the row is about this."""
        return (
            matter.kind in self.kinds
            and (not self.reason_codes or matter.reason_code in self.reason_codes)
            and (not self.accounts or matter.account in self.accounts)
            and (self.up_to is None or is_within(matter.amount, self.up_to))
        )

    @property
    def needed(self) -> int:
        """How many different people must approve."""
        return sum(level.persons for level in self.levels)

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What lets a person decide at one of its levels."""
        return tuple(dict.fromkeys(level.permission for level in self.levels))

    def asks_alike(self, other: ApprovalRule) -> bool:
        """Whether a proposal would be decided alike under the other row."""
        return (self.propose, self.levels) == (other.propose, other.levels)


@dataclass(frozen=True, slots=True)
class ApproverLimit:
    """How much one person lets happen; of a role, or of one person by public id.

    None is without a limit; a currency that is not named has a limit of nothing.
    """

    role: Role | None
    person: str
    per_item: Mapping[str, Decimal] | None
    per_day: Mapping[str, Decimal] | None

    def binds(self, person: str, roles: Collection[Role]) -> bool:
        """Whether it is about this person."""
        return self.person == person if self.person else self.role in roles


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the table. The first row that fits decides."""

    number: int
    open_for: timedelta
    rules: Sequence[ApprovalRule]
    limits: Sequence[ApproverLimit] = ()

    def rule_for(self, matter: Matter) -> ApprovalRule:
        """The row about a proposal. Raises: NotForThisRole where the policy has none."""
        for rule in self.rules:
            if rule.fits(matter):
                return rule
        raise NotForThisRole(
            f"The policy says nobody may put forward {matter.kind!r}.", kind=matter.kind
        )

    def proposing(self, kind: str) -> frozenset[Permission]:
        """Any of these lets a person put forward something of this kind."""
        return frozenset(rule.propose for rule in self.rules if kind in rule.kinds)

    def drawing(self, kind: str, reason_code: str, *, account: str) -> frozenset[Permission]:
        """Any of these lets a person give such a thing under a mandate, however much it is."""
        return frozenset(
            rule.propose
            for rule in self.rules
            if replace(rule, up_to=None).fits(Matter(kind, reason_code, None, account))
        )

    def limits_of(self, person: str, roles: Collection[Role]) -> Sequence[ApproverLimit]:
        """All that binds a person; each must be kept."""
        return [limit for limit in self.limits if limit.binds(person, roles)]


def is_within(amount: Money | None, bounds: Mapping[str, Decimal]) -> bool:
    """Whether an amount is at most what is said for its currency; no amount is within nothing."""
    return amount is not None and amount.amount <= bounds.get(amount.currency, Decimal(-1))


_SMALL: Final = {
    "CHF": Decimal(50),
    "EUR": Decimal(50),
    "GBP": Decimal(50),
    "JPY": Decimal(7500),
    "USD": Decimal(50),
}
_P = Permission
HOUSE_POLICY: Final = Policy(
    number=1,
    open_for=timedelta(days=7),
    rules=(
        ApprovalRule(
            frozenset({"adjustment", "credit_note", "grant"}),
            _P.GOODWILL_PROPOSE,
            (ApprovalLevel(_P.GOODWILL_APPROVE),),
            reason_codes=frozenset({"goodwill"}),
            up_to=_SMALL,
        ),
        ApprovalRule(
            frozenset({"credit_note", "void", "void_and_reissue"}),
            _P.VOID_PROPOSE,
            (ApprovalLevel(_P.VOID_APPROVE),),
        ),
        ApprovalRule(
            frozenset(
                {
                    "adjustment",
                    "grant",
                    "late_waiver",
                    "recovery",
                    "refund",
                    "settlement_reversal",
                    "write_off",
                }
            ),
            _P.CREDIT_PROPOSE,
            (ApprovalLevel(_P.CREDIT_APPROVE),),
        ),
        ApprovalRule(
            frozenset({"backfill_step", "usage_correction"}),
            _P.USAGE_CORRECT_PROPOSE,
            (ApprovalLevel(_P.USAGE_CORRECT_APPROVE),),
        ),
        ApprovalRule(
            frozenset({"held_settlement"}),
            _P.QUARANTINE_SETTLE_PROPOSE,
            (ApprovalLevel(_P.QUARANTINE_SETTLE_APPROVE),),
        ),
        ApprovalRule(
            frozenset(
                {
                    "agreed_price",
                    "change_policy",
                    "coupon",
                    "entitlement",
                    "meter_change",
                    "plan_publication",
                    "plan_retirement",
                }
            ),
            _P.CATALOGUE_PROPOSE,
            (ApprovalLevel(_P.CATALOGUE_APPROVE),),
        ),
        ApprovalRule(
            frozenset(
                {"entitlement_override", "license_amendment", "pool_true_up", "spending_limit"}
            ),
            _P.LICENCE_OVERRIDE_PROPOSE,
            (ApprovalLevel(_P.LICENCE_OVERRIDE_APPROVE),),
        ),
        ApprovalRule(
            frozenset({"approval_policy", "mandate"}),
            _P.POLICY_PROPOSE,
            (ApprovalLevel(_P.POLICY_APPROVE),),
        ),
    ),
)
"""What holds until another version is published."""
