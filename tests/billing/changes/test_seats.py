"""Seats are bought by a quote, held by people, and counted as a price says. Traps carry ids."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from accounts.billed_time import TimeBilled
from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.change_policy import ChangeNotAllowed
from billing.contracts.models import BoughtSeats, ChangePolicy, SeatHolder, Subscription
from billing.contracts.models.changes import ChangeTiming, SubscriptionVerb
from billing.contracts.operations import changes, seats
from billing.contracts.operations.seats import SeatNotAsThought, SeatsInvalid
from billing.contracts.queries.seats import bought_now
from billing.invoicing.proofs.shadow import shadowed
from billing.publishing import operations as publishing
from billing.whatif.models import ChangeQuote
from billing.whatif.operations import change_quotes
from billing.whatif.operations.change_quotes import ChangeAsk, QuoteStale
from core.actor import acting_as
from core.errors import DomainError
from tests.at_once import at_once
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines

T = ChangeTiming


def seat(price: str, count: Any = "average", **more: Any) -> PriceTerms:
    """A price a seat for a whole month."""
    document = {"model": "per_unit", "unit_price": price, "unit": "seat", "seats": count} | more
    return PriceTerms(code="seats", name="Seats", definition=document)


def running(acme: Customer) -> Subscription:
    return Subscription.objects.select_related("account", "plan").get(
        account=acme.account, ended_at__isnull=True
    )


def buys(acme: Customer, count: int, when: ChangeTiming = T.NOW, **more: Any) -> ChangeQuote:
    """Have so many seats, as quoted."""
    seen = quotes(acme, count, when, **more)
    change_quotes.execute(quote=seen, at=acme.story.at, by=ADA, reason=WHY)
    return seen


def quotes(acme: Customer, count: int, when: ChangeTiming = T.NOW, **more: Any) -> ChangeQuote:
    ask = ChangeAsk(when, price_code="seats", quantity=count, **more)
    return change_quotes.quote(subscription=running(acme), ask=ask, at=acme.story.at, by=ADA)


def fewer_at_once(plan: Plan) -> None:
    """Finance lets this product have fewer seats at once."""
    with acting_as(ADA, reason=WHY):
        ChangePolicy.objects.create(
            product=plan.product, kind=SubscriptionVerb.FEWER_SEATS, allows_now=True
        )


def subscribed(story: Story, *prices: PriceTerms, on: str) -> Customer:
    plan = story.plan("team", *prices)
    fewer_at_once(plan)
    acme = story.on(on).account("Acme")
    acme.subscribes(plan)
    return acme


def bills(acme: Customer, day: str) -> str:
    acme.story.on(day).runs_billing()
    (again,) = shadowed([acme.invoice.pk])
    assert again.agrees, again.differences
    return acme.statement


@pytest.mark.parametrize(
    ("count", "line", "total"),
    [
        ("average", "Seats  7.1666667 seat  71.67", "71.67"),
        ("day", "Seats  11.5 seat  115.00", "115.00"),
        ("high_water", "Seats  200 seat  2000.00", "2000.00"),
    ],
)
def test_td27_seats_of_a_day_count_as_the_price_says(
    story: Story, count: str, line: str, total: str
) -> None:
    acme = subscribed(story, seat("10.00", count), on="2026-11-01")
    buys(acme, 5)
    story.on("2026-11-16T09:00")
    buys(acme, 200)
    story.on("2026-11-16T17:00")
    back = buys(acme, 5)
    # The change back is quoted by the code that bills.
    assert back.kind == "fewer_seats"
    assert sum(minor for _, minor in back.effect[0]["after"]) == int(total.replace(".", ""))
    assert bills(acme, "2026-12-01") == f"{line}\ntotal  {total}"


def test_wd10_a_seat_added_in_july_counts_for_its_22_days(story: Story) -> None:
    acme = subscribed(story, seat("10"), on="2026-07-01")
    story.on("2026-07-10")
    buys(acme, 1)
    assert bills(acme, "2026-08-01") == "Seats  0.7096774 seat  7.10\ntotal  7.10"


def test_td30_a_stale_quote_of_seats_names_both_and_what_to_do(story: Story) -> None:
    team = story.plan("team", seat("264.00"))
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(team)
    buys(acme, 4)
    story.on("2026-10-20")
    old = quotes(acme, 6, T.PERIOD_END)
    assert old.effect[0]["after"] == [["Seats", 158_400]]
    version = plans.draft_version(
        plan=team,
        effective_from=instant("2026-11-01"),
        existing_from=date(2026, 11, 1),
        prices=[seat("299.00")],
        by=ADA,
        reason=WHY,
    )
    publishing.publish(version=version, at=story.at, by=ADA, reason=WHY)
    for _ in range(3):
        with pytest.raises(QuoteStale) as refused:
            change_quotes.execute(quote=old, at=story.at, by=ADA, reason=WHY)
        fresh = ChangeQuote.objects.get(public_id=refused.value.context["quote"])
        assert fresh.effect[0]["after"] == [["Seats", 179_400]]
        # Two billing periods are quoted: 210.00 more in each.
        assert refused.value.context["difference"] == "420.00 USD"
    change_quotes.execute(quote=fresh, at=story.at, by=ADA, reason=WHY)


def test_fewer_seats_wait_for_the_end_of_the_period_unless_finance_says_otherwise(
    story: Story,
) -> None:
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(story.plan("team", seat("10.00")))
    buys(acme, 5)
    story.on("2026-10-10")
    with pytest.raises(ChangeNotAllowed, match="fewer seats"):
        quotes(acme, 3)
    buys(acme, 3, T.PERIOD_END)
    assert bills(acme, "2026-11-01") == "Seats  5 seat  50.00\ntotal  50.00"
    story.on("2026-11-01T05:00")
    assert changes.carry_out_due(at=story.at, by=ADA) == 1
    assert bills(acme, "2026-12-01") == "Seats  3 seat  30.00\ntotal  30.00"


def test_who_holds_a_seat_is_counted_by_the_time_it_is_held(story: Story) -> None:
    acme = subscribed(story, seat("30.00", {"count": "average", "of": "holders"}), on="2026-11-01")
    held = running(acme)

    def takes(name: str, since: str) -> SeatHolder:
        return seats.take(
            subscription=held,
            price_code="seats",
            holder=name,
            since=instant(since),
            at=story.at,
            by=ADA,
            reason=WHY,
        )

    ada = takes("ada@acme.example", "2026-11-01")
    takes("ben@acme.example", "2026-11-16")
    with pytest.raises(SeatNotAsThought):
        takes("ada@acme.example", "2026-11-20")
    seats.leave(seat=ada, since=instant("2026-11-11"), at=story.at, by=ADA, reason=WHY)
    with pytest.raises(SeatNotAsThought):
        seats.leave(seat=ada, since=instant("2026-11-12"), at=story.at, by=ADA, reason=WHY)
    # 10 and 15 of 30 days.
    assert bills(acme, "2026-12-01") == "Seats  0.8333333 seat  25.00\ntotal  25.00"
    with pytest.raises(TimeBilled):
        takes("cem@acme.example", "2026-11-20")


def test_tiers_and_allowances_look_at_the_seats(story: Story) -> None:
    acme = subscribed(story, seat("10.00", "high_water", included="3"), on="2026-11-01")
    buys(acme, 5)
    assert bills(acme, "2026-12-01") == "Seats  2 seat  20.00\ntotal  20.00"


def test_seats_of_a_year_are_paid_ahead_and_more_of_them_for_the_rest(story: Story) -> None:
    acme = subscribed(story, seat("365.00", cycle="year"), on="2027-01-01")
    buys(acme, 2)
    assert bills(acme, "2027-02-01") == "Seats  2 seat  730.00\ntotal  730.00"
    story.on("2027-02-11")
    seen = quotes(acme, 3)
    change_quotes.execute(quote=seen, at=story.at, by=ADA, reason=WHY)
    # 324 of 365 days of one seat more.
    assert bills(acme, "2027-03-01") == lines("""
        Seats · reversal  1 seat  -730.00
        Seats  2.8876712 seat  1054.00
        total  324.00
    """)


def test_seats_stay_where_the_plan_is_changed(story: Story) -> None:
    acme = subscribed(story, seat("10.00"), on="2026-11-01")
    other = story.plan("large", seat("20.00"))
    buys(acme, 5)
    story.on("2026-11-16")
    ask = ChangeAsk(T.NOW, to_plan=other)
    seen = change_quotes.quote(subscription=running(acme), ask=ask, at=story.at, by=ADA)
    assert seen.kind == "upgrade"
    change_quotes.execute(quote=seen, at=story.at, by=ADA, reason=WHY)
    assert bills(acme, "2026-12-01") == lines("""
        Seats  2.5 seat  25.00
        Seats  2.5 seat  50.00
        total  75.00
    """)


def test_what_are_no_seats_is_refused_by_its_field(story: Story) -> None:
    acme = subscribed(story, seat("10.00"), on="2026-11-01")
    for count, code, field in (
        (1, "nothing", "price"),
        (-1, "seats", "quantity"),
        (0, "seats", "quantity"),
    ):
        ask = ChangeAsk(T.NOW, price_code=code, quantity=count)
        if count == 0:
            buys(acme, 1)
            buys(acme, 0)
            assert bought_now(running(acme), "seats", story.at) == 0
            continue
        with pytest.raises(SeatsInvalid) as refused:
            change_quotes.quote(subscription=running(acme), ask=ask, at=story.at, by=ADA)
        assert refused.value.field == field


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_seat_one_has_it(transactional_db: None) -> None:
    story = Story()
    acme = subscribed(story, seat("10.00"), on="2026-11-01")
    take = partial(
        seats.take,
        subscription=running(acme),
        price_code="seats",
        holder="ada@acme.example",
        since=story.at,
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    answers = at_once(take, take)
    assert [type(each) for each in answers if isinstance(each, DomainError)] == [SeatNotAsThought]
    assert SeatHolder.objects.count() == 1


def test_what_began_within_this_second_is_changed_from_its_beginning(story: Story) -> None:
    acme = subscribed(story, seat("12.00"), on="2026-07-10T09:00:00.250000")
    buys(acme, 5)
    assert BoughtSeats.objects.get().valid_from == running(acme).started_at
