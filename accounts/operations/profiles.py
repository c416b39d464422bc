"""Revise what an account's invoices print: a new version from an instant on, the old one kept."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from accounts.billed_time import require_unbilled
from accounts.models import Account, BillingProfile
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict, FieldError, Invalid, pointer_to_field
from core.periods import UnknownZone, local_midnight
from eventing.publish import publish

TERMS_DAYS_MAX = 365
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


class ProfileInvalid(Invalid):
    """The terms of a profile break a rule; `errors` names each."""

    code = "profile_invalid"
    title = "The billing profile is not valid"


class ProfileNotLatest(Conflict):
    """A profile is only revised from after its own start on; the past stays as it was."""

    code = "profile_not_latest"
    title = "A later profile is in force"


@dataclass(frozen=True, slots=True)
class ProfileTerms:
    """What a profile says. `zone` is an IANA name; `terms_days` count from issue to due date."""

    legal_name: str
    zone: str
    terms_days: int = 30
    address: str = ""
    tax_id: str = ""
    email: str = ""
    country: str = ""
    region: str = ""
    tax_id_status: BillingProfile.TaxIdStatus = BillingProfile.TaxIdStatus.UNVERIFIED
    prices_include_tax: bool = False
    language: BillingProfile.Language = BillingProfile.Language.ENGLISH

    def as_fields(self) -> dict[str, Any]:
        return asdict(self)

    def check(self) -> None:
        """Raises: ProfileInvalid, naming everything that is wrong."""
        wrong = []
        if not self.legal_name.strip():
            wrong.append(_wrong("legal_name", "required", "An invoice prints a legal name."))
        if not 0 <= self.terms_days <= TERMS_DAYS_MAX:
            wrong.append(_wrong("terms_days", "range", f"Between 0 and {TERMS_DAYS_MAX} days."))
        if self.country and not _COUNTRY.fullmatch(self.country):
            wrong.append(_wrong("country", "format", "A country is two capital letters, like DE."))
        if self.region and not self.country:
            wrong.append(_wrong("region", "required", "A region is of a country: name it too."))
        if self.language not in BillingProfile.Language.values:
            spoken = " or ".join(BillingProfile.Language.values)
            wrong.append(_wrong("language", "unknown", f"A paper is written in {spoken}."))
        verified = self.tax_id_status != BillingProfile.TaxIdStatus.UNVERIFIED
        if verified and not self.tax_id.strip():
            wrong.append(_wrong("tax_id", "required", "Only a tax id can be verified."))
        try:
            local_midnight(date(2000, 1, 1), self.zone)
        except UnknownZone as unknown:
            wrong.append(_wrong("zone", unknown.code, unknown.message))
        if wrong:
            raise ProfileInvalid(" ".join(each.detail for each in wrong), errors=wrong)


def revise(
    *, account: Account, terms: ProfileTerms, at: datetime, by: Actor, reason: str
) -> BillingProfile:
    """Put new terms in force from `at` on; the version before ends there.

    Raises: ProfileInvalid, ProfileNotLatest, TimeBilled.
    """
    terms.check()
    with acting_as(by, reason=reason), transaction():
        locked = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        current = locked.profiles.get(valid_until__isnull=True)
        if at <= current.valid_from:
            raise ProfileNotLatest(
                f"The profile in force began on {current.valid_from:%Y-%m-%d %H:%M} UTC; "
                "the new one must begin later."
            )
        require_unbilled([locked.pk], since=at, field="valid_from")
        current.valid_until = at
        current.save(update_fields=["valid_until"])
        revised = BillingProfile.objects.create(account=locked, valid_from=at, **terms.as_fields())
        publish(
            "account.profile_revised",
            locked.public_id,
            {"profile": revised.public_id, "zone": terms.zone},
            at=at,
            account=locked.public_id,
        )
    return revised


def _wrong(field: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer_to_field(field), code, detail)
