"""Column types with the product's rules in them: ids, amounts, currencies, quantities, prices.

Numbers are exact. A value finer than its column is refused, because PostgreSQL would round it in
silence; NaN is refused by a CHECK, because numeric stores it and NaN > 0 is true there.
"""

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from core.ids import ID_LENGTH, new_id
from core.money import UnknownCurrency, minor_exponent

if TYPE_CHECKING:
    # The stubs are generic where the classes are not.
    _CharField = models.CharField[str, str]
    _BigIntegerField = models.BigIntegerField[int, int]
    _DecimalField = models.DecimalField[Decimal, Decimal]
else:
    _CharField = models.CharField
    _BigIntegerField = models.BigIntegerField
    _DecimalField = models.DecimalField


class PublicIdField(_CharField):
    """The id the outside world knows a row by; made when the row is."""

    def __init__(self, *args: Any, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs |= {
            "max_length": ID_LENGTH,
            "default": partial(new_id, prefix),
            "editable": False,
        }
        kwargs.setdefault("unique", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        for key in ("max_length", "default", "editable"):
            kwargs.pop(key, None)
        if self.unique:
            kwargs.pop("unique", None)
        else:
            kwargs["unique"] = False
        return name, path, args, kwargs | {"prefix": self.prefix}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        # The same type as varchar; under this name Django adds no second index for LIKE.
        return f"character varying({self.max_length})"


class MinorAmountField(_BigIntegerField):
    """A posted amount in minor units of the row's currency."""


def validate_currency(code: str) -> None:
    """Raises: ValidationError, unless `code` is an ISO 4217 currency with minor units."""
    try:
        minor_exponent(code)
    except UnknownCurrency as unknown:
        raise ValidationError(str(unknown), code=UnknownCurrency.code) from unknown


class CurrencyField(_CharField):
    """An ISO 4217 code, upper case."""

    default_validators = [*models.CharField.default_validators, validate_currency]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 3
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        return name, path, args, kwargs

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return f"{_quoted(self, connection)} ~ '^[A-Z]{{3}}$'"


def _quoted(field: "models.Field[Any, Any]", connection: BaseDatabaseWrapper) -> str:
    assert field.column is not None  # a field with a type of its own has a column
    return connection.ops.quote_name(field.column)


class _ExactDecimalField(_DecimalField):
    digits: int
    scale: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_digits": self.digits, "decimal_places": self.scale}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_digits", None)
        kwargs.pop("decimal_places", None)
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        if isinstance(prepared, Decimal) and not _fits(prepared, self.scale):
            raise ValueError(f"{self.name} holds {self.scale} decimals, {prepared} needs more")
        return prepared

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return f"{_quoted(self, connection)} <> 'NaN'"


def _fits(value: Decimal, scale: int) -> bool:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    excess = -scale - exponent
    return excess <= 0 or not any(digits[-excess:])


class QuantityField(_ExactDecimalField):
    """A measured or billed quantity: numeric(38, 18), finite."""

    digits = 38
    scale = 18


class UnitPriceField(_ExactDecimalField):
    """A price of one unit, in major units of its currency: numeric(28, 12), finite."""

    digits = 28
    scale = 12


class RateField(_ExactDecimalField):
    """A share of an amount, such as a tax rate: 0.19 is 19 %. numeric(12, 10), finite."""

    digits = 12
    scale = 10
