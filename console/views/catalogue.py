"""The catalogue to read: plans, and a plan version with its prices."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.queries import catalogue
from console.access import BILLING, StaffRequest, screen
from console.price_words import tell_price
from core.clock import now


@require_GET
@screen(*BILLING)
def plan_list(request: StaffRequest) -> HttpResponse:
    """Every plan with its versions."""
    return render(request, "console/plans.html", {"plans": catalogue.plans(at=now())})


@require_GET
@screen(*BILLING)
def plan_version(request: StaffRequest, public_id: str) -> HttpResponse:
    """One version: what it charges, and since when."""
    detail = catalogue.version_detail(public_id, at=now())
    prices = [
        (price, tell_price(price.definition, detail.plan.currency)) for price in detail.prices
    ]
    context = {"detail": detail, "version": detail.version, "prices": prices}
    return render(request, "console/plan.html", context)
