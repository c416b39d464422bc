"""A mandate as a proposal: so much that support may give at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, ClassVar

from accounts.models import Account
from approvals.drawing import drawable_kinds
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, canonical_digest, kind_of
from approvals.operations import mandates
from approvals.operations.mandates import MandateTerms
from approvals.payloads import PayloadReader
from core.decimals import decimal_text
from core.instants import read_instant
from core.money import Money, is_currency_code, to_minor


class MandateProposal:
    """Let support give at once: for which reasons, up to how much, until when.

    Payload: `title`, `currency`, `kinds`, `reason_codes`, `per_case`, `per_account_month`, `total`,
    `until`, `review_every`.
    """

    name: ClassVar[str] = "mandate"
    title: ClassVar[str] = "Mandate"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "goodwill": "Small goodwill without waiting",
        "incident": "Many are hit by the same",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        title, currency = reader.text("title"), reader.text("currency").upper()
        if not title or len(title) > 100:
            raise reader.wrong("title", "Say what it is called, in up to 100 characters.")
        if not is_currency_code(currency):
            raise reader.wrong("currency", "There is no such currency.")
        drawable = drawable_kinds()
        kinds = sorted(reader.texts("kinds"))
        if not kinds or not set(kinds) <= set(drawable):
            raise reader.wrong("kinds", f"Name some of {', '.join(drawable)}.")
        known = {code for kind in kinds for code in drawable[kind].reason_codes}
        codes = reader.texts("reason_codes")
        if not codes or not set(codes) <= known:
            raise reader.wrong("reason_codes", f"Name some of {', '.join(sorted(known))}.")
        names = ("per_case", "per_account_month", "total")
        amounts = {name: reader.required_amount(name, currency) for name in names}
        if not amounts["per_case"] <= amounts["per_account_month"] <= amounts["total"]:
            raise reader.wrong("total", "A case is within a month, and a month within all of it.")
        until = read_instant(reader.text("until"), field="until").isoformat()
        every = reader.whole("review_every", least=1, most=1000)
        reader.end()
        return {
            "title": title,
            "currency": currency,
            "kinds": kinds,
            "reason_codes": codes,
            **{
                name: decimal_text(Money.from_minor(minor, currency).amount)
                for name, minor in amounts.items()
            },
            "until": until,
            "review_every": every,
        }

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The mandate."""
        return _Granting(payload, acting)


@dataclass(frozen=True, slots=True)
class _Granting:
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """It is for any account."""
        return None

    def preview(self) -> ProposedEffect:
        """What may be given."""
        said = self.payload
        code = said["currency"]
        until = datetime.fromisoformat(said["until"])
        return ProposedEffect(
            amount=Money.from_minor(self._terms().total_minor, code),
            digest=canonical_digest([dict(said)]),
            notes=[
                f"“{said['title']}”: support gives at once, by "
                f"{', '.join(kind_of(each).title.lower() for each in said['kinds'])}, for "
                f"{', '.join(each.replace('_', ' ') for each in said['reason_codes'])}.",
                f"At most {said['per_case']} {code} a case, {said['per_account_month']} {code} an "
                f"account and month, {said['total']} {code} in all, until "
                f"{until:%Y-%m-%d %H:%M} UTC.",
                f"Every {said['review_every']}. draw is looked at; a failed one freezes the rest.",
            ],
        )

    def carry_out(self, *, seen: str) -> str:
        """Grant it. Raises: ChangedSince."""
        self.preview().require_seen(seen)
        acting = self.acting
        made = mandates.grant(terms=self._terms(), at=acting.at, by=acting.by, reason=acting.reason)
        return made.public_id

    def _terms(self) -> MandateTerms:
        said = self.payload

        def minor(name: str) -> int:
            return to_minor(Fraction(said[name]), said["currency"])

        return MandateTerms(
            title=said["title"],
            currency=said["currency"],
            kinds=tuple(said["kinds"]),
            reason_codes=tuple(said["reason_codes"]),
            per_case_minor=minor("per_case"),
            per_account_month_minor=minor("per_account_month"),
            total_minor=minor("total"),
            ends_at=datetime.fromisoformat(said["until"]),
            review_every=said["review_every"],
        )
