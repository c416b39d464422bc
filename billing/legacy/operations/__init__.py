"""Bring in another system's invoices: read, balance, map to accounts, keep; all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from accounts.models import Account
from billing.legacy.balance import (
    CurrencyTotals,
    LegacyBooks,
    LegacyImbalance,
    charged,
    gather,
    imbalances,
    settled,
    totals,
)
from billing.legacy.content import content_of, digest, period_of
from billing.legacy.mapping import LegacyMapping
from billing.legacy.models import LegacyImport, LegacyInvoice
from billing.legacy.readers import READERS
from billing.legacy.rows import LegacyDocument
from core.actor import Actor, require_said
from core.db.locks import alone
from core.db.transactions import transaction
from core.errors import Conflict, FieldError, Invalid

_NAMED_MOST = 20


class LegacyUnbalanced(Invalid):
    """Something does not add up, or cannot be read; nothing was kept."""

    code = "legacy_unbalanced"
    title = "The files do not add up"


class LegacyAccountsMissing(Invalid):
    """Customers of the other system are not in the mapping, or map to no account."""

    code = "legacy_accounts_missing"
    title = "Customers without an account"


class LegacyInvoiceChanged(Conflict):
    """An invoice that was kept before says something else now; what is kept stays."""

    code = "legacy_invoice_changed"
    title = "An invoice is not what it was"


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """What files come to, before anything is kept."""

    mapping: LegacyMapping
    files: Sequence[Mapping[str, Any]]
    books: LegacyBooks
    imbalances: Sequence[LegacyImbalance]
    totals: Sequence[CurrencyTotals]

    @property
    def wrong(self) -> Sequence[str]:
        """What cannot be read or does not add up, each with its file and line."""
        return [
            *(f"{each.origin}: {each.detail}" for each in self.books.problems),
            *(f"{each.origin}: {each.detail}" for each in self.imbalances),
        ]

    @property
    def strangers(self) -> Sequence[str]:
        """Customers with documents whom the mapping gives no account, in order."""
        parties = {document.party for document in self.books.documents.values()}
        return sorted(parties - self.mapping.accounts.keys())


def prepare(paths: Sequence[Path], mapping: LegacyMapping) -> PreparedImport:
    """Read files that belong together and add them up; keeps nothing.

    Raises: FileRefused, OSError.
    """
    files = [_file(path) for path in paths]
    books = gather(READERS[mapping.system](paths, mapping))
    return PreparedImport(mapping, files, books, imbalances(books), totals(books))


def keep(prepared: PreparedImport, *, at: datetime, by: Actor, reason: str) -> LegacyImport | None:
    """Keep every document that is not known yet; None when all of them are.

    The same files again keep nothing. Raises: LegacyUnbalanced, LegacyAccountsMissing,
    LegacyInvoiceChanged, ReasonMissing.
    """
    reason = require_said(reason, "Say why these invoices are brought in.")
    _require_balance(prepared)
    with transaction():
        alone(f"legacy import {prepared.mapping.system}")
        accounts = _accounts(prepared)
        new = _new(prepared, accounts)
        if not new:
            return None
        brought = LegacyImport.objects.create(
            system=prepared.mapping.system,
            mapping_digest=prepared.mapping.digest,
            imported_at=at,
            imported_by=str(by),
            reason=reason,
            files=list(prepared.files),
            summary=_summary(prepared, new),
        )
        for invoice in new:
            invoice.brought_by = brought
        LegacyInvoice.objects.bulk_create(new, batch_size=1_000)
        return brought


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"name": path.name, "sha256": sha256, "bytes": path.stat().st_size}


def _require_balance(prepared: PreparedImport) -> None:
    if said := prepared.wrong:
        raise LegacyUnbalanced(
            f"{len(said):,} rows cannot be believed; nothing was kept. The first: {said[0]}",
            errors=[FieldError("", LegacyUnbalanced.code, each) for each in said[:_NAMED_MOST]],
        )


def _accounts(prepared: PreparedImport) -> Mapping[str, Account]:
    """By the customer's id there."""
    mapping = prepared.mapping.accounts
    parties = {document.party for document in prepared.books.documents.values()}
    wanted = {party: mapping[party] for party in sorted(parties) if party in mapping}
    found = {
        account.public_id: account
        for account in Account.objects.filter(public_id__in=wanted.values()).order_by("pk")
    }
    missing = [
        *prepared.strangers,
        *(party for party, public_id in wanted.items() if public_id not in found),
    ]
    if missing:
        named = ", ".join(missing[:_NAMED_MOST])
        raise LegacyAccountsMissing(
            f"{len(missing):,} customers have no account here; nothing was kept. Add them under "
            f"[accounts] of the mapping file: {named}",
            errors=[
                FieldError(f"/accounts/{party}", LegacyAccountsMissing.code, "No such account.")
                for party in missing[:_NAMED_MOST]
            ],
        )
    return {party: found[public_id] for party, public_id in wanted.items()}


def _new(prepared: PreparedImport, accounts: Mapping[str, Account]) -> list[LegacyInvoice]:
    system, documents = prepared.mapping.system, prepared.books.documents
    known = dict(
        LegacyInvoice.objects.filter(system=system, foreign_id__in=list(documents)).values_list(
            "foreign_id", "sha256"
        )
    )
    new = []
    for document in documents.values():
        invoice = _invoice(document, prepared, accounts[document.party])
        if document.foreign_id not in known:
            new.append(invoice)
        elif known[document.foreign_id] != invoice.sha256:
            raise LegacyInvoiceChanged(
                f"{invoice} was kept before and says something else in {document.origin}; "
                "nothing was kept.",
                invoice=document.foreign_id,
            )
    return new


def _invoice(document: LegacyDocument, prepared: PreparedImport, account: Account) -> LegacyInvoice:
    content = content_of(document, prepared.books)
    period = period_of(document, prepared.books, prepared.mapping.zone.key)
    return LegacyInvoice(
        account=account,
        system=prepared.mapping.system,
        foreign_id=document.foreign_id,
        number=document.number,
        state=document.state,
        currency=document.currency,
        issued_on=document.issued_on,
        period_from=period.start,
        period_until=period.end,
        charged_minor=charged(document, prepared.books).minor,
        settled_minor=settled(document, prepared.books).minor,
        content=content,
        sha256=digest(document, content),
    )


def _summary(prepared: PreparedImport, new: Sequence[LegacyInvoice]) -> dict[str, Any]:
    return {
        "new": len(new),
        "known": len(prepared.books.documents) - len(new),
        "currencies": {
            each.currency: {
                "documents": each.documents,
                "charged": str(each.charged.amount),
                "settled": str(each.settled.amount),
                "open": str(each.open.amount),
            }
            for each in prepared.totals
        },
    }
