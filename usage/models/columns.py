"""Column types only usage needs: unbounded exact numbers, and JSON that keeps its numbers exact.

Does not own quantities as billing knows them; those are core.db.fields.QuantityField.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Jsonb

MAX_DIGITS = 200


if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]  # null or not is each use's
else:
    _DecimalField = models.DecimalField


class ExactField(_DecimalField):
    """A finite number exactly as it was counted: numeric without a bound.

    Sums of quantities may need more digits than one quantity, and the scale as it was sent is part
    of the evidence. Bounds belong to the reader of the event, not to this column.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_digits": MAX_DIGITS, "decimal_places": MAX_DIGITS // 2}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_digits", None)
        kwargs.pop("decimal_places", None)
        return name, path, args, kwargs

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        # The inherited adapter would pad to decimal_places; the number goes in as it is.
        return value

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        column = connection.ops.quote_name(str(self.column))
        return f"{column} NOT IN ('NaN', 'Infinity', '-Infinity')"


class _ExactDecoder(json.JSONDecoder):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"parse_float": Decimal})


_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


class ExactJSONField(models.JSONField):
    """JSON whose numbers come back as they went in: 1.10 is Decimal("1.10"), never a float."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"decoder": _ExactDecoder})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("decoder", None)
        return name, path, args, kwargs

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        return None if value is None else Jsonb(value, dumps=_encode)
