"""On which lines of which invoice a credit is given: a statement's on the invoice it is part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from billing.invoicing.drafting.statements import statement_key
from billing.invoicing.models import Invoice


def owed_credits(invoice: Invoice, credits: Mapping[str, int]) -> dict[str, int]:
    """Credits of an invoice, by the charges of the invoice it is owed on; minor units before tax.

    What a statement is credited is credited of its line on the invoice that it is part of; that
    line is the payer's, and what is told of it to the team stays with the statement.
    """
    if invoice.consolidated_on_id is None:
        return dict(credits)
    groups = dict(invoice.lines.filter(key__in=credits).values_list("key", "tax_group"))
    owed: dict[str, int] = defaultdict(int)
    for key, minor in credits.items():
        owed[statement_key(invoice.public_id, groups[key])] += minor
    return dict(owed)
