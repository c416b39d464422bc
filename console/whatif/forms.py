"""Forms of simulations: which version, meter and time is in question, and why it is asked.

Days are typed as first and last day and read as half-open spans of UTC midnights.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from accounts.models import Account
from billing.catalogue.meter_documents import document_of_terms
from billing.catalogue.models import PlanVersion
from console.catalogue.meter_forms import MeterFields
from console.catalogue.meter_shapes import terms_fields
from console.shell.forms import ReasonField
from core.admin_forms import DayField, InstantField
from core.instants import DateInvalid, read_day
from core.periods import Period
from usage.aggregate.rules import Aggregation
from usage.meter_terms import latest_terms
from usage.models import Meter

ACCOUNTS_MAX = 200
_DAY = {"type": "date"}
_INSTANT = {"type": "datetime-local"}


class VersionField(forms.ChoiceField):
    """One of the versions there are, by plan; cleaned to its public id."""

    def offer(self, versions: Iterable[PlanVersion]) -> None:
        """Say what can be chosen."""
        plans: dict[str, list[tuple[str, str]]] = {}
        for version in versions:
            named = f"{version}{' (draft)' if version.is_draft else ''}"
            plans.setdefault(version.plan.name, []).append((version.public_id, named))
        self.choices = [("", "choose"), *plans.items()]


class MonthField(forms.CharField):
    """A calendar month, as 2026-04."""

    def clean(self, value: Any) -> Any:
        """Its first day. Raises: ValidationError."""
        text: str = super().clean(value)
        try:
            return read_day(f"{text}-01", field="month")
        except DateInvalid:
            raise forms.ValidationError("Write the month as 2026-04.") from None


class AccountsField(forms.CharField):
    """Accounts by id or exact name, one to a line; empty is everybody."""

    def clean(self, value: Any) -> Any:
        """The accounts, or None for all. Raises: ValidationError, naming what is no account."""
        text: str = super().clean(value)
        wanted = list(dict.fromkeys(part.strip() for part in text.splitlines() if part.strip()))
        if not wanted:
            return None
        if len(wanted) > ACCOUNTS_MAX:
            raise forms.ValidationError(f"At most {ACCOUNTS_MAX} accounts; leave it empty for all.")
        found = list(Account.objects.filter(public_id__in=wanted))
        found += Account.objects.filter(name__in=wanted)
        known = {text for account in found for text in (account.public_id, account.name)}
        if missing := [each for each in wanted if each not in known]:
            raise forms.ValidationError(f"There is no account {', '.join(missing)}.")
        return list({account.pk: account for account in found}.values())


class SpanForm(forms.Form):
    """A span of whole days, and why."""

    first = DayField(label="First day", widget=forms.DateInput(attrs=_DAY))
    last = DayField(label="Last day", widget=forms.DateInput(attrs=_DAY))
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        """Refuses a last day before the first, and one day without the other."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day is before the first.")
        elif bool(first) != bool(last) and not self.errors:
            self.add_error("last", "Name both days, or none for all time.")
        return data

    @property
    def span(self) -> Period | None:
        """From the first day until after the last, by UTC; None: all time."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        if not first:
            return None
        return Period(_midnight(first), _midnight(last + timedelta(days=1)))


class BackTestForm(forms.Form):
    """A month rated again under a version."""

    version = VersionField(label="Version")
    month = MonthField(label="Month", widget=forms.TextInput(attrs={"type": "month"}))
    accounts = AccountsField(
        label="Only these accounts",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Names or ids, one to a line. Empty: everybody who had the plan that month.",
    )
    reason = ReasonField()

    def __init__(self, *args: Any, versions: Iterable[PlanVersion], **more: Any) -> None:
        super().__init__(*args, **more)
        _offer_versions(self, ("version",), versions)


class PriceBlastForm(SpanForm):
    """Invoices priced by the wrong version."""

    wrong = VersionField(label="Wrong version, on the invoices")
    right = VersionField(label="Right version", help_text="Of the same plan; a draft will do.")
    first = DayField(label="First day", required=False, widget=forms.DateInput(attrs=_DAY))
    last = DayField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text="Invoices whose period shares a day with these. Empty: all of them.",
    )

    field_order = ("wrong", "right", "first", "last", "reason")

    def __init__(self, *args: Any, versions: Iterable[PlanVersion], **more: Any) -> None:
        super().__init__(*args, **more)
        _offer_versions(self, ("wrong", "right"), list(versions))


class MeterField(forms.ChoiceField):
    """One of the meters there are, by code."""

    def offer(self, meters: Iterable[Meter], *, empty: str = "choose") -> None:
        """Say what can be chosen."""
        self.choices = [("", empty), *((each.code, f"{each.code}: {each.name}") for each in meters)]


class WindowBlastForm(forms.Form):
    """A window in which a meter measured what it should not have."""

    meter = MeterField(label="Meter", help_text="One that counts, sums or measures time.")
    start = InstantField(label="From (UTC)", widget=forms.DateTimeInput(attrs=_INSTANT))
    end = InstantField(
        label="Until, not included (UTC)", widget=forms.DateTimeInput(attrs=_INSTANT)
    )
    reason = ReasonField()

    def __init__(self, *args: Any, meters: Iterable[Meter], **more: Any) -> None:
        super().__init__(*args, **more)
        _offer_meters(self, meters)

    def clean(self) -> dict[str, Any]:
        """Refuses a window that ends before it starts."""
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if start and end and end <= start:
            self.add_error("end", "The window ends before it starts.")
        return data

    @property
    def span(self) -> Period:
        """The window, half-open."""
        return Period(self.cleaned_data["start"], self.cleaned_data["end"])


class UsageBlastForm(SpanForm):
    """Usage as it is measured now, after corrections."""

    meter = MeterField(label="Meter", required=False)

    field_order = ("meter", "first", "last", "reason")

    def __init__(self, *args: Any, meters: Iterable[Meter], **more: Any) -> None:
        super().__init__(*args, **more)
        _offer_meters(self, meters, empty="every meter")


class MeterBlastForm(MeterFields, SpanForm):
    """Other terms of a meter, instead of those of its latest version."""

    def __init__(self, data: Any, *, meter: Meter) -> None:
        aggregation, latest = Aggregation(meter.aggregation), document_of_terms(latest_terms(meter))
        super().__init__(
            data,
            initial={"document": latest},
            nodes=terms_fields(aggregation.value),
            aggregation=aggregation,
            before=latest,
        )

    @property
    def of_the_question(self) -> list[forms.BoundField]:
        """The fields below the terms."""
        return [self[name] for name in ("first", "last", "reason")]


def _offer_versions(
    form: forms.Form, names: Iterable[str], versions: Iterable[PlanVersion]
) -> None:
    for name in names:
        field = form.fields[name]
        assert isinstance(field, VersionField)
        field.offer(versions)


def _offer_meters(form: forms.Form, meters: Iterable[Meter], **more: str) -> None:
    field = form.fields["meter"]
    assert isinstance(field, MeterField)
    field.offer(meters, **more)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
