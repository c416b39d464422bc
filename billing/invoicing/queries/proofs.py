"""The proof of one line: a signed document that anybody works out again without this software.

The same for a line of an invoice and for a line of the bill so far. `billing.rating.proofs` owns
its form, `billing.verifier` checks it, the deployment's PROOF_SIGNING_KEY signs it. A proof holds
the charge of the line and those that a limit of its price counts together with it, and no other.
A limit of all charges of a subscription has all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from accounts.models import Account, Resource
from billing.catalogue.models import Price
from billing.contracts.models import PriceOverride
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.settled import part_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.proofs.shadow import billed_charges
from billing.invoicing.proofs.signing import key_set, public_key, sign
from billing.invoicing.queries.billed_evidence import BilledEvidence, behind
from billing.invoicing.queries.explain import (
    ExplainedCharge,
    charge_key,
    explain_bill_line,
    explain_invoice_line,
)
from billing.invoicing.queries.month_to_date import MonthToDate
from billing.rating import BilledCharge, LimitScope, Terms, document_of, expand, parse_price, prove
from billing.rating.quote import amount_text
from core.errors import Conflict
from core.periods import Period


class LineNotProven(Conflict):
    """The stored line cannot be worked out again to what it says; a defect somebody must see."""

    code = "line_not_proven"
    title = "The line cannot be proven"


def invoice_line_proof(invoice: Invoice, position: int) -> dict[str, Any]:
    """The signed proof of a line of an invoice, its account loaded; a fixed number of queries.

    Raises: LineNotFound, LineNotProven.
    """
    charge = explain_invoice_line(invoice, position)
    (line,) = invoice.lines.filter(position=position)
    scope = _counted_with(line, charge.price.definition)
    beside = InvoiceLine.objects.filter(invoice=invoice, corrects=line.corrects_id)
    beside = beside.select_related("price", "price_override", "resource")
    if scope is LimitScope.SUBSCRIPTION:
        beside = beside.filter(subscription__in=_subscriptions_over(line))
    else:
        beside = beside.filter(price=line.price_id, price_override=line.price_override_id)
    match scope:
        case LimitScope.CHARGE:
            beside = beside.filter(key=charge_key(line.key))
        case LimitScope.RESOURCE:
            beside = beside.filter(resource=line.resource_id)
    return _signed(charge, billed_charges(beside.order_by("position")))


def bill_line_proof(account: Account, bill: MonthToDate, position: int) -> dict[str, Any]:
    """The signed proof of a line of the bill so far; a fixed number of queries.

    Raises: LineNotFound, LineNotProven.
    """
    charge = explain_bill_line(account, bill, position)
    line = bill.lines[position - 1]
    scope = _counted_with(line, charge.price.definition)
    return _signed(charge, _draft_charges(line, bill.lines, scope))


def published_key() -> str:
    """The public key that proofs are signed with, in base64."""
    return public_key(settings.PROOF_SIGNING_KEY)


def published_keys() -> dict[str, Any]:
    """Every key that may have signed a proof, the present one first, as a JSON Web Key Set."""
    return key_set(settings.PROOF_SIGNING_KEY, settings.PROOF_RETIRED_KEYS)


def _signed(charge: ExplainedCharge, charges: Iterable[BilledCharge]) -> dict[str, Any]:
    scope = charge.usage.scope
    terms = Terms.of(charge.currency, period=scope.period, zone=scope.zone)
    proof = prove(document_of(charges, terms), line=charge.key, evidence=_evidence(charge))
    claimed = {line["key"]: line["amount"] for line in proof["claim"]["lines"]}.get(charge.key)
    if claimed != amount_text(charge.line.amount.minor, terms):
        raise LineNotProven(
            f"{charge.line.description} says {charge.line.amount.amount}, but its own data comes to"
            f" {claimed}.",
            line=charge.key,
        )
    return sign(proof, settings.PROOF_SIGNING_KEY)


def _counted_with(line: InvoiceLine | DraftLine, definition: Mapping[str, Any]) -> LimitScope:
    """Whose charges the line is worked out with."""
    scope = parse_price(definition).counts_together
    return LimitScope.CHARGE if scope is LimitScope.RESOURCE and line.resource_id is None else scope


def _subscriptions_over(line: InvoiceLine | DraftLine) -> Sequence[int]:
    """The subscriptions whose charges a line limits: its own, unless it says others."""
    over = expand(line.explanation).inputs.get("over") or [line.subscription_id]
    return [int(each) for each in over]


def _draft_charges(
    line: DraftLine, lines: Iterable[DraftLine], scope: LimitScope
) -> Iterable[BilledCharge]:
    same = [
        each
        for each in lines
        if each.key == charge_key(each.key) and _is_counted(each, line, scope)
    ]
    prices = Price.objects.in_bulk({each.price_id for each in same})
    overrides = PriceOverride.objects.in_bulk(
        {each.price_override_id for each in same if each.price_override_id is not None}
    )
    resources = dict(
        Resource.objects.filter(pk__in={each.resource_id for each in same}).values_list(
            "pk", "public_id"
        )
    )
    return [
        BilledCharge(
            key=each.key,
            price_code=_price_name(prices[each.price_id or 0].code, each, scope),
            price=(
                overrides.get(each.price_override_id or 0) or prices[each.price_id or 0]
            ).definition,
            explanation=json.loads(json.dumps(each.explanation)),
            resource=resources.get(each.resource_id or 0),
            subscription=str(each.subscription_id),
        )
        for each in same
    ]


def _is_counted(each: DraftLine, line: DraftLine, scope: LimitScope) -> bool:
    """Whether a charge's own line is worked out together with the line."""
    if scope is LimitScope.SUBSCRIPTION:
        return each.subscription_id in _subscriptions_over(line)
    return (
        each.price_id == line.price_id
        and each.price_override_id == line.price_override_id
        and part_of(each.key) == part_of(charge_key(line.key))
        and (scope is not LimitScope.CHARGE or each.key == charge_key(line.key))
        and (scope is not LimitScope.RESOURCE or each.resource_id == line.resource_id)
    )


def _price_name(code: str, line: DraftLine, scope: LimitScope) -> str:
    """What a proof calls a price: by its code, and which of several with that code it is."""
    if scope is not LimitScope.SUBSCRIPTION:
        return code
    return " ".join(
        [code, *part_of(line.key), str(line.price_id), str(line.price_override_id or "")]
    )


def _evidence(charge: ExplainedCharge) -> dict[str, Any]:
    """Where the quantity comes from, in plain JSON; signed with the rest, not worked out again."""
    found = {
        "account": charge.account.public_id,
        "bill": charge.invoice_ref or None,
        "state": charge.invoice_state or "so far",
        "corrects": charge.corrects or None,
        "position": charge.line.position,
        "description": charge.line.description,
        "period": _span(charge.line.period),
        "plan_version": charge.version_id,
        "price": charge.price.code,
        "meter": charge.price.meter or None,
        "dimensions": dict(charge.usage.match),
        "resource": charge.line.resource_id or None,
    }
    if charge.agreement is not None:
        found["agreement"] = {
            "id": charge.agreement.public_id,
            "by": charge.agreement.agreed_by,
            "reason": charge.agreement.reason,
        }
    usage = behind(charge.usage)
    return found | ({"usage": _usage(usage)} if usage else {})


def _usage(found: BilledEvidence) -> dict[str, Any]:
    """The first page of intervals or events as billed; `complete` says that there are no more."""
    states = [each.held for each in found.intervals if each.fate != "added"]
    names = {pk: each.public_id for pk, each in found.resources.items()}
    return {
        "window": _span(found.window),
        "complete": found.is_all,
        "counted": "each event once, by source and id, as corrected",
        "intervals": [
            {
                "resource": names[each.resource_id],
                "from": each.held_from.isoformat(),
                "until": each.held_until.isoformat(),
                "quantity": str(each.quantity),
                "began": str(each.opened_by),
                "ended": str(each.closed_by) if each.closed_by else None,
            }
            for each in states
        ],
        "events": [
            {
                "source": each.event.source,
                "id": each.event.event_id,
                "time": each.event.occurred_at.isoformat(),
                "value": str(each.billed),
                "corrected": each.event.revised or None,
            }
            for each in found.events
            if each.billed is not None
        ],
    }


def _span(period: Period) -> Mapping[str, str]:
    return {"from": period.start.isoformat(), "until": period.end.isoformat()}
