"""Which tax a charge falls under, and what a group of them comes to. Pure: no rows, no clock.

The rules, in order: an exemption that holds; a business elsewhere in the same tax union whose tax
id its register confirmed, which accounts for the tax itself; the rate of the customer's region or
country; else it is not taxable here. A tax id nobody confirmed never lowers a tax.

The date that decides is the end of the service, as the last instant of a line's period; the tax of
a group is rounded once, half up, on the sum of its posted lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.decimals import decimal_text
from core.money import round_half_up
from core.periods import Period

EUROPEAN_UNION = frozenset(
    [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR",
        "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO",
        "SE", "SI", "SK",
    ]
)  # fmt: skip
"""Members whose businesses account for the tax themselves (Directive 2006/112/EC, article 196)."""

HOME_COUNTRY = "DE"
"""Where the one issuing entity there is stands."""


class Treatment(StrEnum):
    """How a group is taxed."""

    STANDARD = "standard"
    REVERSE_CHARGE = "reverse_charge"
    EXEMPT = "exempt"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class TaxParty:
    """Who is taxed: the payer, where it is, and whether its tax id is confirmed."""

    payer_id: int = 0
    country: str = ""
    region: str = ""
    tax_id: str = ""
    is_verified: bool = False


NO_COUNTRY = TaxParty()
"""Nobody knows where: no tax, and no group."""


@dataclass(frozen=True, slots=True)
class RateInForce:
    """A rate of a jurisdiction and product class for a time, half-open."""

    jurisdiction: str
    product_class: str
    name: str
    rate: Decimal
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ExemptionInForce:
    """A certificate of a payer for a time, half-open; an empty jurisdiction is all of them."""

    payer_id: int
    jurisdiction: str
    certificate: str
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """What lines that are taxed alike share. `rate` is a share: 0.19 is 19 %."""

    jurisdiction: str
    treatment: Treatment
    name: str = ""
    rate: Decimal = Decimal(0)
    evidence: str = ""

    @property
    def key(self) -> str:
        """What lines name."""
        parts = [self.jurisdiction, self.treatment.value]
        if self.treatment is Treatment.STANDARD:
            parts.append(decimal_text(self.rate.normalize()))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class TaxTables:
    """The rates and exemptions that are in force at one time or another."""

    rates: Sequence[RateInForce]
    exemptions: Mapping[int, Sequence[ExemptionInForce]]

    def group_of(self, party: TaxParty, *, at: datetime, product_class: str = "") -> TaxGroup:
        """The group of a charge whose service ended just after `at`; see the module."""
        rate = self._rate(party, at, product_class)
        place = rate.jurisdiction if rate else party.country
        for each in self.exemptions.get(party.payer_id, ()):
            if each.jurisdiction in ("", place, party.country) and _holds(each, at):
                return TaxGroup(place, Treatment.EXEMPT, evidence=each.certificate)
        if _accounts_itself(party):
            return TaxGroup(place, Treatment.REVERSE_CHARGE, evidence=party.tax_id)
        if rate is None:
            return TaxGroup(place, Treatment.OUTSIDE)
        return TaxGroup(place, Treatment.STANDARD, rate.name, rate.rate)

    def _rate(self, party: TaxParty, at: datetime, product_class: str) -> RateInForce | None:
        """The most particular rate: of the region before the country, of the class before all."""
        places = [party.country]
        if party.region:
            places.insert(0, f"{party.country}-{party.region}")
        for place in places:
            for wanted in dict.fromkeys([product_class, ""]):
                for each in self.rates:
                    if (each.jurisdiction, each.product_class) == (place, wanted) and _holds(
                        each, at
                    ):
                        return each
        return None


def _holds(each: RateInForce | ExemptionInForce, at: datetime) -> bool:
    return each.valid_from <= at and (each.valid_until is None or at < each.valid_until)


def _accounts_itself(party: TaxParty) -> bool:
    both = {HOME_COUNTRY, party.country}
    return party.country != HOME_COUNTRY and both <= EUROPEAN_UNION and party.is_verified


def service_end(period: Period) -> datetime:
    """The last instant of a half-open period: the one that decides its tax."""
    return period.end - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class GroupTax:
    """What a group comes to, in minor units."""

    group: TaxGroup
    base_minor: int
    tax_minor: int


def taxes_of(lines: Iterable[tuple[TaxGroup, int]]) -> list[GroupTax]:
    """The tax of each group on the sum of its posted amounts, in order of their keys."""
    groups: dict[str, TaxGroup] = {}
    bases: dict[str, int] = {}
    for group, minor in lines:
        groups.setdefault(group.key, group)
        bases[group.key] = bases.get(group.key, 0) + minor
    return [
        GroupTax(groups[key], bases[key], round_half_up(Fraction(groups[key].rate) * bases[key]))
        for key in sorted(groups)
    ]
