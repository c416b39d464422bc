"""What was billed as FOCUS rows: they sum to the documents, and claim nothing they do not know."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api.rest.v1.exports import FOCUS_DAYS_MAX
from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.focus.columns import COLUMNS
from billing.invoicing.focus.costs import line_costs
from billing.invoicing.focus.rows import focus_rows
from billing.invoicing.models import Invoice
from billing.receivables.operations import corrections
from core.money import Money
from core.periods import Period
from tests.api.bearer import client_of
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.billing.test_tax import in_germany, rate
from tests.cast import partner
from tests.story import Customer, Story, instant

ALL = Period(instant("2020-01-01"), instant("2030-01-01"))
Said = dict[str, str]


def rows_of(customer: Customer, period: Period = ALL) -> list[Said]:
    rows = focus_rows(customer.account, period)
    return [dict(zip(COLUMNS, map(str, row), strict=True)) for row in rows]


def billed(rows: list[Said]) -> dict[str, Decimal]:
    """What the rows of each document come to."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["InvoiceId"]] += Decimal(row["BilledCost"])
    return dict(sums)


@pytest.fixture
def acme(story: Story) -> Customer:
    """Acme of Germany, whose three apps used a call each of 0.335."""
    rate("DE", "0.19")
    price = PriceTerms(
        code="calls",
        name="Calls",
        meter=story.meter("calls", unit="call"),
        group_by=["resource"],
        definition={"model": "per_unit", "unit": "call", "unit_price": "0.335"},
    )
    acme = story.on("2026-03-01").account("Acme")
    apps = ["web", "api", "=cmd"]
    for app in apps:
        acme.app(app)
    acme.subscribes(story.plan("calls", price))
    in_germany(acme, story.on("2026-03-02"))
    story.on("2026-04-01")
    for app in apps:
        acme.uses("calls", app, "2026-03-05", quantity="1")
    story.runs_billing()
    return acme


def test_tm57_rows_add_up_to_the_invoice_with_its_tax(acme: Customer) -> None:
    rows = rows_of(acme)

    assert [row["BilledCost"] for row in rows] == ["0.34", "0.34", "0.34", "0.19"]
    assert billed(rows) == {acme.invoice.number: Decimal("1.21")}
    assert {row["ContractedCost"] for row in rows[:3]} == {"0.335"}


def test_tm57_a_note_has_its_own_invoice_id_and_is_negative(story: Story) -> None:
    books = Books(story, story.account("Acme", currency="EUR"))
    story.on("2026-06-01")
    invoice = books.invoice({"Dynos": "100.00"}, rate="19")
    note = books.credits(invoice, "Dynos", "40.00")

    rows = rows_of(books.customer)
    assert billed(rows) == {invoice.number: Decimal("119.00"), note.number: Decimal("-47.60")}
    assert [(row["ChargeCategory"], row["BilledCost"]) for row in rows[2:]] == [
        ("Credit", "-40.0"),
        ("Tax", "-7.6"),
    ]


def test_tm58_a_tax_row_has_costs_and_no_price_quantity_or_sku(acme: Customer) -> None:
    (tax,) = [row for row in rows_of(acme) if row["ChargeCategory"] == "Tax"]

    costs = ("BilledCost", "ListCost", "ContractedCost", "EffectiveCost")
    assert {tax[name] for name in costs} == {"0.19"}
    empty = (
        "ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "SkuId",
        "SkuPriceId", "ConsumedQuantity", "ConsumedUnit",
    )  # fmt: skip
    assert {tax[name] for name in empty} == {""}


def test_a_line_says_what_was_used_at_which_price(acme: Customer) -> None:
    row = rows_of(acme)[0]

    assert row["ChargeCategory"] == "Usage"
    assert (row["PricingQuantity"], row["PricingUnit"]) == ("1.0", "call")
    assert (row["ListUnitPrice"], row["ContractedUnitPrice"]) == ("0.335", "0.335")
    assert (row["BillingPeriodStart"], row["BillingPeriodEnd"]) == (
        "2026-03-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    )
    assert row["BillingAccountId"] == acme.account.public_id


def test_a_unit_price_that_does_not_explain_the_amount_is_not_said() -> None:
    half = line_costs(Money(Decimal("12.50"), "USD"), quantity=Decimal(1), unit_price=Decimal(25))
    assert (half.contracted, half.contracted_unit_price) == (Decimal("12.50"), None)

    agreed = line_costs(
        Money(Decimal("20.00"), "USD"),
        quantity=Decimal(1),
        unit_price=Decimal(20),
        list_unit_price=Decimal(25),
    )
    assert (agreed.list, agreed.contracted, agreed.billed) == (25, 20, Decimal("20.00"))


def test_credit_carried_between_invoices_is_a_row(story: Story) -> None:
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(story.plan("gift", flat("-30.00")), until="2026-04-01")
    acme.subscribes(story.plan("paid", PriceTerms("plan", "Plan", flat("20.00").definition)))
    story.on("2026-05-01").runs_billing()

    totals = {each.number: each.total.amount for each in Invoice.objects.all()}
    assert billed(rows_of(acme)) == totals
    assert sum(row["ChargeDescription"].startswith("Credit carried") for row in rows_of(acme)) == 2


def test_a_void_takes_its_invoice_back(story: Story) -> None:
    books = Books(story, story.account("Acme", currency="EUR"))
    story.on("2026-06-01")
    invoice = books.invoice({"Dynos": "100.00"}, rate="19")
    corrections.void(invoice=invoice, recorded=books.recorded())

    assert billed(rows_of(books.customer)) == {invoice.number: Decimal(0)}


def test_only_what_was_issued_within_the_days_is_in_it(acme: Customer) -> None:
    april = Period(instant("2026-04-01"), instant("2026-05-01"))
    march = Period(instant("2026-03-01"), instant("2026-04-01"))

    assert len(rows_of(acme, april)) == 4
    assert rows_of(acme, march) == []


def test_many_lines_are_read_with_as_many_queries_as_few(acme: Customer) -> None:
    with CaptureQueriesContext(connection) as asked:
        rows_of(acme)

    assert len(asked) == 6


def test_the_command_writes_a_file_no_cell_of_which_is_a_formula(
    acme: Customer, tmp_path: Path
) -> None:
    path = tmp_path / "focus.csv"
    days = ("--from", "2026-04-01", "--until", "2026-05-01", "--output", str(path))
    call_command("export_focus", acme.account.public_id, *days)
    rows = list(csv.DictReader(StringIO(path.read_text())))

    assert list(rows[0]) == list(COLUMNS)
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal("1.21")
    assert "'=cmd" in {row["ResourceId"] for row in rows}


def test_version_1_4_has_the_names_that_came_with_1_3(acme: Customer, tmp_path: Path) -> None:
    path = tmp_path / "focus.csv"
    days = ("--from", "2026-04-01", "--until", "2026-05-01", "--output", str(path))
    call_command("export_focus", acme.account.public_id, *days, "--focus-version", "1.4")
    names = path.read_text().splitlines()[0].split(",")

    assert {"ServiceProviderName", "HostProviderName"} <= set(names)
    assert not {"ProviderName", "PublisherName"} & set(names)


@pytest.mark.parametrize(
    ("account", "first", "until"),
    [("acc_nobody", "2026-04-01", "2026-05-01"), ("", "2026-05-01", "2026-05-01")],
)
def test_what_cannot_be_exported_is_said(
    acme: Customer, account: str, first: str, until: str
) -> None:
    with pytest.raises(CommandError):
        call_command(
            "export_focus", account or acme.account.public_id, "--from", first, "--until", until
        )


# The doors


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Acme's agency", reads=(acme.account,)))


def address(customer: Customer) -> str:
    return f"/api/v1/accounts/{customer.account.public_id}/focus"


def test_the_api_answers_the_same_file(acme: Customer, client: Client) -> None:
    answer = client.get(
        f"{address(acme)}?from=2026-04-01&until=2026-05-01", headers={"Accept": "text/csv"}
    )
    rows = list(csv.DictReader(StringIO(answer.getvalue().decode())))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal("1.21")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("from=2026-04-01", 422, "day_missing"),
        ("from=2026-04-01&until=2026-04-01", 422, "days_reversed"),
        ("from=2020-01-01&until=2026-04-01", 422, "days_too_many"),
        ("from=2026-04-01&until=2026-05-01&version=9", 422, "focus_version_unknown"),
    ],
)
def test_the_api_refuses_what_it_cannot_read(
    query: str, status: int, code: str, acme: Customer, client: Client
) -> None:
    answer = client.get(f"{address(acme)}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert FOCUS_DAYS_MAX == 400


def test_a_partner_exports_nobody_else(story: Story, acme: Customer) -> None:
    stranger = client_of(partner("Globex Inc", reads=(story.account("Globex").account,)))

    answer = stranger.get(f"{address(acme)}?from=2026-04-01&until=2026-05-01")
    assert answer.status_code == 404
