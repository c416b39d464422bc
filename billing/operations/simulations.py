"""Ask simulations: what was billed, rated under other terms or usage, every difference kept.

Nothing but the simulation is written: no invoice, no journal, no usage.
`billing.queries.simulations` reads what was found.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from accounts.models import Account
from billing.assumptions import Assumption, LeftOut
from billing.blast import as_it_stands, overlapping, scope_of, under, under_terms
from billing.content import plain
from billing.models import Invoice, PlanVersion, Simulation
from billing.operations.simulating import Question, run
from billing.pricebook import ADDING_UP, draft_book
from billing.queries.months import months_of_plan
from core.actor import Actor
from core.errors import Invalid
from core.periods import Period
from usage.aggregate.rules import Aggregation
from usage.models import Meter
from usage.operations.meter_terms import MeterTerms, check_terms


class OtherPlan(Invalid):
    """The right version belongs to another plan than the wrong one."""

    code = "simulation_other_plan"
    title = "Both versions must belong to the same plan"


class DoesNotAddUp(Invalid):
    """Usage of such a meter cannot be taken out of a period: its figure is no sum of parts."""

    code = "meter_does_not_add_up"
    title = "This meter's usage cannot be left out"


def back_test(
    *,
    version: PlanVersion,
    month: date,
    at: datetime,
    by: Actor,
    reason: str,
    accounts: Collection[Account] | None = None,
) -> Simulation:
    """Rate a month again as if everybody on the plan had had this version, draft or not.

    `month` is any day of it: the billing periods that begin in that calendar month, by each
    account's own zone. `accounts` None is everybody who had the plan then. Compared is what the
    usage comes to now, with and without the version, so late usage makes no difference.
    """
    chosen = None if accounts is None else sorted(account.public_id for account in accounts)
    payload = {"version": version.public_id, "month": f"{month:%Y-%m}", "accounts": chosen}
    scopes = months_of_plan(version.plan_id, month, accounts)
    assuming = Assumption(plans={version.plan_id: draft_book(version)})
    question = Question(Simulation.Kind.BACK_TEST, payload, version=version)
    return run(question, under(scopes, assuming), at=at, by=by, reason=reason)


def wrong_price(
    *,
    wrong: PlanVersion,
    right: PlanVersion,
    at: datetime,
    by: Actor,
    reason: str,
    span: Period | None = None,
) -> Simulation:
    """What issued invoices priced by one version come to under another, draft or not.

    `span` None is all time; otherwise the invoices whose period shares an instant with it.
    Raises: OtherPlan.
    """
    if wrong.plan_id != right.plan_id:
        raise OtherPlan(f"{wrong} and {right} are versions of different plans.", field="right")
    payload = {"wrong": wrong.public_id, "right": right.public_id, **_span_document(span)}
    invoices = _issued(span, lines__price__plan_version=wrong)
    assuming = Assumption(versions={wrong.pk: draft_book(right)})
    scopes = [scope_of(invoice) for invoice in invoices]
    question = Question(Simulation.Kind.PRICE, payload, version=right)
    return run(question, under(scopes, assuming), at=at, by=by, reason=reason)


def left_out(*, meter: Meter, span: Period, at: datetime, by: Actor, reason: str) -> Simulation:
    """What issued invoices come to if the meter had measured nothing during the span.

    Raises: DoesNotAddUp for a meter whose quantity of a period is no sum of its parts.
    """
    if meter.aggregation not in ADDING_UP:
        raise DoesNotAddUp(f"{meter.code} counts by {meter.aggregation}.", field="meter")
    payload = {"meter": meter.code, "usage": "left_out", **_span_document(span)}
    assuming = Assumption(left_out=LeftOut(meter.pk, span))
    scopes = [scope_of(invoice) for invoice in _issued(span, lines__price__meter=meter)]
    question = Question(Simulation.Kind.WINDOW, payload, meter=meter)
    return run(question, under(scopes, assuming), at=at, by=by, reason=reason)


def wrong_meter(
    *, meter: Meter, terms: MeterTerms, span: Period, at: datetime, by: Actor, reason: str
) -> Simulation:
    """What issued invoices that share an instant with the span come to if the meter had had these
    terms throughout their periods, instead of those of its latest version.

    Raises: TermsInvalid.
    """
    check_terms(Aggregation(meter.aggregation), meter.carries_over, terms)
    payload = {
        "meter": meter.code,
        "terms": json.loads(json.dumps(asdict(terms), default=plain)),
        **_span_document(span),
    }
    scopes = [scope_of(invoice) for invoice in _issued(span, **_sold(meter))]
    question = Question(Simulation.Kind.METER, payload, meter=meter)
    return run(question, under_terms(scopes, meter, terms), at=at, by=by, reason=reason)


def as_now_measured(
    *, span: Period, at: datetime, by: Actor, reason: str, meter: Meter | None = None
) -> Simulation:
    """What issued invoices that share an instant with the span come to by their usage as it stands.

    After usage was corrected, or a meter revised from an instant in the past. What was billed or
    waived late is settled and makes no difference. `meter` None is every meter.
    """
    payload = {
        "meter": meter.code if meter else None,
        "usage": "as_it_stands",
        **_span_document(span),
    }
    kind = Simulation.Kind.METER if meter else Simulation.Kind.WINDOW
    invoices = _issued(span, **(_sold(meter) if meter else {}))
    question = Question(kind, payload, meter=meter)
    return run(question, as_it_stands(invoices), at=at, by=by, reason=reason)


def _issued(span: Period | None, **narrowed: Any) -> list[Invoice]:
    found = Invoice.objects.filter(
        state=Invoice.State.ISSUED, **narrowed, **(overlapping(span) if span else {})
    )
    return list(found.distinct().order_by("period_from", "account_id"))


def _sold(meter: Meter) -> dict[str, Any]:
    """The filter of invoices the meter may be on, also where it measured nothing so far."""
    return {"account__subscriptions__plan__versions__prices__meter": meter}


def _span_document(span: Period | None) -> dict[str, str | None]:
    return {
        "from": span.start.isoformat() if span else None,
        "until": span.end.isoformat() if span else None,
    }
