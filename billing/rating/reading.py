"""Reading of documents: every problem at once, each at its JSON pointer.

Owns the shapes (object, list, decimal, choice) and how a problem is named. Does not own what any
field means: a reader of a price or a charge asks for its fields by name, and `close` refuses
whatever nobody asked for, so a misspelt field can never be ignored in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.decimals import DecimalRefused, decimal_text, read_decimal
from core.errors import FieldError, Invalid

PRICE_SCALE = 12
QUANTITY_SCALE = 18
PROBLEMS_MAX = 1_000
_DIGITS_BEFORE_POINT = 20
_NOTHING: Mapping[str, Any] = {}
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)


class DocumentRefused(Invalid):
    """A price or pricing document is wrong; `errors` names every place at once."""

    code = "pricing_document_invalid"
    title = "The pricing document has problems"


class DocumentProblems:
    """Collects what is wrong with one document; after PROBLEMS_MAX it only counts."""

    def __init__(self) -> None:
        self._found: list[FieldError] = []
        self._count = 0

    def add(self, pointer: str, code: str, detail: str) -> None:
        """Note one problem."""
        self._count += 1
        if self._count <= PROBLEMS_MAX:
            self._found.append(FieldError(pointer, code, detail))

    def __len__(self) -> int:
        return self._count

    def raise_if_any(self) -> None:
        """Raises: DocumentRefused with all problems, when there are any."""
        if self._count > PROBLEMS_MAX:
            detail = f"And {self._count - PROBLEMS_MAX:,} more problems."
            self._found.append(FieldError("", "too_many_problems", detail))
        if self._found:
            where = "; ".join(f"{error.pointer or '/'}: {error.detail}" for error in self._found)
            raise DocumentRefused(where, errors=self._found)


class Fields:
    """One JSON object being read. Wrong fields are noted and answered with a harmless stand-in,
    so that reading goes on and finds the next problem too.
    """

    def __init__(self, value: object, pointer: str, problems: DocumentProblems) -> None:
        self.pointer = pointer
        self.problems = problems
        self._asked: set[str] = set()
        self._data: Mapping[str, Any] = _NOTHING
        if isinstance(value, Mapping):
            self._data = value
        else:
            problems.add(pointer, "type", f"Expected an object, got {describe(value)}.")

    def __contains__(self, name: str) -> bool:
        return self._data.get(name) is not None

    @property
    def names(self) -> list[str]:
        """The names the object has."""
        return [str(name) for name in self._data]

    def at(self, name: str) -> str:
        """Return the pointer of a field."""
        return self.pointer + pointer_of(name)

    def problem(self, name: str, code: str, detail: str) -> None:
        """Note a problem with a field."""
        self.problems.add(self.at(name), code, detail)

    def raw(self, name: str) -> Any:
        """Return a field as it is, None where absent, and count it as known."""
        self._asked.add(name)
        return self._data.get(name)

    def close(self) -> None:
        """Refuse every field nobody asked for."""
        for name in self._data:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.problem(str(name), "unknown_field", f"Not known here; known are: {known}.")

    def required(self, name: str) -> bool:
        """Say whether a field is there, and note it where not."""
        if name in self:
            return True
        self._asked.add(name)
        self.problem(name, "required", f"{name} is required.")
        return False

    def decimal(
        self,
        name: str,
        *,
        default: str | None = None,
        scale: int = PRICE_SCALE,
        at_least: str | None = None,
        above: str | None = None,
    ) -> Decimal:
        """Read a decimal; required unless there is a default."""
        value = self.raw(name)
        if value is None:
            if default is None:
                self.required(name)
            return Decimal(default or "0")
        number = self._number(name, value, scale)
        if number is None:
            return Decimal(at_least or "1")
        if at_least is not None and number < Decimal(at_least):
            self.problem(name, f"{name}_range", f"{name} must be at least {at_least}.")
        if above is not None and number <= Decimal(above):
            self.problem(name, f"{name}_range", f"{name} must be above {above}.")
        return number

    def optional_decimal(
        self,
        name: str,
        *,
        scale: int = PRICE_SCALE,
        at_least: str | None = None,
        above: str | None = None,
    ) -> Decimal | None:
        """Read a decimal that may be absent."""
        if self.raw(name) is None:
            return None
        return self.decimal(name, scale=scale, at_least=at_least, above=above)

    def _number(self, name: str, value: object, scale: int) -> Decimal | None:
        text = value
        if isinstance(value, int) and not isinstance(value, bool):
            text = str(value)
        elif isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 60:
            text = decimal_text(value)
        try:
            return read_decimal(
                text, max_digits=_DIGITS_BEFORE_POINT + scale, scale=scale, field=name
            )
        except DecimalRefused as refused:
            self.problem(name, f"{name}_{refused.problem}", refused.message)
            return None

    def integer(self, name: str, *, default: int, at_least: int, at_most: int) -> int:
        """Read a whole number with bounds, as a JSON number or a text."""
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(name, "type", f"{name} must be a whole number, got {describe(value)}.")
            return default
        if not at_least <= value <= at_most:
            self.problem(name, f"{name}_range", f"{name} must be {at_least} to {at_most}.")
            return default
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(name, "type", f"{name} must be true or false, got {describe(value)}.")
            return default
        return value

    def text(self, name: str, *, default: str | None = None, longest: int = 200) -> str:
        """Read a text of 1 to `longest` characters; required unless there is a default."""
        value = self.raw(name)
        if value is None:
            if default is None:
                self.required(name)
            return default or ""
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            self.problem(name, "type", f"{name} must be a text of 1 to {longest} characters.")
            return default or ""
        return value

    def optional_text(self, name: str) -> str | None:
        """Read a text that may be absent."""
        return self.text(name) if self.raw(name) is not None else None

    def choice(self, name: str, choices: Sequence[str], *, default: str | None = None) -> str:
        """Read one of a few words; required unless there is a default."""
        value = self.raw(name)
        if value is None:
            if default is None:
                self.required(name)
            return default or choices[0]
        if value not in choices:
            named = ", ".join(choices)
            self.problem(name, "choice", f"{name} must be one of: {named}.")
            return default or choices[0]
        return str(value)

    def object(self, name: str) -> Fields:
        """Read a nested object; a missing one is noted."""
        if not self.required(name):
            return Fields(_NOTHING, self.at(name), self.problems)
        return Fields(self.raw(name), self.at(name), self.problems)

    def optional_object(self, name: str) -> Fields | None:
        """Read a nested object that may be absent."""
        if self.raw(name) is None:
            return None
        return Fields(self._data[name], self.at(name), self.problems)

    def items(self, name: str, *, longest: int = 10_000) -> Iterator[tuple[str, Any]]:
        """Yield (pointer, value) of a list that may be absent."""
        value = self.raw(name)
        if value is None:
            return
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.problem(name, "type", f"{name} must be a list, got {describe(value)}.")
            return
        if len(value) > longest:
            self.problem(name, f"{name}_range", f"{name} has more than {longest} entries.")
            return
        for position, item in enumerate(value):
            yield self.at(name) + pointer_of(position), item

    def objects(self, name: str, *, longest: int = 10_000) -> Iterator[Fields]:
        """Yield the objects of a list that may be absent."""
        for pointer, item in self.items(name, longest=longest):
            yield Fields(item, pointer, self.problems)

    def text_map(self, name: str) -> dict[str, str]:
        """Read an object of texts, such as dimensions; absent is empty."""
        value = self.raw(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.problem(name, "type", f"{name} must be an object of texts.")
            return {}
        for key, text in value.items():
            if not isinstance(text, str):
                self.problems.add(self.at(name) + pointer_of(key), "type", "Must be a text.")
        return {str(key): str(text) for key, text in value.items()}


def pointer_of(step: str | int) -> str:
    """Return one step of a JSON pointer, escaped; a dot in a name is part of the name."""
    return "/" + str(step).replace("~", "~0").replace("/", "~1")


def describe(value: object) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, Sequence) else "a number"
