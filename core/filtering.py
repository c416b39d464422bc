"""What a list may be asked: parameters by name, each once, and one set of filters for each noun.

A set lies beside its noun (accounts, usage, billing) and serves every door, so the API and the
console narrow a list by the same names and the same rules. What is asked and means nothing is
refused with what may be asked instead; it never passes in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from django_filters import CharFilter, FilterSet

from core.decimals import read_decimal
from core.errors import FieldError, Invalid, pointer_to
from core.ids import BODY_LENGTH, PREFIXES
from core.instants import read_day

TEXT_LENGTH_MAX: Final = 200
_SHOWN: Final = 40

Query = MultiValueDict[str, str]


class UnknownParameter(Invalid):
    """The query names something this address does not know."""

    code = "unknown_parameter"
    title = "Unknown parameter"


class ParameterTwice(Invalid):
    """The query says one thing twice; which is meant nobody can know."""

    code = "parameter_twice"
    title = "A parameter stands twice"


class ParameterInvalid(Invalid):
    """A parameter has a value it cannot have."""

    code = "parameter_invalid"
    title = "A parameter cannot have this value"


def check_parameters(
    asked: Query, allowed: Collection[str], *, often: Collection[str] = ()
) -> None:
    """Every parameter is known and stands once, but for those that may come `often`.

    Raises: UnknownParameter, ParameterTwice; each names all there are.
    """
    known = ", ".join(sorted({*allowed, *often})) or "none"
    unknown = sorted(asked.keys() - {*allowed, *often})
    if unknown:
        said = f"Known: {known}."
        raise UnknownParameter(
            f"Not known here: {', '.join(name[:_SHOWN] for name in unknown)}. {said}",
            errors=[
                FieldError(pointer_to(name[:_SHOWN]), UnknownParameter.code, said)
                for name in unknown
            ],
        )
    twice = sorted(name for name, values in asked.lists() if len(values) > 1 and name not in often)
    if twice:
        raise ParameterTwice(
            f"Say it once: {', '.join(twice)}.",
            errors=[
                FieldError(pointer_to(name), ParameterTwice.code, f"{name} stands twice.")
                for name in twice
            ],
        )


class TextFilter(CharFilter):  # type: ignore[misc]  # untyped package
    """A text as it stands."""

    def __init__(self, field_name: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", TEXT_LENGTH_MAX)
        super().__init__(field_name=field_name, strip=False, **kwargs)


class IdFilter(CharFilter):  # type: ignore[misc]  # untyped package
    """A public id of one kind; one that is nobody's finds nothing."""

    def __init__(self, field_name: str, *, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        form = RegexValidator(
            rf"\A{prefix}_[0-9a-z]{{{BODY_LENGTH}}}\Z",
            f"This is not the id of {_a(PREFIXES[prefix])}; they look like {prefix}_…",
        )
        super().__init__(field_name=field_name, strip=False, validators=[form], **kwargs)


class _TypedFilter(CharFilter):  # type: ignore[misc]  # untyped package
    """A text that browsers have a field for."""

    input_type = "text"
    reads: Callable[[str], None]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, validators=[type(self).reads], **kwargs)

    @property
    def field(self) -> Any:
        """Its form field."""
        found = super().field
        found.widget.input_type = self.input_type
        return found


class DayFilter(_TypedFilter):
    """A calendar day, written as 2026-10-31."""

    input_type = "date"

    @staticmethod
    def reads(text: str) -> None:
        """Raises: ValidationError."""
        _readable(lambda: read_day(text, field="day"))


class MonthFilter(_TypedFilter):
    """A calendar month, written as 2026-10."""

    input_type = "month"

    @staticmethod
    def reads(text: str) -> None:
        """Raises: ValidationError."""
        _readable(lambda: read_day(f"{text}-01", field="month"), "Write the month as 2026-10.")


class AmountFilter(_TypedFilter):
    """An amount in units of the row's currency, written as 12.50."""

    @staticmethod
    def reads(text: str) -> None:
        """Raises: ValidationError."""
        _readable(lambda: amount_read(text))


def amount_read(text: str, field: str = "amount") -> Decimal:
    """The exact amount an AmountFilter let through. Raises: DecimalRefused."""
    return read_decimal(text, max_digits=18, scale=4, field=field)


def _readable(read: Callable[[], object], said: str = "") -> None:
    try:
        read()
    except Invalid as problem:
        raise ValidationError(said or problem.message) from problem


class NounFilters(FilterSet):  # type: ignore[misc]  # untyped package
    """The filters of one noun. Made by `asked`, which refuses what means nothing."""

    seldom: ClassVar[frozenset[str]] = frozenset()
    """Filters that a form shows only to whoever asks for more."""

    @classmethod
    def asked(
        cls, query: Query, *, beside: Collection[str] = (), blank_is_all: bool = False
    ) -> Self:
        """The filters a query asks for; `beside` are parameters others read.

        An empty value is no value, unless `blank_is_all`, as a form sends it.

        Raises: UnknownParameter, ParameterTwice, ParameterInvalid.
        """
        check_parameters(query, {*cls.base_filters, *beside})
        mine = {
            name: str(query[name]) for name in cls.base_filters if name in query.keys() - beside
        }
        if not blank_is_all:
            blank = [name for name, value in mine.items() if not value]
            if blank:
                raise _invalid({name: f"{name} is empty; leave it out for all." for name in blank})
        found = cls(mine)
        if not found.is_valid():
            raise _invalid({name: _said(found.form, name) for name in found.form.errors})
        return found

    @classmethod
    def none(cls) -> Self:
        """Nothing is asked: all rows."""
        return cls.asked(MultiValueDict())

    def __init__(self, data: Mapping[str, str], **kwargs: Any) -> None:
        # Bound to no rows: the query that lists them narrows its own.
        super().__init__(data, queryset=self._meta.model._base_manager.none(), **kwargs)
        self.is_bound = True

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that are asked for."""
        narrowed: QuerySet[Any] = self.filter_queryset(rows)
        return narrowed

    def value(self, name: str) -> str:
        """What is asked under a name; empty for nothing."""
        return str(self.form.cleaned_data.get(name) or "")

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for at all."""
        return any(self.form.cleaned_data.values())

    @property
    def usual_fields(self) -> Sequence[Any]:
        """The fields a form shows at once."""
        return [field for field in self.form if field.name not in self.seldom]

    @property
    def seldom_fields(self) -> Sequence[Any]:
        """The fields a form shows below *More*."""
        return [field for field in self.form if field.name in self.seldom]

    @property
    def asks_seldom(self) -> bool:
        """Whether one of those below *More* is asked for."""
        return any(self.value(name) for name in self.seldom)


def choices_of(field: Any) -> list[str]:
    """The values a filter takes, where there are only so many."""
    offered = getattr(field, "choices", None)
    return [str(value) for value, _ in offered if value != ""] if offered else []


def _said(form: Any, name: str) -> str:
    allowed = choices_of(form.fields[name])
    if allowed:
        return f"{name} is one of {', '.join(allowed)}."
    return f"{name}: {' '.join(map(str, form.errors[name]))}"


def _invalid(details: Mapping[str, str]) -> ParameterInvalid:
    return ParameterInvalid(
        " ".join(details.values()),
        errors=[
            FieldError(pointer_to(name), ParameterInvalid.code, detail)
            for name, detail in details.items()
        ],
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
