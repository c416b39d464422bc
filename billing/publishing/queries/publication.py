"""What publishing a plan version looks at: its worked cases, its cautions, who is billed already.

The same answers before publishing, on the screen, as while publishing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from accounts.billed_time import billed_time
from accounts.queries.profiles import ZoneSpan, zones_of
from billing.catalogue.models import PlanVersion, Price, WorkedCase
from billing.catalogue.queries.price_book import BookVersion, draft_book, versions
from billing.catalogue.worked_cases import meter_ids, read_case
from billing.contracts.models import PriceOverride, Subscription
from billing.contracts.queries.tenures import versions_held
from billing.invoicing.documents.content import digest
from billing.invoicing.models import BilledSpan
from billing.publishing.cautions import VersionCaution, cautions, covers
from billing.publishing.worked_cases import CaseResult, run_case
from core.db.stamps import ChangedSince, Seen, require_unchanged, stamp_of
from core.db.trail import FieldChange
from core.errors import Conflict
from usage.days import day_at, day_starts
from usage.models import MeterVersion
from usage.queries.dimension_values import seen_dimensions

SEEN_WITHIN = timedelta(days=31)
"""How far back usage is looked at for the dimension values meters really see."""


class ExistingBilled(Conflict):
    """Existing subscribers would move on a day that is on an issued invoice."""

    code = "existing_billed"
    title = "That day is billed already"


def case_results(version: PlanVersion) -> list[CaseResult]:
    """The worked cases of a version, worked out by its rows as they are now, in their order."""
    book, meters = draft_book(version), meter_ids()
    return [
        run_case(
            read_case(case.name, case.given, case.expected, meters=meters), book, meters=meters
        )
        for case in version.cases.order_by("position", "pk")
    ]


def try_case(version: PlanVersion, name: str, given: object, expected: object) -> CaseResult:
    """Work out a case that is not stored, by the version's rows as they are now.

    Raises: DocumentRefused with every problem of the case.
    """
    meters = meter_ids()
    return run_case(
        read_case(name, given, expected, meters=meters), draft_book(version), meters=meters
    )


def version_cautions(version: PlanVersion, *, at: datetime) -> list[VersionCaution]:
    """What is legal in a version but seldom meant, also beside the usage of the last 31 days.

    That usage is of the plan's subscribers and not what another of their plans prices; of everybody
    while the plan has no subscriber. A fixed number of queries.
    """
    book = draft_book(version)
    meters = {meter_id for price in book.prices for meter_id in price.measured}
    subscribers = _subscribers(version, at=at)
    seen = seen_dimensions(meters, since=at - SEEN_WITHIN, account_ids=subscribers or None)
    unpriced = {
        account_id
        for each in seen
        if not covers(book, each)
        for account_id in each.account_ids & subscribers
    }
    found = cautions(
        book,
        seen=seen,
        dimensions=_pricing_dimensions(meters),
        elsewhere=_other_terms(version, unpriced, at=at),
    )
    found += _of_agreements(version, {price.code for price in book.prices}, at=at)
    if not version.cases.exists():
        detail = "The version has no worked case: nothing holds its prices to what was meant."
        found.append(VersionCaution("", "", "no_worked_case", detail))
    return found


def require_unbilled(version: PlanVersion) -> None:
    """Refuse a version that would change the price of time that is billed.

    Raises: ExistingBilled, with the first day that is possible.
    """
    day = version.existing_from
    if day is None:
        return
    rows = _moved_and_billed(version, day)
    billed = billed_time({account_id for account_id, _, _ in rows})
    zones = zones_of(billed.keys())
    reached = [
        (period.end, account_id)
        for account_id, start, end in rows
        for period in billed[account_id]
        if max(start, day_starts(zones[account_id], day)) < period.end
        and (end is None or period.start < end)
    ]
    if reached:
        until = max(reached)[0]
        first = max(_day_from(zones[account_id], end) for end, account_id in reached)
        raise ExistingBilled(
            f"Existing subscribers cannot move on {day}: subscribers are billed until "
            f"{until:%Y-%m-%d %H:%M} UTC. The first possible day is {first}; what was billed "
            "wrongly is corrected after a simulation.",
            field="existing_from",
            version=version.public_id,
            first_allowed=first.isoformat(),
        )


def _moved_and_billed(
    version: PlanVersion, day: date
) -> list[tuple[int, datetime, datetime | None]]:
    """Account and time of the subscriptions the version takes over that may be billed on the day:
    those whose account has something billed that ends after it began anywhere."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    billed = BilledSpan.objects.filter(account=OuterRef("account"), billed_until__gt=begins)
    subscriptions = Subscription.objects.filter(
        Exists(billed),
        Q(ended_at__isnull=True) | Q(ended_at__gt=begins),
        plan=version.plan_id,
        plan_version__number__lt=version.number,
    )
    return list(subscriptions.values_list("account_id", "started_at", "ended_at"))


def _day_from(zones: Sequence[ZoneSpan], at: datetime) -> date:
    """The first local day that begins at the instant or later."""
    day = day_at(zones, at)
    return day if day_starts(zones, day) == at else day + timedelta(days=1)


def billed_problem(version: PlanVersion) -> ExistingBilled | None:
    """Why existing subscribers cannot move to the version on its day; None when they can."""
    try:
        require_unbilled(version)
    except ExistingBilled as problem:
        return problem
    return None


def content_stamp(version: PlanVersion) -> str:
    """What somebody sees of a draft: its dates, prices and worked cases. Read before they are."""
    return stamp_of(*_content(version))


def checked_stamp(
    content: str, results: Sequence[CaseResult], found: Sequence[VersionCaution]
) -> str:
    """What somebody sees who decides to publish: the draft, and what its check comes to.

    Counts of accounts move with every event and are left out; a new kind of caution is not.
    """
    return ".".join([content, *_figures(results, found).values()])


def present_stamp(version: PlanVersion, *, at: datetime) -> str:
    """The stamp of what somebody would see now who decides to publish."""
    content = content_stamp(version)
    return checked_stamp(content, case_results(version), version_cautions(version, at=at))


def require_as_checked(version: PlanVersion, made_from: str, *, at: datetime) -> None:
    """Refuse to publish what the approver never saw. Call it with the version locked.

    Raises: ChangedSince, StampUnreadable.
    """
    figures = _figures(case_results(version), version_cautions(version, at=at))
    stamps = made_from.split(".")
    content, seen = stamps[: -len(figures)], stamps[-len(figures) :]
    present = ".".join([content_stamp(version), *figures.values()])
    try:
        require_unchanged(".".join(content), *_content(version))
    except ChangedSince as changed:
        raise ChangedSince(
            stamp=present, differences=changed.differences, changes=changed.changes
        ) from None
    differences = [
        FieldChange(name, "as you saw them", "others")
        for name, shown in zip(figures, seen, strict=True)
        if shown != figures[name]
    ]
    if differences:
        raise ChangedSince(stamp=present, differences=differences)


def _content(version: PlanVersion) -> tuple[Seen, ...]:
    mine = {"plan_version_id": version.pk}
    return Seen.row(version), Seen(Price, mine, "code"), Seen(WorkedCase, mine, "name")


def _figures(results: Sequence[CaseResult], found: Sequence[VersionCaution]) -> dict[str, str]:
    cases = [[each.name, each.holds, str(each.total)] for each in results]
    looked_at = sorted([each.price, each.pointer, each.code] for each in found)
    return {"worked cases": digest(cases), "cautions": digest(looked_at)}


def _subscribers(version: PlanVersion, *, at: datetime) -> frozenset[int]:
    """The accounts that have the plan at an instant."""
    running = Subscription.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at), plan=version.plan_id, started_at__lte=at
    )
    return frozenset(running.values_list("account_id", flat=True))


def _other_terms(
    version: PlanVersion, account_ids: Collection[int], *, at: datetime
) -> Mapping[int, Sequence[BookVersion]]:
    """The versions of other plans that accounts have at an instant, by account."""
    others = Subscription.objects.filter(~Q(plan=version.plan_id), account_id__one_of=account_ids)
    held = versions_held(set(others.values_list("account_id", flat=True)))
    current = {
        account_id: [
            span.version_id
            for tenure in tenures
            if tenure.plan_id != version.plan_id
            for span in held.versions_of(tenure)
            if span.start <= at and (span.end is None or at < span.end)
        ]
        for account_id, tenures in held.by_account.items()
    }
    books = versions({version_id for some in current.values() for version_id in some})
    return {
        account_id: [books[version_id] for version_id in some]
        for account_id, some in current.items()
    }


def _pricing_dimensions(meter_ids: Collection[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    rows = MeterVersion.objects.filter(meter_id__in=meter_ids)
    for meter_id, names in rows.values_list("meter_id", "dimensions"):
        found.setdefault(meter_id, set()).update(names)
    return found


def _of_agreements(
    version: PlanVersion, codes: Collection[str], *, at: datetime
) -> list[VersionCaution]:
    """Prices agreed with subscriptions that would move to this version, which it does not have."""
    if version.existing_from is None:
        return []
    orphaned = (
        PriceOverride.objects.filter(subscription__plan=version.plan_id)
        .exclude(price_code__in=codes)
        .exclude(valid_until__lte=at)
        .exclude(subscription__ended_at__lte=at)
        .values_list("price_code")
        .annotate(count=Count("pk"))
        .order_by("price_code")
    )
    return [
        VersionCaution(
            code,
            "",
            "agreement_orphaned",
            f"{count} subscription{'s have' if count != 1 else ' has'} an agreed price for {code}, "
            "which this version does not have.",
        )
        for code, count in orphaned
    ]
