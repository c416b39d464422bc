"""Who lets something happen said who they are a short while ago; asked when the form is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from console.shell.access import StaffRequest
from core.clock import now


def confirmed_at(request: StaffRequest) -> datetime | None:
    """When the person last said a password or a code in this session; None is unknown."""
    records = get_authentication_records(request, request.user)
    instants = [each["at"] for each in records if "at" in each]
    return datetime.fromtimestamp(max(instants), tz=UTC) if instants else None


def asked_who_they_are(request: StaffRequest, *, back_to: str) -> HttpResponse | None:
    """Where the person says who they are once more; None where they did a short while ago."""
    last = confirmed_at(request)
    longest = timedelta(seconds=settings.APPROVAL_CONFIRMED_SECONDS)
    if last is not None and now() - last < longest:
        return None
    messages.info(request, "Say who you are once more; then decide. Nothing was done.")
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back_to})}")
