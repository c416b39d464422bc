"""The one thing a text names: a public id of any kind, a number, a platform id, an event's id.

Each reading asks one unique index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import Model, Q, QuerySet

from accounts.models import Account, Disclosure, Resource
from approvals.models import Proposal
from approvals.queries.proposals import row_of as proposal_row
from billing.catalogue.models import Plan, PlanVersion
from billing.disputes.models import CaseMessage, DisputeCase, DisputeLine
from billing.disputes.queries.cases import NUMBER
from billing.invoicing.models import Adjustment, BillRun, CreditNote, Invoice
from billing.overview.queries.events import find_key, keys_of_id, source_names
from billing.overview.queries.search_hits import (
    Hit,
    account_hits,
    case_hit,
    invoice_hit,
    note_hit,
    payment_hit,
    resource_hits,
)
from billing.overview.queries.search_requests import of_request
from billing.parallel_run.models import ParallelRun
from billing.receivables.models import Hold, Payment, PaymentReversal, Refund, Settlement
from billing.whatif.models import Simulation
from core.ids import PREFIXES, UnknownId, parse_id
from usage.models import Meter, QuarantinedEvent, QuarantineState


def named_by(text: str) -> Hit | None:
    """The one thing the text names, if it names one; about half a dozen queries."""
    return _by_public_id(text) or _by_number(text) or _by_platform_id(text) or _by_event_id(text)


def _by_public_id(text: str) -> Hit | None:
    prefix, _, _ = text.partition("_")
    if prefix not in PREFIXES:
        return None
    try:
        parse_id(text, prefix)
    except UnknownId:
        return None
    find = _FINDERS.get(prefix)
    return find(text) if find else _existing(prefix, text)


def _account(text: str) -> Hit | None:
    return next(iter(account_hits(Account.objects.filter(public_id=text))), None)


def _subscription(text: str) -> Hit | None:
    holder = Account.objects.filter(subscriptions__public_id=text)
    return next(iter(account_hits(holder, because="has this subscription")), None)


def _meter(text: str) -> Hit | None:
    meter = Meter.objects.filter(public_id=text).first()
    return Hit("meter", meter.code, meter.name) if meter else None


def _plan(text: str) -> Hit | None:
    plan = Plan.objects.filter(public_id=text).first()
    return Hit("plans", plan.code, plan.name, "Plan") if plan else None


_KINDS: dict[str, tuple[type[Model], str, str]] = {
    "run": (BillRun, "run", "Bill run"),
    "prl": (ParallelRun, "parallel", "Parallel run"),
    "plv": (PlanVersion, "plan", "Plan version"),
    "sim": (Simulation, "simulation", "Simulation"),
    "dsc": (Disclosure, "disclosure", "Personal data shown"),
    "adj": (Adjustment, "adjustment", "Adjustment"),
}


def _existing(prefix: str, text: str) -> Hit | None:
    if prefix not in _KINDS:
        return None
    model, kind, title = _KINDS[prefix]
    found = model._default_manager.filter(public_id=text).first()
    if found is None:
        return None
    return Hit(kind, text, found.description if isinstance(found, Adjustment) else title)


def _payment(wanted: Q) -> Hit | None:
    found = Payment.objects.select_related("account").filter(wanted).first()
    return payment_hit(found) if found else None


def _invoice_of(rows: QuerySet[Any]) -> Hit | None:
    """The invoice that a settlement or a hold is of."""
    return _invoice(Q(pk__in=rows.exclude(invoice=None).values("invoice")))


def _case(wanted: Q) -> Hit | None:
    found = DisputeCase.objects.select_related("account").filter(wanted).first()
    return case_hit(found) if found else None


def _proposal(text: str) -> Hit | None:
    found = Proposal.objects.select_related("account", "maker").filter(public_id=text).first()
    if found is None:
        return None
    whose = f"{found.get_state_display()}, by {found.maker}"
    title = proposal_row(found, found.put_forward_at).title
    return Hit("proposal", text, title, whose, amount=found.amount)


def _by_number(text: str) -> Hit | None:
    if not any(letter.isdigit() for letter in text):
        return None
    number = text.upper()
    digits = number.removeprefix(NUMBER)
    if number.startswith(NUMBER) and digits.isascii() and digits.isdecimal():
        return _case(Q(pk=int(digits[:18])))
    return _invoice(Q(number=number)) or _note(Q(number=number))


def _invoice(wanted: Q) -> Hit | None:
    invoice = Invoice.objects.select_related("account").filter(wanted).first()
    return invoice_hit(invoice) if invoice else None


def _note(wanted: Q) -> Hit | None:
    note = CreditNote.objects.select_related("invoice__account").filter(wanted).first()
    return note_hit(note) if note else None


def _by_platform_id(text: str) -> Hit | None:
    return _resource(Q(platform_id=text))


def _resource(wanted: Q) -> Hit | None:
    found = resource_hits(Resource.objects.filter(wanted)[:1])
    return found[0] if found else None


def _by_event_id(text: str) -> Hit | None:
    """Only where one source used the id; two sources may both have an event 1."""
    accepted = keys_of_id(text)
    held = QuarantinedEvent.objects.filter(
        key__in=[find_key(source, text) for source in source_names()], state=QuarantineState.HELD
    ).values_list("source__name", "key")
    found = dict.fromkeys([*accepted, *held])
    if len(found) != 1:
        return None
    ((source, key),) = found
    return Hit("event", str(key), f"Event {text}", source)


_FINDERS: Final[Mapping[str, Callable[[str], Hit | None]]] = {
    "acc": _account,
    "sub": _subscription,
    "inv": lambda text: _invoice(Q(public_id=text)),
    "crn": lambda text: _note(Q(public_id=text)),
    "res": lambda text: _resource(Q(public_id=text)),
    "mtr": _meter,
    "pln": _plan,
    "req": of_request,
    "prp": _proposal,
    "dsp": lambda text: _case(Q(public_id=text)),
    "dsl": lambda text: _case(Q(lines__in=DisputeLine.objects.filter(public_id=text))),
    "dsm": lambda text: _case(Q(messages__in=CaseMessage.objects.filter(public_id=text))),
    "pay": lambda text: _payment(Q(public_id=text)),
    "prv": lambda text: _payment(Q(reversals__in=PaymentReversal.objects.filter(public_id=text))),
    "rfd": lambda text: _payment(Q(refunds__in=Refund.objects.filter(public_id=text))),
    "stl": lambda text: _invoice_of(Settlement.objects.filter(public_id=text)),
    "hld": lambda text: _invoice_of(Hold.objects.filter(public_id=text)),
}
"""How the thing with a public id is found, by its prefix."""
