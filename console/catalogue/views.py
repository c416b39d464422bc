"""The catalogue to read: plans, a plan with its versions, and all there is to know of a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, permitted
from billing.catalogue.models import PlanVersion, Price, WorkedCase
from billing.catalogue.queries import plans
from billing.catalogue.queries.plans import PlanRow, PlanVersionRow, PriceRow, VersionDetail
from billing.publishing.queries import effects, publication
from billing.publishing.worked_cases import CaseResult
from console.approvals.asking import asking, may_ask
from console.catalogue import sheets
from console.catalogue.case_text import CaseTold, tell_case
from console.catalogue.draft_forms import PublishForm
from console.catalogue.price_pictures import change_bars
from console.catalogue.price_text import PriceTold, tell_price
from console.shell.access import BILLING, SIMULATING, StaffRequest, may_any, screen
from console.shell.freshness import up_to_date
from console.shell.query_params import choice, words
from core.clock import now
from core.db.stamps import NOTHING_SEEN, Seen, stamps_by
from core.errors import DomainError

EFFECT_AT_ONCE = 2_000
"""Subscriptions whose bills are worked out while somebody waits; beyond, a back-test does it."""


@dataclass(frozen=True, slots=True)
class VersionOfPlan:
    """A row of the list as a file: a version beside its plan."""

    plan: PlanRow
    version: PlanVersionRow


@require_GET
@screen(*BILLING)
def plan_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Every plan with its versions."""
    found = plans.plans(at=now())
    if kind:
        return sheets.VERSIONS.of_rows(
            kind, (VersionOfPlan(plan, each) for plan in found for each in plan.versions)
        )
    return render(request, "console/catalogue/plans.html", {"plans": found})


@require_GET
@screen(*BILLING)
def plan(request: StaffRequest, public_id: str) -> HttpResponse:
    """One plan: its versions on a timeline, newest first."""
    at = now()
    found = plans.plan_detail(public_id, at=at)
    context = {
        "plan": found,
        "steps": _steps(found),
        "in_force": found.in_force_at(at),
        "may_draft": permitted(request.user, Permission.CATALOGUE_PROPOSE),
        "may_retire": not found.retired_at and may_ask(request, "plan_retirement"),
    }
    return render(request, "console/catalogue/plan.html", context)


@require_GET
@screen(*BILLING)
def version(request: StaffRequest, public_id: str) -> HttpResponse:
    """One version: what it charges, and since when."""
    stamps = stamps_by(Seen(Price, {"plan_version__public_id": public_id[:64]}, named="code"))
    context = head(request, public_id, tab="prices")
    detail = context["detail"]
    context["prices"] = [
        (price, told, stamps.get(price.code, NOTHING_SEEN))
        for price, told in _told(detail.prices, detail.plan.currency)
    ]
    return render(request, "console/catalogue/version.html", context)


@require_GET
@screen(*BILLING)
def cases(request: StaffRequest, public_id: str) -> HttpResponse:
    """The worked cases of a version with what they come to."""
    context = head(request, public_id, tab="cases")
    found = plans.find_version(public_id)
    stamps = stamps_by(cases_of(found))
    stored = {case.name: case for case in found.cases.all()}
    context["cases"] = [
        (told, stored[told.result.name], stamps.get(told.result.name, NOTHING_SEEN))
        for told in told_cases(publication.case_results(found))
    ]
    return render(request, "console/catalogue/version_cases.html", context)


@require_GET
@screen(*BILLING)
def check(request: StaffRequest, public_id: str) -> HttpResponse:
    """What publishing looks at: cases, cautions, and what current subscribers would pay."""
    context = checked(request, public_id, at=now())
    return render(request, "console/catalogue/version_check.html", context)


@require_GET
@screen(*BILLING)
def compare(request: StaffRequest, public_id: str) -> HttpResponse:
    """What a version does otherwise than another one of its plan."""
    context = head(request, public_id, tab="compare")
    detail, at = context["detail"], now()
    others = [each for each in detail.plan.versions if each.public_id != public_id]
    wanted = choice(request, "with", [each.public_id for each in others])
    before = wanted or _earlier(detail.version, others)
    if before:
        other = plans.version_detail(before, at=at)
        currency = detail.plan.currency
        context["other"] = other.version
        context["differences"] = [
            (each, _tell(each.before, currency), _tell(each.after, currency))
            for each in plans.differences(other, detail)
        ]
    context["others"] = others
    return render(request, "console/catalogue/version_compare.html", context)


def subscriber_count(detail: VersionDetail) -> int:
    """How many subscriptions have the plan, under any of its versions."""
    return sum(each.subscriber_count for each in detail.plan.versions)


def told_cases(results: Sequence[CaseResult]) -> list[CaseTold]:
    """Worked cases with their sums, those that fail first."""
    return [tell_case(result) for result in sorted(results, key=lambda result: result.holds)]


def head(request: StaffRequest, public_id: str, *, tab: str) -> dict[str, Any]:
    """What every page of a version shows."""
    detail = plans.version_detail(public_id, at=now())
    proposes = permitted(request.user, Permission.CATALOGUE_PROPOSE)
    return {
        "detail": detail,
        "version": detail.version,
        "tab": tab,
        "may_draft": proposes,
        "may_edit": proposes and detail.version.is_draft,
        "may_simulate": may_any(request.user, SIMULATING),
    }


def checked(request: StaffRequest, public_id: str, *, at: datetime) -> dict[str, Any]:
    """The page from which a version is published."""
    found = plans.find_version(public_id)
    content = publication.content_stamp(found)
    context = head(request, public_id, tab="check")
    results = publication.case_results(found)
    cautions = publication.version_cautions(found, at=at)
    subscribers = subscriber_count(context["detail"])
    is_asked = words(request, "effect") == "now"
    failing = [result for result in results if not result.holds]
    billed = publication.billed_problem(found) if found.is_draft else None
    has_prices = bool(context["detail"].prices)
    is_rated = is_asked and subscribers <= EFFECT_AT_ONCE and has_prices
    effect, asks = None, asking(request, PublishForm.kind)
    if is_rated:
        up_to_date(request, effects.subscribers(found, at), at=at)
        effect = effects.effect(found, at)
    return context | {
        "case_count": len(results),
        "failing": failing,
        "why_not": _why_not(len(results), failing, billed, has_prices=has_prices),
        "cautions": cautions,
        "billed": billed,
        "subscribers": subscribers,
        "too_many": subscribers > EFFECT_AT_ONCE,
        "effect": effect,
        "bars": change_bars(effect.deltas) if effect else [],
        "may_publish": found.is_draft and asks["may_ask"],
        "publishers": asks["who_asks"],
        "form": PublishForm(made_from=publication.checked_stamp(content, results, cautions)),
    }


def _why_not(
    case_count: int, failing: Sequence[CaseResult], billed: DomainError | None, *, has_prices: bool
) -> str:
    """Why a version cannot be published as it is; empty when it can."""
    if not has_prices:
        return "It has no price."
    if failing:
        verb = "fails" if len(failing) == 1 else "fail"
        names = ", ".join(f"“{result.name}”" for result in failing[:3])
        more = ", and others" if len(failing) > 3 else ""
        return f"{len(failing)} of {case_count} worked cases {verb}: {names}{more}."
    return billed.message if billed else ""


def prices_of(version: PlanVersion, **named: str) -> Seen:
    """The prices of a version, or the one of a code, as they are seen and changed."""
    return Seen(Price, {"plan_version_id": version.pk, **named}, named="" if named else "code")


def cases_of(version: PlanVersion, **named: str) -> Seen:
    """The worked cases of a version, or the one of a name."""
    return Seen(WorkedCase, {"plan_version_id": version.pk, **named}, named="" if named else "name")


def _steps(found: PlanRow) -> list[tuple[PlanVersionRow, PlanVersionRow | None]]:
    """Each version with the one before it."""
    following: list[PlanVersionRow | None] = [*found.versions[1:], None]
    return list(zip(found.versions, following, strict=True))


def _earlier(version: PlanVersionRow, others: Sequence[PlanVersionRow]) -> str:
    """The version before it, or the next best."""
    before = [each for each in others if each.number < version.number] or list(others)
    return max(before, key=lambda each: each.number).public_id if before else ""


def _told(prices: Sequence[PriceRow], currency: str) -> list[tuple[PriceRow, PriceTold]]:
    return [(price, tell_price(price.definition, currency)) for price in prices]


def _tell(price: PriceRow | None, currency: str) -> PriceTold | None:
    return None if price is None else tell_price(price.definition, currency)
