"""The customers, meters and prices the measurements use: many alike, in one October.

Five summed meters with two sizes each: ten roll-up rows a resource and day, ten lines an invoice.
Set up with set-based writes and operations; it is not what is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from accounts.models import (
    Account,
    BillingProfile,
    CredentialScope,
    Partner,
    PayerAssignment,
    Resource,
    ResourceOwnership,
)
from accounts.operations import partners
from accounts.operations.partners import IssuedCredential, PartnerTerms
from billing.catalogue.models import Plan, Product
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import Subscription
from billing.publishing import operations as publishing
from core.actor import Actor, acting_as
from core.clock import now
from core.db.history import create_tracked
from core.db.transactions import transaction
from usage import partitions
from usage.aggregate.rules import Aggregation
from usage.models import Meter, Source
from usage.operations import meters
from usage.operations.meters import MeterTerms, NewMeter

# In the past whenever it is run; the source may report that late.
MONTH_ON = date(2024, 10, 1)
MONTH_FROM = datetime(2024, 10, 1, tzinfo=UTC)
MONTH_UNTIL = datetime(2024, 11, 1, tzinfo=UTC)
DAY_COUNT = 31
SENT_FROM = MONTH_UNTIL
RECEIVED_AT = MONTH_UNTIL + timedelta(days=1)
SOURCE = "bench/agent"
METER_COUNT = 5
SIZES = ("small", "large")
BENCH = Actor.system("benchmarks")
_REASON = "Benchmark"
_PLAN = "bench"
BY_APP = "bench-by-app"
"""The same prices, each app of its own on the invoice."""
_SINCE = MONTH_FROM - timedelta(days=30)
_ANY_LATENESS = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class World:
    """What the load may refer to."""

    account_ids: Sequence[int]
    platform_ids: Sequence[str]
    client_id: str
    client_secret: str


def event_type(meter: int) -> str:
    return f"bench.measured_{meter}"


def build_world(account_count: int) -> World:
    """Partner, meters, a plan and customers on it, and day partitions for the month."""
    partitions.ensure_partitions(
        [MONTH_ON + timedelta(days=offset) for offset in range(-1, DAY_COUNT + 1)], at=now()
    )
    with acting_as(BENCH, reason=_REASON), transaction():
        credential = _reporter()
        _publish_plan(_meters())
    account_ids, platform_ids = add_customers(account_count)
    return World(account_ids, platform_ids, credential.client_id, credential.client_secret)


def add_customers(count: int, *, plan_code: str = _PLAN) -> tuple[list[int], list[str]]:
    """Accounts with one app each, on the plan; returns their ids and their apps' platform ids."""
    first = Account.objects.count()
    plan = Plan.objects.get(code=plan_code)
    version = plan.versions.get()
    with acting_as(BENCH, reason=_REASON), transaction():
        accounts = _accounts(range(first, first + count))
        resources = _resources(accounts)
        create_tracked(
            [
                Subscription(account=each, plan=plan, plan_version=version, started_at=MONTH_FROM)
                for each in accounts
            ]
        )
    return [each.pk for each in accounts], [each.platform_id for each in resources]


def _reporter() -> IssuedCredential:
    """The partner that sends over HTTP, its source and its credential."""
    types = [event_type(number) for number in range(METER_COUNT)]
    partner = partners.enrol(
        terms=PartnerTerms(
            "Bench",
            Partner.Kind.INTERNAL,
            sources=[SOURCE],
            event_types=types,
            reports_every_resource=True,
        ),
        at=_SINCE,
        by=BENCH,
        reason=_REASON,
    )
    create_tracked([Source(name=SOURCE, partner=partner, max_late=_ANY_LATENESS)])
    return partners.issue_credential(
        partner=partner,
        label="bench",
        scopes=[CredentialScope.USAGE_WRITE],
        at=_SINCE,
        by=BENCH,
        reason=_REASON,
    )


def _meters() -> list[Meter]:
    return [
        meters.define(
            NewMeter(f"bench_{number}", f"Bench {number}", "units", Aggregation.SUM),
            MeterTerms(event_type(number), dimensions=("size",)),
            at=_SINCE,
            by=BENCH,
            reason=_REASON,
        )
        for number in range(METER_COUNT)
    ]


def _publish_plan(found: Sequence[Meter]) -> None:
    product = plans.create_product(code="bench", name="Bench", by=BENCH, reason=_REASON)
    _publish(product, _PLAN, [_price(meter, size) for meter in found for size in SIZES])


def publish_by_app() -> None:
    """One more plan, with a line for every app."""
    prices = [
        replace(_price(meter, size), group_by=("resource",))
        for meter in Meter.objects.order_by("pk")
        for size in SIZES
    ]
    _publish(Product.objects.get(), BY_APP, prices)


def _publish(product: Product, code: str, prices: Sequence[PriceTerms]) -> None:
    plan = plans.create_plan(
        product=product, code=code, name="Bench", currency="EUR", by=BENCH, reason=_REASON
    )
    version = plans.draft_version(
        plan=plan, effective_from=_SINCE, prices=prices, by=BENCH, reason=_REASON
    )
    publishing.publish(version=version, at=_SINCE, by=BENCH, reason=_REASON)


def _price(meter: Meter, size: str) -> PriceTerms:
    """Three tiers, so that rating and its explanation have something to do."""
    tiers = [
        {"up_to": "1000", "unit_price": "0.05"},
        {"up_to": "60000", "unit_price": "0.003"},
        {"unit_price": "0.001"},
    ]
    return PriceTerms(
        code=f"{meter.code}-{size}",
        name=f"{meter.name} {size}",
        definition={"model": "graduated", "unit": "unit", "tiers": tiers},
        meter=meter,
        match={"size": size},
    )


def _accounts(numbers: Sequence[int]) -> list[Account]:
    accounts = create_tracked(
        [
            Account(name=f"Bench {number}", kind=Account.Kind.TEAM, currency="EUR",
                    opened_at=_SINCE, billing_anchor_on=MONTH_ON)
            for number in numbers
        ]
    )  # fmt: skip
    create_tracked(
        [
            BillingProfile(account=each, valid_from=_SINCE, legal_name=each.name, zone="UTC",
                           terms_days=30)
            for each in accounts
        ]
    )  # fmt: skip
    create_tracked(
        [PayerAssignment(account=each, payer=each, paid_from=_SINCE) for each in accounts]
    )
    return accounts


def _resources(accounts: Sequence[Account]) -> list[Resource]:
    resources = create_tracked(
        [
            Resource(platform_id=f"bench-{each.pk}", kind=Resource.Kind.APP, name=each.name)
            for each in accounts
        ]
    )
    create_tracked(
        [
            ResourceOwnership(resource=resource, account=account, owned_from=_SINCE)
            for resource, account in zip(resources, accounts, strict=True)
        ]
    )
    return resources
