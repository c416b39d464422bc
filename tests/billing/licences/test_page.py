"""The figures of docs/licences.md, made by the code that bills."""

from pathlib import Path

from billing.licences.models import LicenseProduct, PoolBucket
from billing.licences.windows import Rollover, WindowLength
from core.decimals import decimal_text
from core.money import Money
from tests.billing.licences.licensing import (
    UNITS,
    Enterprise,
    closes_windows,
    dyno_units,
    pool,
)
from tests.billing.prices import dyno_seconds
from tests.story import Story

PAGE = (Path(__file__).resolve().parents[3] / "docs/licences.md").read_text()


def test_the_invoice_of_february(story: Story, meridian: Enterprise) -> None:
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    meridian.app("portal")
    meridian.agrees("LIC-1", starts="2026-02-01", until="2027-02-01", commitments=[pool()])
    story.on("2026-03-01")
    for size, quantity in (("performance-m", "10"), ("standard-2x", "4"), ("basic", "6")):
        meridian.scales("portal", size, quantity, at="2026-02-01T00:00", process=size)
    story.runs_billing()
    for line in meridian.invoice.lines.all():
        amount = Money.from_minor(line.amount_minor, "USD").amount
        assert f"| {line.description} | {decimal_text(line.quantity)} | {amount} |" in PAGE
    assert f"| total | | {meridian.invoice.total.amount} |" in PAGE


def test_the_windows_that_roll(story: Story, meridian: Enterprise) -> None:
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1",
        starts="2026-01-01",
        until="2026-04-01",
        commitments=[pool(quantity="1000", rollover="one_window")],
    )
    for month, units in (("01", "800"), ("02", "150"), ("03", "2100")):
        story.on(f"2026-{int(month) + 1:02}-01")
        meridian.scales("portal", "standard-1x", units, at=f"2026-{month}-01T00:00")
        story.runs_billing()
        closes_windows(story)
    for number, used in ((1, 800), (2, 150), (3, 2100)):
        both = PoolBucket.objects.filter(commitment__license=license, number=number)
        granted = sum(
            each.units
            for bucket in both
            for each in bucket.movements.filter(kind__in=["grant", "roll_in"])
        )
        drawn, lapsed = sum(each.drawn for each in both), sum(each.lapsed for each in both)
        row = [number, int(granted), used, int(lapsed), used - int(drawn)]
        assert f"| {' | '.join(map(str, row))} |" in PAGE


def test_the_page_names_what_there_is() -> None:
    for choice in (*WindowLength, *Rollover, *LicenseProduct.Billed.values):
        assert f"`{choice}`" in PAGE
    for size, units in UNITS.items():
        assert f"{units} {size}" in PAGE
