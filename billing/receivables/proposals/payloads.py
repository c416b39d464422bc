"""The strict reader of a proposal's payload: known fields, exact amounts, things that exist.

What comes out is canonical: public ids, amounts and quantities as plain decimals. A door that sends
the same wish in other words makes the same proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar

from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.queries.invoices import InvoiceNotFound
from billing.invoicing.queries.invoices import find as find_invoice
from billing.receivables.models import Payment, Settlement
from core.decimals import decimal_text, read_decimal
from core.errors import FieldError, Invalid, pointer_to
from core.money import Money, minor_exponent, to_minor
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

    def part(self, name: str) -> PayloadReader | None:
        """An object within; None where it is absent. Raises: PayloadInvalid."""
        value = self._left.pop(name, None)
        return None if value is None else PayloadReader(value, at=(*self._at, name))

    def parts(self, name: str) -> list[PayloadReader]:
        """The objects of an array within, up to 1,000. Raises: PayloadInvalid."""
        value = self._left.pop(name, None) or []
        if not isinstance(value, list) or len(value) > 1_000:
            raise self.wrong(name, "Expected an array of up to 1,000 objects.")
        return [PayloadReader(each, at=(*self._at, name, n)) for n, each in enumerate(value)]

    def mapping(self, name: str) -> dict[str, str]:
        """An object of texts; empty where it is absent. Raises: PayloadInvalid."""
        part = self.part(name)
        if part is None:
            return {}
        return {key: part.text(key) for key in list(part._left)}

    def invoice(self) -> Invoice:
        """The invoice it names by id or number. Raises: PayloadInvalid."""
        return self._named("invoice", find_invoice, "invoice")

    def payment(self, name: str = "payment") -> Payment:
        """The payment it names. Raises: PayloadInvalid."""
        rows = Payment.objects.select_related("account")
        return self._named(name, lambda ref: rows.filter(public_id=ref).first(), "payment")

    def credit_note(self) -> CreditNote:
        """The credit note it names by id or number. Raises: PayloadInvalid."""
        notes = CreditNote.objects.select_related("invoice__account")

        def find(ref: str) -> CreditNote | None:
            field = "public_id" if ref.startswith("crn_") else "number"
            return notes.filter(**{field: ref}).first()

        return self._named("credit_note", find, "credit note")

    def settlement(self) -> Settlement:
        """The settlement it names. Raises: PayloadInvalid."""
        rows = Settlement.objects.select_related("invoice__account")
        return self._named(
            "settlement", lambda ref: rows.filter(public_id=ref).first(), "settlement"
        )

    def _named(self, name: str, find: Callable[[str], Found | None], what: str) -> Found:
        ref = self.text(name)
        if not ref:
            raise self.wrong(name, f"Name the {what}.")
        try:
            found = find(ref[:64])
        except InvoiceNotFound:
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


def amount_text(minor: int, currency: str) -> str:
    """An amount as a payload has it."""
    return decimal_text(Money.from_minor(minor, currency).amount)


def minor_of(text: str, currency: str) -> int:
    """An amount of a canonical payload in minor units."""
    return to_minor(Fraction(Decimal(text)), currency)


def _wrong(path: tuple[str | int, ...], detail: str) -> PayloadInvalid:
    name = ".".join(str(step) for step in path) or "payload"
    return PayloadInvalid(
        f"{name}: {detail}",
        errors=[FieldError(pointer_to(*path), PayloadInvalid.code, detail)],
    )
