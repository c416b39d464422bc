"""Which tax a service falls under, by the rates, exemptions and policies in force. Pure.

The rules, in order: an exemption that holds; a business elsewhere in the same tax union whose tax
id its register confirmed, which accounts for the tax itself; the rate of the customer's region or
country, of the product class before all others; else it is not taxable here. A tax id nobody
confirmed never lowers a tax.

Which day decides is a policy of the jurisdiction: the last day of the service, the day of issue, or
each day of the service for itself. Days are the account's own; rates hold for days of the
jurisdiction's calendar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.invoicing.tax import (
    DatePolicy,
    TaxGroup,
    TaxPart,
    TaxParty,
    TaxQuestion,
    TaxRounding,
    Treatment,
)
from core.periods import local_day, local_midnight


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
class PolicyInForce:
    """How a jurisdiction decides and rounds, for a time, half-open; its days are of `zone`, or of
    the account's where there is none.

    `waits_for_register`: a customer whose tax id would shift the tax is not billed before the
    register has answered; else it is charged until then.
    """

    jurisdiction: str = ""
    decided_by: DatePolicy = DatePolicy.SERVICE_END
    rounding: TaxRounding = TaxRounding.HALF_UP
    zone: str = ""
    waits_for_register: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None


USUAL = PolicyInForce()
"""Of a jurisdiction for which none is set."""


@dataclass(frozen=True, slots=True)
class TaxTables:
    """The rates, exemptions and policies that are in force at one time or another."""

    rates: Sequence[RateInForce]
    exemptions: Mapping[int, Sequence[ExemptionInForce]]
    policies: Sequence[PolicyInForce] = ()

    def parts_of(self, asked: TaxQuestion) -> list[TaxPart]:
        """How a service is taxed, in order of its days; of more than one part only by day."""
        policy = self.policy_of(asked, asked.last_on)
        if policy.decided_by is DatePolicy.BY_DAY:
            return self._by_day(asked, policy.zone or asked.zone)
        day = asked.issued_on if policy.decided_by is DatePolicy.ISSUE else asked.last_on
        return [TaxPart(self._group_on(asked, day), 1)]

    def policy_of(self, asked: TaxQuestion, day: date) -> PolicyInForce:
        """The policy of a party's region, else its country, on a day; else the usual one."""
        for place in _places(asked.party):
            for each in self.policies:
                zone = each.zone or asked.zone
                if each.jurisdiction == place and _holds(each, _end_of(day, zone)):
                    return each
        return USUAL

    def _by_day(self, asked: TaxQuestion, zone: str) -> list[TaxPart]:
        """Cut where anything begins or ends within the service."""
        spans: list[RateInForce | ExemptionInForce | PolicyInForce]
        spans = [*self.rates, *self.exemptions.get(asked.party.payer_id, ()), *self.policies]
        changes = {at for each in spans for at in (each.valid_from, each.valid_until) if at}
        cuts = sorted({local_day(at, zone) for at in changes})
        starts = [asked.first_on, *(c for c in cuts if asked.first_on < c <= asked.last_on)]
        ends = [*starts[1:], asked.last_on + timedelta(days=1)]
        parts: list[TaxPart] = []
        for start, end in zip(starts, ends, strict=True):
            group, days = self._group_on(asked, start), (end - start).days
            if parts and parts[-1].group == group:
                parts[-1] = TaxPart(group, parts[-1].days + days)
            else:
                parts.append(TaxPart(group, days))
        return parts

    def _group_on(self, asked: TaxQuestion, day: date) -> TaxGroup:
        policy = self.policy_of(asked, day)
        at = _end_of(day, policy.zone or asked.zone)
        found = self.group_of(asked.party, at=at, product_class=asked.product_class)
        return replace(found, rounding=policy.rounding)

    def group_of(self, party: TaxParty, *, at: datetime, product_class: str = "") -> TaxGroup:
        """The group of a charge that an instant decides; see the module."""
        rate = self._rate(party, at, product_class)
        place = rate.jurisdiction if rate else party.country
        for each in self.exemptions.get(party.payer_id, ()):
            if each.jurisdiction in ("", place, party.country) and _holds(each, at):
                return TaxGroup(place, Treatment.EXEMPT, evidence=each.certificate)
        if party.is_verified and party.may_shift:
            return TaxGroup(place, Treatment.REVERSE_CHARGE, evidence=party.tax_id)
        if rate is None:
            return TaxGroup(place, Treatment.OUTSIDE)
        return TaxGroup(
            place,
            Treatment.STANDARD,
            rate.name,
            rate.rate,
            product_class=rate.product_class,
            is_included=party.prices_include_tax,
        )

    def _rate(self, party: TaxParty, at: datetime, product_class: str) -> RateInForce | None:
        """The most particular rate: of the region before the country, of the class before all."""
        for place in _places(party):
            for wanted in dict.fromkeys([product_class, ""]):
                for each in self.rates:
                    if (each.jurisdiction, each.product_class) == (place, wanted) and _holds(
                        each, at
                    ):
                        return each
        return None


def _places(party: TaxParty) -> list[str]:
    region = [f"{party.country}-{party.region}"] if party.region else []
    return [*region, party.country]


def _end_of(day: date, zone: str) -> datetime:
    """The last instant of a day where it is taxed."""
    return local_midnight(day + timedelta(days=1), zone) - timedelta(microseconds=1)


def _holds(each: RateInForce | ExemptionInForce | PolicyInForce, at: datetime) -> bool:
    begun = each.valid_from is None or each.valid_from <= at
    return begun and (each.valid_until is None or at < each.valid_until)
