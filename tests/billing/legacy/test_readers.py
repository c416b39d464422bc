"""What is read of other systems' exports, and what must add up before it is believed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from billing.legacy.balance import LegacyBooks, charged, gather, imbalances, settled, totals
from billing.legacy.mapping import LegacyMapping, MappingInvalid, read_mapping
from billing.legacy.readers import READERS, SYSTEMS
from billing.legacy.rows import LegacyLineKind, SettlementKind
from billing.parallel_run.textfile import FileRefused
from core.money import Money
from tests.billing.legacy.exports import (
    KILL_BILL,
    LAGO_FEES,
    LAGO_INVOICES,
    mapping,
    stripe_invoice,
    written,
)


def books(decided: LegacyMapping, *paths: Path) -> LegacyBooks:
    return gather(READERS[decided.system](paths, decided))


def kill_bill_mapping() -> LegacyMapping:
    return mapping("kill_bill", more='[columns]\n"invoices.charged" = "amount"\n')


class TestStripe:
    def test_lines_discounts_and_tax_come_to_the_total(self, tmp_path: Path) -> None:
        found = books(mapping("stripe"), written(tmp_path, "in.json", stripe_invoice()))
        assert not imbalances(found)
        (document,) = found.documents.values()
        assert (document.number, document.issued_on) == ("A-0001", date(2026, 11, 1))
        assert charged(document, found) == document.total == Money.from_minor(3213, "USD")
        assert settled(document, found) == Money.from_minor(2000, "USD")
        assert [line.kind for line in found.lines["in_1"]] == [
            LegacyLineKind.CHARGE, LegacyLineKind.DISCOUNT, LegacyLineKind.TAX,
        ]  # fmt: skip

    def test_what_has_no_place_is_kept(self, tmp_path: Path) -> None:
        found = books(mapping("stripe"), written(tmp_path, "in.json", stripe_invoice()))
        assert found.documents["in_1"].origin.unmapped == {"collection_method": "send_invoice"}
        assert found.lines["in_1"][0].origin.unmapped == {"proration": "False"}

    def test_a_period_is_half_open(self, tmp_path: Path) -> None:
        found = books(mapping("stripe"), written(tmp_path, "in.json", stripe_invoice()))
        line = found.lines["in_1"][0]
        assert line.service_from == datetime(2026, 10, 1, tzinfo=UTC)
        assert line.service_until == datetime(2026, 11, 1, tzinfo=UTC)

    @pytest.mark.parametrize("wrapped", ["one", "list", "data", "lines"])
    def test_invoices_may_be_strung_together_in_any_way(self, tmp_path: Path, wrapped: str) -> None:
        first, second = stripe_invoice(), stripe_invoice(id="in_2", number="A-0002")
        for invoice in (first, second):
            invoice["lines"] = {"data": invoice["lines"]["data"]}
        content: dict[str, Any] = {
            "one": [first, second],
            "list": {"object": "list", "data": [first, second]},
            "data": {"data": [first, second], "has_more": False},
        }
        path = written(tmp_path, "in.json", content.get(wrapped, [first, second]))
        if wrapped == "lines":
            import json

            path.write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
        assert set(books(mapping("stripe"), path).documents) == {"in_1", "in_2"}

    def test_a_draft_was_never_issued(self, tmp_path: Path) -> None:
        draft = stripe_invoice(status="draft")
        assert not books(mapping("stripe"), written(tmp_path, "in.json", draft)).documents

    def test_lines_that_were_cut_off_are_a_problem(self, tmp_path: Path) -> None:
        cut = stripe_invoice(lines={"data": [], "has_more": True})
        (problem,) = books(mapping("stripe"), written(tmp_path, "in.json", cut)).problems
        assert "has_more" in problem.detail

    @pytest.mark.parametrize(
        "change",
        [
            {"total": "thirty"}, {"total": "NaN"}, {"total": 32.5}, {"total": True},
            {"created": None}, {"created": 10**30}, {"id": None}, {"customer": None},
            {"lines": {"data": "none"}}, {"lines": {"data": [1]}},
        ],
    )  # fmt: skip
    def test_nonsense_is_a_problem_with_its_place(
        self, tmp_path: Path, change: dict[str, Any]
    ) -> None:
        found = books(mapping("stripe"), written(tmp_path, "in.json", stripe_invoice(**change)))
        assert [problem.origin.line for problem in found.problems] == [1]
        assert not found.documents

    @pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": 1}\nnothing', "[" * 100_000])
    def test_what_is_no_json_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(FileRefused):
            books(mapping("stripe"), written(tmp_path, "in.json", text))


class TestTd64PlacesAreAFactOfTheSource:
    """Amounts in the smallest part of a currency, by a table for each source and currency."""

    @pytest.mark.parametrize(
        ("currency", "written_as", "means"),
        [
            ("jpy", 80, Money.from_minor(80, "JPY")),
            ("kwd", 1500, Money.from_minor(1500, "KWD")),
            ("usd", 1500, Money.from_minor(1500, "USD")),
            ("ugx", 50000, Money.from_minor(500, "UGX")),
        ],
    )
    def test_each_currency_by_its_places(
        self, tmp_path: Path, currency: str, written_as: int, means: Money
    ) -> None:
        invoice = stripe_invoice(
            currency=currency, total=written_as, amount_paid=0,
            lines={"data": [{"id": "il_1", "amount": written_as}]},
            total_discount_amounts=[], total_tax_amounts=[],
        )  # fmt: skip
        found = books(mapping("stripe"), written(tmp_path, "in.json", invoice))
        assert not imbalances(found)
        assert found.documents["in_1"].total == means

    def test_a_currency_that_is_missing_stops_the_file_by_name(self, tmp_path: Path) -> None:
        path = written(tmp_path, "in.json", stripe_invoice(currency="chf"))
        with pytest.raises(FileRefused, match="CHF"):
            books(mapping("stripe"), path)

    def test_what_nobody_can_pay_is_a_problem(self, tmp_path: Path) -> None:
        invoice = stripe_invoice(currency="ugx", total=50050)
        (problem,) = books(mapping("stripe"), written(tmp_path, "in.json", invoice)).problems
        assert "finer than UGX" in problem.detail


class TestTd66RowsAreNeverShifted:
    """Kill Bill's export: bars without quoting, characters by name, and a raw first row."""

    def test_names_are_characters_again(self, tmp_path: Path) -> None:
        found = books(kill_bill_mapping(), written(tmp_path, "kb.txt", KILL_BILL))
        assert found.lines["kb-1"][0].description == "Standard|yearly\nplan"
        assert not found.problems
        assert not imbalances(found)

    def test_a_raw_first_row_is_a_problem_by_its_line(self, tmp_path: Path) -> None:
        raw = KILL_BILL.replace(r"\N{VERTICAL LINE}", "|").replace(r"\N{LINE FEED}", "\n")
        found = books(kill_bill_mapping(), written(tmp_path, "kb.txt", raw))
        assert [problem.origin.line for problem in found.problems] == [6, 7]
        assert {line.amount.minor for line in found.lines["kb-1"]} == {-1000}

    def test_a_lost_row_is_refused_by_its_amount(self, tmp_path: Path) -> None:
        lost = "\n".join(row for row in KILL_BILL.splitlines() if "it-2" not in row)
        found = books(kill_bill_mapping(), written(tmp_path, "kb.txt", lost))
        (imbalance,) = imbalances(found)
        assert imbalance.difference == Money.from_minor(-1000, "USD")

    def test_payments_that_failed_paid_nothing(self, tmp_path: Path) -> None:
        found = books(kill_bill_mapping(), written(tmp_path, "kb.txt", KILL_BILL))
        assert settled(found.documents["kb-1"], found) == Money.from_minor(6000, "USD")

    def test_a_refund_is_taken_off_what_was_paid(self, tmp_path: Path) -> None:
        text = KILL_BILL.replace("pay-2|ATTEMPT", "pay-2|REFUND").replace("USD|0", "USD|1")
        found = books(kill_bill_mapping(), written(tmp_path, "kb.txt", text))
        assert settled(found.documents["kb-1"], found) == Money.from_minor(2000, "USD")

    def test_credit_that_is_used_pays_and_charges_nothing(self, tmp_path: Path) -> None:
        text = KILL_BILL.replace(
            "-- invoice_payments",
            "3|it-3|CBA_ADJ|kb-1|||||-25.00|USD\n-- invoice_payments",
        )
        found = books(kill_bill_mapping(), written(tmp_path, "kb.txt", text))
        (credit,) = [each for each in found.settlements["kb-1"] if each.foreign_id == "it-3"]
        assert (credit.kind, credit.amount.minor) == (SettlementKind.CREDIT, 2500)
        assert not imbalances(found)

    def test_another_mapping_reads_the_same_file_again(self, tmp_path: Path) -> None:
        path = written(tmp_path, "kb.txt", KILL_BILL.replace("110.00", "111.00"))
        assert imbalances(books(kill_bill_mapping(), path))
        assert not imbalances(books(mapping("kill_bill"), path)), "no total is read"

    def test_a_file_without_headings_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FileRefused, match="heading"):
            books(kill_bill_mapping(), written(tmp_path, "kb.txt", "1|2|3\n"))


class TestLago:
    def test_invoices_and_fees_belong_together(self, tmp_path: Path) -> None:
        found = books(
            mapping("lago"),
            written(tmp_path, "fees.csv", LAGO_FEES),
            written(tmp_path, "invoices.csv", LAGO_INVOICES),
        )
        assert not imbalances(found)
        document = found.documents["inv-1"]
        assert charged(document, found) == Money.from_minor(3213, "EUR")
        assert settled(document, found) == Money.from_minor(3213, "EUR")
        assert found.lines["inv-1"][0].service_until == datetime(2026, 11, 1, tzinfo=UTC)

    def test_fees_without_their_invoices_are_named(self, tmp_path: Path) -> None:
        found = books(mapping("lago"), written(tmp_path, "fees.csv", LAGO_FEES))
        (imbalance,) = imbalances(found)
        assert "inv-1" in imbalance.detail

    def test_a_column_that_is_missing_is_named(self, tmp_path: Path) -> None:
        path = written(tmp_path, "i.csv", LAGO_INVOICES.replace("currency", "money", 1))
        with pytest.raises(FileRefused, match="currency"):
            books(mapping("lago"), path)

    def test_columns_come_in_any_order(self, tmp_path: Path) -> None:
        head, row = LAGO_FEES.splitlines()
        turned = "\n".join(",".join(reversed(line.split(","))) for line in (head, row))
        found = books(
            mapping("lago"),
            written(tmp_path, "fees.csv", turned),
            written(tmp_path, "invoices.csv", LAGO_INVOICES),
        )
        assert not imbalances(found)

    def test_a_row_with_too_many_fields_is_a_problem(self, tmp_path: Path) -> None:
        path = written(tmp_path, "i.csv", LAGO_INVOICES.rstrip("\n") + ",more\n")
        (problem,) = books(mapping("lago"), path).problems
        assert problem.origin.line == 2


class TestHeroku:
    def test_an_accounts_amounts_are_dollars_and_a_teams_are_cents(self, tmp_path: Path) -> None:
        one = {"id": "h-1", "number": 7, "period_start": "2020-06-01", "period_end": "2020-06-30",
               "charges_total": 75.85, "credits_total": 5.85, "total": 70, "state": 1}  # fmt: skip
        team = {"id": "h-2", "number": 8, "period_start": "2020-06-01", "period_end": "2020-06-30",
                "charges_total": 7585, "platform_total": 5000, "addons_total": 2585,
                "database_total": 0, "credits_total": 585, "total": 7000,
                "team": {"name": "blaue-werft"}}  # fmt: skip
        found = books(mapping("heroku"), written(tmp_path, "h.json", [one, team]))
        assert not imbalances(found)
        for document in found.documents.values():
            assert document.total == Money.from_minor(7585, "USD")
            assert document.period_until == datetime(2020, 7, 1, tzinfo=UTC)
        assert {document.party for document in found.documents.values()} == {
            "account", "blaue-werft",
        }  # fmt: skip


def test_sums_by_currency_stand_beside_what_somebody_knows(tmp_path: Path) -> None:
    one = stripe_invoice()
    two = stripe_invoice(
        id="in_2", currency="jpy", total=80, amount_paid=80, lines={"data": [{"amount": 80}]},
        total_discount_amounts=[], total_tax_amounts=[],
    )  # fmt: skip
    found = books(mapping("stripe"), written(tmp_path, "in.json", [one, two]))
    dollars, yen = reversed(totals(found))
    assert (dollars.currency, dollars.charged.minor, dollars.open.minor) == ("USD", 3213, 1213)
    assert (yen.currency, yen.charged.minor, yen.open.minor) == ("JPY", 80, 0)


def test_an_invoice_that_stands_there_twice_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "in.json", [stripe_invoice(), stripe_invoice()])
    (problem,) = books(mapping("stripe"), path).problems
    assert "twice" in problem.detail


class TestMapping:
    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ('system = "sap"\n[currencies]\nUSD = 2', "/system"),
            ("[currencies]\nUSD = 2", "/system"),
            ('system = "lago"', "/currencies"),
            ('system = "lago"\ncurrencies = 3', "/currencies"),
            ('system = "lago"\n[currencies]\nUSDX = 2', "/currencies/USDX"),
            ('system = "lago"\n[currencies]\nUSD = "2"', "/currencies/USD"),
            ('system = "lago"\n[currencies]\nUSD = 99', "/currencies/USD"),
            ('system = "lago"\nzone = "Mars"\n[currencies]\nUSD = 2', "/zone"),
            ('system = "lago"\nzone = "../etc"\n[currencies]\nUSD = 2', "/zone"),
            ('system = "lago"\n[currencies]\nUSD = 2\n[accounts]\na = 1', "/accounts/a"),
            ('system = "lago"\naccounts = 1\n[currencies]\nUSD = 2', "/accounts"),
            ('system = "lago"\nmore = 1\n[currencies]\nUSD = 2', "/more"),
        ],
    )
    def test_each_wrong_place_is_named(self, text: str, place: str) -> None:
        with pytest.raises(MappingInvalid) as refused:
            read_mapping(text.encode(), systems=SYSTEMS)
        assert place in {error.pointer for error in refused.value.errors}

    @pytest.mark.parametrize("content", [b"\xff", b"system = ", b"#" * 1_000_001])
    def test_what_is_no_mapping_is_refused(self, content: bytes) -> None:
        with pytest.raises(MappingInvalid):
            read_mapping(content, systems=SYSTEMS)
