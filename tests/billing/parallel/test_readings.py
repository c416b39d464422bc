"""What a spreadsheet made of a file is read where it can mean one thing, and refused where not."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing.parallel_run.charges import ForeignCharge, UnbilledRow, read_charge
from billing.parallel_run.readings import Doubtful
from billing.parallel_run.reasons import DifferenceReason
from billing.parallel_run.textfile import FileRefused
from tests.billing.parallel.bill import COLUMNS, file_of, file_with, records, row, text_of

JULY = {"BillingPeriodStart": "7/1/25", "BillingPeriodEnd": "8/1/25"}
JULY_ABROAD = {"BillingPeriodStart": "1/7/25", "BillingPeriodEnd": "1/8/25"}


def costs(folder: Path, *rows: dict[str, str]) -> list[str]:
    """What every row was billed at, or what is wrong with it."""
    read = [read_charge(record) for record in records(file_of(folder, *rows))]
    return [
        str(each.detail if isinstance(each, UnbilledRow) else each.billed_cost) for each in read
    ]


def billed(cost: str, **columns: str) -> dict[str, str]:
    return row(BilledCost=cost, ListCost="", **columns)


def charged_at(folder: Path, *rows: dict[str, str]) -> list[datetime]:
    read = [read_charge(record) for record in records(file_of(folder, *rows))]
    return [each.counts_at for each in read if isinstance(each, ForeignCharge)]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("$40.00 ", "40"),
        ("$10,100.00 ", "10100"),
        ("-$1,234.50", "-1234.5"),
        ("($1,234.50)", "-1234.5"),
        ("US$ 40.00", "40"),
        ("40.00 USD", "40"),
        ("1 234.50", "1234.5"),
        ("1'234'567.50", "1234567.5"),
        ("1,234", "1234"),
    ],
)
def test_an_amount_of_a_spreadsheet_was_unreadable(
    tmp_path: Path, written: str, means: str
) -> None:
    assert costs(tmp_path, billed(written), billed("0.50")) == [means, "0.5"]


@pytest.mark.parametrize(
    ("written", "means"),
    [("40,5", "40.5"), ("1.234,50", "1234.5"), ("1.234", "1234"), ("€ 0,125", "0.125")],
)
def test_decimal_commas_are_read_where_the_whole_column_has_them(
    tmp_path: Path, written: str, means: str
) -> None:
    euro = {"BillingCurrency": "EUR", "ListUnitPrice": "0,05", "PricingQuantity": "200"}
    rows = [
        row(BilledCost=cost, ListCost="NULL", **euro) | {"ListCost": ""}
        for cost in (written, "7,25")
    ]
    assert costs(tmp_path, *rows) == [means, "7.25"]


@pytest.mark.parametrize(
    "written", ["€40.00", "40.00 EUR", "1,23,456.00", "12,34.5", "1,234,56", "$", "E5", "--4", "4%"]
)
def test_what_is_no_amount_of_this_currency_stays_unreadable(tmp_path: Path, written: str) -> None:
    said, other = costs(tmp_path, billed(written), billed("0.50"))
    assert said == f"BilledCost: {written!r} is not a number."
    assert other == "0.5"


def test_a_column_of_both_marks_is_not_guessed_at(tmp_path: Path) -> None:
    read = costs(tmp_path, billed("0.50"), billed("1,5"), billed("1,234"))
    assert read[0] == "0.5"
    assert all("is not a number" in each for each in read[1:])


def test_a_number_that_can_be_two_is_refused_with_its_column(tmp_path: Path) -> None:
    whole = {"ListUnitPrice": "2", "PricingQuantity": "5"}
    with pytest.raises(Doubtful, match="BilledCost: '1,234' can be thousands") as refused:
        costs(tmp_path, billed("1,234", **whole), billed("5", **whole))
    assert refused.value.field == "BilledCost"


def test_a_plain_decimal_is_none_of_a_spreadsheet(tmp_path: Path) -> None:
    whole = {"ListUnitPrice": "2", "PricingQuantity": "5"}
    assert costs(tmp_path, billed("1.234", **whole)) == ["1.234"]


@pytest.mark.parametrize(
    ("columns", "at"),
    [
        (JULY | {"ChargePeriodStart": "7/2/25"}, datetime(2025, 7, 2, tzinfo=UTC)),
        (JULY_ABROAD | {"ChargePeriodStart": "2/7/25"}, datetime(2025, 7, 2, tzinfo=UTC)),
        (
            JULY | {"ChargePeriodStart": "7/2/2025 1:30 PM"},
            datetime(2025, 7, 2, 13, 30, tzinfo=UTC),
        ),
        (JULY | {"ChargePeriodStart": "2025-07-02 0:00"}, datetime(2025, 7, 2, tzinfo=UTC)),
        (
            {
                "BillingPeriodStart": "1.7.2025",
                "BillingPeriodEnd": "1.8.2025",
                "ChargePeriodStart": "02.07.2025 08:00",
            },
            datetime(2025, 7, 2, 8, tzinfo=UTC),
        ),
        (
            {
                "BillingPeriodStart": "2025/7/1",
                "BillingPeriodEnd": "2025/8/1",
                "ChargePeriodStart": "2025/7/2",
            },
            datetime(2025, 7, 2, tzinfo=UTC),
        ),
    ],
)
def test_days_of_a_spreadsheet_were_unreadable(
    tmp_path: Path, columns: dict[str, str], at: datetime
) -> None:
    assert charged_at(tmp_path, row(**columns)) == [at]


def test_a_day_after_the_twelfth_says_the_order_for_the_whole_file(tmp_path: Path) -> None:
    september = {"ChargePeriodEnd": "2024-09-30"}
    read = charged_at(
        tmp_path,
        row(ChargePeriodStart="9/3/2024", **september),
        row(ChargePeriodStart="9/13/2024", **september),
    )
    assert read == [datetime(2024, 9, 3, tzinfo=UTC), datetime(2024, 9, 13, tzinfo=UTC)]


def test_days_that_can_be_either_are_refused_with_their_column(tmp_path: Path) -> None:
    with pytest.raises(Doubtful, match="ChargePeriodStart: '9/3/2024' can be a day and a month"):
        charged_at(tmp_path, row(ChargePeriodStart="9/3/2024"))


def test_days_in_both_orders_are_unreadable(tmp_path: Path) -> None:
    rows = [row(ChargePeriodStart="9/13/2024"), row(ChargePeriodStart="13/9/2024")]
    read = [read_charge(record) for record in records(file_of(tmp_path, *rows))]
    assert [each.reason for each in read if isinstance(each, UnbilledRow)] == [
        DifferenceReason.UNREADABLE_ROW
    ] * 2


ONE = row(InvoiceIssuerName="Zürich, Müller")


def packed(content: bytes) -> bytes:
    return gzip.compress(content)


@pytest.mark.parametrize(
    "content",
    [
        text_of(ONE).encode("utf-16"),
        b"\xfe\xff" + text_of(ONE).encode("utf-16-be"),
        packed(text_of(ONE).encode()),
        packed(text_of(ONE).encode("utf-16")),
        b"sep=,\r\n" + text_of(ONE).encode(),
        b'\xef\xbb\xbf"sep=,"\r\n\r\n' + text_of(ONE).encode(),
    ],
    ids=["utf-16", "big end first", "gzip", "gzip of utf-16", "sep", "quoted sep"],
)
def test_a_file_written_otherwise_is_the_same_file(tmp_path: Path, content: bytes) -> None:
    (record,) = records(file_with(tmp_path, content))
    assert record.values is not None
    assert record.values["InvoiceIssuerName"] == "Zürich, Müller"
    assert isinstance(read_charge(record), ForeignCharge)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_was_called_a_header_without_columns(
    tmp_path: Path, separator: str
) -> None:
    """BL16: a file of a place with decimal commas."""
    texts = row(BilledCost="0,50", ListUnitPrice="0,05", PricingQuantity="10", ListCost="0,5")
    lines = [separator.join(line) for line in (COLUMNS, [texts[name] for name in COLUMNS])]
    (record,) = records(file_with(tmp_path, "\r\n".join(lines).encode()))
    read = read_charge(record)
    assert isinstance(read, ForeignCharge)
    assert (str(read.billed_cost), str(read.list_price)) == ("0.5", "0.05")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (packed(text_of(*[ONE] * 50).encode())[:-20], "packed with gzip and damaged"),
        (text_of(ONE).encode("utf-16")[:-1], "UTF-16 and damaged"),
        (text_of(ONE).encode("utf-32"), "it is UTF-32"),
        (b"BZh9" + text_of(ONE).encode(), "packed with bzip2"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_name(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(FileRefused, match=says):
        records(file_with(tmp_path, content))


def test_a_row_in_a_code_page_is_unreadable_and_says_why(tmp_path: Path) -> None:
    (record,) = records(file_with(tmp_path, text_of(ONE).encode("cp1252")))
    read = read_charge(record)
    assert isinstance(read, UnbilledRow)
    assert read.detail == "Line 2: in a code page, not UTF-8."


@pytest.mark.parametrize("older", [True, False])
def test_the_successor_of_the_provider_was_not_read(tmp_path: Path, older: bool) -> None:
    """BL37: FOCUS 1.4 has ServiceProviderName, and no longer ProviderName and PublisherName."""
    gone = set() if older else {"ProviderName", "PublisherName"}
    columns = (*(name for name in COLUMNS if name not in gone), "ServiceProviderName")
    texts = ONE | {"ProviderName": "", "ServiceProviderName": "Example Cloud"}
    (record,) = records(file_with(tmp_path, text_of(texts, columns=columns).encode()))
    read = read_charge(record)
    assert isinstance(read, ForeignCharge)
    assert read.account.provider == "Example Cloud"


def test_a_price_in_tokens_says_which_price_is_missing(tmp_path: Path) -> None:
    """BL49: priced in a virtual currency, with no list price in the one that is billed."""
    columns = (*COLUMNS, "PricingCurrency", "PricingCurrencyListUnitPrice")
    texts = row(BilledCost="490", ListUnitPrice="", ListCost="490") | {
        "PricingCurrency": "Token",
        "PricingCurrencyListUnitPrice": "1",
    }
    (record,) = records(file_with(tmp_path, text_of(texts, columns=columns).encode()))
    read = read_charge(record)
    assert isinstance(read, UnbilledRow)
    assert read.reason is DifferenceReason.OTHER_PRICING_CURRENCY
    assert "the row is priced in Token, and what that is in USD is in no column" in read.detail
    assert not read.reason.is_explanation
