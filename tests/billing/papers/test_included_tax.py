"""TM39 on paper: prices with the tax in them, in e-invoices and in the proof."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from billing.papers.content import PaperContent
from billing.verifier.papers import paper_differences
from tests.billing.papers.samples import line, paper, tax
from tests.billing.papers.test_einvoices import BOTH, stated


def gross() -> PaperContent:
    """Two lines of 379.00 with 21 % in them."""
    return paper(
        [
            line("One", "379.00", quantity="1", price="379.00"),
            line("Two", "379.00", quantity="1", price="379.00"),
            line("VAT 21 % included in the prices", "-131.55", takes_tax_out=True),
        ],
        [tax("626.45", "131.55", percent="21", is_included=True)],
    )


@BOTH
def test_TM39_an_e_invoice_states_each_line_before_tax(syntax: str) -> None:
    said = stated(gross(), syntax)

    assert said["BT-131"] == ["313.23", "313.22"]
    assert said["BT-146"] == ["313.23", "313.22"]
    assert said["BT-106"] == said["BT-116"] == ["626.45"]
    assert said["BT-110"] == said["BT-117"] == ["131.55"]
    assert said["BT-112"] == ["758.00"]


def proof(base: str, taxed: str, **more: Any) -> dict[str, Any]:
    whole = Decimal(base) + Decimal(taxed)
    return {
        "kind": "invoice",
        "lines": [base],
        "taxes": [{"rate": "0.2", "base": base, "tax": taxed} | more],
        "subtotal": base,
        "tax": taxed,
        "carried": "0.00",
        "total": str(whole),
    }


@pytest.mark.parametrize(
    ("base", "taxed", "more", "agrees"),
    [
        ("149.37", "29.88", {"included": True}, True),
        ("149.37", "29.88", {}, False),
        ("149.37", "29.87", {}, True),
        ("149.38", "29.87", {"included": True}, False),
        ("0.12", "0.02", {"rounding": "down"}, True),
        ("0.12", "0.03", {"rounding": "up"}, True),
        ("0.12", "0.03", {"rounding": "down"}, False),
    ],
)
def test_TM3_a_proof_works_the_tax_out_as_its_group_says(
    base: str, taxed: str, more: dict[str, Any], agrees: bool
) -> None:
    assert (paper_differences(proof(base, taxed, **more)) == []) is agrees
