"""One price of a draft: its fields, what it comes to beside the version before, its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.catalogue.models import PlanVersion
from billing.catalogue.operations import drafts
from billing.catalogue.operations import plans as operations
from billing.catalogue.operations.plans import PriceTerms
from billing.catalogue.queries import plans
from billing.catalogue.queries.plans import earlier_price
from billing.publishing.queries import publication
from billing.publishing.queries.charges_so_far import charges_so_far
from console.catalogue.draft_forms import PriceForm
from console.catalogue.draft_views import form_page, said_by
from console.catalogue.form_shapes import pairs_text
from console.catalogue.price_preview import Earlier, draw, try_price
from console.catalogue.views import head, prices_of, subscriber_count, told_cases
from console.shell.access import StaffRequest, screen
from console.shell.query_params import words
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.db.stamps import NOTHING_SEEN, stamp_of, unchanged
from core.db.transactions import transaction
from core.errors import DomainError
from usage.models import Meter

TEMPLATE = "console/catalogue/version_price.html"


@require_http_methods(["GET", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def price(request: StaffRequest, public_id: str) -> HttpResponse:
    """Add a price to a draft, or replace the one with `code`; with `preview`, only try it."""
    version, code, at = plans.find_version(public_id), words(request, "code"), now()
    meters = {meter.code: meter for meter in Meter.objects.all()}
    seen, earlier, charges = prices_of(version, code=code), *_beside(version, code, at=at)
    form = PriceForm(
        request.POST or None,
        initial=_initial(version, code, charges) if request.method == "GET" else {},
        meters=meters,
        made_from=stamp_of(seen) if code else NOTHING_SEEN,
        before=earlier.document if earlier else None,
    )
    context = _tried(form, version, earlier, charges, at=at)
    if request.htmx and request.method == "POST" and not form.is_edit:
        return render(request, "console/catalogue/_tried.html", context)
    context |= _page(request, version, code, at=at)
    if "preview" in request.POST or form.is_edit:
        return render(request, TEMPLATE, context)
    if request.method == "POST" and form.is_valid():
        terms = _terms(form.cleaned_data, meters)
        replaces = terms.code == code
        try:
            # Under another code nothing was seen, so nothing may be there.
            with unchanged(version, form.seen, seen) if replaces else transaction():
                operations.set_price(
                    version=version, terms=terms, replaces=replaces, **said_by(request, form)
                )
        except DomainError as problem:
            return shown_again(request, TEMPLATE, context, problem)
        messages.success(request, f"{terms.name} is in the draft. Its worked cases were run again.")
        return redirect("console:version", version.public_id)
    return form_page(request, TEMPLATE, context)


def _beside(
    version: PlanVersion, code: str, *, at: datetime
) -> tuple[Earlier | None, Sequence[Decimal]]:
    """What a price is looked at beside: itself in the version before, and what is charged now."""
    found = earlier_price(version, code) if code else None
    kept = version.prices.filter(code=code).first()
    earlier = Earlier(f"version {found.plan_version.number}", found.definition) if found else None
    return earlier, (charges_so_far(version, kept, at) or ()) if kept else ()


def _tried(
    form: PriceForm,
    version: PlanVersion,
    earlier: Earlier | None,
    charges: Sequence[Decimal],
    *,
    at: datetime,
) -> dict[str, Any]:
    """What changes while somebody types."""
    # A row that was only just added says nothing wrong yet.
    said, currency = {} if form.is_edit else form.data, version.plan.currency
    tried = try_price(said, currency, at=at, before=earlier)
    curve = draw(tried, form, currency, before=earlier, charges=charges)
    return {"form": form, "earlier": earlier, "tried": tried, "curve": curve}


def _page(
    request: StaffRequest, version: PlanVersion, code: str, *, at: datetime
) -> dict[str, Any]:
    """What stands beside the form: the draft as it is kept."""
    context = head(request, version.public_id, tab="prices")
    cautions = publication.version_cautions(version, at=at)
    return context | {
        "code": code,
        "cases": told_cases(publication.case_results(version)),
        "cautions": [each for each in cautions if each.price == code] if code else [],
        "subscribers": subscriber_count(context["detail"]),
    }


def _initial(version: PlanVersion, code: str, charges: Sequence[Decimal]) -> dict[str, Any]:
    if not code:
        return {}
    found = drafts.find_price(version, code)
    usual = {"quantity": charges[len(charges) // 2]} if charges else {}
    return usual | {
        "code": found.code,
        "name": found.name,
        "meter": found.meter.code if found.meter else "",
        "match": pairs_text(found.match),
        "group_by": ", ".join(found.group_by),
        "tax_class": found.tax_class,
        "document": found.definition,
    }


def _terms(data: dict[str, Any], meters: dict[str, Meter]) -> PriceTerms:
    return PriceTerms(
        code=data["code"],
        name=data["name"],
        definition=data["document"],
        meter=meters.get(data["meter"]),
        match=data["match"],
        group_by=data["group_by"],
        tax_class=data["tax_class"],
    )
