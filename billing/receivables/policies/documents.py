"""Reading the documents of rules: every problem is named by its place, nothing is guessed."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from core.db.trail import FieldChange
from core.decimals import DecimalRefused, read_decimal
from core.errors import FieldError, Invalid, pointer_to


class RuleInvalid(Invalid):
    """The document of a rule says something that it cannot; `errors` names each place."""

    code = "rule_invalid"
    title = "The rule cannot be read"


class RuleDocument:
    """The fields of a document, with the problems that are found while they are read."""

    def __init__(self, document: object, known: Collection[str], *path: str | int) -> None:
        self._path = path
        self.problems: list[FieldError] = []
        self.values: Mapping[str, Any] = document if isinstance(document, dict) else {}
        if not isinstance(document, dict):
            self.refuse("must be an object")
        for name in sorted(set(self.values) - set(known)):
            self.refuse(f"is not known; known are {', '.join(sorted(known))}", name)

    def refuse(self, said: str, *place: str | int) -> None:
        """Note a problem at a place below the document."""
        path = (*self._path, *place)
        name = ".".join(map(str, path)) or "The document"
        self.problems.append(FieldError(pointer_to(*path), RuleInvalid.code, f"{name} {said}."))

    def text(self, name: str, default: str = "", *, longest: int = 100) -> str:
        """A text."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or len(value) > longest:
            self.refuse(f"must be a text of at most {longest} characters", name)
            return default
        return value

    def one_of(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of some texts."""
        value = self.values.get(name, default)
        if value not in allowed:
            self.refuse(f"must be one of {', '.join(map(repr, allowed))}", name)
            return default
        return str(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            self.refuse("must be true or false", name)
            return default
        return value

    def number(self, name: str, default: int | None, *, most: int) -> int | None:
        """A whole number from 0 on; None where it is left out and has no default."""
        value = self.values.get(name, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.refuse(f"must be a whole number from 0 to {most}", name)
            return default
        return value

    def amount(self, name: str, default: str) -> Decimal:
        """An amount in units of whatever currency it is compared with, from 0 on."""
        try:
            read = read_decimal(self.values.get(name, default), max_digits=12, scale=3, field=name)
        except DecimalRefused:
            read = Decimal(-1)
        if read < 0:
            self.refuse("must be an amount from 0 on, written as a text such as '5.00'", name)
        return read

    def items(self, name: str) -> list[Any]:
        """A list."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            self.refuse("must be a list", name)
            return []
        return value

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts."""
        value = self.values.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            self.refuse("must be an object of texts", name)
            return {}
        return dict(value)

    def take(self, other: "RuleDocument") -> None:
        """Take over the problems of a part."""
        self.problems += other.problems

    def require_sound(self) -> None:
        """Raises: RuleInvalid, naming every problem."""
        if self.problems:
            said = " ".join(each.detail for each in self.problems)
            raise RuleInvalid(said, errors=self.problems, field="document")


def document_texts(document: Mapping[str, Any], *path: str) -> dict[str, str]:
    """What a document says by the place where it says it, as texts."""
    found: dict[str, str] = {}
    for name, value in document.items():
        place = (*path, str(name))
        if isinstance(value, dict):
            found |= document_texts(value, *place)
        else:
            found[".".join(place)] = _text(value)
    return found


def document_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """The places where two documents differ, old and new; nothing is an empty text."""
    before, after = document_texts(old), document_texts(new)
    return [
        FieldChange(name, before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return " ".join(_text(each) for each in value.values())
    return str(value)
