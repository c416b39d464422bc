"""Subscriptions change as quoted or not at all, dated when due. Traps carry their ids (TD…)."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.change_policy import ChangeNotAllowed
from billing.contracts.models import Subscription
from billing.contracts.models.changes import (
    ChangeOutcome,
    ChangeTiming,
    SubscriptionChange,
    SubscriptionPause,
    SubscriptionVerb,
)
from billing.contracts.operations import changes
from billing.contracts.operations.changes import (
    ChangeDecided,
    ChangeInvalid,
    ChangeWaits,
    PauseNotAsThought,
)
from billing.publishing import operations as publishing
from billing.whatif.models import ChangeQuote
from billing.whatif.operations import change_quotes
from billing.whatif.operations.change_quotes import ChangeAsk, QuoteExpired, QuoteStale
from core.errors import DomainError
from tests.at_once import at_once
from tests.billing.prices import dyno_month, dyno_seconds
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines

T = ChangeTiming
CANCEL, PAUSE, RESUME = SubscriptionVerb.CANCEL, SubscriptionVerb.PAUSE, SubscriptionVerb.RESUME


def fee(amount: str, code: str = "fee") -> PriceTerms:
    """A monthly fee, to the second."""
    document = {"model": "flat", "amount": amount}
    return PriceTerms(code=code, name=f"Fee {amount}", definition=document)


@pytest.fixture
def acme(story: Story) -> Customer:
    """Acme is on Pro for 50.00 a month from 1 October."""
    story.plan("basic", fee("20.00"))
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(story.plan("pro", fee("50.00")))
    return acme


def running(acme: Customer) -> Subscription:
    return Subscription.objects.select_related("account", "plan").get(
        account=acme.account, ended_at__isnull=True
    )


def plan(code: str) -> Plan:
    return Plan.objects.get(code=code)


def quotes(acme: Customer, timing: ChangeTiming, **more: Any) -> ChangeQuote:
    return change_quotes.quote(
        subscription=running(acme), ask=ChangeAsk(timing, **more), at=acme.story.at, by=ADA
    )


def does(acme: Customer, quote: ChangeQuote) -> SubscriptionChange:
    return change_quotes.execute(quote=quote, at=acme.story.at, by=ADA, reason=WHY)


def comes_due(acme: Customer) -> int:
    return changes.carry_out_due(at=acme.story.at, by=ADA)


def withdraws(acme: Customer, change: SubscriptionChange) -> ChangeOutcome:
    return changes.withdraw(change=change, at=acme.story.at, by=ADA, reason=WHY)


def bills(acme: Customer, day: str) -> str:
    acme.story.on(day).runs_billing()
    return acme.statement


def test_an_upgrade_now_costs_what_was_quoted(acme: Customer, story: Story) -> None:
    story.plan("team", fee("81.00"))
    story.on("2026-10-11T00:00")
    seen = quotes(acme, T.NOW, to_plan=plan("team"))
    assert (seen.kind, seen.before_minor) == ("upgrade", 5000 + 5000)
    assert seen.effect[0]["after"] == [["Fee 50.00", 1613], ["Fee 81.00", 5487]]
    does(acme, seen)
    assert bills(acme, "2026-11-01") == lines("""
        Fee 50.00  1  16.13
        Fee 81.00  1  54.87
        total  71.00
    """)


def test_td32_a_downgrade_is_dated_when_it_was_due(acme: Customer, story: Story) -> None:
    story.on("2026-10-20")
    change = does(acme, quotes(acme, T.PERIOD_END, to_plan=plan("basic")))
    assert change.effective_at == instant("2026-11-01")
    story.on("2026-11-02T03:00")
    assert comes_due(acme) == 1
    assert comes_due(acme) == 0
    old = Subscription.objects.get(plan=plan("pro"))
    assert (old.ended_at, running(acme).started_at) == (instant("2026-11-01"),) * 2
    assert bills(acme, "2026-11-02") == "Fee 50.00  1  50.00\ntotal  50.00"
    assert bills(acme, "2026-12-01") == "Fee 20.00  1  20.00\ntotal  20.00"


def test_td23_taking_back_costs_nothing_and_all_of_it_stays_told(
    acme: Customer, story: Story
) -> None:
    story.on("2026-10-10")
    first = does(acme, quotes(acme, T.PERIOD_END, to_plan=plan("basic")))
    story.on("2026-10-20")
    withdraws(acme, first)
    second = does(acme, quotes(acme, T.PERIOD_END, to_plan=plan("basic")))
    withdraws(acme, second)
    third = does(acme, quotes(acme, T.PERIOD_END, kind=CANCEL))
    withdraws(acme, third)
    story.on("2026-11-01")
    assert comes_due(acme) == 0
    assert bills(acme, "2026-11-01") == "Fee 50.00  1  50.00\ntotal  50.00"
    assert SubscriptionChange.objects.count() == 3
    assert set(ChangeOutcome.objects.values_list("outcome", flat=True)) == {"withdrawn"}


def test_td23_what_has_taken_effect_is_not_withdrawn(acme: Customer, story: Story) -> None:
    story.on("2026-10-10")
    change = does(acme, quotes(acme, T.NOW, kind=CANCEL))
    with pytest.raises(ChangeDecided, match="what has taken effect is not withdrawn"):
        withdraws(acme, change)


def test_td24_pauses_of_a_day_are_not_lost(story: Story) -> None:
    """By policy each stretch between pauses is a line, rounded once: 30.875 in three parts."""
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(story.plan("pro", fee("31.00")))
    for start, end in (("08:00", "09:00"), ("10:00", "12:00")):
        story.on(f"2026-10-10T{start}")
        does(acme, quotes(acme, T.NOW, kind=PAUSE))
        story.on(f"2026-10-10T{end}")
        does(acme, quotes(acme, T.NOW, kind=RESUME))
    assert bills(acme, "2026-11-01") == lines("""
        Fee 31.00  1  9.33
        Fee 31.00  1  0.04
        Fee 31.00  1  21.50
        total  30.87
    """)


def test_td24_pauses_of_different_causes_end_by_themselves(story: Story) -> None:
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(story.plan("pro", fee("31.00")))
    incident = SubscriptionPause.Cause.INCIDENT
    story.on("2026-10-11")
    does(acme, quotes(acme, T.NOW, kind=PAUSE))
    story.on("2026-10-12")
    does(acme, quotes(acme, T.NOW, kind=PAUSE, cause=incident))
    with pytest.raises(PauseNotAsThought):
        quotes(acme, T.NOW, kind=PAUSE, cause=incident)
    story.on("2026-10-13")
    does(acme, quotes(acme, T.NOW, kind=RESUME))
    story.on("2026-10-16")
    does(acme, quotes(acme, T.NOW, kind=RESUME, cause=incident))
    with pytest.raises(PauseNotAsThought):
        quotes(acme, T.NOW, kind=RESUME)
    assert bills(acme, "2026-11-01").endswith("total  26.00")


def test_td25_who_comes_back_pays_what_it_costs_by_then(story: Story) -> None:
    pro = story.plan("pro", fee("30.00"))
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(pro)
    version = plans.draft_version(
        plan=pro,
        effective_from=instant("2026-11-01"),
        existing_from=date(2026, 11, 1),
        prices=[fee("45.00")],
        by=ADA,
        reason=WHY,
    )
    publishing.publish(version=version, at=story.at, by=ADA, reason=WHY)
    story.on("2026-10-20")
    does(acme, quotes(acme, T.NOW, kind=PAUSE))
    assert bills(acme, "2026-11-01").endswith("total  18.39")
    story.on("2026-11-10")
    seen = quotes(acme, T.NOW, kind=RESUME)
    assert seen.effect[0]["after"] == [["Fee 45.00", 3150]]
    assert seen.effect[1]["after"] == [["Fee 45.00", 4500]]
    does(acme, seen)
    assert bills(acme, "2026-12-01").endswith("total  31.50")


def test_td28_cancelled_and_taken_again_in_a_minute_costs_nothing_more(
    acme: Customer, story: Story
) -> None:
    story.on("2026-10-11")
    does(acme, quotes(acme, T.NOW, kind=CANCEL))
    acme.subscribes(plan("pro"))
    assert bills(acme, "2026-11-01").endswith("total  50.00")


def test_td30_a_stale_quote_is_refused_with_both_and_a_new_one(
    acme: Customer, story: Story
) -> None:
    story.on("2026-10-20")
    old = quotes(acme, T.PERIOD_END, to_plan=plan("basic"))
    version = plans.draft_version(
        plan=plan("basic"),
        effective_from=instant("2026-10-25"),
        prices=[fee("23.00")],
        by=ADA,
        reason=WHY,
    )
    publishing.publish(version=version, at=story.at, by=ADA, reason=WHY)
    for _ in range(2):
        with pytest.raises(QuoteStale) as refused:
            does(acme, old)
        said = refused.value.context
        assert (said["quoted"], said["now"], said["difference"]) == (
            "40.00 USD", "46.00 USD", "6.00 USD",
        )  # fmt: skip
    assert not SubscriptionChange.objects.exists()
    does(acme, ChangeQuote.objects.get(public_id=said["quote"]))
    assert SubscriptionChange.objects.count() == 1


def test_a_quote_holds_a_while_and_is_used_once(acme: Customer, story: Story) -> None:
    story.on("2026-10-10")
    seen = quotes(acme, T.NOW, kind=CANCEL)
    story.on("2026-10-10T01:00")
    with pytest.raises(QuoteExpired):
        does(acme, seen)
    used = quotes(acme, T.PERIOD_END, kind=CANCEL)
    does(acme, used)
    with pytest.raises(ChangeDecided):
        does(acme, used)


def test_another_change_waits_for_the_first(acme: Customer, story: Story) -> None:
    story.on("2026-10-10")
    one = quotes(acme, T.PERIOD_END, kind=CANCEL)
    other = quotes(acme, T.PERIOD_END, to_plan=plan("basic"))
    does(acme, one)
    with pytest.raises(ChangeWaits):
        does(acme, other)


def test_the_policy_says_when(acme: Customer, story: Story) -> None:
    story.on("2026-10-10")
    with pytest.raises(ChangeNotAllowed, match="end of the billing period"):
        quotes(acme, T.NOW, to_plan=plan("basic"))
    with pytest.raises(ChangeInvalid, match="Say what"):
        quotes(acme, T.NOW)
    with pytest.raises(ChangeInvalid, match="day to come"):
        quotes(acme, T.DATE, kind=CANCEL, on=date(2026, 10, 1))


def test_what_a_rule_refuses_when_it_is_due_says_so(acme: Customer, story: Story) -> None:
    story.on("2026-10-10")
    change = does(acme, quotes(acme, T.PERIOD_END, to_plan=plan("basic")))
    plans.retire_plan(plan=plan("basic"), at=story.at, by=ADA, reason=WHY)
    story.on("2026-11-01")
    assert comes_due(acme) == 1
    outcome = ChangeOutcome.objects.get(change=change)
    assert (outcome.outcome, running(acme).plan.code) == ("refused", "pro")
    assert "retired" in outcome.said


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_changes_of_one_subscription_have_one_winner(transactional_db: None) -> None:
    story = Story()
    story.plan("basic", fee("20.00"))
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(story.plan("pro", fee("50.00")))
    story.on("2026-10-10")
    seen = [
        quotes(acme, T.PERIOD_END, kind=CANCEL),
        quotes(acme, T.PERIOD_END, to_plan=plan("basic")),
    ]
    answers = at_once(*(partial(does, acme, each) for each in seen))
    assert [type(each) for each in answers if isinstance(each, DomainError)] == [ChangeWaits]
    twice = partial(withdraws, acme, SubscriptionChange.objects.get())
    answers = at_once(twice, twice)
    assert [type(each) for each in answers if isinstance(each, DomainError)] == [ChangeDecided]


def test_what_runs_on_without_a_price_keeps_nobody_from_cancelling(story: Story) -> None:
    dynos = dyno_seconds(story)
    acme = story.on("2026-10-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(story.plan("pro", fee("50.00"), dyno_month(dynos, "basic", "7.00")))
    acme.scales("acme-web", "basic", "1", "2026-10-01")
    story.on("2026-10-10")
    seen = quotes(acme, T.PERIOD_END, kind=CANCEL)
    assert (seen.before_minor, seen.after_minor) == (10_000, 0)
