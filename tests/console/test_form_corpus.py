"""The corpus of bad inputs at the forms: what is wrong is said beside its field, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.permissions import Role
from billing.catalogue.models import Price
from tests.api.corpus import CORPUS, Case, cases
from tests.browsers import Browser
from tests.cast import person
from tests.console.platform import Platform
from tests.console.records import send_price

pytestmark = pytest.mark.skipif(
    not CORPUS.exists(), reason=f"THE CORPUS OF BAD INPUTS IS NOT AT {CORPUS}"
)

NOT_BUILT = {
    # Credits, proposals and uploads have no form yet; the rest of these need two at once.
    "price_overlaps_existing", "price_backdated_into_closed", "price_currency_lower",
    "credit_exceeds_invoice", "hidden_pk_tamper", "readonly_field_posted", "price_amount_negative",
}  # fmt: skip


def typed(case: Case) -> dict[str, str]:
    """What the case types into the form of a price."""
    said: dict[str, Any] = dict(case.input)
    if "amount" in said:
        amount = said.pop("amount")
        said["definition"] = json.dumps({"model": "flat", "amount": amount})
    reason = said.get("reason")
    if isinstance(reason, dict):
        text, times = reason["$repeat"]
        said["reason"] = text * min(times, 1_000_000)
    return said


@pytest.mark.parametrize(
    "case",
    [each for each in cases("admin", "form") if each.name not in NOT_BUILT],
    ids=lambda case: case.name,
)
def test_what_is_typed_wrong_is_said_beside_it(case: Case, fay: Browser, draft_price: Price):
    before = Price.history.count()
    answer = send_price(fay, draft_price, typed(case))
    assert answer.status_code in case.statuses
    if (case.code or "").startswith("form:"):
        field = (case.code or "").removeprefix("form:").replace("amount", "definition")
        errors = answer.context["adminform"].form.errors
        assert field in errors or "__all__" in errors
        assert Price.history.count() == before
    else:
        assert Price.history.latest().history_change_reason == case.input["reason"]


@pytest.mark.parametrize("query", ["x" * 8_000, "(a+)+$", "%", "\\", "'", '"', "_" * 500])
@pytest.mark.parametrize(
    "page", ["/admin/accounts/account/", "/admin/invoicing/invoice/", "/search/", "/accounts/"]
)
def test_any_search_is_answered(page: str, query: str, fay: Browser):
    name = "named" if page == "/accounts/" else "q"
    assert fay.get(page, {name: query}).status_code in (200, 302, 400, 422)


def test_a_sign_in_leads_to_no_other_site(platform: Platform):
    person("pat", Role.SUPPORT)
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"):
        page = Client().get("/staff/login/", {"next": elsewhere})
        assert page.status_code in (200, 302)
        assert f'href="{elsewhere}' not in page.content.decode()


def test_a_form_without_its_token_is_refused(platform: Platform, draft_price: Price):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person("fay", Role.FINANCE_ADMIN))
    assert send_price(browser, draft_price).status_code == 403
