"""A version of the policy as a document: read strictly, and said again in its canonical form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from accounts.permissions import Permission, Role
from approvals.payloads import PayloadReader
from approvals.policy import ApprovalLevel, ApprovalRule, ApproverLimit, Policy
from core.decimals import decimal_text

LEVELS_MAX: Final = 4
PERSONS_MAX: Final = 5
DAYS_MAX: Final = 31


def read_policy(document: Mapping[str, Any], *, number: int, kinds: Collection[str]) -> Policy:
    """A policy of this number; `kinds` are all that may be named.

    Raises: PayloadInvalid, naming the field.
    """
    reader = PayloadReader(document)
    days = reader.whole("open_for_days", least=1, most=DAYS_MAX)
    rules = [_read_rule(part, kinds) for part in reader.parts("rules")]
    limits = [_read_limit(part) for part in reader.parts("limits")]
    reader.end()
    return Policy(number, timedelta(days=days), tuple(rules), tuple(limits))


def policy_document(policy: Policy) -> dict[str, Any]:
    """A policy as it is kept; `read_policy` reads it back."""
    return {
        "open_for_days": policy.open_for.days,
        "rules": [_rule_document(rule) for rule in policy.rules],
        "limits": [_limit_document(limit) for limit in policy.limits],
    }


def _read_rule(reader: PayloadReader, kinds: Collection[str]) -> ApprovalRule:
    about = reader.texts("kinds")
    unknown = sorted(set(about) - set(kinds))
    if unknown or not about:
        said = f"There is no kind {unknown[0][:64]!r}." if unknown else "Name a kind."
        raise reader.wrong("kinds", said)
    propose = _permission(reader, "propose", ".propose")
    levels = [_read_level(part) for part in reader.parts("levels")]
    if not 1 <= len(levels) <= LEVELS_MAX:
        raise reader.wrong("levels", f"A row has 1 to {LEVELS_MAX} levels.")
    up_to = reader.amounts("up_to") if reader.has("up_to") else None
    rule = ApprovalRule(
        frozenset(about),
        propose,
        tuple(levels),
        reason_codes=frozenset(reader.texts("reason_codes")),
        accounts=frozenset(reader.texts("accounts")),
        up_to=up_to,
    )
    reader.end()
    return rule


def _read_level(reader: PayloadReader) -> ApprovalLevel:
    level = ApprovalLevel(
        _permission(reader, "permission", ".approve"),
        reader.whole("persons", least=1, most=PERSONS_MAX, default=1),
    )
    reader.end()
    return level


def _permission(reader: PayloadReader, name: str, ending: str) -> Permission:
    value = reader.text(name)
    if value not in list(Permission) or not value.endswith(ending):
        raise reader.wrong(name, f"Expected a permission that ends in {ending}.")
    return Permission(value)


def _read_limit(reader: PayloadReader) -> ApproverLimit:
    role, person = reader.text("role"), reader.text("person")
    if bool(role) == bool(person) or (role and role not in list(Role)):
        raise reader.wrong("role", "Name a role, or a person by id.")
    bounds = [
        reader.amounts(name) if reader.has(name) else None for name in ("per_item", "per_day")
    ]
    if bounds == [None, None]:
        raise reader.wrong("per_item", "Say a limit for one item, or for a day.")
    reader.end()
    return ApproverLimit(Role(role) if role else None, person, *bounds)


def _rule_document(rule: ApprovalRule) -> dict[str, Any]:
    said: dict[str, Any] = {
        "kinds": sorted(rule.kinds),
        "propose": rule.propose.value,
        "levels": [
            {"permission": level.permission.value, "persons": level.persons}
            for level in rule.levels
        ],
    }
    if rule.reason_codes:
        said["reason_codes"] = sorted(rule.reason_codes)
    if rule.accounts:
        said["accounts"] = sorted(rule.accounts)
    if rule.up_to is not None:
        said["up_to"] = _amounts(rule.up_to)
    return said


def _limit_document(limit: ApproverLimit) -> dict[str, Any]:
    who = {"role": limit.role.value} if limit.role else {"person": limit.person}
    bounds = {"per_item": limit.per_item, "per_day": limit.per_day}
    return who | {name: _amounts(each) for name, each in bounds.items() if each is not None}


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: decimal_text(amounts[currency]) for currency in sorted(amounts)}
