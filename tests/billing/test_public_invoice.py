"""A public invoice of June 2020, from the events that made it to the total it prints: 75.85.

Its dynos cost 7.00 a month, to the second: one of the whole month, two of another app beside its
database at 50.00 and a one-off dyno, and three that ran for a while. Tax is 6 %.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.models import Invoice
from core.decimals import decimal_text
from core.money import Money
from tests.billing.tax.rates import lives_in, rate
from tests.story import Customer, Story, instant
from usage.models import Meter


def monthly(meter: Meter, code: str, price: str) -> PriceTerms:
    """A price of a month, to the second; a line for each app and kind of process."""
    return PriceTerms(
        code=code,
        name=code,
        meter=meter,
        match={"size": code},
        group_by=["resource", "process_type"],
        definition={
            "model": "per_unit",
            "unit": "month",
            "unit_price": price,
            "convert": {"divide_by": "period_seconds"},
        },
    )


@pytest.fixture
def invoice(story: Story) -> Invoice:
    """What the run of 1 July makes of the events of June."""
    rate("US", "0.06")
    meter = story.meter(
        "dyno-seconds",
        unit="dyno-second",
        aggregation="duration",
        event_type="formation.scaled",
        dimensions=("size", "process_type"),
        state_key=("process_type",),
    )
    plan = story.plan("heroku", monthly(meter, "hobby", "7.00"), monthly(meter, "db", "50.00"))
    customer = story.on("2020-05-01").account("Contratos")
    story.on("2020-05-02")
    lives_in(customer, "US", zone="UTC")
    for name in ("api", "web", "import", "search", "release"):
        customer.app(name)
    story.on("2020-06-01")
    customer.subscribes(plan)
    customer.scales("api", "hobby", "1", "2020-06-01")
    customer.scales("web", "hobby", "2", "2020-06-01")
    customer.scales("web", "db", "1", "2020-06-01", process="postgres")
    story.on("2020-06-30")
    ran(customer, "web", "run", "18976.3")
    ran(customer, "import", "web", "79556")
    ran(customer, "search", "web", "110376")
    ran(customer, "release", "release", "253")
    story.on("2020-07-01").runs_billing()
    return customer.invoice


def ran(customer: Customer, app: str, process: str, seconds: str) -> None:
    """A dyno that ran for so many seconds from noon of 10 June."""
    start = instant("2020-06-10T12:00")
    end = start + timedelta(milliseconds=int(Decimal(seconds) * 1000))
    customer.scales(app, "hobby", "1", start.isoformat(), process=process)
    customer.scales(app, "hobby", "0", end.isoformat(), process=process)


@pytest.mark.parametrize(
    ("app", "process", "months", "amount"),
    [
        ("web", "run", "0.0073211", "0.05"),
        ("import", "web", "0.0306929", "0.21"),
        ("search", "web", "0.0425833", "0.30"),
        ("release", "release", "0.0000976", "0.00"),
    ],
)
def test_wH11_a_line_is_a_share_of_the_month_rounded_once(
    invoice: Invoice, app: str, process: str, months: str, amount: str
) -> None:
    line = invoice.lines.get(group_label=app, dimensions__process_type=process)
    assert str(Money.from_minor(line.amount_minor, "USD").amount) == amount
    assert decimal_text(round(line.quantity, 7)) == months


def test_wH12_apps_tax_and_total_are_what_was_printed(invoice: Invoice) -> None:
    apps: dict[str, int] = defaultdict(int)
    for line in invoice.lines.all():
        apps[line.group_label] += line.amount_minor
    assert apps == {"api": 700, "web": 6405, "import": 21, "search": 30, "release": 0}
    figures = (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor)
    assert [str(Money.from_minor(each, "USD").amount) for each in figures] == [
        "71.56",
        "4.29",
        "75.85",
    ]


def test_wH13_no_float_reaches_the_customer(invoice: Invoice) -> None:
    said = decimal_text(invoice.lines.get(group_label="release").quantity)
    assert "e" not in said.lower()
    assert said.startswith("0.0000976")
