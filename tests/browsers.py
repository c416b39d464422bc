"""A browser that sends a form as it was shown: with what it was made from."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from accounts.models import User
from approvals.models import Proposal
from approvals.operations import deciding
from billing.contracts.tasks import settle_held_events
from core.clock import now

MADE_FROM = re.compile(r'<input type="hidden" name="made_from" value="([^"]+)"')
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
REASON_CODE = re.compile(r'<select[^>]* name="reason_code".*?<option value="([a-z_]+)"', re.DOTALL)
NAME = re.compile(r'<input type="hidden" name="name" value="([^"]+)"')

ON_PAGE = {"/publish/": "/check/", "/price/remove/": "/", "/case/remove/": "/cases/"}
"""Where the form is whose address only takes forms."""


def made_from(page: Any, *, name: str = "") -> str:
    """What the first form of a page that says so, of those about `name`, was made from."""
    for form in FORM.findall(page.content.decode()):
        found, about = MADE_FROM.search(form), NAME.search(form)
        if found and (about is None or not name or unescape(about.group(1)) == name):
            return found.group(1)
    return ""


def confirmed(client: Client) -> None:
    """Somebody who is signed in said a password a moment ago."""
    session = client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [{"method": "password", "at": now().timestamp()}]
    session.save()


class Browser(Client):
    """Whoever sends a form has opened its page: a form without `made_from` gets the page's."""

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Sign in as by a password, a moment ago."""
        super().force_login(user, backend)
        confirmed(self)

    def post(self, path: Any, data: Any = None, *args: Any, **more: Any) -> Any:
        """Open the page, then send the form."""
        if isinstance(data, dict) and "made_from" not in data:
            data = self.opened(path, str(data.get("name", ""))) | data
        return super().post(path, data, *args, **more)

    def opened(self, path: str, name: str = "") -> dict[str, str]:
        """What the form for this address says it was made from, as it is sent."""
        page = path
        for end, where in ON_PAGE.items():
            if path.endswith(end):
                page = path.removesuffix(end) + where
        shown = self.get(page)
        if shown.status_code != 200:
            return {}
        found = made_from(shown, name=name)
        code = REASON_CODE.search(shown.content.decode())
        return ({"made_from": found} if found else {}) | (
            {"reason_code": code.group(1)} if code else {}
        )


class TwoPeople(Browser):
    """Whoever puts forward here has a colleague who approves it the same moment."""

    colleague: User

    def post(self, path: Any, data: Any = None, *args: Any, **more: Any) -> Any:
        """Send the form; what it puts forward is approved."""
        answer = super().post(path, data, *args, **more)
        led_to = getattr(answer, "url", "") or answer.request["PATH_INFO"]
        found = re.search(r"/proposals/(prp_\w+)/", led_to)
        if found and answer.status_code in (200, 302):
            proposal = Proposal.objects.get(public_id=found.group(1))
            deciding.approve(proposal=proposal, seen=proposal.seal, by=self.colleague, at=now())
            settle_held_events()
        return answer
