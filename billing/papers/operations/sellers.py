"""Name who sells, as papers print it, from an instant on."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime

from billing.papers.models import Seller
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.errors import Conflict, FieldError, Invalid, pointer_to_field
from eventing.publish import publish

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_IBAN_CHECKED = 97


class SellerInvalid(Invalid):
    """What is said of the seller breaks a rule; `errors` names each."""

    code = "seller_invalid"
    title = "The seller is not valid"


class SellerNamedAlready(Conflict):
    """Another seller begins at that instant."""

    code = "seller_named_already"
    title = "Another seller begins then"


@dataclass(frozen=True, slots=True)
class SellerTerms:
    """What papers print of the seller."""

    legal_name: str
    address: str
    country: str
    tax_id: str = ""
    registration: str = ""
    email: str = ""
    bank_name: str = ""
    iban: str = ""
    bic: str = ""

    def check(self) -> None:
        """Raises: SellerInvalid, naming everything that is wrong."""
        wrong = []
        if not self.legal_name.strip():
            wrong.append(_wrong("legal_name", "required", "A paper prints a legal name."))
        if not self.address.strip():
            wrong.append(_wrong("address", "required", "A paper prints an address."))
        if not _COUNTRY.fullmatch(self.country):
            wrong.append(_wrong("country", "format", "A country is two capital letters, like DE."))
        if self.iban and not _is_iban(self.iban):
            wrong.append(_wrong("iban", "format", "The check digits of the IBAN do not fit."))
        if wrong:
            raise SellerInvalid(" ".join(each.detail for each in wrong), errors=wrong)


def name_seller(
    *, terms: SellerTerms, valid_from: datetime, at: datetime, by: Actor, reason: str
) -> Seller:
    """Name the seller of what is issued from `valid_from` on; papers made stay as they are.

    Raises: SellerInvalid, SellerNamedAlready, ReasonMissing.
    """
    terms.check()
    require_said(reason, "Say why the seller is named.")
    with transaction():
        seller, is_new = Seller.objects.get_or_create(
            valid_from=valid_from,
            defaults=asdict(terms) | {"named_at": at, "named_by": by.name, "reason": reason},
        )
        if not is_new:
            raise SellerNamedAlready(
                f"{seller.legal_name} begins at that instant.", field="valid_from"
            )
        publish(
            "seller.named",
            seller.public_id,
            {"legal_name": seller.legal_name, "valid_from": valid_from.isoformat()},
            at=at,
        )
    return seller


def _is_iban(text: str) -> bool:
    """Whether the check digits fit (ISO 13616: modulo 97 is 1)."""
    if not _IBAN.fullmatch(text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(each, 36)) for each in moved)) % _IBAN_CHECKED == 1


def _wrong(field: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer_to_field(field), code, detail)
