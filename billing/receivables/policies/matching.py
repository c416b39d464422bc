"""What makes a row of a bank's file belong to an invoice, in which order, and who decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from billing.receivables.policies.documents import RuleDocument

NUMBER, REPLACED, PAYER_AMOUNT, PAYER, AMOUNT = (
    "number", "replaced_number", "payer_amount", "payer", "amount",
)  # fmt: skip
BY: Final[Mapping[str, str]] = {
    NUMBER: "the number of an invoice is in the text",
    REPLACED: "the number of an invoice that was replaced is in the text",
    PAYER_AMOUNT: "the payer is known and has one invoice with exactly this open",
    PAYER: "the payer is known",
    AMOUNT: "an invoice of anybody has exactly this open",
}
"""What a rule goes by, in words."""
NEVER_ALONE: Final = frozenset({PAYER, AMOUNT})
"""What is not certain enough to book anything by itself."""


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """One rule: what it goes by, and whether exactly one find is booked without being asked."""

    by: str
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """The rules in their order; the first that finds anything decides."""

    rules: Sequence[MatchingRule]


def read_matching(document: Any) -> MatchingRules:
    """{"rules": [{"by": …, "automatic": …}, …]}. Raises: RuleInvalid, naming every problem."""
    read = RuleDocument(document, ("rules",))
    rules: list[MatchingRule] = []
    for position, item in enumerate(read.items("rules")):
        each = RuleDocument(item, ("by", "automatic"), "rules", position)
        rule = MatchingRule(
            each.one_of("by", tuple(BY), NUMBER), each.flag("automatic", default=False)
        )
        if rule.is_automatic and rule.by in NEVER_ALONE:
            each.refuse("cannot be automatic: it is no proof of who paid what", "automatic")
        if rule.by in [known.by for known in rules]:
            each.refuse("stands twice", "by")
        rules.append(rule)
        read.take(each)
    if not rules:
        read.refuse("must name at least one", "rules")
    read.require_sound()
    return MatchingRules(rules)


STANDARD: Final[Mapping[str, Any]] = {
    "rules": [
        {"by": NUMBER, "automatic": True},
        {"by": REPLACED, "automatic": True},
        {"by": PAYER_AMOUNT, "automatic": True},
        {"by": PAYER, "automatic": False},
        {"by": AMOUNT, "automatic": False},
    ]
}
