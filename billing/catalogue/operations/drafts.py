"""Work on the draft of a plan version: begin one from another, set its dates, take prices out.

Adding and replacing prices and worked cases, and publishing, are in
`billing.catalogue.operations.plans`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from billing.catalogue.models import Plan, PlanVersion, Price, WorkedCase
from billing.catalogue.operations.plans import (
    AnotherVersionThen,
    CaseTerms,
    ExistingBeforeNew,
    PriceTerms,
    WorkedCaseNotFound,
    draft_version,
    lock_draft,
)
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import NotFound


class PriceNotFound(NotFound):
    """The version has no price with this code."""

    code = "price_not_found"
    title = "The plan has no such price"


@dataclass(frozen=True, slots=True)
class VersionDates:
    """From when new subscriptions get a version, and the day existing ones move; None: never."""

    effective_from: datetime
    existing_from: date | None = None


def copy_version(
    *, version: PlanVersion, dates: VersionDates, by: Actor, reason: str
) -> PlanVersion:
    """Add the next version of the same plan, as a draft with the same prices and worked cases.

    Asked twice with the same dates, the second is refused, so nothing is drafted twice.
    Raises: AnotherVersionThen, ExistingBeforeNew.
    """
    with acting_as(by, reason=reason), transaction():
        plan = Plan.objects.select_for_update().get(pk=version.plan_id)
        # Whoever edits the version copied from waits, so no half of an edit is copied.
        PlanVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        _require_free(plan, dates.effective_from)
        return draft_version(
            plan=plan,
            effective_from=dates.effective_from,
            existing_from=dates.existing_from,
            prices=[
                _terms(price)
                for price in version.prices.select_related("meter").order_by("position", "pk")
            ],
            cases=[
                CaseTerms(case.name, case.given, case.expected)
                for case in version.cases.order_by("position", "pk")
            ],
            by=by,
            reason=reason,
        )


def set_dates(*, version: PlanVersion, dates: VersionDates, by: Actor, reason: str) -> PlanVersion:
    """Say from when a draft is meant to hold.

    Raises: VersionFrozen, AnotherVersionThen, ExistingBeforeNew.
    """
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"plan_version_existing_not_before_new": ExistingBeforeNew}),
    ):
        locked = lock_draft(version)
        _require_free(locked.plan, dates.effective_from, but=locked.pk)
        locked.effective_from = dates.effective_from
        locked.existing_from = dates.existing_from
        locked.save()
    return locked


def remove_price(*, version: PlanVersion, code: str, by: Actor, reason: str) -> None:
    """Take a price out of a draft. Raises: VersionFrozen, PriceNotFound."""
    with acting_as(by, reason=reason), transaction():
        find_price(lock_draft(version), code).delete()


def find_price(version: PlanVersion, code: str) -> Price:
    """A price of a version, its meter loaded. Raises: PriceNotFound."""
    price = version.prices.select_related("meter").filter(code=code).first()
    if price is None:
        raise PriceNotFound(f"{version} has no price {code}.", version=version.public_id)
    return price


def find_case(version: PlanVersion, name: str) -> WorkedCase:
    """A worked case of a version. Raises: WorkedCaseNotFound."""
    case = version.cases.filter(name=name).first()
    if case is None:
        raise WorkedCaseNotFound(f"{version} has no case {name}.", version=version.public_id)
    return case


def _require_free(plan: Plan, effective_from: datetime, *, but: int | None = None) -> None:
    others = plan.versions.filter(effective_from=effective_from)
    other = (others if but is None else others.exclude(pk=but)).first()
    if other is not None:
        raise AnotherVersionThen(
            f"Version {other.number} is for new subscriptions from this very instant.",
            field="effective_from",
            version=other.public_id,
        )


def _terms(price: Price) -> PriceTerms:
    return PriceTerms(
        code=price.code,
        name=price.name,
        definition=price.definition,
        meter=price.meter,
        match=price.match,
        group_by=price.group_by,
        tax_class=price.tax_class,
    )
