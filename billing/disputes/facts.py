"""What a customer says was otherwise, as values: read strictly, written canonically.

Owns the reading of facts. What one comes to is worked out by `operations.claims`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import ResourceOwnership
from billing.disputes.reason_codes import REASON_CODES, FactField, FactKind, ReasonCode
from billing.disputes.stated_prices import canonical_price
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import InvoiceLine
from core.decimals import decimal_text, read_decimal
from core.errors import FieldError, Invalid, pointer_to_field
from core.instants import read_instant
from core.periods import Period
from core.text_in import is_odd
from usage.envelope.received_event import event_key
from usage.models import Event, EventKey, Source

_QUANTITY = {"max_digits": 30, "scale": 12}


class FactInvalid(Invalid):
    """A fact is missing, unknown, or not what it must be."""

    code = "fact_invalid"
    title = "The fact cannot be read"


class FactNotOfLine(Invalid):
    """Nothing of that kind can be said of this line."""

    code = "fact_not_of_line"
    title = "That cannot be said of this line"


@dataclass(frozen=True, slots=True)
class StatedFact:
    """A reason with its values, in canonical form as text."""

    reason: ReasonCode
    values: Mapping[str, str]

    def instant(self, name: str) -> datetime:
        """A value as an instant; UTC."""
        return datetime.fromisoformat(self.values[name])

    def number(self, name: str) -> Decimal:
        """A value as a number."""
        return Decimal(self.values[name])

    @property
    def sentence(self) -> str:
        """What is said, in one sentence."""
        said = {each.name: self._spoken(each) for each in self.reason.fields}
        return self.reason.sentence.format(**said)

    def _spoken(self, each: FactField) -> str:
        if each.kind is FactKind.INSTANT:
            return f"{self.instant(each.name):%Y-%m-%d %H:%M:%S} UTC"
        return self.values[each.name]


def read_fact(reason_code: str, values: Mapping[str, Any], *, field: str = "facts") -> StatedFact:
    """A reason and its values from outside. Raises: FactInvalid, naming the field."""
    reason = REASON_CODES.get(reason_code)
    if reason is None:
        raise FactInvalid(
            f"There is no reason {reason_code[:32]!r}; there are {', '.join(REASON_CODES)}.",
            field="reason_code",
        )
    known = {each.name for each in reason.fields}
    for name in values:
        if name not in known:
            raise _wrong(f"{field}.{str(name)[:64]}", "This is not asked for here.")
    read = {each.name: _read(each, values.get(each.name), field) for each in reason.fields}
    fact = StatedFact(reason, read)
    if reason.code == "was_down" and fact.instant("down_from") >= fact.instant("down_until"):
        raise _wrong(f"{field}.down_until", "It must be after the beginning.")
    return fact


def kept_fact(reason_code: str, values: Mapping[str, str]) -> StatedFact:
    """A fact as it was kept."""
    return StatedFact(REASON_CODES[reason_code], values)


def _read(each: FactField, value: Any, field: str) -> str:
    name = f"{field}.{each.name}"
    if not isinstance(value, str) or not value.strip():
        raise _wrong(name, f"{each.label}: say it.")
    text = value.strip()
    if each.kind is FactKind.INSTANT:
        return read_instant(text, field=name).isoformat()
    if each.kind is FactKind.EVENT:
        if len(text) > 255 or is_odd(text):
            raise _wrong(name, "Name the event by its id.")
        return text
    if each.kind is FactKind.PRICE:
        try:
            return canonical_price(text, field=name)
        except ValueError as wrong:
            raise _wrong(
                name, f"Say a price, or tiers such as 100 at 0.50, rest at 0.40. {wrong}"
            ) from wrong
    number = read_decimal(text, field=name, **_QUANTITY)
    if number < 0:
        raise _wrong(name, "It cannot be below 0.")
    return decimal_text(number)


def _wrong(field: str, detail: str) -> FactInvalid:
    error = FieldError(pointer_to_field(field), FactInvalid.code, detail)
    return FactInvalid(detail, errors=[error])


def scope_of_line(line: InvoiceLine) -> AccountPeriod:
    """The account period whose usage a line bills; an earlier one where it came late."""
    meant = line.corrects or line.invoice
    return AccountPeriod(line.invoice.account_id, meant.period, meant.zone)


def events_named(account_id: int, period: Period, event_id: str) -> list[Event]:
    """The events of this id that the account's resources had in a period; three queries."""
    keys = [
        UUID(event_key(name, event_id)) for name in Source.objects.values_list("name", flat=True)
    ]
    instants = dict(EventKey.objects.filter(pk__in=keys).values_list("pk", "occurred_at"))
    events = Event.objects.filter(key__in=instants, occurred_at__in=set(instants.values()))
    owned = set(
        ResourceOwnership.objects.filter(
            Q(owned_until__isnull=True) | Q(owned_until__gt=period.start),
            account_id=account_id,
            owned_from__lt=period.end,
            resource_id__in={each.resource_id for each in events},
        ).values_list("resource_id", flat=True)
    )
    return [
        each for each in events if each.resource_id in owned and period.contains(each.occurred_at)
    ]
