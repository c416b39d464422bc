"""From a stored question to the account periods it looks at and how they are examined.

The payload of a simulation is all of its question, so any worker can go on with it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from billing.catalogue.models import PlanVersion
from billing.catalogue.queries.price_book import draft_book
from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.assumptions import Assumption, LeftOut
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import Invoice
from billing.invoicing.models.invoices import of_period
from billing.invoicing.queries.months import months_of_plan
from billing.whatif.impact import Examined, as_it_stands, overlapping, scope_of, under, under_terms
from billing.whatif.models import Simulation
from billing.whatif.operations.simulation_work import ChangedMeanwhile, Examination
from core.periods import Period
from usage.meter_terms import terms_from
from usage.models import Meter

Scope = TypeVar("Scope", AccountPeriod, Invoice)


def examination_of(simulation: Simulation) -> Examination:
    """What there is to look at. Raises: ChangedMeanwhile when a draft was edited since."""
    payload = simulation.payload
    match simulation.kind:
        case Simulation.Kind.BACK_TEST:
            return _back_test(_assumed(simulation), payload)
        case Simulation.Kind.PRICE:
            return _wrong_price(_assumed(simulation), payload)
        case _ if payload.get("usage") == "left_out":
            return _left_out(_meter(simulation), payload)
        case _ if "terms" in payload:
            return _wrong_meter(_meter(simulation), payload)
    return _as_now_measured(simulation.meter, payload)


def terms_digest(version: PlanVersion) -> str:
    """SHA-256 over everything the prices of a version say, in order."""
    fields = ("code", "name", "meter__code", "match", "group_by", "definition")
    return digest(list(version.prices.order_by("position", "pk").values(*fields)))


def _back_test(version: PlanVersion, payload: Mapping[str, Any]) -> Examination:
    month = date.fromisoformat(f"{payload['month']}-01")
    assuming = Assumption(plans={version.plan_id: draft_book(version)})
    scopes = months_of_plan(version.plan_id, month, payload["accounts"])
    return _examination(scopes, lambda batch: under(batch, assuming))


def _wrong_price(right: PlanVersion, payload: Mapping[str, Any]) -> Examination:
    wrong = PlanVersion.objects.get(public_id=payload["wrong"])
    assuming = Assumption(versions={wrong.pk: draft_book(right)})
    invoices = _issued(payload, lines__price__plan_version=wrong)
    scopes = [scope_of(invoice) for invoice in invoices]
    return _examination(scopes, lambda batch: under(batch, assuming))


def _left_out(meter: Meter, payload: Mapping[str, Any]) -> Examination:
    span = _span(payload)
    assert span is not None
    assuming = Assumption(left_out=LeftOut(meter.pk, span))
    scopes = [scope_of(invoice) for invoice in _issued(payload, lines__price__meter=meter)]
    return _examination(scopes, lambda batch: under(batch, assuming))


def _wrong_meter(meter: Meter, payload: Mapping[str, Any]) -> Examination:
    terms = terms_from(payload["terms"])
    scopes = [scope_of(invoice) for invoice in _issued(payload, **_sold(meter))]
    return _examination(scopes, lambda batch: under_terms(batch, meter, terms))


def _as_now_measured(meter: Meter | None, payload: Mapping[str, Any]) -> Examination:
    return _examination(_issued(payload, **(_sold(meter) if meter else {})), as_it_stands)


def _examination(
    scopes: Sequence[Scope], examine: Callable[[Sequence[Scope]], Iterator[Examined]]
) -> Examination:
    return Examination(
        account_ids=[scope.account_id for scope in scopes],
        examine=lambda first, until: examine(scopes[first:until]),
    )


def _assumed(simulation: Simulation) -> PlanVersion:
    """The version that is assumed, as it was when the question was asked."""
    version = simulation.plan_version
    assert version is not None
    if terms_digest(version) != simulation.payload["terms_sha256"]:
        raise ChangedMeanwhile(f"{version} was edited after the simulation was asked; ask again.")
    return version


def _meter(simulation: Simulation) -> Meter:
    assert simulation.meter is not None
    return simulation.meter


def _issued(payload: Mapping[str, Any], **narrowed: Any) -> list[Invoice]:
    span = _span(payload)
    found = Invoice.objects.filter(of_period(), **narrowed, **(overlapping(span) if span else {}))
    return list(found.distinct().order_by("period_from", "account_id"))


def _sold(meter: Meter) -> dict[str, Any]:
    """The filter of invoices the meter may be on, also where it measured nothing so far."""
    return {"account__subscriptions__plan__versions__prices__meter": meter}


def _span(payload: Mapping[str, Any]) -> Period | None:
    if payload["from"] is None:
        return None
    return Period(*(datetime.fromisoformat(payload[name]) for name in ("from", "until")))
