"""Set up what is sold: products, plans, versions with prices and worked cases.

Publishing a version is `billing.publishing.operations`.

All functions are keyword-only, run in one transaction and leave history rows with `by` and
`reason`. Instants (`at`, `effective_from`) are aware UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from billing.catalogue.models import Plan, PlanVersion, Price, Product, WorkedCase
from billing.catalogue.worked_cases import meter_ids, read_case
from billing.rating import parse_price
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, DomainError, Invalid, NotFound
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


class ExistingBeforeNew(Invalid):
    """Existing subscribers would move to a version before new ones get it."""

    code = "existing_before_new"
    title = "Existing subscribers cannot move before new ones get the version"


class PlanIsRetired(Conflict):
    """The plan is offered to nobody new already."""

    code = "plan_is_retired"
    title = "The plan is retired already"


class AnotherVersionThen(Conflict):
    """The plan has a version for new subscriptions from this instant already."""

    code = "another_version_then"
    title = "The plan has another version from then on"


class PriceShape(Invalid):
    """A part of a price is not of the kind it has to be."""

    code = "price_shape"
    title = "A part of the price cannot be read"


class WorkedCaseNotFound(NotFound):
    """The version has no worked case of this name."""

    code = "worked_case_not_found"
    title = "No such worked case"


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What a price consists of, before it is a row; see `billing.catalogue.models.Price`."""

    code: str
    name: str
    definition: Mapping[str, Any]
    meter: Meter | None = None
    match: Mapping[str, str] = field(default_factory=dict)
    group_by: Sequence[str] = ()
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class CaseTerms:
    """A worked case before it is a row: what is used in a period, and what that must come to.

    docs/catalogue.md describes both documents.
    """

    name: str
    given: Mapping[str, Any]
    expected: Mapping[str, Any]


def create_product(*, code: str, name: str, by: Actor, reason: str) -> Product:
    """Add a product. Raises: CodeTaken."""
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"catalogue_product_code_key": CodeTaken}),
    ):
        return Product.objects.create(code=code, name=name)


def create_plan(
    *, product: Product, code: str, name: str, currency: str, by: Actor, reason: str
) -> Plan:
    """Add a plan, in one currency, to a product. Raises: CodeTaken."""
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"catalogue_plan_code_key": CodeTaken}),
    ):
        return Plan.objects.create(product=product, code=code, name=name, currency=currency)


def retire_plan(*, plan: Plan, at: datetime, by: Actor, reason: str) -> Plan:
    """Offer a plan to nobody new from `at` on; its subscriptions run and are billed as before.

    Raises: PlanIsRetired.
    """
    with acting_as(by, reason=reason), transaction():
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        if locked.retired_at is not None:
            raise PlanIsRetired(f"{locked.name} was retired on {locked.retired_at:%-d %B %Y}.")
        locked.retired_at = at
        locked.save()
        publish_event("plan.retired", subject=locked.public_id, payload={}, at=at)
    return locked


def draft_version(
    *,
    plan: Plan,
    effective_from: datetime,
    prices: Sequence[PriceTerms],
    by: Actor,
    reason: str,
    existing_from: date | None = None,
    cases: Sequence[CaseTerms] = (),
) -> PlanVersion:
    """Add the next version of a plan, as a draft with these prices and worked cases.

    New subscriptions get it from `effective_from` on. Subscriptions that started under an earlier
    version move to it on their account's own day `existing_from`; None: never.

    Raises: ExistingBeforeNew, or the rating package's error, with a pointer into the document, for
    a bad price or case.
    """
    for position, terms in enumerate(prices):
        _check(terms, position=position)
    for case in cases:
        read_case(case.name, case.given, case.expected, meters=meter_ids())
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"plan_version_existing_not_before_new": ExistingBeforeNew}),
    ):
        Plan.objects.select_for_update().get(pk=plan.pk)
        latest = plan.versions.order_by("-number").first()
        version = PlanVersion.objects.create(
            plan=plan,
            number=latest.number + 1 if latest else 1,
            effective_from=effective_from,
            existing_from=existing_from,
        )
        for position, terms in enumerate(prices):
            _add_price(version, terms, position=position)
        for case in cases:
            _set_case(version, case)
    return version


def set_price(
    *, version: PlanVersion, terms: PriceTerms, by: Actor, reason: str, replaces: bool = True
) -> Price:
    """Add or replace the price with this code on a draft version.

    Without `replaces` the code must be free. Raises: VersionFrozen, CodeTaken.
    """
    _check(terms, position=0)
    with acting_as(by, reason=reason), transaction():
        locked = lock_draft(version)
        price = locked.prices.filter(code=terms.code).first()
        if price is not None and not replaces:
            raise CodeTaken(
                f"The draft has a price {terms.code} already; open that one to change it.",
                field="code",
            )
        if price is None:
            return _add_price(locked, terms, position=locked.prices.count())
        price.name, price.meter = terms.name, terms.meter
        price.match, price.group_by = dict(terms.match), list(terms.group_by)
        price.definition, price.tax_class = dict(terms.definition), terms.tax_class
        price.save()
        return price


def set_case(
    *, version: PlanVersion, case: CaseTerms, by: Actor, reason: str, replaces: bool = True
) -> WorkedCase:
    """Add or replace the worked case with this name on a draft version.

    Without `replaces` the name must be free.

    Raises: VersionFrozen, CodeTaken, or DocumentRefused with every problem of the case. Whether it
    holds is asked when the version is published; `billing.publishing.queries.publication` tells
    before.
    """
    read_case(case.name, case.given, case.expected, meters=meter_ids())
    with acting_as(by, reason=reason), transaction():
        locked = lock_draft(version)
        if not replaces and locked.cases.filter(name=case.name).exists():
            raise CodeTaken(
                f"The draft has a case “{case.name}” already; open that one to change it.",
                field="name",
            )
        return _set_case(locked, case)


def remove_case(*, version: PlanVersion, name: str, by: Actor, reason: str) -> None:
    """Take a worked case off a draft version. Raises: VersionFrozen, WorkedCaseNotFound."""
    with acting_as(by, reason=reason), transaction():
        locked = lock_draft(version)
        case = locked.cases.filter(name=name).first()
        if case is None:
            raise WorkedCaseNotFound(f"{locked} has no case {name}.", version=locked.public_id)
        case.delete()


def lock_draft(version: PlanVersion) -> PlanVersion:
    """The version, locked, its plan loaded. Raises: VersionFrozen."""
    # The plan too: who subscribes, or drafts the next version, reads which versions there are.
    Plan.objects.select_for_update().get(pk=version.plan_id)
    locked = (
        PlanVersion.objects.select_for_update(of=("self",))
        .select_related("plan")
        .get(pk=version.pk)
    )
    if not locked.is_draft:
        raise VersionFrozen(f"{locked} is published.", version=locked.public_id)
    return locked


def _set_case(version: PlanVersion, terms: CaseTerms) -> WorkedCase:
    case = version.cases.filter(name=terms.name).first() or WorkedCase(
        plan_version=version, name=terms.name, position=version.cases.count()
    )
    case.given, case.expected = dict(terms.given), dict(terms.expected)
    case.save()
    return case


def _add_price(version: PlanVersion, terms: PriceTerms, *, position: int) -> Price:
    return Price.objects.create(
        plan_version=version,
        code=terms.code,
        name=terms.name,
        position=position,
        meter=terms.meter,
        match=dict(terms.match),
        group_by=list(terms.group_by),
        tax_class=terms.tax_class,
        definition=dict(terms.definition),
    )


def _check(terms: PriceTerms, *, position: int) -> None:
    try:
        _check_shapes(terms)
        price = parse_price(terms.definition)
        if price.limits_all and (terms.meter is not None or terms.match or terms.group_by):
            raise PriceShape(
                "A limit of all charges prices no usage: it has no meter, matches nothing and "
                "gets no lines of its own for resources or dimensions.",
                field="meter"
                if terms.meter is not None
                else "match"
                if terms.match
                else "group_by",
            )
        if terms.meter is not None and (price.cycle is not None or price.seats is not None):
            raise PriceShape(
                "What is metered is billed by the billing period: it has no cycle of its own and "
                "counts no seats.",
                field="meter",
            )
        if price.seats is not None and (terms.match or terms.group_by):
            raise PriceShape(
                "Seats are counted for the whole subscription: they match nothing and get no lines "
                "of their own.",
                field="match" if terms.match else "group_by",
            )
    except DomainError as problem:
        problem.context.setdefault("price", terms.code)
        problem.context.setdefault("position", position)
        raise


def _check_shapes(terms: PriceTerms) -> None:
    """A door that reads JSON may be handed any of it. Raises: PriceShape."""
    definition: object = terms.definition
    match: object = terms.match
    names: object = terms.group_by
    if not isinstance(definition, Mapping):
        raise PriceShape("The price document is one JSON object.", field="definition")
    if not isinstance(match, Mapping) or not all(_is_name(each) for each in match.values()):
        raise PriceShape(
            'What it matches is an object of texts, such as {"size": "standard-1x"}.', field="match"
        )
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(map(_is_name, names)):
        raise PriceShape(
            'What gets a line of its own is a list of names, such as ["resource"].',
            field="group_by",
        )
    if len(set(names)) < len(names):
        raise PriceShape("A name stands twice.", field="group_by")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""
