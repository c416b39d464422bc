"""Why a line costs what it costs where no price made it: sentences, most telling first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from billing.invoicing.models.invoice_lines import (
    ADJUSTMENT,
    DEDUCTION,
    LICENSE_FEE,
    POOL_DRAW,
    STATEMENT,
    TYPED,
)
from billing.invoicing.queries.unpriced import UnpricedLine
from billing.rating.words import cards_of
from console.invoices.wording.pools import license_fee_words, pool_words
from console.shell import formats
from console.shell.numbers import money, number, readable


def unpriced_words(found: UnpricedLine) -> Sequence[str]:
    """What made the line."""
    line = found.line
    currency, amount = line.amount.currency, formats.money_text(abs(line.amount))
    match line.kind:
        case _ if line.kind == ADJUSTMENT and found.adjustment is not None:
            verb = "charge" if line.amount.minor > 0 else "give back"
            return [f"{found.adjustment.made_by} decided to {verb} {amount} before tax."]
        case _ if line.kind == TYPED:
            step = line.rated.step("typed") or {}
            sum_of = f"{number(step['quantity'])} × {money(step['unit_price'], currency)}"
            return [f"Typed for this invoice: {sum_of} = {formats.money_text(line.amount)}."]
        case _ if line.kind == DEDUCTION:
            return [f"{amount} of this use was billed before, when a threshold was reached."]
        case _ if line.kind == POOL_DRAW:
            return pool_words(line)
        case _ if line.kind == LICENSE_FEE:
            return license_fee_words(line)
        case _ if line.kind == STATEMENT:
            return ["What the statement of this account comes to before tax."]
    told = cards_of(line.rated, currency)
    return [readable(sentence) for card in told.values() for sentence in card]
