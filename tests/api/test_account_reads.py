"""What an account is told of itself: usage that is the bill's, its statement, its plans."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import CredentialScope
from core.decimals import decimal_text
from tests.api.bearer import client_of
from tests.billing.prices import per_unit, requests
from tests.billing.receivables.books import Books
from tests.cast import partner
from tests.story import Customer, Story

DAYS = {"from": "2026-03-01", "until": "2026-04-01"}


@pytest.fixture
def acme(db: None) -> Customer:
    """Two apps called over March, billed on the first of April."""
    story = Story()
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-03-01")
    customer = story.account("Acme")
    customer.subscribes(plan)
    for name in ("web", "api"):
        customer.app(name)
    story.on("2026-04-01")
    for name, day, quantity in (("web", 3, 100), ("web", 4, 50), ("api", 4, 7)):
        customer.uses("router.requests", name, f"2026-03-{day:02}", quantity=str(quantity))
    story.runs_billing()
    return customer


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Agency", reads=(acme.account,)), *CredentialScope.values)


def below(customer: Customer, what: str) -> str:
    return f"/api/v1/accounts/{customer.account.public_id}/{what}"


def test_usage_sums_to_what_the_invoice_says(acme: Customer, client: Client) -> None:
    told = client.get(below(acme, "usage"), DAYS).json()
    (row,) = told["data"]
    billed = sum(
        (line.rated_quantity or Decimal(0) for line in acme.invoice.lines.all()), Decimal(0)
    )
    assert (row["meter"], row["quantity"], row["resource"]) == ("requests", "157", None)
    assert decimal_text(billed) == row["quantity"]
    assert told["complete_through"] == told["computed_at"]
    by_app = client.get(below(acme, "usage"), {**DAYS, "by": "resource"}).json()["data"]
    assert {(each["resource"], each["quantity"]) for each in by_app} == {
        ("web", "150"),
        ("api", "7"),
    }
    by_day = client.get(below(acme, "usage"), {**DAYS, "every": "day"}).json()["data"]
    assert [(each["start"], each["quantity"]) for each in by_day] == [
        ("2026-03-03T00:00:00Z", "100"),
        ("2026-03-04T00:00:00Z", "57"),
    ]
    months = {"from": "2026-02-15", "until": "2026-03-15", "every": "month"}
    assert [
        (each["start"], each["end"])
        for each in client.get(below(acme, "usage"), months).json()["data"]
    ] == [("2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z")]
    assert client.get(below(acme, "usage"), {**DAYS, "meter": "others"}).json()["data"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "day_missing"),
        ({**DAYS, "until": "2026-03-01"}, "days_reversed"),
        ({**DAYS, "until": "2028-03-01"}, "days_too_many"),
        ({**DAYS, "until": "2026-06-01", "every": "day"}, "days_too_many"),
        ({**DAYS, "from": "1.3.2026"}, "date_invalid"),
        ({**DAYS, "every": "hour"}, "parameter_invalid"),
        ({**DAYS, "by": "colour"}, "parameter_invalid"),
        ({**DAYS, "colour": "red"}, "unknown_parameter"),
    ],
)
def test_what_cannot_be_asked_is_named(
    acme: Customer, client: Client, query: dict[str, str], code: str
) -> None:
    refused = client.get(below(acme, "usage"), query)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_days_cost_no_more_statements_than_one(acme: Customer, client: Client) -> None:
    asked = []
    for every in ("all", "day"):
        client.get(below(acme, "usage"), {**DAYS, "every": every})
        with CaptureQueriesContext(connection) as statements:
            client.get(below(acme, "usage"), {**DAYS, "every": every})
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 12


def test_the_statement_is_the_books(acme: Customer, client: Client) -> None:
    Books(acme.story.on("2026-04-10"), acme)
    told = client.get(
        below(acme, "statement"), {"from": "2026-01-01", "until": "2026-05-01"}
    ).json()
    (entry,) = told["entries"]
    assert (entry["source"], entry["amount"]["decimal"]) == (acme.invoice.number, "1.57")
    assert told["opening"]["minor"] + entry["amount"]["minor"] == told["closing"]["minor"]
    wrong = client.get(
        below(acme, "statement"), {"from": "2026-01-01", "until": "2026-05-01", "currency": "XXX"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "parameter_invalid")


def test_the_bill_so_far_and_an_explanation_are_the_ones_that_bill(
    acme: Customer, client: Client
) -> None:
    bill = client.get(below(acme, "bill")).json()
    assert (bill["problem"], bill["has_more"]) == (None, False)
    line = f"/api/v1/invoices/{acme.invoice.number}/lines/1/explanation"
    told = client.get(line).json()
    assert (told["plan"], told["version"], told["agreed"]) == ("Calls", 1, False)
    assert told["amount"]["minor"] == acme.invoice.lines.get(position=1).amount_minor
    assert "price" in {each["step"] for each in told["steps"]}


def test_plans_meters_subscriptions_and_resources_are_read(acme: Customer, client: Client) -> None:
    (plan,) = read(client, "plans")
    assert plan["versions"][0]["prices"][0]["meter"] == "requests"
    assert "requests" in {each["code"] for each in read(client, "meters")}
    (subscription,) = read(client, "subscriptions")
    assert (subscription["plan"]["code"], subscription["pauses"]) == ("calls", [])
    assert client.get(f"/api/v1/subscriptions/{subscription['id']}").json() == subscription
    assert read(client, "subscriptions", state="ended") == []
    apps = read(client, "resources", account=acme.account.public_id)
    assert [each["platform_id"] for each in apps] == ["api", "web"]
    assert apps[0]["owners"][0]["account"]["name"] == "Acme"
    assert read(client, "holds") == []


def read(client: Client, what: str, **query: str) -> Any:
    answer = client.get(f"/api/v1/{what}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]
