"""Draws, what is given back and drawing again, as tables and laws, without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.licences.drawing import (
    DrawKey,
    OpenBucket,
    PoolScope,
    UnitDraw,
    UsageDemand,
    draw_all,
    drawn_again,
    give_back,
    left_after,
)
from core.periods import Period

START = datetime(2026, 11, 1, tzinfo=UTC)
UNIT = "unit"


def day(number: int) -> datetime:
    return START + timedelta(days=number - 1)


def bucket(
    number: int,
    units: str,
    *,
    until: datetime,
    since: datetime = START,
    priority: int = 1,
    is_bought: bool = True,
    scope: PoolScope | None = None,
) -> OpenBucket:
    scope = scope or PoolScope(UNIT)
    key = DrawKey(priority, scope.breadth, until, is_bought, since, number)
    return OpenBucket(number, key, Period(since, until), scope, Decimal(units))


def use(name: str, at: datetime, units: str, **given: object) -> UsageDemand:
    return UsageDemand(name, at, UNIT, Decimal(units), **given)  # type: ignore[arg-type]


P = bucket(1, "100", until=day(30))
Q = bucket(2, "100", until=day(61))


def test_TD39_a_correction_of_the_past_draws_again() -> None:
    used = [use("5", day(5), "60"), use("10", day(10), "70"), use("12", day(12), "20")]
    posted = draw_all(used, [P, Q])
    assert posted == [
        UnitDraw("5", 1, Decimal(60)),
        UnitDraw("10", 1, Decimal(40)),
        UnitDraw("10", 2, Decimal(30)),
        UnitDraw("12", 2, Decimal(20)),
    ]
    corrected = [use("5", day(5), "30"), *used[1:]]
    given_back = [UnitDraw("5", 1, Decimal(30)), *posted[1:]]
    changes = drawn_again(corrected, [P, Q], given_back)
    assert changes == [
        UnitDraw("10", 2, Decimal(-30)),
        UnitDraw("10", 1, Decimal(30)),
    ]
    after = left_after([P, Q], [*given_back, *changes])
    assert after == {1: Decimal(0), 2: Decimal(80)}


def test_TD40_grants_that_end_or_begin_at_a_reset_are_counted_once() -> None:
    first = bucket(1, "10", until=day(31))
    second = bucket(2, "10", since=day(31), until=day(61))
    just_before = day(31) - timedelta(microseconds=1)
    draws = draw_all([use("a", just_before, "3"), use("b", day(31), "4")], [first, second])
    assert draws == [UnitDraw("a", 1, Decimal(3)), UnitDraw("b", 2, Decimal(4))]


def test_the_draw_order_is_priority_scope_end_promotion_making_number() -> None:
    narrow = PoolScope(UNIT, frozenset({"web"}))
    in_order = [
        bucket(9, "1", until=day(61), priority=0),
        bucket(8, "1", until=day(61), scope=narrow),
        bucket(7, "1", until=day(30)),
        bucket(6, "1", until=day(61), is_bought=False),
        bucket(5, "1", until=day(61)),
        bucket(10, "1", until=day(61)),
    ]
    wanted = use("all", day(2), "6", product="web")
    draws = draw_all([wanted], list(reversed(in_order)))
    assert [draw.bucket_id for draw in draws] == [9, 8, 7, 6, 5, 10]


def test_what_a_scope_does_not_name_is_not_drawn() -> None:
    narrow = bucket(
        1, "5", until=day(30), scope=PoolScope(UNIT, frozenset({"web"}), frozenset({7}))
    )
    wanted = [
        use("other product", day(2), "1", product="db", account_id=7),
        use("other team", day(2), "1", product="web", account_id=8),
        use("fits", day(2), "1", product="web", account_id=7),
    ]
    assert draw_all(wanted, [narrow]) == [UnitDraw("fits", 1, Decimal(1))]


def test_TD43_never_gives_back_more_than_its_window_drew() -> None:
    back = give_back([UnitDraw("a", 1, Decimal(300))], Decimal(500))
    assert (back.draws, back.beyond) == ([UnitDraw("a", 1, Decimal(300))], Decimal(200))


def test_what_is_given_back_is_what_was_drawn_last() -> None:
    drawn = [UnitDraw("a", 1, Decimal(10)), UnitDraw("a", 2, Decimal(5))]
    back = give_back(drawn, Decimal(7))
    assert back.draws == [UnitDraw("a", 2, Decimal(5)), UnitDraw("a", 1, Decimal(2))]


units = st.decimals("0", "50", places=2)
demands = st.lists(st.tuples(st.integers(1, 60), units), max_size=8).map(
    lambda found: [use(str(n), day(at), str(many)) for n, (at, many) in enumerate(found)]
)
pools = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 30), units, st.integers(0, 2)), max_size=5
).map(
    lambda found: [
        bucket(n, str(many), since=day(at), until=day(at + days), priority=priority)
        for n, (at, days, many, priority) in enumerate(found)
    ]
)


@given(demands, pools, st.randoms())
def test_any_order_of_arrival_draws_the_same(
    asked: list[UsageDemand], buckets: list[OpenBucket], order: object
) -> None:
    told = draw_all(asked, buckets)
    order.shuffle(asked)  # type: ignore[attr-defined]
    order.shuffle(buckets)  # type: ignore[attr-defined]
    assert draw_all(asked, buckets) == told


@given(demands, pools)
def test_no_bucket_gives_more_than_it_has_and_no_demand_takes_more_than_it_asks(
    asked: list[UsageDemand], buckets: list[OpenBucket]
) -> None:
    draws = draw_all(asked, buckets)
    assert all(left >= 0 for left in left_after(buckets, draws).values())
    for demand in asked:
        assert sum(draw.units for draw in draws if draw.demand == demand.name) <= demand.units


@given(demands, pools, st.randoms())
def test_posted_one_by_one_in_any_order_and_drawn_again_lies_as_if_known_in_time(
    asked: list[UsageDemand], buckets: list[OpenBucket], order: object
) -> None:
    in_time = draw_all(asked, buckets)
    covered = [
        UsageDemand(each.name, each.at, UNIT, drawn)
        for each in asked
        if (drawn := sum((d.units for d in in_time if d.demand == each.name), Decimal(0)))
    ]
    order.shuffle(covered)  # type: ignore[attr-defined]
    posted: list[UnitDraw] = []
    for each in covered:
        left = left_after(buckets, posted)
        now = [OpenBucket(b.bucket_id, b.key, b.span, b.scope, left[b.bucket_id]) for b in buckets]
        posted += draw_all([each], now)
    if sum(draw.units for draw in posted) < sum(each.units for each in covered):
        return  # What came first took what only later use could have had; that is billed as it was.
    changes = drawn_again(covered, buckets, posted)
    assert _sums([*posted, *changes]) == _sums(in_time)


@given(demands, pools)
def test_a_correction_and_its_undoing_change_nothing(
    asked: list[UsageDemand], buckets: list[OpenBucket]
) -> None:
    posted = draw_all(asked, buckets)
    covered = [
        UsageDemand(each.name, each.at, UNIT, drawn)
        for each in asked
        if (drawn := sum((d.units for d in posted if d.demand == each.name), Decimal(0)))
    ]
    if not covered:
        return
    once = drawn_again(covered[1:], buckets, [d for d in posted if d.demand != covered[0].name])
    rest = [d for d in posted if d.demand != covered[0].name] + once
    again = draw_all([covered[0]], _with(buckets, rest))
    if sum(draw.units for draw in again) < covered[0].units:
        return
    back = drawn_again(covered, buckets, [*rest, *again])
    assert _sums([*rest, *again, *back]) == _sums(posted)


def _with(buckets: list[OpenBucket], draws: list[UnitDraw]) -> list[OpenBucket]:
    left = left_after(buckets, draws)
    return [OpenBucket(b.bucket_id, b.key, b.span, b.scope, left[b.bucket_id]) for b in buckets]


def _sums(draws: list[UnitDraw]) -> dict[tuple[str, int], Decimal]:
    found: dict[tuple[str, int], Decimal] = {}
    for draw in draws:
        place = (draw.demand, draw.bucket_id)
        found[place] = found.get(place, Decimal(0)) + draw.units
    return {place: sum_of for place, sum_of in found.items() if sum_of}
