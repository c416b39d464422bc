"""The other reads of Heroku's: what each says, in its fields, of one's own accounts alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from api.heroku.urls import urlpatterns
from billing.invoicing.models import CreditGrant
from billing.invoicing.operations.grants import GrantTerms, grant
from tests.api.bearer import client_of
from tests.api.platform_as_heroku import acme, story
from tests.billing.prices import dyno_month, dyno_seconds
from tests.cast import account, partner
from tests.people import ADA
from tests.story import WHY, Customer, Story

__all__ = ["acme", "story"]
pytestmark = pytest.mark.django_db
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
SCOPES = ("accounts:read", "invoices:read", "payments:read")


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Addon Works", reads=(acme.account,), reports_for=()), *SCOPES)


def told(client: Client, path: str, **asked: str) -> Any:
    answer = client.get(f"/heroku/{path}", asked)
    assert answer.status_code in (200, 206), answer.content
    return answer.json()


def test_an_addon_says_its_plan_and_what_it_is_billed_at(client: Client, acme: Customer) -> None:
    (found,) = told(client, "addons")
    assert found["billed_price"] == {
        "cents": 6200, "contract": False, "metered": False, "unit": "month",
    }  # fmt: skip
    assert (found["plan"]["name"], found["addon_service"]["name"]) == ("postgres:small", "postgres")
    assert (found["app"]["name"], found["billing_entity"]["type"]) == ("acme-web", "app")
    for path in ("apps/acme-web/addons", "teams/Acme/addons", "users/~/addons"):
        assert told(client, path) == [found]
    for name in (found["id"], "acme-db"):
        assert told(client, f"addons/{name}") == found
        assert told(client, f"apps/acme-web/addons/{name}") == found


def test_days_of_a_team_sum_to_its_invoice(client: Client, acme: Customer) -> None:
    days = told(client, "teams/Acme/usage/daily", start="2026-03-01", end="2026-03-31")
    assert len(days) == 31
    first = days[0]
    assert set(first) == {
        "id",
        "name",
        "date",
        "addons",
        "data",
        "partner",
        "dynos",
        "space",
        "apps",
    }
    assert (first["date"], first["dynos"], first["data"]) == ("2026-03-01", 2, 2)
    (app,) = first["apps"]
    assert (app["app_name"], app["dynos"], app["addons"]) == ("acme-web", 2, 2)
    assert sum(Decimal(str(each["addons"])) for each in days) == 62
    (month,) = told(client, "teams/Acme/usage/monthly", start="2026-03", end="2026-03")
    assert (month["month"], month["addons"], month["dynos"], month["connect"]) == (
        "2026-03", 62, 2, 0,
    )  # fmt: skip


def test_an_enterprise_holds_its_teams(story: Story) -> None:
    plan = story.plan("platform", dyno_month(dyno_seconds(story), "standard-1x", "31"))
    story.on("2026-03-01")
    whole = account("Acme Group", kind="enterprise")
    for name in ("blue", "red"):
        team = Customer(story, account(name.title(), parent=whole))
        team.subscribes(plan)
        team.app(name)
        team.scales(name, "standard-1x", "2", "2026-03-01")
    story.on("2026-04-01").runs_billing()
    accounts = (whole, *whole.teams.all())
    client = client_of(partner("All", reads=accounts, reports_for=()), *SCOPES)
    asked = {"start": "2026-03-01", "end": "2026-03-02"}
    days = told(client, f"enterprise-accounts/{whole.public_id}/usage/daily", **asked)
    assert [each["date"] for each in days] == ["2026-03-01", "2026-03-02"]
    assert (days[0]["dynos"], [team["dynos"] for team in days[0]["teams"]]) == (4, [2, 2])
    assert {team["name"] for team in days[0]["teams"]} == {"Blue", "Red"}
    alone = client_of(partner("One", reads=(whole,), reports_for=()), *SCOPES)
    months = {"start": "2026-03", "end": "2026-03"}
    (month,) = told(alone, "enterprise-accounts/Acme Group/usage/monthly", **months)
    assert (month["dynos"], month["teams"]) == (0, [])


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("teams/Acme/usage/daily", {"start": "yesterday"}, "start"),
        ("teams/Acme/usage/daily", {"start": "2026-03-02", "end": "2026-03-01"}, "end"),
        ("teams/Acme/usage/daily", {"start": "2020-01-01", "end": "2026-03-01"}, "end"),
        ("teams/Acme/usage/monthly", {"start": "2026-03-01"}, "start"),
        ("teams/Acme/usage/monthly", {"start": "2020-01", "end": "2026-03"}, "end"),
        ("resource/acme-db/usage-history", {"duration": "P9Y"}, "duration"),
        ("resource/acme-db/usage-history", {"start": "soon"}, "start"),
    ],
)
def test_a_span_that_cannot_be_answered_names_its_parameter(
    path: str, asked: dict[str, str], field: str, client: Client
) -> None:
    answer = client.get(f"/heroku/{path}", asked)
    assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")
    assert field in answer.json()["message"] or "2" in answer.json()["message"]


def test_usage_of_now_and_of_the_last_days(client: Client, acme: Customer) -> None:
    app = told(client, "apps/acme-web/usage")
    (addon,) = app["addons"]
    assert addon["meters"]["addon-seconds"]["quantity"] > 0
    assert told(client, "teams/Acme/apps/acme-web/usage")["id"] == app["id"]
    assert [each["id"] for each in told(client, "teams/Acme/usage")["apps"]] == [app["id"]]
    history = told(client, "resource/acme-db/usage-history", start="2026-03-05", duration="P3D")
    assert history["usage_timestamps"][0] == "2026-03-05T00:00:00Z"
    assert history["usage"] == [
        {"meter_key": "addon-seconds", "usage_data_points": [86400, 86400, 86400]}
    ]


def test_what_is_sold(client: Client) -> None:
    (plan,) = told(client, "addon-services/postgres/plans")
    assert (plan["name"], plan["price"]["cents"]) == ("postgres:small", 6200)
    assert told(client, "plans/postgres:small") == plan
    assert [each["name"] for each in told(client, "addon-services")] == ["postgres"]
    assert told(client, "addon-services/postgres")["name"] == "postgres"
    (meter,) = told(client, "plans/postgres:small/meters")
    assert (meter["name"], meter["price_cents"], meter["billing_unit"]) == (
        "addon-seconds", "6200", "add-on month",
    )  # fmt: skip
    assert told(client, f"plans/postgres:small/meters/{meter['name']}") == meter
    (size,) = told(client, "dyno-sizes")
    assert (size["name"], size["cost"]) == ("standard-1x", {"cents": 3100, "unit": "month"})
    assert told(client, "dyno-sizes/standard-1x") == size
    assert told(client, "apps/acme-web/available-dyno-sizes") == [size]


def test_credit_and_address(client: Client, acme: Customer) -> None:
    terms = GrantTerms(
        kind=CreditGrant.Kind.GOODWILL, name="Sorry", amount=Decimal(500), effective_from=APRIL
    )
    grant(account=acme.account, terms=terms, at=APRIL, by=ADA, reason=WHY)
    (credit,) = told(client, "account/credits")
    assert (credit["title"], credit["amount"], credit["balance"]) == ("Sorry", 500, 500)
    assert told(client, f"account/credits/{credit['id']}") == credit
    assert told(client, "teams/Acme/credits") == [credit]
    address = told(client, "account/invoice-address")
    assert (address["heroku_id"], address["use_invoice_address"]) == (acme.account.public_id, True)
    assert told(client, "teams/Acme/invoice-address") == address


def test_whose_account_it_is_when_there_are_several(acme: Customer) -> None:
    both = (acme.account, Account.objects.get(name="Canary Globex"))
    client = client_of(partner("Both", reads=both, reports_for=()), *SCOPES)
    answer = client.get("/heroku/account/invoice-address")
    assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")
    assert "team" in answer.json()["message"]


def test_the_addresses_of_heroku_are_served_from_the_root_to_who_asks_for_them(
    client: Client, acme: Customer
) -> None:
    accept = {"Accept": "application/vnd.heroku+json; version=3.sdk"}
    assert client.get("/apps/acme-web", headers=accept).json()["name"] == "acme-web"
    unknown = client.get("/accounts/", headers=accept)
    assert (unknown.status_code, unknown.json()["id"]) == (404, "not_found")
    assert client.get("/api/v1/accounts", headers=accept).status_code in (200, 406)
    assert client.get("/apps/acme-web").status_code == 404


CANARY = {
    "team": "Canary Globex", "enterprise": "Canary Globex", "app": "canary-globex-web",
    "addon": "canary-globex-db",
}  # fmt: skip
OPEN = {
    "plan": "postgres:small", "meter": "addon-seconds", "size": "standard-1x",
    "service": "postgres", "name": "1", "credit": "grt_1",
}  # fmt: skip
PATHS = [str(each.pattern) for each in urlpatterns if each.name]


def test_no_address_says_anything_of_another_account(client: Client) -> None:
    """With the canary's names where it takes one."""
    for path in PATHS:
        asked = path
        for name, value in {**CANARY, **OPEN}.items():
            asked = asked.replace(f"<str:{name}>", value)
        assert "<" not in asked, "a name without a case"
        answer = client.get(f"/heroku/{asked}")
        is_of_canary = any(f":{name}>" in path for name in CANARY)
        assert answer.status_code in ((404,) if is_of_canary else (200, 404)), path
        assert b"anary" not in answer.content, path


def test_every_address_is_in_the_table_of_the_docs() -> None:
    said = (Path(__file__).parents[2] / "docs/heroku.md").read_text()
    missing = [
        path for path in PATHS if f"`/{path.replace('<str:', '{').replace('>', '}')}`" not in said
    ]
    assert not missing
