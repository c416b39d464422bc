"""What a permission lets people do, in words that follow "may"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from accounts.permissions import Permission

_SAID: Final = {
    Permission.BILLING_READ: "see customers, their usage and invoices",
    Permission.BILLING_READ_MASKED: "see customers, their usage and invoices",
    Permission.COUNTS_READ: "see how much there is",
    Permission.ACCOUNTS_MAINTAIN: "maintain accounts",
    Permission.PERSONAL_DATA_UNMASK: "see personal data in full",
    Permission.WORK_RETRY: "try parked work again",
    Permission.WORK_RETRY_PROPOSE: "propose to try parked work again",
    Permission.PAYMENT_RECORD: "record and allocate payments",
    Permission.BILLING_RULES_CHANGE: "change the rules of bills and numbers",
    Permission.BILLING_RULES_READ: "read the rules of bills and numbers",
    Permission.PAYMENT_RULES_CHANGE: "change the rules of payments and dunning",
    Permission.PAYMENT_RULES_READ: "read the rules of payments and dunning",
    Permission.CONFIGURE: "change the configuration",
    Permission.CONFIGURATION_READ: "read the configuration",
}


def may_text(permissions: Iterable[Permission]) -> str:
    """What these permissions are for: propose or approve a catalogue change."""
    return listed(list(dict.fromkeys(map(_said, permissions))))


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists alternatives: one, two or three."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _said(permission: Permission) -> str:
    if permission in _SAID:
        return _SAID[permission]
    noun, verb = permission.value.split(".")
    noun = noun.replace("_", " ")
    return f"{verb} {'an' if noun[0] in 'aeiou' else 'a'} {noun}"
