"""Tax: which rate decides, what a group comes to, and what an invoice says of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.models import InvoiceTax, TaxRate
from billing.invoicing.operations import tax_rates
from billing.invoicing.operations.tax_rates import ExemptionTerms, OwnTaxProposal, RateTerms
from billing.invoicing.tax import TaxGroup, TaxParty, TaxQuestion, Treatment
from billing.invoicing.tax_amounts import taxes_of
from billing.invoicing.tax_tables import RateInForce, TaxTables
from billing.receivables.invariants import receivables_agree
from core.actor import Actor, acting_as
from core.periods import Period
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA, SAM
from tests.story import LONG_AGO, WHY, Customer, Story, instant

GERMANY = [
    ("0.19", "2007-01-01", "2020-07-01"),
    ("0.16", "2020-07-01", "2021-01-01"),
    ("0.19", "2021-01-01", None),
]


def german() -> TaxTables:
    return TaxTables(
        [
            RateInForce(
                "DE", "", "VAT", Decimal(rate), instant(start), instant(end) if end else None
            )
            for rate, start, end in GERMANY
        ],
        {},
    )


def group(rate: str) -> TaxGroup:
    return TaxGroup("DE", Treatment.STANDARD, "VAT", Decimal(rate))


def tax(rate: str, *lines: int) -> int:
    (only,) = taxes_of((group(rate), minor) for minor in lines)
    return only.tax_minor


def test_tm33_tax_is_on_the_sum_of_the_lines_and_not_line_by_line() -> None:
    assert tax("0.25", 69622, 69622) == 34811


def test_tm34_a_lone_adjustment_mirrors_a_charge() -> None:
    assert (tax("0.25", 10050), tax("0.25", -10050), tax("0.19", -750)) == (2513, -2513, -143)


def test_tm38_yen_and_dinars_are_rounded_once_on_their_own_minor_units() -> None:
    assert (tax("0.10", 1127), tax("0.10", 105, 105, 105), tax("0.05", 12345)) == (113, 32, 617)


@pytest.mark.parametrize(
    ("start", "end", "rate"),
    [
        ("2020-06-01", "2020-07-01", "0.19"),  # (a) June, issued on 2 July
        ("2020-12-01", "2021-01-01", "0.16"),  # (b) December, issued on 2 January
        ("2020-06-16", "2020-07-16", "0.16"),  # (c) the end of the service decides
    ],
)
def test_tm35_the_end_of_the_service_decides_the_rate(start: str, end: str, rate: str) -> None:
    period = Period(instant(start), instant(end))
    asked = TaxQuestion.of(TaxParty(1, "DE"), "", period, "UTC", instant(end).date())
    (part,) = german().parts_of(asked)
    assert part.group.rate == Decimal(rate)


NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_tm37_a_tax_id_nobody_confirmed_lowers_no_tax() -> None:
    tables = TaxTables([RateInForce("FR", "", "TVA", Decimal("0.2"), LONG_AGO, None)], {})
    silent = tables.group_of(TaxParty(1, "FR", tax_id="FR123"), at=NOW)
    confirmed = tables.group_of(TaxParty(1, "FR", tax_id="FR123", is_verified=True), at=NOW)
    assert (silent.treatment, confirmed.treatment) == (
        Treatment.STANDARD,
        Treatment.REVERSE_CHARGE,
    )
    at_home = german().group_of(TaxParty(1, "DE", tax_id="DE1", is_verified=True), at=NOW)
    assert at_home.rate == Decimal("0.19")


def test_a_region_comes_before_its_country_and_where_we_collect_nothing_nothing_is_due() -> None:
    tables = TaxTables([RateInForce("US-CA", "", "Sales", Decimal("0.0725"), LONG_AGO, None)], {})
    assert tables.group_of(TaxParty(1, "US", "CA"), at=NOW).key == "US-CA:standard:0.0725"
    assert tables.group_of(TaxParty(1, "US", "OR"), at=NOW).key == "US:outside"


@given(st.lists(st.integers(-10_000, 10_000), min_size=1), st.sampled_from(["0.19", "0.0725"]))
def test_the_order_of_lines_is_nothing_to_their_tax(lines: list[int], rate: str) -> None:
    assert (
        tax(rate, *lines) == tax(rate, *reversed(lines)) == -tax(rate, *(-each for each in lines))
    )


def rate(jurisdiction: str, share: str) -> None:
    terms = RateTerms(jurisdiction, "VAT", Decimal(share), LONG_AGO)
    row = tax_rates.propose_rate(terms=terms, by=ADA, reason=WHY)
    tax_rates.approve_rate(rate=row, at=LONG_AGO, by=SAM, reason=WHY)


def in_germany(customer: Customer, story: Story) -> None:
    profiles.revise(
        account=customer.account,
        terms=ProfileTerms(legal_name="Acme GmbH", zone="UTC", country="DE"),
        at=story.at,
        by=ADA,
        reason=WHY,
    )


def test_nobody_approves_the_rate_they_proposed_and_a_new_one_ends_the_one_before(
    story: Story,
) -> None:
    terms = RateTerms("DE", "VAT", Decimal("0.19"), LONG_AGO)
    first = tax_rates.propose_rate(terms=terms, by=ADA, reason=WHY)
    with pytest.raises(OwnTaxProposal):
        tax_rates.approve_rate(rate=first, at=LONG_AGO, by=ADA, reason=WHY)
    tax_rates.approve_rate(rate=first, at=LONG_AGO, by=SAM, reason=WHY)
    later = RateTerms("DE", "VAT", Decimal("0.2"), NOW)
    second = tax_rates.propose_rate(terms=later, by=SAM, reason=WHY)
    tax_rates.approve_rate(rate=second, at=NOW, by=ADA, reason=WHY)
    first.refresh_from_db()
    assert first.valid_until == NOW


def test_two_people_are_two_by_who_they_are_not_by_name(story: Story) -> None:
    terms = RateTerms("DE", "VAT", Decimal("0.19"), LONG_AGO)
    renamed, namesake = Actor.person(ADA.id, "Ada Renamed"), Actor.person(SAM.id, ADA.name)
    first = tax_rates.propose_rate(terms=terms, by=ADA, reason=WHY)
    with pytest.raises(OwnTaxProposal):
        tax_rates.approve_rate(rate=first, at=LONG_AGO, by=renamed, reason=WHY)
    own = TaxRate.objects.get(pk=first.pk)
    own.approved_by, own.approver_ref = "Somebody", ADA.id
    with pytest.raises(IntegrityError), transaction.atomic(), acting_as(ADA, reason=WHY):
        own.save()
    tax_rates.approve_rate(rate=first, at=LONG_AGO, by=namesake, reason=WHY)
    assert TaxRate.objects.get().approved_by == ADA.name


def test_an_invoice_is_taxed_by_its_payers_country_and_its_books_agree(story: Story) -> None:
    rate("DE", "0.19")
    plan = story.plan("calls", per_unit(requests(story), "10"), flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    in_germany(acme, story.on("2026-03-02"))
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="3.05")
    story.runs_billing()
    invoice = acme.invoice
    assert (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor) == (5050, 960, 6010)
    row = InvoiceTax.objects.get(invoice=invoice)
    assert (row.group, row.base_minor, row.tax_minor) == ("DE:standard:0.19", 5050, 960)
    assert {line.tax_group for line in invoice.lines.all()} == {"DE:standard:0.19"}
    for check in (
        books_say.income_agrees,
        books_say.taxes_agree,
        invoice_rules.issued_content_is_unchanged,
        receivables_agree,
    ):
        assert check().holds


def test_tm36_what_is_late_is_taxed_as_its_invoice_was(story: Story) -> None:
    rate("DE", "0.19")
    plan = story.plan("calls", per_unit(requests(story), "10"), flat("50.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    in_germany(acme, story.on("2026-03-02"))
    exempt = tax_rates.propose_exemption(
        account=acme.account,
        terms=ExemptionTerms("certificate 7", instant("2026-01-01"), instant("2026-04-01")),
        by=ADA,
        reason=WHY,
    )
    tax_rates.approve_exemption(exemption=exempt, at=story.at, by=SAM, reason=WHY)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="5")
    story.runs_billing()
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="1")
    story.on("2026-05-01").runs_billing()
    march, april = acme.invoices
    assert (march.tax_minor, april.subtotal_minor) == (0, 6000)
    assert {
        (row.group, row.base_minor, row.tax_minor, row.evidence) for row in april.taxes.all()
    } == {("DE:exempt", 1000, 0, "certificate 7"), ("DE:standard:0.19", 5000, 950, "")}
