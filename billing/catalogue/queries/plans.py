"""The catalogue to read: plans with their versions, a version with the prices it bills, and how two
versions differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Prefetch, Q

from billing.catalogue.models import Plan, PlanVersion, Price
from core.errors import NotFound
from usage.aggregate.rules import Aggregation

ADDITIVE = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.DURATION})


class PlanNotFound(NotFound):
    """No plan has this id."""

    code = "plan_not_found"
    title = "No such plan"


class PlanVersionNotFound(NotFound):
    """No plan version has this id."""

    code = "plan_version_not_found"
    title = "No such plan version"


@dataclass(frozen=True, slots=True)
class PlanVersionRow:
    """A version of a plan in a list."""

    public_id: str
    number: int
    state: str
    effective_from: datetime
    existing_from: date | None
    published_at: datetime | None
    subscriber_count: int

    @property
    def is_draft(self) -> bool:
        """Whether it may still be edited."""
        return self.state == PlanVersion.State.DRAFT


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan with its versions, newest first."""

    public_id: str
    code: str
    name: str
    product: str
    currency: str
    retired_at: datetime | None
    versions: Sequence[PlanVersionRow]

    def in_force_at(self, at: datetime) -> PlanVersionRow | None:
        """The version a subscription that starts at the instant gets."""
        held = [
            version
            for version in self.versions
            if not version.is_draft and version.effective_from <= at
        ]
        return max(held, key=lambda version: (version.effective_from, version.number), default=None)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of a version; `definition` is the JSON price document that is billed.

    `adds_up`: the quantity of its meter is the sum of its parts, as a largest value is not.
    """

    public_id: str
    code: str
    name: str
    meter: str
    meter_unit: str
    adds_up: bool
    match: Mapping[str, str]
    group_by: Sequence[str]
    tax_class: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """A price that two versions do not both have as it is; None where one lacks it.

    `fields` are the names of what differs, empty where one lacks it.
    """

    before: PriceRow | None
    after: PriceRow | None
    fields: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """Whether it was added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def shown(self) -> PriceRow:
        """The price to name it by."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """A plan version with everything it charges."""

    plan: PlanRow
    version: PlanVersionRow
    prices: Sequence[PriceRow]


def plans(*, at: datetime) -> list[PlanRow]:
    """All plans by product and name, with versions and subscribers at `at`; two queries."""
    rows = Plan.objects.select_related("product").prefetch_related(
        Prefetch("versions", queryset=_versions(at))
    )
    return [_plan_row(plan) for plan in rows.order_by("product__name", "name", "pk")]


def plan_detail(public_id: str, *, at: datetime) -> PlanRow:
    """A plan with its versions, newest first; two queries. Raises: PlanNotFound."""
    rows = Plan.objects.select_related("product").prefetch_related(
        Prefetch("versions", queryset=_versions(at))
    )
    plan = rows.filter(public_id=public_id[:64]).first()
    if plan is None:
        raise PlanNotFound(f"There is no plan {public_id[:64]}.", wanted=public_id[:64])
    return _plan_row(plan)


def find_plan(public_id: str) -> Plan:
    """A plan for an operation; one query. Raises: PlanNotFound."""
    found = Plan.objects.filter(public_id=public_id[:64]).first()
    if found is None:
        raise PlanNotFound(f"There is no plan {public_id[:64]}.")
    return found


def find_version(public_id: str) -> PlanVersion:
    """A version for an operation, its plan loaded; one query. Raises: PlanVersionNotFound."""
    found = (
        PlanVersion.objects.select_related("plan__product").filter(public_id=public_id[:64]).first()
    )
    if found is None:
        raise PlanVersionNotFound(
            f"There is no plan version {public_id[:64]}.", wanted=public_id[:64]
        )
    return found


def differences(before: VersionDetail, after: VersionDetail) -> list[PriceDifference]:
    """What another version does otherwise, price by price, in the order of the later one.

    A price is the same one by its code, whatever its name or place.
    """
    old = {price.code: price for price in before.prices}
    new = {price.code: price for price in after.prices}
    found = []
    for code in dict.fromkeys([*new, *old]):
        one, other = old.get(code), new.get(code)
        fields = [
            name
            for name in _COMPARED
            if one and other and getattr(one, name) != getattr(other, name)
        ]
        if fields or one is None or other is None:
            found.append(PriceDifference(one, other, fields))
    return found


_COMPARED = ("name", "meter", "match", "group_by", "tax_class", "definition")


def version_detail(public_id: str, *, at: datetime) -> VersionDetail:
    """A version with its prices; four queries. Raises: PlanVersionNotFound."""
    version = _versions(at).select_related("plan__product").filter(public_id=public_id[:64]).first()
    if version is None:
        raise PlanVersionNotFound(
            f"There is no plan version {public_id[:64]}.", wanted=public_id[:64]
        )
    siblings = [_version_row(each) for each in _versions(at).filter(plan=version.plan)]
    return VersionDetail(
        plan=_plan(version.plan, siblings),
        version=_version_row(version),
        prices=[price_row(price) for price in _prices(version)],
    )


def price_row(price: Price) -> PriceRow:
    """A price, with its meter loaded, as the catalogue shows it."""
    return PriceRow(
        public_id=price.public_id,
        code=price.code,
        name=price.name,
        meter=price.meter.code if price.meter else "",
        meter_unit=price.meter.unit if price.meter else "",
        adds_up=price.meter is not None and price.meter.aggregation in ADDITIVE,
        match=price.match,
        group_by=price.group_by,
        tax_class=price.tax_class,
        definition=price.definition,
    )


def _versions(at: datetime) -> Any:
    running = Q(subscriptions__started_at__lte=at) & (
        Q(subscriptions__ended_at__isnull=True) | Q(subscriptions__ended_at__gt=at)
    )
    return PlanVersion.objects.annotate(
        subscriber_count=Count("subscriptions", filter=running)
    ).order_by("-number")


def _prices(version: PlanVersion) -> Sequence[Price]:
    return list(version.prices.select_related("meter").order_by("position", "pk"))


def _plan_row(plan: Plan) -> PlanRow:
    return _plan(plan, [_version_row(version) for version in plan.versions.all()])


def _plan(plan: Plan, versions: Sequence[PlanVersionRow]) -> PlanRow:
    return PlanRow(
        public_id=plan.public_id,
        code=plan.code,
        name=plan.name,
        product=plan.product.name,
        currency=plan.currency,
        retired_at=plan.retired_at,
        versions=versions,
    )


def _version_row(version: Any) -> PlanVersionRow:
    return PlanVersionRow(
        public_id=version.public_id,
        number=version.number,
        state=version.state,
        effective_from=version.effective_from,
        existing_from=version.existing_from,
        published_at=version.published_at,
        subscriber_count=version.subscriber_count,
    )


def earlier_price(version: PlanVersion, code: str) -> Price | None:
    """The price of this code in the version before, if it had one."""
    earlier = version.plan.versions.filter(number__lt=version.number).order_by("-number")[:1]
    return (
        Price.objects.select_related("plan_version")
        .filter(plan_version__in=list(earlier), code=code)
        .first()
    )
