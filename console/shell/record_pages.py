"""Which page a thing has, by its kind: for answers of the search and for what a timeline opens."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from accounts.models import User
from console.shell.access import opens

_PAGES: Final = {
    "account": "console:account",
    "timeline": "console:account-history",
    "invoice": "console:invoice",
    "credit-note": "console:credit-note",
    "adjustment": "console:adjustment",
    "legacy-invoice": "console:legacy-invoice",
    "resource": "console:resource",
    "run": "console:run",
    "parallel": "console:parallel-run",
    "plan": "console:version",
    "limits": "console:account-limits",
    "meter": "console:meter",
    "event": "console:event",
    "payment": "console:payment",
    "dispute": "console:dispute",
    "proposal": "console:proposal",
    "disclosure": "console:disclosure",
    "simulation": "console:simulation",
}


def page_of(kind: str, ref: str) -> str:
    """The address of a thing. Raises: KeyError for a kind that has none."""
    if kind == "plans":
        return reverse("console:plans") + f"#{ref}"
    if kind == "line":
        return reverse("console:explain", args=ref.rsplit("/", 1))
    if kind == "held":
        return reverse("console:quarantine") + "?" + urlencode({"subject": ref})
    if kind == "events-of-day":
        return reverse("console:events") + "?" + urlencode({"on": ref})
    return reverse(_PAGES[kind], args=[ref])


def page_for(user: User | AnonymousUser, kind: str, ref: str) -> str:
    """The address of a thing where its page is open to the person, else empty."""
    url = page_of(kind, ref)
    return url if kind not in _PAGES or opens(user, _PAGES[kind], ref) else ""
