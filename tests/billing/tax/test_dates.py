"""Which day decides a rate: TM35 with each policy, TM36, and classes of products."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.invariants.books import taxes_agree
from billing.invoicing.operations import tax_rates
from billing.invoicing.operations.tax_rates import (
    OwnTaxProposal,
    PolicyTerms,
    TaxRateInvalid,
    TaxRateOverlaps,
)
from billing.invoicing.tax import DatePolicy, TaxRounding
from core.periods import local_midnight
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.billing.tax.rates import BERLIN, germany_in_2020, lives_in, policy, rate, taxes
from tests.people import ADA, SAM
from tests.story import WHY, Customer, Story, instant

FEE = "90.00"


def billed(story: Story, start: str, issue: str, *, anchor: str) -> Customer:
    """A customer in Berlin with a fee of 90.00 a month, billed on a day."""
    plan = story.plan("fee", flat(FEE), currency="EUR")
    begins = local_midnight(instant(start).date(), BERLIN)
    story.at = begins - timedelta(days=2)
    acme = story.account("Acme", currency="EUR", zone=BERLIN, anchor=anchor)
    story.at = begins - timedelta(days=1)
    lives_in(acme, "DE")
    story.at = begins
    acme.subscribes(plan)
    story.on(issue).runs_billing()
    return acme


@pytest.mark.parametrize(
    ("decided_by", "start", "issue", "anchor", "expected"),
    [
        ("service_end", "2020-06-01", "2020-07-02", "2020-01-01", {"0.19": ("90.00", "17.10")}),
        ("service_end", "2020-12-01", "2021-01-02", "2020-01-01", {"0.16": ("90.00", "14.40")}),
        ("service_end", "2020-06-16", "2020-07-17", "2020-01-16", {"0.16": ("90.00", "14.40")}),
        ("issue", "2020-06-01", "2020-07-02", "2020-01-01", {"0.16": ("90.00", "14.40")}),
        ("issue", "2020-12-01", "2021-01-02", "2020-01-01", {"0.19": ("90.00", "17.10")}),
        (
            "by_day",
            "2020-06-16",
            "2020-07-17",
            "2020-01-16",
            {"0.16": ("45.00", "7.20"), "0.19": ("45.00", "8.55")},
        ),
    ],
    ids=["TM35a", "TM35b", "TM35c", "TM35a-issue", "TM35b-issue", "TM35c-by-day"],
)
def test_TM35_the_policy_of_the_jurisdiction_says_which_day_decides(
    story: Story, decided_by: str, start: str, issue: str, anchor: str, expected: dict[str, object]
) -> None:
    germany_in_2020()
    policy("DE", decided_by=DatePolicy(decided_by))

    acme = billed(story, start, issue, anchor=anchor)

    assert taxes(acme) == {f"DE:standard:{share}": sums for share, sums in expected.items()}
    assert acme.invoice.subtotal_minor == 9000
    assert taxes_agree().holds


def test_TM35_days_taxed_apart_are_told_on_lines_and_credited_with_their_own_rate(
    story: Story,
) -> None:
    germany_in_2020()
    policy("DE", decided_by=DatePolicy.BY_DAY)
    acme = billed(story, "2020-06-16", "2020-07-17", anchor="2020-01-16")
    invoice = acme.invoice
    assert [
        (line.description, line.amount_minor, line.tax_group)
        for line in invoice.lines.order_by("position")
    ] == [
        ("Platform fee", 9000, "DE:standard:0.16"),
        ("15 of 30 days not at VAT 16 %", -4500, "DE:standard:0.16"),
        ("15 of 30 days at VAT 19 %", 4500, "DE:standard:0.19"),
    ]

    books = Books(story, acme)
    for key in list(invoice.lines.filter(amount_minor__gt=0).values_list("key", flat=True)):
        books.credits(invoice, amount="45.00", charge=key)

    assert [
        (note.subtotal_minor, note.tax_minor) for note in invoice.credit_notes.order_by("pk")
    ] == [
        (4500, 720),
        (4500, 855),
    ]


def test_TM36_a_credit_note_has_the_rate_and_the_certificate_of_its_invoice(story: Story) -> None:
    rate("DE", "0.06")
    plan = story.plan("fee", flat("100.00"), currency="EUR")
    acme = story.on("2026-07-31T22:00").account("Acme", currency="EUR", zone=BERLIN)
    acme.subscribes(plan)
    story.on("2026-08-01")
    lives_in(acme, "DE")
    exempt = tax_rates.propose_exemption(
        account=acme.account,
        terms=tax_rates.ExemptionTerms(
            "certificate 7", instant("2026-01-01"), instant("2026-09-01T00:00+02:00")
        ),
        by=ADA,
        reason=WHY,
    )
    tax_rates.approve_exemption(exemption=exempt, at=story.at, by=SAM, reason=WHY)
    story.on("2026-10-02").runs_billing()
    august, september = acme.invoices
    assert (august.tax_minor, september.tax_minor) == (0, 600)

    books = Books(story, acme)
    note = books.credits(august, amount="50.00", charge=august.lines.get().key)

    assert (note.subtotal_minor, note.tax_minor) == (5000, 0)
    assert note.taxes.get().group == "DE:exempt"
    assert august.taxes.get().evidence == "certificate 7"


def test_a_class_of_products_has_its_own_rate_and_the_line_names_it(story: Story) -> None:
    rate("DE", "0.19")
    rate("DE", "0.07", product_class="books")
    fee = flat("20.00")
    books = PriceTerms(
        code="book", name="Handbook", definition={"model": "flat", "amount": "30.00"},
        tax_class="books",
    )  # fmt: skip
    other = PriceTerms(
        code="cup", name="Cup", definition={"model": "flat", "amount": "5.00"}, tax_class="cups"
    )
    plan = story.plan("things", fee, books, other, currency="EUR")
    acme = story.on("2026-03-01").account("Acme", currency="EUR")
    acme.subscribes(plan)
    story.on("2026-03-02")
    lives_in(acme, "DE", zone="UTC")
    story.on("2026-04-02").runs_billing()

    assert taxes(acme) == {
        "DE:standard:0.07:books": ("30.00", "2.10"),
        "DE:standard:0.19": ("25.00", "4.75"),
    }
    assert acme.invoice.taxes.get(group="DE:standard:0.07:books").product_class == "books"
    assert [line.tax_group for line in acme.invoice.lines.order_by("position")] == [
        "DE:standard:0.19",
        "DE:standard:0.07:books",
        "DE:standard:0.19",
    ]


def test_TM38_a_jurisdiction_may_round_down(story: Story) -> None:
    rate("JP", "0.10")
    policy("JP", rounding=TaxRounding.DOWN, zone="Asia/Tokyo")
    plan = story.plan("fee", flat("1127"), currency="JPY")
    acme = story.on("2026-03-01").account("Acme", currency="JPY")
    acme.subscribes(plan)
    story.on("2026-03-02")
    lives_in(acme, "JP", zone="UTC")
    story.on("2026-04-02").runs_billing()

    assert (acme.invoice.tax_minor, acme.invoice.total_minor) == (112, 1239)
    books = Books(story, acme)
    note = books.credits(acme.invoice, amount="1127", charge=acme.invoice.lines.get().key)
    assert note.tax_minor == 112


def test_what_is_late_is_taxed_by_the_day_as_its_invoice_was(story: Story) -> None:
    germany_in_2020()
    policy("DE", decided_by=DatePolicy.BY_DAY)
    plan = story.plan("calls", per_unit(requests(story), "1"), currency="EUR")
    story.at = instant("2020-06-16T00:00+02:00")
    acme = story.account("Acme", currency="EUR", zone=BERLIN, anchor="2020-01-16")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2020-06-17")
    lives_in(acme, "DE")
    acme.uses("router.requests", "acme-web", "2020-06-20", quantity="90")
    story.on("2020-07-17").runs_billing()
    acme.uses("router.requests", "acme-web", "2020-06-21", quantity="30")
    story.on("2020-08-17").runs_billing()

    assert taxes(acme) == {
        "DE:standard:0.16": ("15.00", "2.40"),
        "DE:standard:0.19": ("15.00", "2.85"),
    }


@pytest.mark.django_db
def test_nobody_approves_their_own_policy_and_no_two_hold_at_once() -> None:
    terms = PolicyTerms("DE", instant("2026-01-01"))
    row = tax_rates.propose_policy(terms=terms, by=ADA, reason=WHY)
    with pytest.raises(OwnTaxProposal):
        tax_rates.approve_policy(policy=row, at=terms.valid_from, by=ADA, reason=WHY)
    policy("FR")
    with pytest.raises(TaxRateOverlaps):
        policy("FR")
    with pytest.raises(TaxRateInvalid) as refused:
        tax_rates.propose_policy(
            terms=PolicyTerms("DE", instant("2026-01-01"), zone="Berlin"), by=ADA, reason=WHY
        )
    assert refused.value.field == "zone"
