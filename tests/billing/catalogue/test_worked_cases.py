"""Publishing: the version's own worked cases must hold, and what is seldom meant is named."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from billing.catalogue.models import PlanVersion, WorkedCase
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import CaseTerms, PriceTerms
from billing.publishing import operations as publishing
from billing.publishing.operations import Publication, WorkedCaseFailed
from billing.publishing.queries.publication import case_results, version_cautions
from billing.rating import DocumentRefused
from tests.billing.catalogue.changes import agrees, drafts
from tests.billing.prices import dyno_month, dyno_seconds, flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Story
from usage.derivation.refresh import refresh
from usage.models import Meter

JUNE = {"from": "2026-06-01", "until": "2026-07-01"}
MONTH_OF_SECONDS = "2592000"


def case(
    name: str,
    *usage: dict[str, Any],
    total: str | None = None,
    lines: list[dict[str, Any]] | None = None,
    **given: Any,
) -> CaseTerms:
    expected: dict[str, Any] = {} if total is None else {"total": total}
    if lines is not None:
        expected["lines"] = lines
    return CaseTerms(name, {"period": JUNE, "usage": list(usage)} | given, expected)


def dyno(quantity: str = MONTH_OF_SECONDS, **more: Any) -> dict[str, Any]:
    use = {"meter": "dyno-seconds", "quantity": quantity, "dimensions": {"size": "standard-1x"}}
    return use | more


def calls(quantity: str) -> dict[str, Any]:
    return {"meter": "requests", "quantity": quantity}


@pytest.fixture
def dynos(story: Story) -> Meter:
    return dyno_seconds(story)


def drafted(story: Story, *prices: PriceTerms, cases: tuple[CaseTerms, ...] = ()) -> PlanVersion:
    """The second version of a plan."""
    plan = story.plan("heroku", flat("1.00"))
    return drafts(story.on("2026-06-01"), plan, *prices, cases=cases)


def publishes(story: Story, version: PlanVersion) -> Publication:
    return publishing.publish(version=version, at=story.at, by=ADA, reason=WHY)


def test_a_version_whose_cases_hold_is_published(story: Story, dynos: Meter):
    version = drafted(
        story,
        dyno_month(dynos, "standard-1x", "25.00"),
        flat("5.00"),
        cases=(
            case("A dyno all month", dyno(), total="30.00"),
            case("Half a month", dyno("1296000"), total="17.50"),
            case(
                "Two apps",
                dyno(resource="web"),
                dyno("1296000", resource="api"),
                lines=[
                    {"price": "dyno-standard-1x", "resource": "web", "amount": "25.00"},
                    {
                        "price": "dyno-standard-1x",
                        "resource": "api",
                        "dimensions": {"size": "standard-1x"},
                        "quantity": "0.5",
                        "amount": "12.50",
                    },
                    {"price": "fee", "kind": "fee", "amount": "5.00"},
                ],
            ),
            case(
                "Subscribed half the month",
                subscribed={"from": "2026-06-16", "until": "2026-07-01"},
                total="2.50",
            ),
        ),
    )
    published = publishes(story, version)
    assert published.version.state == PlanVersion.State.PUBLISHED
    assert [(each.name, each.holds) for each in published.cases] == [
        ("A dyno all month", True),
        ("Half a month", True),
        ("Two apps", True),
        ("Subscribed half the month", True),
    ]


def test_a_case_that_fails_refuses_publication_and_says_expected_and_got(
    story: Story, dynos: Meter
):
    version = drafted(
        story,
        dyno_month(dynos, "standard-1x", "26.00"),
        cases=(
            case("Nothing", total="0.00"),
            case("A dyno all month", dyno(), total="25.00"),
            case("Two dynos", dyno("5184000"), total="50.00"),
        ),
    )
    with pytest.raises(WorkedCaseFailed) as refused:
        publishes(story, version)
    assert refused.value.message == (
        "A dyno all month: The total is 26.00, expected was 25.00. 1 more cases fail."
    )
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/cases/1/expected/total", "worked_case_differs"),
        ("/cases/2/expected/total", "worked_case_differs"),
    ]
    version.refresh_from_db()
    assert version.is_draft


@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        (
            [{"price": "requests", "amount": "2.00"}],
            "The line requests is 1.00, expected was 2.00.",
        ),
        (
            [{"price": "requests", "amount": "1.00", "quantity": "9"}],
            "The quantity of requests is 100, expected was 9.",
        ),
        (
            [{"price": "requests", "amount": "1.00"}, {"price": "fee", "amount": "1.00"}],
            "There is no such line of fee; it came to requests (usage).",
        ),
        (
            [],
            "requests (1.00) was not expected.",
        ),
    ],
)
def test_a_line_that_differs_is_named(story: Story, lines: list[dict[str, Any]], detail: str):
    version = drafted(
        story, per_unit(requests(story), "0.01"), cases=(case("Calls", calls("100"), lines=lines),)
    )
    (result,) = case_results(version)
    assert [difference.detail for difference in result.differences] == [detail]


def test_usage_without_a_price_fails_its_case(story: Story, dynos: Meter):
    version = drafted(story, flat("1.00"), cases=(case("A dyno", dyno(), total="1.00"),))
    (result,) = case_results(version)
    assert [difference.code for difference in result.differences] == ["usage_without_price"]


PAYMENTS = {
    "model": "percentage",
    "percent": "1",
    "fee_per_event": "0.30",
    "free_events": 1,
}


def paid(*amounts: str, **more: Any) -> dict[str, Any]:
    events = [{"quantity": amount, "id": f"p-{n}"} for n, amount in enumerate(amounts)]
    return {"meter": "payments", "events": events} | more


def test_a_case_names_the_single_events_a_price_looks_at(story: Story):
    """The first payment is free; the others cost 1 % and 0.30 each, in the order they are told."""
    payments = story.meter("payments", unit="USD", event_type="payment.made")
    version = drafted(
        story,
        PriceTerms("pay", "Payments", PAYMENTS, payments, group_by=("resource",)),
        cases=(
            case("Two payments", paid("1000", "50"), total="0.80"),
            case("The other way round", paid("50", "1000"), total="10.30"),
            case(
                "Two apps",
                paid("10", "100", resource="web"),
                paid("10", "200", resource="api"),
                lines=[
                    {"price": "pay", "resource": "web", "quantity": "110", "amount": "1.30"},
                    {"price": "pay", "resource": "api", "quantity": "210", "amount": "2.30"},
                ],
            ),
        ),
    )
    assert [(result.name, result.differences) for result in case_results(version)] == [
        ("Two payments", []),
        ("The other way round", []),
        ("Two apps", []),
    ]
    publishes(story, version)


def test_a_case_without_the_events_its_price_needs_says_so(story: Story):
    payments = story.meter("payments", unit="USD", event_type="payment.made")
    price = PriceTerms("pay", "Payments", PAYMENTS, payments)
    use = {"meter": "payments", "quantity": "1050"}
    version = drafted(story, price, cases=(case("A sum", use, total="0.80"),))
    (result,) = case_results(version)
    assert [each.code for each in result.differences] == ["single_events_needed"]


@pytest.mark.parametrize(
    ("use", "pointer", "code"),
    [
        (paid("1") | {"quantity": "1"}, "/given/usage/0/quantity", "choice"),
        (paid("many"), "/given/usage/0/events/0/quantity", "quantity_format"),
        (paid() | {"events": [{"when": "now"}]}, "/given/usage/0/events/0/when", "unknown_field"),
    ],
)
def test_events_of_a_case_that_cannot_be_read_are_named(
    story: Story, use: dict[str, Any], pointer: str, code: str
):
    story.meter("payments", unit="USD", event_type="payment.made")
    with pytest.raises(DocumentRefused) as refused:
        drafted(story, flat("1.00"), cases=(case("Odd", use, total="1.00"),))
    assert [(each.pointer, each.code) for each in refused.value.errors] == [(pointer, code)]


def test_a_case_with_problems_names_them_all(story: Story):
    version = drafted(story, flat("1.00"))
    broken = CaseTerms(
        "Broken",
        {"usage": [{"meter": "no-such", "quantity": "many"}], "colour": "red"},
        {"totl": "1"},
    )
    with pytest.raises(DocumentRefused) as refused:
        plans.set_case(version=version, case=broken, by=ADA, reason=WHY)
    assert [error.pointer for error in refused.value.errors] == [
        "/given/period",
        "/given/usage/0/quantity",
        "/given/usage/0/meter",
        "/given/colour",
        "/expected/total",
        "/expected/totl",
    ]


def test_a_case_can_be_replaced_and_removed_while_the_version_is_a_draft(story: Story):
    version = drafted(story, flat("1.00"))
    for total in ("2.00", "1.00"):
        plans.set_case(version=version, case=case("Fee", total=total), by=ADA, reason=WHY)
    assert [result.holds for result in case_results(version)] == [True]
    plans.remove_case(version=version, name="Fee", by=ADA, reason=WHY)
    assert case_results(version) == []
    with pytest.raises(plans.WorkedCaseNotFound):
        plans.remove_case(version=version, name="Fee", by=ADA, reason=WHY)


def test_cases_are_frozen_with_their_version(story: Story):
    version = drafted(story, flat("1.00"), cases=(case("Fee", total="1.00"),))
    publishes(story, version)
    with pytest.raises(plans.VersionFrozen):
        plans.set_case(version=version, case=case("More", total="1"), by=ADA, reason=WHY)
    for change in (
        "UPDATE catalogue_workedcase SET expected = '{}'",
        "DELETE FROM catalogue_workedcase",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert WorkedCase.objects.get().name == "Fee"


def cautions(story: Story, version: PlanVersion) -> list[tuple[str, str]]:
    found = version_cautions(version, at=story.at)
    return [(each.price, each.code) for each in found]


def test_a_volume_table_that_falls_is_named_when_it_is_published(story: Story):
    tiers = [{"up_to": "10", "unit_price": "10"}, {"unit_price": "5"}]
    meter = requests(story)
    version = drafted(
        story,
        PriceTerms("requests", "Calls", {"model": "volume", "tiers": tiers}, meter),
        cases=(case("Ten", calls("10"), total="100.00"),),
    )
    (caution,) = publishes(story, version).cautions
    assert (caution.price, caution.pointer, caution.code) == ("requests", "/tiers/1", "total_falls")
    assert "At 10 the total is 100; just above, it falls to 50." in caution.detail


def matrix(meter: Meter, *sizes: str, **more: Any) -> PriceTerms:
    cells = [{"match": {"size": size}, "unit_price": "1"} for size in sizes]
    document = {"model": "matrix", "dimensions": ["size"], "cells": cells}
    return PriceTerms("dynos", "Dynos", document, meter, group_by=["size"], **more)


def runs(story: Story, *sizes: str) -> None:
    """An app whose processes have these sizes."""
    customer = story.account("Acme")
    customer.app("acme-web")
    for size in sizes:
        customer.scales("acme-web", size, "1", at="2026-06-01", process=size)
    refresh()


def test_cells_are_held_against_the_sizes_really_seen(story: Story, dynos: Meter):
    version = drafted(story, matrix(dynos, "standard-1x", "basic"))
    runs(story, "standard-1x", "performance-m")
    details = {each.code: each.detail for each in version_cautions(version, at=story.at)}
    assert details["cell_missing"] == (
        "dyno-seconds size=performance-m has no cell; 1 account could not be billed."
    )
    assert details["cell_unused"] == "No usage seen lately falls into the cell for size=basic."


def test_usage_no_price_matches_is_named(story: Story, dynos: Meter):
    version = drafted(story, dyno_month(dynos, "standard-1x", "25.00"))
    runs(story, "performance-m")
    assert ("", "usage_uncovered") in cautions(story, version)


def test_usage_that_another_plan_of_the_account_prices_is_not_missing(story: Story, dynos: Meter):
    version = drafted(story, dyno_month(dynos, "standard-1x", "25.00"))
    other = story.plan("private", dyno_month(dynos, "performance-m", "250.00"))
    customer = story.account("Acme")
    customer.subscribes(version.plan)
    customer.app("acme-web")
    customer.scales("acme-web", "performance-m", "1", at="2026-06-01")
    refresh()
    assert ("", "usage_uncovered") in cautions(story, version)
    customer.subscribes(other)
    assert ("", "usage_uncovered") not in cautions(story, version)


def test_usage_of_accounts_without_the_plan_is_not_missing_in_it(story: Story, dynos: Meter):
    version = drafted(story, dyno_month(dynos, "standard-1x", "25.00"))
    runs(story, "performance-m")
    story.account("Globex").subscribes(version.plan)
    assert ("", "usage_uncovered") not in cautions(story, version)


def test_usage_long_ago_is_not_looked_at(story: Story):
    meter = story.meter("calls", dimensions=("region",))
    plan = story.plan("heroku", flat("1.00"))
    customer = story.on("2026-03-01").account("Acme")
    customer.app("acme-web")
    customer.uses("calls", "acme-web", "2026-03-01", quantity="1", region="mars")
    version = drafts(
        story.on("2026-06-01"),
        plan,
        PriceTerms("calls", "Calls", flat("1").definition, meter, match={"region": "eu"}),
    )
    assert "usage_uncovered" not in [code for _, code in cautions(story, version)]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"match": {"colour": "red"}}, "dimension_unknown"),
        ({"group_by": ["colour"]}, "dimension_unknown"),
    ],
)
def test_a_dimension_the_meter_does_not_have_is_named(
    story: Story, dynos: Meter, terms: dict[str, Any], code: str
):
    price = PriceTerms("dyno", "Dyno", {"model": "per_unit", "unit_price": "1"}, dynos, **terms)
    assert ("dyno", code) in cautions(story, drafted(story, price))


def test_a_matrix_that_is_not_grouped_by_its_dimension_is_named(story: Story, dynos: Meter):
    price = matrix(dynos, "standard-1x")
    ungrouped = PriceTerms(price.code, price.name, price.definition, dynos)
    assert ("dynos", "dimension_not_grouped") in cautions(story, drafted(story, ungrouped))


def test_a_usage_price_without_a_meter_and_a_version_without_a_case_are_named(story: Story):
    price = PriceTerms("calls", "Calls", {"model": "per_unit", "unit_price": "1"})
    found = cautions(story, drafted(story, price))
    assert found == [("calls", "meter_missing"), ("", "no_worked_case")]


def test_agreed_prices_the_new_version_has_no_price_for_are_named(story: Story):
    plan = story.plan("heroku", flat("1.00"))
    acme = story.on("2026-06-01").account("Acme")
    subscription = acme.subscribes(plan)
    agrees(story, subscription, "fee", since="2026-06-01", model="flat", amount="0.50")
    other = PriceTerms("platform", "Platform", {"model": "flat", "amount": "2"})
    version = drafts(story, plan, other, existing_from="2026-07-01")
    assert ("fee", "agreement_orphaned") in cautions(story, version)
