"""Proofs: what was charged and what it came to, as one document anybody can work out again.

Owns the form of a proof. `billing.verifier` checks it without any of this code;
`billing.invoicing.proofs.signing` signs it. A proof speaks the language of pricing documents: its
`document` is one, so the verifier needs nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from billing.rating.account import STANDARD_TAX_GROUP, settle
from billing.rating.charges import Terms
from billing.rating.document import read_document
from billing.rating.explanation import expand
from billing.rating.models.all_charges import AllCharges
from billing.rating.price import STEPS
from billing.rating.quote import answer, rated
from billing.rating.steps import period_text
from billing.rating.words import cards
from core.money import UnknownCurrency, minor_exponent

FORMAT = "counterfoil-proof/1"
_CLAIMED = ("key", "kind", "charge", "quantity", "unit", "unit_price", "exact_amount", "amount")
_TOTALS = ("currency", "subtotal", "tax", "credits", "total")


@dataclass(frozen=True, slots=True)
class BilledCharge:
    """A charge as it was stored: its price document, and the explanation of its priced line.

    Charges with the same `price_code` share the limits of one price, so their documents are the
    same too.
    """

    key: str
    price_code: str
    price: Mapping[str, Any]
    explanation: Any
    resource: str | None = None
    tax_group: str = STANDARD_TAX_GROUP
    subscription: str = ""


def document_of(
    charges: Iterable[BilledCharge], terms: Terms, account: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write stored charges as the pricing document that gives their lines again."""
    document: dict[str, Any] = {"currency": _currency(terms), "prices": {}, "charges": []}
    if terms.period is not None:
        document["period"] = {**period_text(terms.period), "zone": terms.zone}
    given = list(charges)
    # Only what limits all charges of a subscription asks whose a charge is.
    by_subscription = any(charge.price["model"] == AllCharges.name for charge in given)
    for charge in given:
        document["prices"][charge.price_code] = dict(charge.price)
        written = {"key": charge.key, "price": charge.price_code, "tax_group": charge.tax_group}
        if charge.resource is not None:
            written["resource"] = charge.resource
        if by_subscription:
            written["subscription"] = charge.subscription
        document["charges"].append(written | expand(charge.explanation).inputs)
    if account:
        document["account"] = dict(account)
    return document


def prove(
    document: Mapping[str, Any],
    *,
    line: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Work a pricing document out and return the proof of what it comes to.

    `line` names the line somebody asked about, by its key. `evidence` says where quantities come
    from (window, events, corrections); it is signed with the rest but not worked out again. The
    digest is over all of it, so that a change to a name or a sentence is noticed without a key.

    Raises: DocumentRefused.
    """
    read = read_document(document)
    statement = settle(rated(read), read.terms, read.account)
    found = answer(read, statement)
    units = {charge.key: charge.price.price.unit for charge in read.charges}
    proof = {
        "format": FORMAT,
        "line": line,
        "document": dict(document),
        "claim": {
            **{name: found[name] for name in _TOTALS},
            "lines": [{name: each[name] for name in _CLAIMED} for each in found["lines"]],
        },
        "explanation": {
            "order": list(STEPS),
            "rounding": found["explanation"]["rounding"],
            "cards": {
                each.key: cards(each, read.terms, unit=units.get(each.charge_key, ""))
                for each in statement.lines
            },
        },
        "evidence": dict(evidence or {}),
    }
    return proof | {"digest": _digest(proof)}


def _digest(proof: Mapping[str, Any]) -> str:
    """SHA-256 of a proof as compact JSON with sorted names, in hex."""
    text = json.dumps(proof, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _currency(terms: Terms) -> Any:
    """Write a currency as its code, or with its decimals where the code does not say them."""
    try:
        if minor_exponent(terms.currency) == terms.exponent:
            return terms.currency
    except UnknownCurrency:
        pass
    return {"code": terms.currency, "decimals": terms.exponent}
