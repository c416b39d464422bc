"""Rating: prices and quantities in, explained lines out. Pure: no Django, no clock, no I/O.

The one way to an amount. Bill run, preview, what-if, quote and shadow comparison call it::

    price = parse_price(document)              # DocumentRefused: every problem, JSON pointers
    terms = Terms.of("USD", period=period, zone="Europe/Amsterdam")
    compiled = compile_price(price, terms)     # once per price and billing period; keep and share
    charges = [Charge("dynos", compiled, Decimal("7200"), resource="app-1"), ...]
    lines = rate(charges)                      # one account and period; CannotRate names why not

`Charge(key, price, quantity, resource, tax_group, dimensions, detail)`: the quantity is metered
and new in this split, before any conversion; `resource` matters for limits per resource; `detail`
is for what few charges have (`Detail`: active part of the period for proration, what earlier splits
billed, single events, a split that is not the last). A flat fee is a charge without a quantity.

`RatedLine`: `key` (stable: the charge's key, or it with "/discount-1", "/cap", "/minimum", ...),
`kind` (`LineKind`: usage, fee, overage, true_up, reversal, discount, cap, grant, tax, credit),
`charge_key`, `resource`, `tax_group`, `quantity` (Decimal, what is priced), `unit_price` (Decimal
or None where there is no single one), `exact` (Fraction, currency units), `exact_text`,
`amount_minor` (rounded half up, once), `explanation` (a tuple that is JSON as it is; store it, or
its text `explanation_json`, and `expand` it to steps). The sum of a charge's lines is what the
charge costs.

`settle(lines, terms, AccountTerms(...))` adds what concerns the whole account (discounts, limits,
grants, tax, credits) and totals. `quote(document)` does all of it for a JSON pricing document
(docs/pricing.md). `cards` and `words` put a line in sentences, `cards_of` an explanation read back.
`prove(document)` makes a proof that `billing.verifier` checks with code of its own; `document_of`
writes stored charges as such a document, which is also how a shadow run compares. `review(price)`
names what is legal but seldom meant. The order of everything is `STEPS`.
"""

from billing.rating.account import AccountTerms, Credit, Grant, Statement, Tax, settle
from billing.rating.charges import (
    AlreadyBilled,
    Charge,
    CompiledPrice,
    Detail,
    LineKind,
    OtherTerms,
    RatedLine,
    TakenBack,
    Terms,
)
from billing.rating.compiled import compile_price
from billing.rating.explanation import Explanation, expand, measured_of
from billing.rating.fee_cycles import FeeCycle
from billing.rating.models.base import CannotRate, Caution, PricedEvent
from billing.rating.models.events import takes_amounts
from billing.rating.parse import parse_price
from billing.rating.price import (
    STEPS,
    LimitScope,
    PriceRule,
    SeatCount,
    SeatRule,
    pays_the_customer,
    review,
)
from billing.rating.proofs import BilledCharge, document_of, prove
from billing.rating.proration import Proration
from billing.rating.quote import quote
from billing.rating.rate import rate
from billing.rating.reading import DocumentRefused
from billing.rating.words import cards, cards_of, words
from billing.rating.work import waits_for_the_end

__all__ = [
    "STEPS",
    "AccountTerms",
    "AlreadyBilled",
    "BilledCharge",
    "CannotRate",
    "Caution",
    "Charge",
    "CompiledPrice",
    "Credit",
    "Detail",
    "DocumentRefused",
    "Explanation",
    "FeeCycle",
    "Grant",
    "LimitScope",
    "LineKind",
    "OtherTerms",
    "PriceRule",
    "PricedEvent",
    "Proration",
    "RatedLine",
    "SeatCount",
    "SeatRule",
    "Statement",
    "TakenBack",
    "Tax",
    "Terms",
    "cards",
    "cards_of",
    "compile_price",
    "document_of",
    "expand",
    "measured_of",
    "parse_price",
    "pays_the_customer",
    "prove",
    "quote",
    "rate",
    "review",
    "settle",
    "takes_amounts",
    "waits_for_the_end",
    "words",
]
