"""Personal data on screen: what a role sees of it, and what somebody asked to see for a while.

Roles that read billing in full see names, addresses and tax ids; e-mail addresses are cut for
everybody. A disclosure (accounts.operations.disclosures) shows one account in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import Account, Disclosure, User
from accounts.queries.disclosures import may_ask, shown_now
from billing.overview.queries.accounts import Contact
from billing.overview.queries.history import ChangedField, Entry
from console.shell.access import sees_personal_data

HIDDEN = "hidden for your role"
_EMAIL = re.compile(r"(\S)\S*@(\S+)")
_DOMAIN_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PersonalSight:
    """What somebody sees of an account's personal data: by role, and by what they asked for.

    `may_ask` says whether they may ask for all of it.
    """

    by_role: bool
    disclosure: Disclosure | None = None
    may_ask: bool = False

    def show(self, text: str) -> str:
        """A personal text as this person may see it; nothing stays nothing."""
        if not text or self.disclosure is not None:
            return text
        email = _EMAIL.fullmatch(text)
        if email:
            return f"{email[1]}•••@{email[2][: min(_DOMAIN_SHOWN, len(email[2]) // 2)]}…"
        return text if self.by_role else HIDDEN


def sight_of(account: Account, user: User, *, at: datetime) -> PersonalSight:
    """What a person sees of an account at an instant; one query for who may ask for more."""
    return PersonalSight(
        sees_personal_data(user), shown_now(account, user, at=at), may_ask=may_ask(user)
    )


def sight_in_files(user: User) -> PersonalSight:
    """What a person sees of everybody; no file holds what was shown for a while."""
    return PersonalSight(sees_personal_data(user))


def mask_entries(entries: Sequence[Entry], sight: PersonalSight) -> Sequence[Entry]:
    """A timeline with its personal values as they may be seen."""
    return [
        replace(entry, changes=[_mask_change(change, sight) for change in entry.changes])
        for entry in entries
    ]


def mask_contact(contact: Contact | None, sight: PersonalSight) -> Contact | None:
    """What an invoice prints about a person or company."""
    if contact is None:
        return None
    return Contact(
        legal_name=sight.show(contact.legal_name),
        address=sight.show(contact.address),
        tax_id=sight.show(contact.tax_id),
        email=sight.show(contact.email),
    )


def mask_billed_to(billed_to: Mapping[str, str], sight: PersonalSight) -> Mapping[str, str]:
    """The copy of it on an invoice."""
    return {name: sight.show(text) for name, text in billed_to.items()}


def _mask_change(change: ChangedField, sight: PersonalSight) -> ChangedField:
    if not change.is_personal:
        return change
    return replace(change, old=_shown(change.old, sight), new=_shown(change.new, sight))


def _shown(value: object, sight: PersonalSight) -> object:
    return sight.show(value) if isinstance(value, str) else value
