"""An account as it was known at an instant; nothing on the page can be changed."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Account
from billing.overview.queries import accounts
from billing.overview.queries.account_as_of import account_then
from billing.overview.queries.timeline.page import TimelineScope, timeline_page
from billing.overview.queries.timeline.sources import TimelineKind
from console.accounts.timeline_text import chips, shown_entries
from console.shell.access import StaffRequest
from console.shell.masking import mask_contact, sight_of
from console.shell.query_params import choice, position_of
from core.instants import read_moment


def moment_asked(request: StaffRequest, account: Account) -> datetime | None:
    """The instant a page is asked as of, by the account's clock; None for now.

    Raises: DateInvalid.
    """
    text = request.GET.get("as_of", "").strip()
    if not text:
        return None
    return read_moment(text, accounts.zone_now(account), field="as_of")


def kind_asked(request: StaffRequest) -> TimelineKind | None:
    """The kind a timeline is narrowed to. Raises: UnreadableAddress."""
    asked = choice(request, "kind", list(TimelineKind))
    return TimelineKind(asked) if asked else None


def as_typed(at: datetime, zone: str) -> str:
    """An instant as a field of the page takes it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def account_as_of(
    request: StaffRequest, account: Account, *, then: datetime, now: datetime
) -> HttpResponse:
    """What was known of an account then. Raises: NotKnownThen."""
    found = account_then(account, then=then, now=now)
    kind, sight = kind_asked(request), sight_of(account, request.user, at=now)
    scope = TimelineScope(kind, known_at=then)
    page = timeline_page(account, at=then, scope=scope, position=position_of(request))
    typed = request.GET["as_of"].strip()
    context = {
        "tab": "overview",
        "account": found,
        "facts": found.facts,
        "sight": sight,
        "contact": mask_contact(found.facts.contact, sight),
        "page": shown_entries(page, user=request.user, sight=sight),
        "chips": chips(kind),
        "as_of": as_typed(then, found.facts.zone),
        "as_of_query": urlencode({"as_of": typed}),
        "statement": reverse("console:account-statement", args=[account.public_id]),
    }
    return render(request, "console/accounts/account_as_of.html", context)
