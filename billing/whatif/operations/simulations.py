"""Ask simulations: what was billed, rated under other terms or usage, every difference kept.

Nothing but the simulation is written: no invoice, no journal, no usage.
`billing.whatif.queries.simulations` reads what was found. Every question is answered before the
function returns, or with `waits` False left to the workers of `billing.whatif.tasks`.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime

from accounts.models import Account
from billing.catalogue.models import PlanVersion
from billing.catalogue.queries.price_book import ADDING_UP
from billing.invoicing.documents.content import plain
from billing.whatif.models import Simulation
from billing.whatif.operations.examinations import examination_of, terms_digest
from billing.whatif.operations.simulation_work import SimulationQuestion, ask, claim, work
from core.actor import Actor
from core.errors import Invalid
from core.periods import Period
from usage.aggregate.rules import Aggregation
from usage.meter_terms import MeterTerms, check_terms
from usage.models import Meter


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
    waits: bool = True,
) -> Simulation:
    """Rate a month again as if everybody on the plan had had this version, draft or not.

    `month` is any day of it: the billing periods that begin in that calendar month, by each
    account's own zone. `accounts` None is everybody who had the plan then. Compared is what the
    usage comes to now, with and without the version, so late usage makes no difference.
    """
    chosen = None if accounts is None else sorted(account.public_id for account in accounts)
    payload = {
        "version": version.public_id,
        "terms_sha256": terms_digest(version),
        "month": f"{month:%Y-%m}",
        "accounts": chosen,
    }
    question = SimulationQuestion(Simulation.Kind.BACK_TEST, payload, version=version)
    return _answered(ask(question, at=at, by=by, reason=reason), at=at, waits=waits)


def wrong_price(
    *,
    wrong: PlanVersion,
    right: PlanVersion,
    at: datetime,
    by: Actor,
    reason: str,
    span: Period | None = None,
    waits: bool = True,
) -> Simulation:
    """What issued invoices priced by one version come to under another, draft or not.

    `span` None is all time; otherwise the invoices whose period shares an instant with it.
    Raises: OtherPlan.
    """
    if wrong.plan_id != right.plan_id:
        raise OtherPlan(f"{wrong} and {right} are versions of different plans.", field="right")
    payload = {
        "wrong": wrong.public_id,
        "right": right.public_id,
        "terms_sha256": terms_digest(right),
        **_span_document(span),
    }
    question = SimulationQuestion(Simulation.Kind.PRICE, payload, version=right)
    return _answered(ask(question, at=at, by=by, reason=reason), at=at, waits=waits)


def left_out(
    *, meter: Meter, span: Period, at: datetime, by: Actor, reason: str, waits: bool = True
) -> Simulation:
    """What issued invoices come to if the meter had measured nothing during the span.

    Raises: DoesNotAddUp for a meter whose quantity of a period is no sum of its parts.
    """
    if meter.aggregation not in ADDING_UP:
        raise DoesNotAddUp(f"{meter.code} counts by {meter.aggregation}.", field="meter")
    payload = {"meter": meter.code, "usage": "left_out", **_span_document(span)}
    question = SimulationQuestion(Simulation.Kind.WINDOW, payload, meter=meter)
    return _answered(ask(question, at=at, by=by, reason=reason), at=at, waits=waits)


def wrong_meter(
    *,
    meter: Meter,
    terms: MeterTerms,
    span: Period,
    at: datetime,
    by: Actor,
    reason: str,
    waits: bool = True,
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
    question = SimulationQuestion(Simulation.Kind.METER, payload, meter=meter)
    return _answered(ask(question, at=at, by=by, reason=reason), at=at, waits=waits)


def as_now_measured(
    *,
    span: Period,
    at: datetime,
    by: Actor,
    reason: str,
    meter: Meter | None = None,
    waits: bool = True,
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
    question = SimulationQuestion(kind, payload, meter=meter)
    return _answered(ask(question, at=at, by=by, reason=reason), at=at, waits=waits)


def _answered(simulation: Simulation, *, at: datetime, waits: bool) -> Simulation:
    """The simulation, worked here unless it is left to a worker."""
    if waits and (item := claim(at=at, simulation=simulation)) is not None:
        examination = examination_of(simulation)
        while not work(item, examination, at=at):
            pass
    return simulation


def _span_document(span: Period | None) -> dict[str, str | None]:
    return {
        "from": span.start.isoformat() if span else None,
        "until": span.end.isoformat() if span else None,
    }
