"""Foreign bills as text: a row with sensible columns, of which a test says what matters."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

from billing.invoicing.focus.columns import SUCCESSORS
from billing.parallel_run.charges import ForeignCharge, UnbilledRow, read_charge
from billing.parallel_run.columns import REQUIRED
from billing.parallel_run.csvfile import CsvFile, Record
from billing.parallel_run.readings import FocusFile

COLUMNS = (
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "Id",
    "ServiceName",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "Tags",
)
"""The 44 columns of the published sample data, in their order."""

_USUAL = {
    "BillingAccountId": "1234567890123",
    "BillingAccountName": "SunBird",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2024-09-01 00:00:00",
    "BillingPeriodEnd": "2024-10-01 00:00:00",
    "ChargeCategory": "Usage",
    "ChargeDescription": "$0.05 per GB",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodStart": "2024-09-18 22:00:00",
    "ChargePeriodEnd": "2024-09-18 23:00:00",
    "InvoiceIssuerName": "Amazon Web Services, Inc.",
    "ListUnitPrice": "0.05",
    "PricingCategory": "Standard",
    "PricingQuantity": "200.00000000000",
    "PricingUnit": "GB",
    "ProviderName": "AWS",
    "PublisherName": "Amazon Web Services, Inc.",
    "ResourceId": "vol-1",
    "ServiceCategory": "Storage",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "SkuId": "G95FST5F",
    "SkuPriceId": "G95FST5F.JRTCKXETXF",
    "SubAccountId": "51738928782",
    "SubAccountName": "Atlas Nimbus",
}


def row(**columns: str) -> dict[str, str]:
    """A row: 200 GB at 0.05 unless said otherwise; what it cost follows unless it is given."""
    texts = dict.fromkeys(COLUMNS, "NULL") | _USUAL | columns
    if texts["BilledCost"] == "NULL":
        price, quantity = Decimal(texts["ListUnitPrice"]), Decimal(texts["PricingQuantity"])
        texts["BilledCost"] = f"{price * quantity:f}"
    if texts["ListCost"] == "NULL":
        texts["ListCost"] = texts["BilledCost"]
    unknown = columns.keys() - set(COLUMNS)
    assert not unknown, f"not columns of FOCUS: {unknown}"
    return texts


def text_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """The rows as the text of a CSV file with CRLF, as providers write it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([each[column] for column in columns] for each in rows)
    return out.getvalue()


def file_of(folder: Path, *rows: dict[str, str], name: str = "bill.csv") -> Path:
    """The rows as a file."""
    return file_with(folder, text_of(*rows).encode(), name=name)


def file_with(folder: Path, content: bytes, *, name: str = "bill.csv") -> Path:
    """A file with exactly these bytes."""
    path = folder / name
    path.write_bytes(content)
    return path


def records(path: Path) -> list[Record]:
    """Everything the reader makes of a file."""
    file = CsvFile(path, required=REQUIRED, successors=SUCCESSORS)
    return list(FocusFile(file).records())


def read(**columns: str) -> ForeignCharge | UnbilledRow:
    """What becomes of one row."""
    texts = {name: "" if text == "NULL" else text for name, text in row(**columns).items()}
    return read_charge(Record(number=1, line=2, values=texts))


def charge(**columns: str) -> ForeignCharge:
    """A row that can be billed."""
    read_row = read(**columns)
    assert isinstance(read_row, ForeignCharge), read_row
    return read_row


def held(**columns: str) -> UnbilledRow:
    """A row that cannot."""
    read_row = read(**columns)
    assert isinstance(read_row, UnbilledRow), read_row
    return read_row
