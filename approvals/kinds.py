"""What a proposal does: kinds are registered by the rooms that know, and asked here.

A kind reads a payload strictly, and prepares what it would do for one actor and instant: an effect
that can be looked at, and carried out with the digest of what was looked at, by the same code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from accounts.models import Account
from core.actor import Actor
from core.db.stamps import ChangedSince
from core.errors import Invalid
from core.money import Money


class UnknownKind(Invalid):
    """No room registered such a kind."""

    code = "proposal_kind_unknown"
    title = "There is no such kind of proposal"


class NothingLeft(Exception):
    """What a kind raises where nothing is left to do; its cause is the rule that says so."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who puts forward or lets happen, when and why; what the operation records."""

    at: datetime
    by: Actor
    reason: str
    reason_code: str
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class EffectChange:
    """A figure before and after. `of` is what it stands under, such as an invoice's number."""

    of: str
    name: str
    before: Money
    after: Money

    @property
    def change(self) -> Money:
        """By how much it moves."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class EffectPosting:
    """What a book moves by; a debit is positive."""

    book: str
    amount: Money

    @property
    def is_debit(self) -> bool:
        """Whether it is a debit."""
        return self.amount.minor > 0

    @property
    def size(self) -> Money:
        """Without its sign."""
        return abs(self.amount)


@dataclass(frozen=True, slots=True)
class ProposedEffect:
    """All that a proposal would do. `digest` names it; `amount` has no sign, None is no money."""

    amount: Money | None
    digest: str
    changes: Sequence[EffectChange] = ()
    books: Sequence[EffectPosting] = ()
    notes: Sequence[str] = ()
    subjects: Sequence[str] = ()
    """Public ids of what it changes, invoices first."""

    def require_seen(self, seen: str) -> None:
        """Raises: ChangedSince where `seen` is the digest of something else."""
        if self.digest != seen:
            raise ChangedSince(stamp=self.digest, differences=[])

    def document(self) -> dict[str, Any]:
        """As it is kept; `effect_of` reads it back."""
        return {
            "amount": _amount(self.amount) if self.amount is not None else None,
            "digest": self.digest,
            "changes": [
                {"of": row.of, "name": row.name}
                | {"before": _amount(row.before), "after": _amount(row.after)}
                for row in self.changes
            ],
            "books": [{"book": row.book, "amount": _amount(row.amount)} for row in self.books],
            "notes": list(self.notes),
            "subjects": list(self.subjects),
        }


def effect_of(document: Mapping[str, Any]) -> ProposedEffect:
    """An effect as it was kept."""
    return ProposedEffect(
        amount=_money(document["amount"]) if document["amount"] is not None else None,
        digest=document["digest"],
        changes=[
            EffectChange(row["of"], row["name"], _money(row["before"]), _money(row["after"]))
            for row in document["changes"]
        ],
        books=[EffectPosting(row["book"], _money(row["amount"])) for row in document["books"]],
        notes=document["notes"],
        subjects=document["subjects"],
    )


class PreparedEffect(Protocol):
    """Something ready to be looked at or carried out."""

    @property
    def account(self) -> Account | None:
        """Whose it is; None where it concerns no customer."""

    def preview(self) -> ProposedEffect:
        """What it would do; nothing is kept. Raises what carrying it out raises."""

    def carry_out(self, *, seen: str) -> str:
        """Do it; the public id of what it made.

        Raises: ChangedSince where it comes to something else than the digest `seen` says,
        NothingLeft, and what the operation raises. Then nothing is kept.
        """


class ProposalKind(Protocol):
    """What a room registers."""

    @property
    def name(self) -> str:
        """What payloads and the policy call it."""

    @property
    def title(self) -> str:
        """In words."""

    @property
    def reason_codes(self) -> Mapping[str, str]:
        """What may be the reason, with its words."""

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: Invalid, naming the field."""

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Build what a canonical payload is worked out from; called before anything is locked."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What a canonical payload would do. Raises: DomainError."""


_kinds: dict[str, ProposalKind] = {}


def register(kind: ProposalKind) -> None:
    """Make a kind known, once per start."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> ProposalKind:
    """The kind of this name. Raises: UnknownKind."""
    if name not in _kinds:
        raise UnknownKind(
            f"There is no kind {name[:64]!r}; there are {', '.join(sorted(_kinds))}.", field="kind"
        )
    return _kinds[name]


def all_kinds() -> Sequence[ProposalKind]:
    """Every kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def canonical_digest(document: object) -> str:
    """SHA-256 of a document of JSON values: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a decision counts for: the wish, what it comes to, the policy; nothing else."""

    kind: str
    payload: str
    effect: str
    policy: int
    amount_minor: int | None
    version: int

    @property
    def seal(self) -> str:
        """The digest a decision names."""
        return canonical_digest(asdict(self))


def _amount(money: Money) -> list[Any]:
    return [money.minor, money.currency]


def _money(pair: Sequence[Any]) -> Money:
    minor, currency = pair
    return Money.from_minor(minor, currency)
