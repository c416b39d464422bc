"""Where the played customers are taxed, at what rates, and who is exempt."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from accounts.models import Account
from billing.invoicing.operations import tax_rates
from billing.invoicing.operations.tax_rates import ExemptionTerms, RateTerms
from core.actor import Actor
from demo.platform.play import Play
from demo.platform.values import AccountKind, PlayedAccount

RATES: Final = (
    ("DE", "VAT", "0.19"),
    ("ES", "VAT", "0.21"),
    ("FR", "VAT", "0.20"),
    ("IE", "VAT", "0.23"),
    ("LV", "VAT", "0.21"),
    ("BG", "VAT", "0.20"),
    ("SE", "VAT", "0.25"),
    ("DK", "VAT", "0.25"),
    ("PT", "VAT", "0.23"),
    ("US-CA", "Sales tax", "0.0725"),
    ("US-NY", "Sales tax", "0.08875"),
)
"""Where the issuing entity collects. Rates as of 2026; a demo is no tax advice."""

_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "America/Los_Angeles": ("US", "CA"),
    "America/New_York": ("US", "NY"),
    "America/Chicago": ("US", "IL"),
    "America/Denver": ("US", "CO"),
    "America/Toronto": ("CA", ""),
    "America/Mexico_City": ("MX", ""),
    "America/Sao_Paulo": ("BR", ""),
    "America/Argentina/Buenos_Aires": ("AR", ""),
    "Africa/Lagos": ("NG", ""),
    "Asia/Kolkata": ("IN", ""),
    "Asia/Tokyo": ("JP", ""),
    "Asia/Singapore": ("SG", ""),
    "Australia/Perth": ("AU", ""),
    "Australia/Sydney": ("AU", ""),
    "Pacific/Auckland": ("NZ", ""),
    "Europe/Berlin": ("DE", ""),
    "Europe/Copenhagen": ("DK", ""),
    "Europe/Dublin": ("IE", ""),
    "Europe/Lisbon": ("PT", ""),
    "Europe/London": ("GB", ""),
    "Europe/Madrid": ("ES", ""),
    "Europe/Paris": ("FR", ""),
    "Europe/Riga": ("LV", ""),
    "Europe/Sofia": ("BG", ""),
    "Europe/Stockholm": ("SE", ""),
    "Europe/Zurich": ("CH", ""),
}
_CONFIRMED: Final = frozenset({"Pixel Orchard"})
"""Whose tax id its register confirmed; Ópera Digital's did not answer, so it pays."""
_PRICES_WITH_TAX: Final = frozenset({"Colm Gallagher"})
"""Who is shown prices with the tax in them, as consumers are."""
_EXEMPT: Final = "Meridian Health"


def place_of(each: PlayedAccount) -> tuple[str, str]:
    """The country and region of a customer: where its clock is."""
    return _PLACES[each.zone]


def is_confirmed(each: PlayedAccount) -> bool:
    """Whether the register of its tax id confirmed it."""
    return each.kind is not AccountKind.PERSONAL and each.name in _CONFIRMED


def has_prices_with_tax(each: PlayedAccount) -> bool:
    """Whether the prices a customer is rated by have the tax in them."""
    return each.name in _PRICES_WITH_TAX


def set_rates(*, effective_from: datetime, at: datetime, by: Actor, approver: Actor) -> None:
    """Put the rates in force, one person proposing and another approving."""
    for jurisdiction, name, share in RATES:
        terms = RateTerms(jurisdiction, name, Decimal(share), effective_from)
        rate = tax_rates.propose_rate(terms=terms, by=by, reason="Registered there")
        tax_rates.approve_rate(rate=rate, at=at, by=approver, reason="Checked against the notice")


def exempt_some(
    play: Play, opened: Mapping[str, Account], *, at: datetime, by: Actor, approver: Actor
) -> None:
    """A hospital group shows its certificate."""
    for each in play.accounts:
        if each.name == _EXEMPT:
            exemption = tax_rates.propose_exemption(
                account=opened[each.key],
                terms=ExemptionTerms("NY ST-119.1 no. 88213", each.opened_at),
                by=by,
                reason="The customer sent its certificate; ticket SUP-1907",
            )
            tax_rates.approve_exemption(
                exemption=exemption, at=at, by=approver, reason="Certificate seen"
            )
