"""The page that lets a parked bill pass: what keeps it back, who may, and what is no such bill."""

from __future__ import annotations

from accounts.permissions import Role
from billing.invoicing.models import SanityRelease
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform


def address(platform: Platform, account_id: str) -> str:
    return f"/runs/{platform.run.public_id}/release/{account_id}/"


def test_the_figure_is_shown_and_a_bill_that_is_not_unusual_is_not_released(
    platform: Platform,
) -> None:
    client = client_of(person("app", Role.FINANCE_APPROVER))
    url = address(platform, platform.globex.account.public_id)

    page = client.get(url)
    refused = client.post(url, {"reason": "Looked at"})

    assert page.status_code == 200
    assert "No price covers" in page.content.decode()
    assert refused.status_code == 409
    assert not SanityRelease.objects.exists()


def test_what_is_not_parked_has_no_such_page(platform: Platform) -> None:
    client = client_of(person("app", Role.FINANCE_APPROVER))

    assert client.get(address(platform, platform.acme.account.public_id)).status_code == 404


def test_whoever_prepares_runs_releases_nothing(platform: Platform) -> None:
    client = client_of(person("fin", Role.FINANCE_ADMIN))
    url = address(platform, platform.globex.account.public_id)

    assert client.get(url).status_code == 403
    assert client.post(url, {"reason": "Looked at"}).status_code == 403
