"""Exports of other systems in their shapes, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from billing.legacy.mapping import LegacyMapping, read_mapping
from billing.legacy.readers import SYSTEMS

PLACES = "USD = 2\nEUR = 2\nJPY = 0\nKWD = 3\nUGX = 2\n"


def mapping(system: str, *, places: str = PLACES, more: str = "") -> LegacyMapping:
    """A mapping file with these decimal places, read."""
    text = f'system = "{system}"\n[currencies]\n{places}{more}'
    return read_mapping(text.encode(), systems=SYSTEMS)


def written(directory: Path, name: str, content: str | dict[str, Any] | list[Any]) -> Path:
    path = directory / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def stripe_invoice(**changes: Any) -> dict[str, Any]:
    """31 days of October for 30.00, 10 % off, 19 % tax on it; 20.00 of 32.13 paid."""
    return {
        "id": "in_1",
        "number": "A-0001",
        "customer": "cus_1",
        "customer_name": "Blaue Werft",
        "customer_email": "ida@example.com",
        "currency": "usd",
        "created": 1793491200,
        "period_start": 1790812800,
        "period_end": 1793491200,
        "total": 3213,
        "amount_paid": 2000,
        "status": "open",
        "collection_method": "send_invoice",
        "lines": {
            "object": "list",
            "has_more": False,
            "data": [
                {
                    "id": "il_1",
                    "amount": 3000,
                    "description": "Standard",
                    "quantity": 1,
                    "price": {"id": "price_1"},
                    "period": {"start": 1790812800, "end": 1793491200},
                    "proration": False,
                }
            ],
        },
        "total_discount_amounts": [{"amount": 300, "discount": "di_1"}],
        "total_tax_amounts": [{"amount": 513, "inclusive": False, "tax_rate": "txr_1"}],
    } | changes


LAGO_INVOICES = """\
lago_id,sequential_id,issuing_date,customer_lago_id,customer_external_id,customer_name,\
invoice_number,status,currency,fees_amount_cents,coupons_amount_cents,taxes_amount_cents,\
credit_notes_amount_cents,prepaid_credit_amount_cents,total_amount_cents,total_paid_amount_cents
inv-1,1,2026-11-01,c-1,blaue-werft,Blaue Werft,LAG-001,finalized,EUR,3000,300,513,200,0,3013,3013
"""
LAGO_FEES = """\
invoice_lago_id,invoice_number,fee_lago_id,fee_item_type,fee_item_code,fee_item_name,\
fee_from_date_utc,fee_to_date_utc,fee_amount_currency,fee_units,fee_precise_unit_amount,\
fee_taxes_amount_cents,fee_total_amount_cents
inv-1,LAG-001,fee-1,charge,calls,Calls,2026-10-01T00:00:00Z,2026-10-31T23:59:59Z,EUR,12,2.5,513,3513
"""
KILL_BILL = r"""-- accounts record_id|id|name|email|country
1|acct-1|Blaue Werft|ida@example.com|DE
-- invoices record_id|id|account_id|invoice_date|currency|status|charged
1|kb-1|acct-1|2026-11-01|USD|COMMITTED|100.00
-- invoice_items record_id|id|type|invoice_id|description|plan_name|start_date|end_date|amount|currency
1|it-1|RECURRING|kb-1|Standard\N{VERTICAL LINE}yearly\N{LINE FEED}plan|std|2026-10-01|2026-11-01|110.00|USD
2|it-2|ITEM_ADJ|kb-1|Goodwill|standard|2026-10-01|2026-11-01|-10.00|USD
-- invoice_payments record_id|id|type|invoice_id|payment_date|amount|currency|success
1|pay-1|ATTEMPT|kb-1|2026-11-03T10:00:00Z|60.00|USD|1
2|pay-2|ATTEMPT|kb-1|2026-11-03T11:00:00Z|40.00|USD|0
-- tenants record_id|id
1|t-1
"""  # noqa: E501  rows of a table are one line each
