"""What is taxed and how, as values. Pure: no rows, no clock.

Which tax a service falls under is in `billing.invoicing.tax_tables`, what a group comes to in
`billing.invoicing.tax_amounts`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.decimals import decimal_text
from core.periods import Period, local_day

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


class DatePolicy(StrEnum):
    """Which day of a service decides its rate."""

    SERVICE_END = "service_end"
    ISSUE = "issue"
    BY_DAY = "by_day"


class TaxRounding(StrEnum):
    """How the tax of a group becomes minor units: halves away from zero, unless said otherwise."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True)
class TaxParty:
    """Who is taxed: the payer, where it is, whether its tax id is confirmed, and whether the prices
    it is rated by have the tax in them.
    """

    payer_id: int = 0
    country: str = ""
    region: str = ""
    tax_id: str = ""
    is_verified: bool = False
    is_refused: bool = False
    prices_include_tax: bool = False

    @property
    def may_shift(self) -> bool:
        """Whether a confirmed tax id would shift the tax to the party: a business elsewhere in the
        union.
        """
        both = {HOME_COUNTRY, self.country}
        return self.country != HOME_COUNTRY and both <= EUROPEAN_UNION and bool(self.tax_id)

    @property
    def awaits_register(self) -> bool:
        """Whether the register of such a tax id has not answered."""
        return self.may_shift and not self.is_verified and not self.is_refused


NO_COUNTRY = TaxParty()
"""Nobody knows where: no tax, and no group."""


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """What lines that are taxed alike share. `rate` is a share: 0.19 is 19 %.

    `product_class` is the class the rate is for; empty is all others. `is_included`: the amounts
    of its rated lines have the tax in them.
    """

    jurisdiction: str
    treatment: Treatment
    name: str = ""
    rate: Decimal = Decimal(0)
    evidence: str = ""
    product_class: str = ""
    rounding: TaxRounding = TaxRounding.HALF_UP
    is_included: bool = False

    @property
    def key(self) -> str:
        """What lines name: where, how, at which rate, of which class, and what is unusual."""
        parts = [self.jurisdiction, self.treatment.value]
        if self.treatment is Treatment.STANDARD:
            parts.append(decimal_text(self.rate.normalize()))
            parts += filter(None, [self.product_class, "included" if self.is_included else ""])
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class TaxQuestion:
    """What is to be taxed: a service of a class to a party, on days of the account's calendar, both
    included, counted in `zone`; and the day its invoice is issued, or would be.
    """

    party: TaxParty
    product_class: str
    first_on: date
    last_on: date
    issued_on: date
    zone: str

    @classmethod
    def of(
        cls, party: TaxParty, product_class: str, period: Period, zone: str, issued_on: date
    ) -> "TaxQuestion":
        """The question about a half-open period in an account's zone."""
        last = local_day(period.end - timedelta(microseconds=1), zone)
        return cls(party, product_class, local_day(period.start, zone), last, issued_on, zone)


@dataclass(frozen=True, slots=True)
class TaxPart:
    """A number of days of a service that are taxed alike."""

    group: TaxGroup
    days: int
