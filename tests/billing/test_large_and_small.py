"""The largest quantities at the smallest prices, from the event to the invoice."""

from decimal import Decimal

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.proofs.shadow import shadowed
from tests.story import Customer, Story, lines

A_TRILLIONTH = {"model": "per_unit", "unit_price": "0.000000000001"}


@pytest.fixture
def acme(story: Story) -> Customer:
    bits = story.meter("bits", value_property="count")
    plan = story.plan("bits", PriceTerms("bits", "Bits", A_TRILLIONTH, bits))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("web")
    acme.subscribes(plan)
    return acme


def test_BL20_a_thousand_million_million_units_at_a_trillionth_add_up(
    story: Story, acme: Customer
) -> None:
    story.on("2026-05-01")
    acme.uses("bits", "web", "2026-04-02", count="1000000000000000")
    acme.uses("bits", "web", "2026-04-03", count="999999999999999.999999")
    story.runs_billing()
    assert acme.statement == lines("""
        Bits  1999999999999999.999999  2000.00
        total  2000.00
    """)
    (line,) = acme.invoice.lines.all()
    assert line.unit_price == Decimal("0.000000000001")
    (shadow,) = shadowed([acme.invoice.pk])
    assert shadow.agrees


def test_BL20_each_alone_makes_an_invoice_of_a_thousand(story: Story, acme: Customer) -> None:
    story.on("2026-06-01")
    acme.uses("bits", "web", "2026-04-02", count="1000000000000000")
    acme.uses("bits", "web", "2026-05-03", count="999999999999999.999999")
    story.runs_billing()
    assert [str(invoice.total.amount) for invoice in acme.invoices] == ["1000.00", "1000.00"]
