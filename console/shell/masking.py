"""Personal data for people who may not see it: that there is some stays, the value goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from accounts.models import User
from billing.overview.queries.accounts import Contact
from billing.overview.queries.history import ChangedField, Entry
from console.shell.access import sees_personal_data

HIDDEN = "hidden for your role"


def mask_entries(entries: Sequence[Entry], user: User) -> Sequence[Entry]:
    """A timeline without the values of personal fields."""
    if sees_personal_data(user):
        return entries
    return [
        replace(entry, changes=[_mask_change(change) for change in entry.changes])
        for entry in entries
    ]


def mask_contact(contact: Contact | None, user: User) -> Contact | None:
    """What an invoice prints about a person or company, hidden where there is something."""
    if contact is None or sees_personal_data(user):
        return contact
    return Contact(
        legal_name=_mask(contact.legal_name),
        address=_mask(contact.address),
        tax_id=_mask(contact.tax_id),
        email=_mask(contact.email),
    )


def mask_billed_to(billed_to: Mapping[str, str], user: User) -> Mapping[str, str]:
    """The copy of it on an invoice."""
    if sees_personal_data(user):
        return billed_to
    return {name: _mask(text) for name, text in billed_to.items()}


def _mask(text: str) -> str:
    return HIDDEN if text else ""


def _mask_change(change: ChangedField) -> ChangedField:
    if not change.is_personal:
        return change
    return replace(
        change, old=HIDDEN if change.old else change.old, new=HIDDEN if change.new else change.new
    )
