"""Exact money: amounts in a currency, minor units, half-up rounding, allocation without loss.

Owns the arithmetic every posted amount goes through. Does not own prices, quantities or tax, and
never formats for a locale: a screen does that with the account's language.

Nothing here looks at the ambient decimal context. Additions that could not be represented exactly
raise instead of rounding, and there is no division: an amount is divided once, as a Fraction, by
whoever knows the one step that is allowed to round (docs/pricing.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache
from math import lcm

from iso4217 import Currency

from core.errors import Invalid

_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])


class MoneyError(Invalid):
    """Base of everything that can be wrong with an amount."""

    code = "money_invalid"
    title = "Not an amount of money"


class UnknownCurrency(MoneyError):
    """The code is not an ISO 4217 currency that has minor units."""

    code = "currency_unknown"


class CurrencyMismatch(MoneyError):
    """Two currencies met in one sum; only an explicit conversion may do that."""

    code = "currency_mismatch"


class NotFinite(MoneyError):
    """The amount is NaN or infinite."""

    code = "amount_not_finite"


class NotWholeMinorUnits(MoneyError):
    """The amount has more decimals than the currency: it has not been rounded yet."""

    code = "amount_not_whole_minor_units"


class NothingToAllocateTo(MoneyError):
    """Weights are missing, negative, or all zero."""

    code = "allocation_weights_invalid"


@lru_cache(maxsize=512)
def minor_exponent(currency: str) -> int:
    """Return the number of decimals of an ISO 4217 currency: 2 for USD, 0 for JPY, 3 for KWD.

    Raises: UnknownCurrency, also for codes without minor units (metals, test codes).
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        raise UnknownCurrency(f"{currency!r} is not an ISO 4217 currency code.") from None
    if exponent is None:
        raise UnknownCurrency(f"{currency} has no minor unit, so nothing can be billed in it.")
    return int(exponent)


def is_currency_code(code: str) -> bool:
    """Say whether a code is in ISO 4217, in any case; metals and test codes are too."""
    try:
        Currency(code.strip().upper())
    except ValueError:
        return False
    return True


def minor_per_unit(currency: str) -> int:
    """Return how many minor units make one unit of the currency: 100 for USD, 1 for JPY."""
    return int(10 ** minor_exponent(currency))


def round_half_up(value: Fraction) -> int:
    """Round to the nearest integer, halves away from zero.

    Away from zero, so that a credit of -0.005 mirrors a charge of 0.005 and the two cancel;
    it is also what PostgreSQL's round() does.
    """
    numerator, denominator = value.numerator, value.denominator
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def to_minor(amount: Fraction, currency: str) -> int:
    """Round an exact amount in currency units, half up, to integer minor units."""
    return round_half_up(amount * minor_per_unit(currency))


def allocate(total_minor: int, weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """Split minor units in proportion to the weights; the parts always sum to the total.

    Largest remainder: everyone gets the whole units of their share, the units left over go to the
    largest remainders, ties to the earlier weight. A weight of zero gets nothing.

    Raises: NothingToAllocateTo.
    """
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(denominator for _, denominator in ratios))
    shares = [numerator * (common // denominator) for numerator, denominator in ratios]
    whole = sum(shares)
    if any(share < 0 for share in shares) or whole <= 0:
        raise NothingToAllocateTo("Weights must not be negative and at least one must be above 0.")
    size, sign = abs(total_minor), -1 if total_minor < 0 else 1
    parts, remainders = [], []
    for position, share in enumerate(shares):
        part, remainder = divmod(size * share, whole)
        parts.append(part)
        remainders.append((-remainder, position))
    for _, position in sorted(remainders)[: size - sum(parts)]:
        parts[position] += 1
    return [sign * part for part in parts]


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency, possibly finer than its minor unit until it is rounded."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Money takes a Decimal, not {type(self.amount).__name__}.")
        if not self.amount.is_finite():
            raise NotFinite(f"{self.amount} is not an amount of money.")
        minor_exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing, in a currency: the start of a sum."""
        return cls.from_minor(0, currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """Return the amount of so many minor units: 1234 USD is 12.34."""
        return cls(_EXACT.scaleb(Decimal(minor), -minor_exponent(currency)), currency)

    @property
    def minor(self) -> int:
        """The amount as integer minor units.

        Raises: NotWholeMinorUnits when the amount is finer than the currency.
        """
        scaled = self.fraction * minor_per_unit(self.currency)
        if scaled.denominator != 1:
            raise NotWholeMinorUnits(f"{self} is finer than the minor unit and was never rounded.")
        return scaled.numerator

    @property
    def fraction(self) -> Fraction:
        """The amount as an exact rational, for arithmetic that divides."""
        return Fraction(self.amount)

    @property
    def as_fact(self) -> dict[str, str]:
        """The amount as published facts carry it: the currency, and the decimal as text."""
        return {"currency": self.currency, "decimal": str(self.amount)}

    def rounded(self) -> Money:
        """Return the amount rounded half up to whole minor units."""
        return Money.from_minor(to_minor(self.fraction, self.currency), self.currency)

    def allocate(self, weights: Sequence[int | Decimal | Fraction]) -> list[Money]:
        """Split a whole-minor-unit amount by weights without losing or making a cent."""
        return [Money.from_minor(part, self.currency) for part in allocate(self.minor, weights)]

    def __add__(self, other: Money) -> Money:
        self._require_same_currency(other)
        return Money(_EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        self._require_same_currency(other)
        return Money(_EXACT.subtract(self.amount, other.amount), self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        if isinstance(factor, bool) or not isinstance(factor, int | Decimal):
            return NotImplemented
        return Money(_EXACT.multiply(self.amount, Decimal(factor)), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(self.amount.copy_negate() if self.amount else self.amount, self.currency)

    def __abs__(self) -> Money:
        return -self if self.amount < 0 else self

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: Money) -> bool:
        self._require_same_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._require_same_currency(other)
        return self.amount <= other.amount

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __str__(self) -> str:
        places = max(minor_exponent(self.currency), -_exponent_of(self.amount))
        return f"{self.amount:.{places}f} {self.currency}"

    def _require_same_currency(self, other: Money) -> None:
        if not isinstance(other, Money):
            raise TypeError(f"Money meets {type(other).__name__}; convert it first.")
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyChange:
    """An amount as it is, or was, and as it would be, or is now."""

    before: Money
    after: Money

    @property
    def delta(self) -> Money:
        """What it comes to more, or less."""
        return self.after - self.before


def sums_by_currency(amounts: Iterable[Money]) -> list[Money]:
    """Amounts of any currencies added up, one sum each, by code; what adds up to 0 included."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        code = amount.currency
        sums[code] = sums[code] + amount if code in sums else amount
    return [sums[code] for code in sorted(sums)]


def _exponent_of(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise NotFinite(f"{amount} is not an amount of money.")
    return exponent
