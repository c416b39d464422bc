"""The strict reader of a proposal's payload: known fields, exact amounts, things that exist.

What comes out is canonical: public ids, amounts and quantities as plain decimals. A door that sends
the same wish in other words makes the same proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Self, TypeVar

from core.decimals import read_decimal
from core.errors import DomainError, FieldError, Invalid, NotFound, pointer_to
from core.json_reader import read_json
from core.money import UnknownCurrency, minor_exponent, to_minor
from core.text_in import is_odd

Found = TypeVar("Found")

_DIGITS: Final = 18


class PayloadInvalid(Invalid):
    """A field of a payload is missing, unknown, or not what it must be."""

    code = "payload_invalid"
    title = "The proposal cannot be read"


class PayloadReader:
    """Takes fields out of one object and refuses what is left over."""

    def __init__(self, payload: Mapping[str, Any], *, at: tuple[str | int, ...] = ()) -> None:
        if not isinstance(payload, Mapping):
            raise _wrong((*at,), "Expected an object.")
        self._left, self._at = dict(payload), at

    def text(self, name: str) -> str:
        """A text; empty where it is absent. Raises: PayloadInvalid."""
        value = self._left.pop(name, "")
        if not isinstance(value, str) or len(value) > 300 or is_odd(value):
            raise self.wrong(name, "Expected a text of up to 300 characters.")
        return value.strip()

    def one_of(self, name: str, among: Sequence[str], *, default: str = "") -> str:
        """One of these words; the default where it is absent. Raises: PayloadInvalid."""
        word = self.text(name) or default
        if word not in among:
            raise self.wrong(name, f"Expected one of {', '.join(among)}.")
        return word

    def flag(self, name: str) -> bool:
        """A boolean; false where it is absent. Raises: PayloadInvalid."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, "Expected true or false.")
        return value

    def has(self, name: str) -> bool:
        """Whether something is said of a field."""
        return self._left.get(name) not in (None, "", {}, [])

    def decimal(self, name: str, *, scale: int = 12) -> Decimal | None:
        """A decimal of 0 or more as text; None where it is absent. Raises: PayloadInvalid."""
        value = self._left.pop(name, None)
        if value in (None, ""):
            return None
        number = read_decimal(value, max_digits=_DIGITS + scale, scale=scale, field=name)
        if number < 0:
            raise self.wrong(name, "It cannot be below 0.")
        return number

    def amount(self, name: str, currency: str) -> int | None:
        """An amount above 0 in minor units; None where it is absent. Raises: PayloadInvalid."""
        number = self.decimal(name, scale=minor_exponent(currency))
        if number is None:
            return None
        if not number:
            raise self.wrong(name, "Say an amount above 0.")
        return to_minor(Fraction(number), currency)

    def required_amount(self, name: str, currency: str) -> int:
        """As `amount`. Raises: PayloadInvalid where it is absent."""
        minor = self.amount(name, currency)
        if minor is None:
            raise self.wrong(name, "Say an amount.")
        return minor

    def part(self, name: str) -> Self | None:
        """An object within; None where it is absent. Raises: PayloadInvalid."""
        value = self._left.pop(name, None)
        return None if value is None else type(self)(value, at=(*self._at, name))

    def parts(self, name: str) -> list[Self]:
        """The objects of an array within, up to 1,000. Raises: PayloadInvalid."""
        value = self._left.pop(name, None) or []
        if not isinstance(value, list) or len(value) > 1_000:
            raise self.wrong(name, "Expected an array of up to 1,000 objects.")
        return [type(self)(each, at=(*self._at, name, n)) for n, each in enumerate(value)]

    def mapping(self, name: str) -> dict[str, str]:
        """An object of texts; empty where it is absent. Raises: PayloadInvalid."""
        part = self.part(name)
        if part is None:
            return {}
        return {key: part.text(key) for key in list(part._left)}

    def texts(self, name: str) -> list[str]:
        """The texts of an array, in order and each once. Raises: PayloadInvalid."""
        value = self._left.pop(name, None) or []
        if not isinstance(value, list) or len(value) > 1_000:
            raise self.wrong(name, "Expected an array of up to 1,000 texts.")
        for n, each in enumerate(value):
            if not isinstance(each, str) or len(each) > 300 or is_odd(each):
                raise _wrong((*self._at, name, n), "Expected a text of up to 300 characters.")
        return sorted(set(value))

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number within bounds. Raises: PayloadInvalid."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(name, f"Expected a whole number from {least} to {most}.")
        return value

    def json_object(self, name: str, *, max_bytes: int) -> dict[str, Any]:
        """An object, or the JSON text of one; empty where it is absent. Raises: PayloadInvalid."""
        value = self._left.pop(name, None) or {}
        try:
            if isinstance(value, str):
                value = read_json(value.encode(), max_bytes=max_bytes, root=(dict,))
        except DomainError as refused:
            raise self.wrong(name, refused.message) from refused
        if not isinstance(value, dict):
            raise self.wrong(name, "Expected an object, or the JSON of one.")
        return value

    def amounts(self, name: str) -> dict[str, Decimal]:
        """Amounts of 0 or more by currency; empty where it is absent. Raises: PayloadInvalid."""
        part = self.part(name)
        if part is None:
            return {}
        found = {}
        for currency in sorted(part._left):
            try:
                scale = minor_exponent(currency)
            except UnknownCurrency as unknown:
                raise part.wrong(currency[:64], "There is no such currency.") from unknown
            found[currency] = part.decimal(currency, scale=scale) or Decimal(0)
        return found

    def named(self, name: str, find: Callable[[str], Found | None], what: str) -> Found:
        """The one thing a field names; `find` knows it by id or raises NotFound.

        Raises: PayloadInvalid.
        """
        ref = self.text(name)
        if not ref:
            raise self.wrong(name, f"Name the {what}.")
        try:
            found = find(ref[:64])
        except NotFound:
            found = None
        if found is None:
            raise self.wrong(name, f"There is no {what} {ref[:64]}.")
        return found

    def end(self) -> None:
        """Refuse what nobody took. Raises: PayloadInvalid."""
        for name in self._left:
            raise self.wrong(str(name)[:64], "This field is not known here.")

    def wrong(self, name: str, detail: str) -> PayloadInvalid:
        """The error of one field."""
        return _wrong((*self._at, name), detail)


def _wrong(path: tuple[str | int, ...], detail: str) -> PayloadInvalid:
    name = ".".join(str(step) for step in path) or "payload"
    return PayloadInvalid(
        f"{name}: {detail}",
        errors=[FieldError(pointer_to(*path), PayloadInvalid.code, detail)],
    )
