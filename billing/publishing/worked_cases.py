"""Worked cases worked out by the functions that bill, and compared with what was expected.

Nothing is stored and no account is needed. How a case is read is `billing.catalogue.worked_cases`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from billing.catalogue.queries.price_book import BookVersion
from billing.catalogue.worked_cases import Case, ExpectedLine
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.customers import Customer
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.rated import rated_lines
from billing.invoicing.drafting.segments import Subscribed
from billing.invoicing.drafting.snapshots import Label, Snapshot
from billing.rating.exact import decimals_of
from core.decimals import decimal_text
from core.errors import DomainError, FieldError
from core.money import Money, minor_exponent
from usage.queries.quantities import MeteredQuantity
from usage.queries.single_events import SingleEvent


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A line the case came to; `expected` is the amount it should have, where one was named.

    `explanation` is as an invoice line keeps it; `billing.rating.expand` reads it.
    """

    price: str
    kind: str
    resource: str | None
    dimensions: Mapping[str, str]
    description: str
    quantity: Decimal
    unit: str
    amount: Money
    explanation: Any
    expected: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case came to, and where that is not what was expected.

    `expected` is the total that was named, in currency units.
    """

    name: str
    lines: Sequence[CaseLine]
    total: Money
    differences: Sequence[FieldError]
    expected: Decimal | None = None

    @property
    def holds(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


def run_case(case: Case, book: BookVersion, *, meters: Mapping[str, int]) -> CaseResult:
    """Work a case out under a version and compare it with what was expected."""
    zero = Money.zero(book.currency)
    try:
        rated = rated_lines(_snapshot(case, book, meters))
    except DomainError as problem:
        refused = FieldError("/given", problem.code, problem.message)
        return CaseResult(case.name, (), zero, [refused], case.total)
    codes = {price.id: price.code for price in book.prices}
    lines = [_case_line(case, line, codes, book.currency) for line in rated]
    total = sum((line.amount for line in lines), zero)
    met = _met(case, lines)
    for expected, position in zip(case.lines or (), met, strict=True):
        if position is not None:
            lines[position] = replace(lines[position], expected=expected.amount)
    return CaseResult(case.name, lines, total, _differences(case, lines, met, total), case.total)


def _snapshot(case: Case, book: BookVersion, meters: Mapping[str, int]) -> Snapshot:
    names = sorted({use.resource for use in case.usage})
    ids = {name: number for number, name in enumerate(names, start=1)}
    return Snapshot(
        scope=AccountPeriod(0, case.period, case.zone),
        customer=Customer(case.name, book.currency, 0, 0, {}),
        subscribed=[Subscribed(0, book, case.subscribed or case.period)],
        quantities=[
            MeteredQuantity(
                account_id=0,
                meter_id=meters[use.meter],
                meter_code=use.meter,
                resource_id=ids[use.resource],
                dimensions=use.dimensions,
                quantity=use.quantity,
                event_count=0,
            )
            for use in case.usage
        ],
        labels={number: Label(name, name, name) for name, number in ids.items()},
        events=list(_single_events(case, meters, ids)),
    )


def _single_events(
    case: Case, meters: Mapping[str, int], ids: Mapping[str, int]
) -> Iterator[SingleEvent]:
    """Their order is all that counts, so all are of the first instant."""
    for use in case.usage:
        for number, event in enumerate(use.events, start=1):
            yield SingleEvent(
                window=0,
                at=case.period.start,
                source=case.name,
                event_id=event.id or str(number),
                meter_id=meters[use.meter],
                meter_code=use.meter,
                resource_id=ids[use.resource],
                dimensions=use.dimensions,
                value=event.quantity,
                amount=event.amount,
            )


def _case_line(case: Case, line: DraftLine, codes: Mapping[int, str], currency: str) -> CaseLine:
    names = sorted({use.resource for use in case.usage})
    return CaseLine(
        price=codes[line.price_id] if line.price_id is not None else "",
        kind=line.kind,
        resource=None if line.resource_id is None else names[line.resource_id - 1],
        dimensions=line.dimensions,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        amount=Money.from_minor(line.amount_minor, currency),
        explanation=line.explanation,
    )


def _met(case: Case, lines: Sequence[CaseLine]) -> list[int | None]:
    """Which line each of the expected ones is about; None where there is none."""
    left = dict(enumerate(lines))
    found = []
    for expected in case.lines or ():
        position = next((at for at, line in left.items() if _is_meant(expected, line)), None)
        if position is not None:
            del left[position]
        found.append(position)
    return found


def _differences(
    case: Case, lines: Sequence[CaseLine], met: Sequence[int | None], total: Money
) -> list[FieldError]:
    found = []
    if case.total is not None and case.total != total.amount:
        found.append(_differs("/expected/total", "The total", *_texts(case.total, total)))
    for position, (expected, at) in enumerate(zip(case.lines or (), met, strict=True)):
        pointer = f"/expected/lines/{position}"
        if at is None:
            detail = f"There is no such line of {expected.price}; {_listed(lines)}."
            found.append(FieldError(pointer, "worked_case_line_missing", detail))
            continue
        line = lines[at]
        if expected.amount != line.amount.amount:
            texts = _texts(expected.amount, line.amount)
            found.append(_differs(f"{pointer}/amount", f"The line {line.description}", *texts))
        if expected.quantity is not None and expected.quantity != line.quantity:
            quantities = decimal_text(expected.quantity), decimal_text(line.quantity)
            what = f"The quantity of {line.description}"
            found.append(_differs(f"{pointer}/quantity", what, *quantities))
    if case.lines is not None:
        for line in (line for at, line in enumerate(lines) if at not in met):
            detail = f"{line.description} ({line.amount.amount}) was not expected."
            found.append(FieldError("/expected/lines", "worked_case_line_unexpected", detail))
    return found


def _is_meant(expected: ExpectedLine, line: CaseLine) -> bool:
    return (
        expected.price == line.price
        and expected.kind in (None, line.kind)
        and expected.resource in (None, line.resource)
        and expected.dimensions in (None, line.dimensions)
    )


def _texts(expected: Decimal, got: Money) -> tuple[str, str]:
    """Both as amounts of the currency; one with more decimals than it has, in full."""
    places = max(minor_exponent(got.currency), decimals_of(expected))
    return f"{expected:.{places}f}", str(got.amount)


def _differs(pointer: str, what: str, expected: str, got: str) -> FieldError:
    detail = f"{what} is {got}, expected was {expected}."
    return FieldError(pointer, "worked_case_differs", detail)


def _listed(lines: Sequence[CaseLine]) -> str:
    if not lines:
        return "it came to no line"
    return "it came to " + ", ".join(f"{line.description} ({line.kind})" for line in lines)
