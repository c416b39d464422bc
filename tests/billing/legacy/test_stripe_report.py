"""Stripe's reports: two tables in CSV that belong together, and the places of each currency."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing.legacy.balance import LegacyBooks, charged, gather, imbalances, settled
from billing.legacy.readers import READERS
from billing.legacy.rows import LegacyLineKind
from billing.parallel_run.textfile import FileRefused
from core.money import Money
from tests.billing.legacy.exports import mapping

INVOICES = """\
id,number,customer_id,currency,date,subtotal,tax,total,amount_paid,status,period_start,period_end
in_1,A-1,cus_1,usd,2026-11-01 00:00:00,3000,513,3213,2000,open,2026-10-01,2026-11-01
in_2,A-2,cus_1,usd,2026-11-02 00:00:00,100,0,100,0,draft,,
"""
LINES = """\
id,invoice_id,amount,currency,description,quantity,price_id,plan_id,period_start,period_end,proration
il_1,in_1,3000,usd,"Standard, large",1,price_1,,2026-10-01,2026-11-01,true
"""


def read(tmp_path: Path, invoices: str = INVOICES, lines: str = LINES) -> LegacyBooks:
    paths = [tmp_path / "invoices.csv", tmp_path / "invoice_line_items.csv"]
    for path, text in zip(paths, (invoices, lines), strict=True):
        path.write_text(text)
    decided = mapping("stripe_report")
    return gather(READERS["stripe_report"](paths, decided))


def test_the_subtotal_less_the_discount_with_tax_comes_to_the_total(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert not found.problems
    assert not imbalances(found)
    (document,) = found.documents.values()
    assert charged(document, found) == document.total == Money.from_minor(3213, "USD")
    assert settled(document, found) == Money.from_minor(2000, "USD")
    kinds = {line.kind: line.amount.minor for line in found.lines["in_1"]}
    assert kinds == {
        LegacyLineKind.CHARGE: 3000, LegacyLineKind.DISCOUNT: -300, LegacyLineKind.TAX: 513,
    }  # fmt: skip
    (charge,) = (each for each in found.lines["in_1"] if each.kind is LegacyLineKind.CHARGE)
    assert (charge.product, charge.description) == ("price_1", "Standard, large")
    assert charge.service_from == datetime(2026, 10, 1, tzinfo=UTC)
    assert charge.origin.unmapped == {"proration": "true"}


def test_a_line_that_is_lost_does_not_add_up(tmp_path: Path) -> None:
    lost = read(tmp_path, lines=LINES.splitlines(keepends=True)[0])
    assert len(imbalances(lost)) == 1


def test_td64_a_currency_without_places_stops_the_file_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="GBP"):
        read(tmp_path, invoices=INVOICES.replace("usd", "gbp"))


def test_td66_a_row_of_too_many_fields_is_named_and_never_shifted(tmp_path: Path) -> None:
    shifted = read(tmp_path, lines=LINES + "il_2,in_1,1,usd,a,b,1,p,,,,true,x\n")
    (problem,) = shifted.problems
    assert (problem.origin.line, "13 fields" in problem.detail) == (3, True)
