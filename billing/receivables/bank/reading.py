"""A bank's CSV as rows; a row that cannot be read is a row too, and says why by its line.

Pure: bytes and a format in, values out. Nothing is guessed: an amount or day that is not written as
the format says makes its row unreadable, and no other.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from billing.receivables.models import BankRow
from billing.receivables.policies.bank_formats import BankFormat
from core.decimals import DecimalRefused, read_decimal
from core.errors import Invalid, TooLarge
from core.instants import DateInvalid, is_day_in_range
from core.money import Money, MoneyError, minor_exponent
from core.text_in import is_odd

BankKind = BankRow.Kind
BYTES_MAX: Final = 10_485_760
ROWS_MAX: Final = 20_000
_RECORD_LINES_MAX: Final = 10
_LONGEST: Final = {"text": 500, "payer_reference": 100, "payer_name": 200, "bank_reference": 100}
_RAW_LONGEST: Final = 2_000
_OUT: Final = frozenset({"debit", "reversal", "chargeback"})
_SPACES: Final = re.compile(r"\s+")


class BankFileRefused(Invalid):
    """The file as a whole is not what its format says; nothing of it was taken in."""

    code = "bank_file_refused"
    title = "The file cannot be imported"


class BankFileTooLarge(TooLarge):
    """The file has more bytes or rows than are taken in at once."""

    code = "bank_file_too_large"
    title = "The file is too large"


class BalancesDisagree(Invalid):
    """The balances a file states and its rows do not add up."""

    code = "bank_file_does_not_add_up"
    title = "The file does not add up"


@dataclass(frozen=True, slots=True)
class BankLine:
    """One row. Above 0 is money in; `problem` says why a row could not be read."""

    line: int
    raw: str
    kind: BankRow.Kind
    booked_on: date | None = None
    currency: str = ""
    amount_minor: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def said(self) -> Sequence[str]:
        """What makes rows equal."""
        if self.amount_minor is None or self.booked_on is None:
            return (self.kind, _SPACES.sub(" ", self.raw).strip())
        texts = (self.texts.get(name, "") for name in _LONGEST)
        return (
            self.kind, self.booked_on.isoformat(), self.currency, str(self.amount_minor), *texts
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatedBalance:
    """A balance as a file states it."""

    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class ReadFile:
    """All of a file."""

    digest: str
    rows: Sequence[BankLine]
    opening: StatedBalance | None = None
    closing: StatedBalance | None = None

    def keys(self, bank_account: str) -> list[str]:
        """The key of each row: of which account of ours, what it says, which of equal ones."""
        seen: Counter[Sequence[str]] = Counter()
        keys = []
        for row in self.rows:
            seen[row.said] += 1
            parts = (bank_account, *row.said, str(seen[row.said]))
            keys.append(sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest())
        return keys


def read_file(content: bytes, form: BankFormat) -> ReadFile:
    """The rows of a file, in its order.

    Raises: BankFileRefused, BankFileTooLarge, BalancesDisagree where it states balances that its
    rows do not lead from one to the other.
    """
    if len(content) > BYTES_MAX:
        raise BankFileTooLarge(
            f"It has more than {BYTES_MAX:,} bytes. Cut it in two.", field="file"
        )
    rows: list[BankLine] = []
    balances: dict[str, list[BankLine]] = {"opening": [], "closing": []}
    for row, stated in _rows(_text(content, form), form):
        if stated:
            balances[stated].append(row)
        else:
            rows.append(row)
        if len(rows) > ROWS_MAX:
            raise BankFileTooLarge(
                f"It has more than {ROWS_MAX:,} rows. Cut it in two.", field="file"
            )
    if not rows and not any(balances.values()):
        raise BankFileRefused("There is no row below its header.", field="file")
    opening, closing = (_stated(name, found) for name, found in balances.items())
    _require_adds_up(rows, opening, closing)
    return ReadFile(sha256(content).hexdigest(), rows, opening, closing)


def _text(content: bytes, form: BankFormat) -> str:
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    try:
        return content.decode(encoding)
    except UnicodeError:
        raise BankFileRefused(
            f"It is not written in {form.encoding}, as its format says.", field="file"
        ) from None


def _rows(text: str, form: BankFormat) -> Iterator[tuple[BankLine, str]]:
    """Each row, and whether it states a balance."""
    records = _records(text, form.separator)
    header = next(records, None)
    if header is None or header.cells is None:
        raise BankFileRefused("It is empty, or its header cannot be read.", field="file")
    names = [cell.strip() for cell in header.cells]
    missing = [name for role, name in form.columns.items() if name not in names and role in _NEEDED]
    if missing:
        raise BankFileRefused(
            f"Its header lacks {', '.join(missing)}; it has {', '.join(names)[:300]}.", field="file"
        )
    for record in records:
        if record.cells is None or len(record.cells) != len(names):
            yield _unreadable(record, record.problem or _width(record, len(names))), ""
            continue
        cells = dict(zip(names, (cell.strip() for cell in record.cells), strict=True))
        said = {role: cells.get(name, "") for role, name in form.columns.items()}
        kind = form.kinds.get(said.get("kind", ""), "")
        if kind == "ignored":
            continue
        try:
            yield _read(record, said, kind, form), kind if kind in ("opening", "closing") else ""
        except (Invalid, ValueError) as problem:
            if kind in ("opening", "closing"):
                raise BankFileRefused(
                    f"Line {record.line}: the {kind} balance cannot be read. {problem}",
                    field="file",
                ) from problem
            yield _unreadable(record, str(problem)), ""


_NEEDED: Final = frozenset({"date", "amount", "credit", "debit"})


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    raw: str
    cells: Sequence[str] | None
    problem: str = ""


def _records(text: str, separator: str) -> Iterator[_Record]:
    """Records with the line they begin on. A quote that nobody closes costs its own line alone."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        taken = 1
        while (
            '"' in lines[at]
            and sum(line.count('"') for line in lines[at : at + taken]) % 2
            and taken < _RECORD_LINES_MAX
            and at + taken < len(lines)
        ):
            taken += 1
        raw = "\n".join(lines[at : at + taken])
        if raw.count('"') % 2:
            taken, raw = 1, lines[at]
        if raw.strip(separator + " "):
            yield _record(at + 1, raw, separator)
        at += taken


def _record(line: int, raw: str, separator: str) -> _Record:
    kept = raw[:_RAW_LONGEST]
    if is_odd(raw):
        return _Record(line, kept.encode("unicode_escape").decode()[:_RAW_LONGEST], None,
                       "It holds a control character.")  # fmt: skip
    try:
        (cells,) = csv.reader([raw.replace("\n", " ")], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        return _Record(line, kept, None, "Its quotes do not close.")
    return _Record(line, kept, cells)


def _width(record: _Record, wanted: int) -> str:
    return f"It has {len(record.cells or ())} cells, the header {wanted}."


def _unreadable(record: _Record, problem: str) -> BankLine:
    return BankLine(
        record.line, record.raw, BankKind.UNREADABLE, problem=f"Line {record.line}: {problem}"
    )


def _read(record: _Record, said: Mapping[str, str], kind: str, form: BankFormat) -> BankLine:
    """Raises: Invalid, ValueError, in words."""
    if said.get("kind") and not kind:
        raise BankFileRefused(f"The format does not say what {said['kind'][:40]!r} means.")
    currency = (said.get("currency") or form.currency).upper()
    minor = _minor(said, currency, form)
    if kind in _OUT:
        minor = -abs(minor)
    elif kind == "credit" and minor < 0:
        raise BankFileRefused("Money in has an amount below 0.")
    if minor == 0 and kind not in ("opening", "closing"):
        raise BankFileRefused("The amount is 0.")
    texts = {name: _SPACES.sub(" ", said.get(name, "")).strip() for name in _LONGEST}
    for name, longest in _LONGEST.items():
        if len(texts[name]) > longest:
            raise BankFileRefused(f"{name} is longer than {longest} characters.")
    return BankLine(
        line=record.line,
        raw=record.raw,
        kind=_kind(kind, minor),
        booked_on=None if kind in ("opening", "closing") else _day(said["date"], form),
        currency=currency,
        amount_minor=minor,
        texts=texts,
    )


def _kind(said: str, minor: int) -> BankRow.Kind:
    if said in BankKind.values:
        return BankKind(said)
    return BankKind.CREDIT if minor > 0 else BankKind.DEBIT


def _day(text: str, form: BankFormat) -> date:
    try:
        day = datetime.strptime(text, form.day_pattern).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise DateInvalid(f"{text[:40]!r} is not a day written as {form.day}.") from None
    if not is_day_in_range(day):
        raise DateInvalid(f"{text[:40]!r} is out of range.")
    return day


def _minor(said: Mapping[str, str], currency: str, form: BankFormat) -> int:
    if "amount" in form.columns:
        minor = _amount(said["amount"], currency, form)
    else:
        credit, debit = said["credit"], said["debit"]
        if bool(credit) == bool(debit):
            raise BankFileRefused("It has both a credit and a debit, or neither.")
        minor = _amount(credit or debit, currency, form)
        minor = minor if credit else -abs(minor)
    return -minor if form.sign == "inverted" else minor


def _amount(text: str, currency: str, form: BankFormat) -> int:
    plain = _plain(text, form)
    try:
        scale = minor_exponent(currency)
        amount = read_decimal(plain, max_digits=15, scale=scale, field="amount")
    except (DecimalRefused, MoneyError) as refused:
        said = refused.message if isinstance(refused, MoneyError) else ""
        raise BankFileRefused(said or f"{text[:40]!r} is not an amount in {currency}.") from None
    return int(amount.scaleb(scale))


def _plain(text: str, form: BankFormat) -> str:
    """An amount as the strict reader wants it; empty where it is written in another way."""
    sign = "-" if text.startswith("-") or text.endswith("-") else ""
    bare = text.strip("+-").strip().replace("\xa0", " ")
    whole, point, decimals = bare.partition(form.decimal)
    if form.thousands:
        groups = whole.split(form.thousands)
        if len(groups) > 1 and (not groups[0] or any(len(group) != 3 for group in groups[1:])):
            return ""
        whole = "".join(groups)
    return f"{sign}{whole}{'.' if point else ''}{decimals}"


def _stated(name: str, found: Sequence[BankLine]) -> StatedBalance | None:
    if len(found) > 1:
        raise BankFileRefused(
            f"Line {found[1].line}: it states a second {name} balance. One statement a file.",
            field="file",
        )
    if not found:
        return None
    assert found[0].amount_minor is not None  # balances that cannot be read refuse the file
    return StatedBalance(found[0].currency, found[0].amount_minor)


def _require_adds_up(
    rows: Sequence[BankLine], opening: StatedBalance | None, closing: StatedBalance | None
) -> None:
    """Raises: BalancesDisagree."""
    if opening is None and closing is None:
        return
    if opening is None or closing is None or opening.currency != closing.currency:
        raise BalancesDisagree(
            "It states one balance and not the other, or in two currencies.", field="file"
        )
    bad = [row.line for row in rows if row.amount_minor is None]
    if bad:
        raise BalancesDisagree(
            f"It states balances, and line {bad[0]} cannot be read, so nobody knows whether it "
            f"adds up. {next(row.problem for row in rows if row.amount_minor is None)}",
            field="file",
        )
    other = next((row for row in rows if row.currency != opening.currency), None)
    if other is not None:
        raise BalancesDisagree(
            f"It states balances in {opening.currency}, and line {other.line} is in "
            f"{other.currency}.",
            field="file",
        )
    moved = sum(row.amount_minor or 0 for row in rows)
    if opening.minor + moved != closing.minor:
        raise BalancesDisagree(_difference(opening, closing, moved), field="file")


def _difference(opening: StatedBalance, closing: StatedBalance, moved: int) -> str:
    def said(minor: int) -> str:
        return str(Money.from_minor(minor, opening.currency))

    return (
        f"{said(opening.minor)} and rows of {said(moved)} come to {said(opening.minor + moved)}; "
        f"it states {said(closing.minor)}. Nothing of it was imported."
    )
