"""Set up what is sold: products, plans, versions and their prices; publish a version.

All functions are keyword-only, run in one transaction and leave history rows with `by` and
`reason`. Instants (`at`, `effective_from`) are aware UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from billing.models import Plan, PlanVersion, Price, Product
from billing.rating import parse_price
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, DomainError, Invalid
from eventing.publish import publish as publish_event
from usage.models import Meter


class CodeTaken(Conflict):
    """The code names something else already."""

    code = "code_taken"
    title = "This code is taken"


class VersionFrozen(Conflict):
    """A published version was about to change."""

    code = "plan_version_frozen"
    title = "A published plan version never changes"


class VersionEmpty(Invalid):
    """A version without prices was to be published."""

    code = "plan_version_empty"
    title = "A plan version needs a price"


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What a price consists of, before it is a row; see `billing.models.Price`."""

    code: str
    name: str
    definition: Mapping[str, Any]
    meter: Meter | None = None
    match: Mapping[str, str] = field(default_factory=dict)
    group_by: Sequence[str] = ()


def create_product(*, code: str, name: str, by: Actor, reason: str) -> Product:
    """Add a product. Raises: CodeTaken."""
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"billing_product_code_key": CodeTaken}),
    ):
        return Product.objects.create(code=code, name=name)


def create_plan(
    *, product: Product, code: str, name: str, currency: str, by: Actor, reason: str
) -> Plan:
    """Add a plan, in one currency, to a product. Raises: CodeTaken."""
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"billing_plan_code_key": CodeTaken}),
    ):
        return Plan.objects.create(product=product, code=code, name=name, currency=currency)


def draft_version(
    *, plan: Plan, effective_from: datetime, prices: Sequence[PriceTerms], by: Actor, reason: str
) -> PlanVersion:
    """Add the next version of a plan, as a draft with these prices.

    Raises: the rating package's error, with a pointer into the document, for a bad price.
    """
    for position, terms in enumerate(prices):
        _check(terms, position=position)
    with acting_as(by, reason=reason), transaction():
        Plan.objects.select_for_update().get(pk=plan.pk)
        latest = plan.versions.order_by("-number").first()
        version = PlanVersion.objects.create(
            plan=plan,
            number=latest.number + 1 if latest else 1,
            effective_from=effective_from,
        )
        for position, terms in enumerate(prices):
            _add_price(version, terms, position=position)
    return version


def set_price(*, version: PlanVersion, terms: PriceTerms, by: Actor, reason: str) -> Price:
    """Add or replace the price with this code on a draft version. Raises: VersionFrozen."""
    _check(terms, position=0)
    with acting_as(by, reason=reason), transaction():
        locked = PlanVersion.objects.select_for_update().get(pk=version.pk)
        if not locked.is_draft:
            raise VersionFrozen(f"{locked} is published.", version=locked.public_id)
        price = locked.prices.filter(code=terms.code).first()
        if price is None:
            return _add_price(locked, terms, position=locked.prices.count())
        price.name, price.meter = terms.name, terms.meter
        price.match, price.group_by = dict(terms.match), list(terms.group_by)
        price.definition = dict(terms.definition)
        price.save()
        return price


def publish(*, version: PlanVersion, at: datetime, by: Actor, reason: str) -> PlanVersion:
    """Freeze a version, so that subscriptions can use it. Raises: VersionFrozen, VersionEmpty."""
    with acting_as(by, reason=reason), transaction():
        locked = PlanVersion.objects.select_for_update().get(pk=version.pk)
        if not locked.is_draft:
            raise VersionFrozen(f"{locked} is published.", version=locked.public_id)
        if not locked.prices.exists():
            raise VersionEmpty(f"{locked} has no price.", version=locked.public_id)
        locked.state = PlanVersion.State.PUBLISHED
        locked.published_at = at
        locked.save()
        publish_event(
            "plan_version.published",
            subject=locked.public_id,
            payload={"plan": locked.plan.code, "number": locked.number},
            at=at,
        )
    return locked


def _add_price(version: PlanVersion, terms: PriceTerms, *, position: int) -> Price:
    return Price.objects.create(
        plan_version=version,
        code=terms.code,
        name=terms.name,
        position=position,
        meter=terms.meter,
        match=dict(terms.match),
        group_by=list(terms.group_by),
        definition=dict(terms.definition),
    )


def _check(terms: PriceTerms, *, position: int) -> None:
    try:
        parse_price(terms.definition)
    except DomainError as problem:
        problem.context.setdefault("price", terms.code)
        problem.context.setdefault("position", position)
        raise
