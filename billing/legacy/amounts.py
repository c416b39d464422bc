"""How a source writes money, days and instants, read into ours or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.legacy.mapping import LegacyMapping
from billing.parallel_run.textfile import FileRefused
from core.errors import Invalid
from core.money import Money

_DIGITS_MAX = 30
_LAST_SECONDS = frozenset({"23:59:59", "23:59:59.999"})


class LegacyValueInvalid(Invalid):
    """A cell is not what its column says."""

    code = "legacy_value_invalid"
    title = "The value cannot be read"


def money_in_units(text: str, currency: str) -> Money:
    """An amount written in units of the currency, such as 12.34. Raises: LegacyValueInvalid."""
    return _whole(_decimal(text), currency, text)


def money_in_parts(text: str, currency: str, mapping: LegacyMapping) -> Money:
    """An amount written as a whole number of the source's smallest parts, such as 1234.

    How small they are is the mapping's word: 1500 KWD is 1.500 with three places, and 80 JPY is 80
    with none. Raises: LegacyValueInvalid; FileRefused for a currency the mapping does not have.
    """
    places = places_of(currency, mapping)
    parts = _decimal(text)
    if parts != parts.to_integral_value():
        raise LegacyValueInvalid(f"{text!r} is not a whole number of the smallest parts.")
    return _whole(parts.scaleb(-places), currency, text)


def places_of(currency: str, mapping: LegacyMapping) -> int:
    """How many decimals the source writes of a currency. Raises: FileRefused."""
    try:
        return mapping.currencies[currency]
    except KeyError:
        raise FileRefused(
            f"The mapping file does not say how many decimal places {mapping.system} writes of "
            f"{currency or 'no currency'}. Add it under [currencies]."
        ) from None


def currency_code(text: str, mapping: LegacyMapping) -> str:
    """The code in capitals, when the mapping has it. Raises: FileRefused."""
    code = text.strip().upper()
    places_of(code, mapping)
    return code


def plain_decimal(text: str) -> Decimal:
    """A quantity as it is written. Raises: LegacyValueInvalid."""
    return _decimal(text)


def day(text: str) -> date:
    """A day written year first. Raises: LegacyValueInvalid."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise LegacyValueInvalid(f"{text!r} is not a day such as 2026-10-31.") from None


def instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant or the begin of a day, in UTC; without a zone it is local. Raises:
    LegacyValueInvalid.
    """
    try:
        read = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise LegacyValueInvalid(f"{text!r} is neither a day nor an instant.") from None
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def after_last(text: str, zone: ZoneInfo) -> datetime:
    """The end of a period that names its last day or second. Raises: LegacyValueInvalid."""
    written = text.strip()
    if len(written) == len("2026-10-31"):
        next_day = day(written) + timedelta(days=1)
        return datetime.combine(next_day, time.min, zone).astimezone(UTC)
    if any(second in written for second in _LAST_SECONDS):
        return instant(written, zone).replace(microsecond=0) + timedelta(seconds=1)
    return instant(written, zone)


def unix_instant(seconds: object) -> datetime:
    """Seconds since 1970. Raises: LegacyValueInvalid."""
    if type(seconds) is not int:
        raise LegacyValueInvalid(f"{seconds!r} is not a number of seconds since 1970.")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise LegacyValueInvalid(f"{seconds} seconds since 1970 is no date.") from None


def _decimal(text: str) -> Decimal:
    written = text.strip()
    try:
        read = Decimal(written)
    except ArithmeticError:
        raise LegacyValueInvalid(f"{text[:40]!r} is not a number.") from None
    if not read.is_finite() or len(written) > _DIGITS_MAX:
        raise LegacyValueInvalid(f"{text[:40]!r} is not a number that can be an amount.")
    return read


def _whole(amount: Decimal, currency: str, text: str) -> Money:
    money = Money(amount, currency)
    if money != money.rounded():
        raise LegacyValueInvalid(f"{text!r} is finer than {currency} can be paid in.")
    return money.rounded()
