"""Take a price or a worked case out of a draft, with a reason.

Their address only takes forms, so whatever is refused leads back to the page the form was on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.permissions import Permission
from billing.catalogue.models import PlanVersion
from billing.catalogue.operations import drafts
from billing.catalogue.operations import plans as operations
from billing.catalogue.queries import plans
from console.catalogue.draft_forms import RemoveForm
from console.catalogue.views import cases_of, prices_of
from console.shell.access import StaffRequest, screen
from core.db.stamps import Seen, unchanged
from core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Removable:
    """What a draft can lose: `key` names it, `page` is where its form stands."""

    key: str
    page: str
    done: str
    seen: Callable[..., Seen]
    remove: Callable[..., Any]


REMOVABLE: Mapping[str, Removable] = MappingProxyType(
    {
        "price": Removable(
            "code",
            "console:version",
            "The price {} is no longer in the draft.",
            prices_of,
            drafts.remove_price,
        ),
        "case": Removable(
            "name",
            "console:version-cases",
            "The case “{}” is no longer in the draft.",
            cases_of,
            operations.remove_case,
        ),
    }
)


@require_POST
@screen(Permission.CATALOGUE_PROPOSE)
def remove(request: StaffRequest, public_id: str, what: str) -> HttpResponse:
    """Take what is named out of a draft."""
    version, kind = plans.find_version(public_id), REMOVABLE[what]
    form = RemoveForm(request.POST, made_from="")
    if not form.is_valid():
        messages.error(request, "Nothing was removed: say why first.")
        return redirect(kind.page, version.public_id)
    name, reason = form.cleaned_data["name"], form.cleaned_data["reason"]
    named = {kind.key: name}
    with (
        _or_back_to(kind.page, version),
        unchanged(version, form.seen, kind.seen(version, **named)),
    ):
        kind.remove(version=version, by=request.user.actor, reason=reason, **named)
    messages.success(request, kind.done.format(name))
    return redirect(kind.page, version.public_id)


@contextmanager
def _or_back_to(page: str, version: PlanVersion) -> Iterator[None]:
    try:
        yield
    except DomainError as problem:
        problem.context["again"] = reverse(page, args=[version.public_id])
        raise
