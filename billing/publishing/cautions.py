"""Cautions about a plan version: what is legal in its prices but seldom meant.

Owns what can only be seen beside real usage: dimension values no price or matrix cell covers, cells
nothing falls into. What a price says by itself is reviewed by `billing.rating`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from billing.catalogue.queries.price_book import BookPrice, BookVersion
from billing.rating import CannotRate, review
from billing.rating.models.matrix import Matrix
from billing.rating.models.over_all import MatrixOverAll
from usage.queries.dimension_values import SeenDimensions


@dataclass(frozen=True, slots=True)
class VersionCaution:
    """Something to look at before publishing; `price` is the code of a price, empty for none.

    `pointer` leads into the price's document.
    """

    price: str
    pointer: str
    code: str
    detail: str


def cautions(
    book: BookVersion,
    *,
    seen: Sequence[SeenDimensions],
    dimensions: Mapping[int, Collection[str]],
    elsewhere: Mapping[int, Sequence[BookVersion]],
) -> list[VersionCaution]:
    """All cautions about a version, by price.

    `seen` are the dimension values its meters really saw, `dimensions` the pricing dimensions that
    each of its meters has, `elsewhere` the terms of other plans by the accounts that have them too.
    """
    return [
        *(caution for price in book.prices for caution in _of_price(price, seen, dimensions)),
        *_uncovered(book, seen, elsewhere),
    ]


def _of_price(
    price: BookPrice,
    seen: Sequence[SeenDimensions],
    dimensions: Mapping[int, Collection[str]],
) -> Iterator[VersionCaution]:
    for caution in review(price.price):
        yield VersionCaution(price.code, *caution)
    if price.meter_id is None:
        if not (price.is_fee or price.price.limits_all or price.price.seats):
            detail = "It has no meter, so its quantity is always 0."
            yield VersionCaution(price.code, "", "meter_missing", detail)
        return
    if price.price.needs_single_events and not price.has_events:
        detail = "It looks at single events, and its meter is no count or sum of them: no bill."
        yield VersionCaution(price.code, "/model", "single_events_missing", detail)
    yield from _of_meters(price)
    known = set(dimensions.get(price.meter_id, ()))
    for name in sorted({*price.match, *price.group_by} - known - {"resource"}):
        detail = f"{name} is not a pricing dimension of the meter, so no usage has it."
        yield VersionCaution(price.code, "", "dimension_unknown", detail)
    model = price.price.model
    if isinstance(model, MatrixOverAll):
        for name in sorted(model.matrix.values.keys() & set(price.group_by)):
            detail = f"Usage is grouped by {name}, so each of its values counts tiers by itself."
            yield VersionCaution(price.code, "/tiers_count", "dimension_grouped", detail)
        yield from _of_cells(price, model.matrix, seen)
    if isinstance(model, Matrix):
        for name in model.values:
            if name not in price.group_by:
                detail = f"Usage is not grouped by {name}, so no cell that names it is ever met."
                yield VersionCaution(price.code, "/dimensions", "dimension_not_grouped", detail)
        yield from _of_cells(price, model, seen)


def _of_meters(price: BookPrice) -> Iterator[VersionCaution]:
    for name in sorted(set(price.price.meters) - price.meter_ids.keys()):
        detail = f"There is no meter {name}, so it never reaches a tier."
        yield VersionCaution(price.code, "/tiers", "meter_missing", detail)
    if price.meter_ids and price.meter_id not in price.meter_ids.values():
        detail = "Its own meter is not among those of its tiers: no bill."
        yield VersionCaution(price.code, "/tiers", "meter_without_bound", detail)


def _of_cells(
    price: BookPrice, matrix: Matrix, seen: Sequence[SeenDimensions]
) -> Iterator[VersionCaution]:
    mine = [each for each in seen if each.meter_id == price.meter_id and _is_for(price, each)]
    met = []
    for each in mine:
        try:
            met.append(matrix.cell(each.dimensions))
        except CannotRate:
            detail = (
                f"{_shown(each)} has no cell; {_accounts(each.account_ids)} could not be billed."
            )
            yield VersionCaution(price.code, "/cells", "cell_missing", detail)
    for position, cell in enumerate(matrix.cells):
        if mine and not any(cell is other for other in met):
            shown = ", ".join(f"{name}={value}" for name, value in cell.match.items())
            detail = f"No usage seen lately falls into the cell for {shown or 'everything'}."
            yield VersionCaution(price.code, f"/cells/{position}", "cell_unused", detail)


def _uncovered(
    book: BookVersion,
    seen: Sequence[SeenDimensions],
    elsewhere: Mapping[int, Sequence[BookVersion]],
) -> Iterator[VersionCaution]:
    for each in seen:
        if covers(book, each):
            continue
        left = [
            account_id
            for account_id in each.account_ids
            if not any(covers(other, each) for other in elsewhere.get(account_id, ()))
        ]
        if left:
            detail = f"{_shown(each)} has no price; {_accounts(left)} had such usage lately."
            yield VersionCaution("", "", "usage_uncovered", detail)


def covers(book: BookVersion, seen: SeenDimensions) -> bool:
    """Whether a version prices such usage."""
    return book.price_of(seen.meter_id, seen.dimensions) is not None


def _is_for(price: BookPrice, seen: SeenDimensions) -> bool:
    return all(seen.dimensions.get(name) == value for name, value in price.match.items())


def _shown(seen: SeenDimensions) -> str:
    values = ", ".join(f"{name}={value}" for name, value in sorted(seen.dimensions.items()))
    return f"{seen.meter_code} {values}".strip()


def _accounts(account_ids: Collection[int]) -> str:
    return f"{len(account_ids)} account{'s' if len(account_ids) != 1 else ''}"
