"""Tax rates, policies and exemptions under /admin: two people, a reason, a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.permissions import Role
from billing.invoicing.models import JurisdictionPolicy, TaxExemption, TaxRate
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.records import errors_of
from tests.story import WHY

RATE = {
    "jurisdiction": "DE",
    "name": "VAT",
    "rate": "0.19",
    "product_class": "",
    "begins_on": "2026-01-01",
    "reason": WHY,
}
POLICY = {
    "jurisdiction": "DE",
    "decided_by": "by_day",
    "rounding": "down",
    "zone": "Europe/Berlin",
    "begins_on": "2026-01-01",
    "reason": WHY,
}


@pytest.fixture
def approver(platform: Platform) -> Browser:
    """Who approves changes of prices and tax."""
    return client_of(person("abel", Role.FINANCE_APPROVER))


def added(browser: Browser, name: str, said: dict[str, str]) -> int:
    return int(browser.post(f"/admin/invoicing/{name}/add/", said).status_code)


def test_a_rate_is_put_forward_by_one_and_put_in_force_by_another(
    fay: Browser, approver: Browser
) -> None:
    assert added(fay, "jurisdictionpolicy", POLICY) == 302
    policy = JurisdictionPolicy.objects.get()
    where = f"/admin/invoicing/jurisdictionpolicy/{policy.pk}/change/"
    assert fay.post(where, {"reason": WHY}).status_code == 403
    assert approver.post(where, {"reason": WHY}).status_code == 302
    policy.refresh_from_db()
    assert (policy.proposed_by, policy.approved_by) == ("Fay", "Abel")
    assert policy.valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)

    assert added(fay, "taxrate", RATE) == 302
    rate = TaxRate.objects.get()
    # Its day is that of the clock the policy names.
    assert rate.valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert rate.approved_by == ""
    where = f"/admin/invoicing/taxrate/{rate.pk}/change/"
    assert approver.post(where, {"reason": WHY}).status_code == 302
    rate.refresh_from_db()
    assert rate.approved_by == "Abel"
    assert approver.post(where, {"reason": WHY}).status_code == 403
    assert TaxRate.history.filter(id=rate.pk).latest().history_change_reason == WHY


def test_an_approver_puts_nothing_forward(approver: Browser) -> None:
    assert added(approver, "taxrate", RATE) == 403


def test_what_is_wrong_is_said_beside_its_field(fay: Browser) -> None:
    answer = fay.post("/admin/invoicing/taxrate/add/", RATE | {"rate": "19"})
    assert "rate" in errors_of(answer)
    answer = fay.post("/admin/invoicing/jurisdictionpolicy/add/", POLICY | {"zone": "Berlin"})
    assert "zone" in errors_of(answer)
    assert not TaxRate.objects.exists()
    assert not JurisdictionPolicy.objects.exists()


def test_an_exemption_names_its_certificate(platform: Platform, fay: Browser) -> None:
    said = {
        "account": platform.invoice.account.public_id,
        "jurisdiction": "",
        "certificate": "No. 7",
        "begins_on": "2026-01-01",
        "ends_on": "2026-09-01",
        "reason": WHY,
    }
    assert added(fay, "taxexemption", said) == 302
    row = TaxExemption.objects.get()
    assert row.certificate == "No. 7"
    assert row.valid_until == datetime(2026, 9, 1, tzinfo=UTC)
    answer = fay.post("/admin/invoicing/taxexemption/add/", said | {"ends_on": "2025-01-01"})
    assert answer.status_code == 200
