"""Evidence for and against a claim, found in what is stored; each fact names what it was read from.

A fact has a `side` (for, against, or also: to be known), a sentence, and a reference (`kind` and
`ref`) to open. What is found is kept with the claim, so it can be read as it was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Final
from uuid import UUID

from accounts.models import Resource
from billing.disputes.facts import StatedFact, events_named, scope_of_line
from billing.disputes.models import LIVE, DisputeLine
from billing.disputes.queries.own_history import earlier_lines
from billing.invoicing.models import InvoiceLine
from billing.invoicing.queries.billed_evidence import BilledEvidence, behind
from billing.invoicing.queries.explain import UsageBehind
from billing.receivables.queries.open_items import open_items
from core.decimals import decimal_text
from core.money import Money
from usage.aggregate.rules import Aggregation
from usage.ownerships import owned_resources

FOR: Final = "for"
AGAINST: Final = "against"
ALSO: Final = "also"
SHOWN: Final = 5
_MUCH: Final = Decimal("1.5")


def finding(side: str, text: str, kind: str = "", ref: str = "") -> dict[str, str]:
    """One fact."""
    return {"side": side, "text": text, "kind": kind, "ref": ref}


def findings(
    line: InvoiceLine, fact: StatedFact, *, resource: Resource | None = None
) -> list[dict[str, str]]:
    """What is found about a claim; a fixed number of queries, whatever the account's size.

    `resource` is the one that is contested where the line sums up more.
    """
    usage = _usage(line, resource)
    found = behind(usage) if usage else None
    return [
        *(_of_usage(found, fact) if found else ()),
        *_ownership(line, line.resource or resource),
        *_named_events(line, fact),
        *_history(line, fact),
        *_credited(line),
        *_alike(line, fact),
    ]


def _usage(line: InvoiceLine, resource: Resource | None) -> UsageBehind | None:
    if line.price is None or line.price.meter is None:
        return None
    return UsageBehind(
        scope=scope_of_line(line),
        meter_id=line.price.meter_id,
        resource_id=line.resource_id or (resource.pk if resource else None),
        match={**line.price.match, **line.dimensions},
        as_of=line.invoice.rated_at,
        is_time=line.price.meter.aggregation == Aggregation.DURATION,
    )


def _of_usage(found: BilledEvidence, fact: StatedFact) -> Iterator[dict[str, str]]:
    """Corrections since, states that never ended or overlap, events that look alike."""
    for word in list(found.changes.words)[:SHOWN]:
        said = f"Event {word.event_id} was {word.did} by {word.by} after the invoice: {word.reason}"
        yield finding(FOR, said, "event", str(word.key))
    held = [each.held for each in found.intervals]
    for each in held[:SHOWN]:
        if each.ended_at is None or each.ended_at >= found.window.end:
            at = f"{each.started_at:%Y-%m-%d %H:%M}"
            yield finding(
                AGAINST if fact.reason.code == "ended_earlier" else ALSO,
                f"No end was reported of what began {at} UTC; it counts until one is.",
                "event",
                _dashed(each.opened_by),
            )
    ordered = sorted(held, key=lambda each: each.held_from)
    for one, two in list(pairwise(ordered))[: SHOWN * 20]:
        if one.resource_id == two.resource_id and two.held_from < one.held_until:
            text = f"Two states of one resource at once from {two.held_from:%Y-%m-%d %H:%M} UTC."
            yield finding(FOR, text, "event", _dashed(two.opened_by))
    seen: dict[tuple[object, ...], str] = {}
    for event in (each.event for each in found.events):
        key = event.resource_id, event.occurred_at, event.value
        if key in seen:
            text = f"Events {seen[key]} and {event.event_id} say the same of one instant."
            yield finding(FOR, text, "event", _dashed(event.key))
        seen.setdefault(key, event.event_id)


def _ownership(line: InvoiceLine, resource: Resource | None) -> Iterator[dict[str, str]]:
    """Who owned the resource of the line in its period."""
    if resource is None:
        return
    scope = scope_of_line(line)
    owned = owned_resources(Resource.objects.filter(pk=resource.pk))
    spans = owned[resource.pk].ownerships
    for span in spans:
        starts = span.owned_from > scope.period.start
        ends = span.owned_until is not None and span.owned_until < scope.period.end
        if span.account_id == scope.account_id and (starts or ends):
            text = (
                f"{resource.name} is theirs from {span.owned_from:%Y-%m-%d %H:%M}"
                + (f" to {span.owned_until:%Y-%m-%d %H:%M}" if span.owned_until else "")
                + " UTC; only that is billed to them."
            )
            yield finding(AGAINST, text, "resource", resource.public_id)
    if all(
        span.account_id == scope.account_id
        for span in spans
        if span.owned_from < scope.period.end
        and (span.owned_until is None or span.owned_until > scope.period.start)
    ):
        text = f"{resource.name} was theirs all of the period."
        yield finding(AGAINST, text, "resource", resource.public_id)


def _named_events(line: InvoiceLine, fact: StatedFact) -> Iterator[dict[str, str]]:
    if fact.reason.code != "counted_twice":
        return
    scope = scope_of_line(line)
    pair = [
        event
        for name in ("event", "same_as")
        for event in events_named(scope.account_id, scope.period, fact.values[name])
    ]
    if len(pair) != 2:
        return
    one, two = pair
    names = {"occurred_at": "their instant", "quantity": "their quantity", "data": "what they say"}
    differs = [said for name, said in names.items() if getattr(one, name) != getattr(two, name)]
    if differs:
        yield finding(AGAINST, f"The two differ in {', '.join(differs)}.", "event", str(one.key))
    else:
        yield finding(FOR, "The two say the same, of the same instant.", "event", str(one.key))


def _history(line: InvoiceLine, fact: StatedFact) -> Iterator[dict[str, str]]:
    """Against the same charge on earlier invoices: the price, the quantity, whether it was paid."""
    earlier = earlier_lines(line)
    if not earlier:
        yield finding(ALSO, "There is no earlier invoice with this charge.")
        return
    last = earlier[0]
    if (line.unit_price, line.price_id) != (last.unit_price, last.price_id):
        was, now = _price(last.unit_price), _price(line.unit_price)
        yield finding(
            FOR if fact.reason.code == "price_differs" else ALSO,
            f"The price was {was} on {last.invoice} and is {now} here.",
            "invoice",
            str(last.invoice),
        )
    elif fact.reason.code == "price_differs":
        text = f"The price is the same as on {last.invoice}."
        yield finding(AGAINST, text, "invoice", str(last.invoice))
    quantities = [each.quantity for each in earlier]
    mean = sum(quantities, Decimal(0)) / len(quantities)
    if mean and not mean / _MUCH <= line.quantity <= mean * _MUCH:
        times = decimal_text(round(line.quantity / mean, 2))
        text = f"It is {times} times what the last {len(earlier)} invoices had on average."
        yield finding(FOR, text, "invoice", str(last.invoice))
    if open_items([last.invoice], at=line.invoice.rated_at)[last.invoice.pk].open_minor == 0:
        text = f"{last.invoice} with the same charge is settled in full."
        yield finding(AGAINST, text, "invoice", str(last.invoice))


def _dashed(key: str) -> str:
    """The key of an event as addresses have it."""
    return str(UUID(key))


def _price(unit_price: Decimal | None) -> str:
    return "several prices" if unit_price is None else decimal_text(unit_price)


def _credited(line: InvoiceLine) -> Iterator[dict[str, str]]:
    """Credit notes of the invoice, and what was given for it, which is not subtracted."""
    for note in line.invoice.credit_notes.order_by("pk")[:SHOWN]:
        money = Money.from_minor(note.total_minor, note.currency)
        text = f"{note} credits {money} of this invoice: {note.get_reason_code_display().lower()}."
        yield finding(ALSO, text, "invoice", str(line.invoice))
    for given in line.invoice.adjustments.order_by("pk")[:SHOWN]:
        text = f"{abs(given.amount)} was given for this invoice: {given.description}."
        yield finding(ALSO, text, "invoice", str(line.invoice))


def _alike(line: InvoiceLine, fact: StatedFact) -> Iterator[dict[str, str]]:
    """How closed lines with the same reason ended."""
    rows = DisputeLine.objects.filter(reason_code=fact.reason.code).exclude(state__in=LIVE)
    if line.pk is not None:
        rows = rows.exclude(invoice_line=line.pk)
    for each in rows.select_related("case").order_by("-pk")[:3]:
        approved = each.money(each.approved_minor or 0)
        text = (
            f"{each.case} with the same reason was {each.get_state_display().lower()}: "
            f"{approved} of {each.money(each.claimed_minor)}."
        )
        yield finding(ALSO, text, "case", each.case.public_id)


Evidence = Mapping[str, str]
