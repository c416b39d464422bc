"""Numbers as spreadsheets write them: thousands, decimal commas, currency signs, brackets.

Owns what such a text can mean. Which of the meanings a file has is decided in `readings`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_SPACES = " \u00a0\u202f'\u2019"
"""What thousands are parted by in places where it is neither a comma nor a point."""
_NUMBER = (
    r"(?:[0-9]+|[1-9][0-9]{{0,2}}(?P<by>[{grouping}])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*)"
    r"(?:{point}[0-9]+)?(?:[eE][+-]?[0-9]{{1,2}})?"
)
_STANDARD = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_SIGNS = {
    "US$": ("USD",),
    "$": ("USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
}
"""What a sign may stand for; the currency of the row has to be one of it."""


class Marks(Enum):
    """What marks the decimals of a column."""

    POINT = "a point"
    COMMA = "a comma"
    STANDARD = "a point, and nothing parts thousands"


_PATTERNS = {
    Marks.POINT: re.compile(_NUMBER.format(grouping=f",{_SPACES}", point=r"\."), re.ASCII),
    Marks.COMMA: re.compile(_NUMBER.format(grouping=f".{_SPACES}", point=","), re.ASCII),
    Marks.STANDARD: _STANDARD,
}


def is_standard(text: str) -> bool:
    """Whether a number is written as the specification has it."""
    return _STANDARD.fullmatch(text) is not None


@dataclass(slots=True)
class MarksSeen:
    """What the numbers of one column speak for."""

    point: bool = False
    comma: bool = False
    doubtful: str = ""
    """A number both marks make something else of; rather one the specification does not know."""

    def look(self, text: str, currency: str) -> None:
        """See one number."""
        core = _core(text, currency)[0]
        point, comma = _read(core, Marks.POINT), _read(core, Marks.COMMA)
        if point is None or comma is None:
            self.point |= point is not None
            self.comma |= comma is not None
        elif point != comma and (not self.doubtful or is_standard(self.doubtful)):
            self.doubtful = text

    @property
    def speaks_for(self) -> Marks | None:
        """What all numbers of the column fit, where some of them fit nothing else."""
        if self.point and self.comma:
            return Marks.STANDARD
        return Marks.POINT if self.point else Marks.COMMA if self.comma else None


def standard_number(text: str, currency: str, marks: Marks) -> str | None:
    """The number as the specification writes it; None where it is none, or of another currency."""
    core, is_negative = _core(text, currency)
    number = _read(core, marks)
    return f"-{number}" if number is not None and is_negative else number


def _core(text: str, currency: str) -> tuple[str, bool]:
    """The digits and marks of a number, without what stands around them; whether it is negative."""
    core = text.strip()
    is_bracketed = core.startswith("(") and core.endswith(")")
    core, is_negative = _unsigned(core[1:-1].strip() if is_bracketed else core)
    for sign, codes in (*_SIGNS.items(), (currency, (currency,))):
        if sign and currency in codes and (core.startswith(sign) or core.endswith(sign)):
            core = core.removeprefix(sign).removesuffix(sign).strip()
            break
    if not is_negative:
        core, is_negative = _unsigned(core)
    return core, is_negative != is_bracketed


def _unsigned(text: str) -> tuple[str, bool]:
    return (text[1:].strip(), True) if text.startswith("-") else (text, False)


@lru_cache(maxsize=65_536)
def _read(core: str, marks: Marks) -> str | None:
    """The digits without thousands and with a point, if they are a number with these marks."""
    if core.startswith("-") or _PATTERNS[marks].fullmatch(core) is None:
        return None
    if marks is Marks.COMMA:
        core = core.replace(".", "").replace(",", ".")
    elif marks is Marks.POINT:
        core = core.replace(",", "")
    return core.translate(str.maketrans("", "", _SPACES))
