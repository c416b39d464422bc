"""Subscriptions that end, come back, or go to another account; and the ends of long cycles."""

from __future__ import annotations

from typing import Any

import pytest

from billing.contracts.models import Subscription
from billing.contracts.models.changes import ChangeTiming, SubscriptionVerb
from billing.contracts.operations.changes import ChangeInvalid
from billing.contracts.operations.subscriptions import NotEnded
from billing.whatif.models import ChangeQuote
from billing.whatif.operations import change_quotes
from billing.whatif.operations.change_quotes import ChangeAsk
from tests.billing.changes.test_changing import fee
from tests.billing.cycles.test_fees_of_cycles import fee as cycle_fee
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines

T = ChangeTiming
V = SubscriptionVerb


def does(story: Story, held: Subscription, timing: ChangeTiming, **more: Any) -> ChangeQuote:
    seen = change_quotes.quote(
        subscription=held, ask=ChangeAsk(timing, **more), at=story.at, by=ADA
    )
    change_quotes.execute(quote=seen, at=story.at, by=ADA, reason=WHY)
    return seen


def bills(acme: Customer, day: str) -> str:
    acme.story.on(day).runs_billing()
    return acme.statement


def test_another_account_goes_on_and_both_are_quoted(story: Story) -> None:
    acme = story.on("2026-10-01").account("Acme")
    held = acme.subscribes(story.plan("pro", fee("31.00")))
    other = story.account("Birch")
    story.on("2026-10-11")
    seen = does(story, held, T.NOW, kind=V.TRANSFER, to_account=other.account)
    assert [sum(minor for _, minor in each["after"]) for each in seen.effect] == [
        1000,
        0,
        2100,
        3100,
    ]
    assert bills(acme, "2026-11-01") == "Fee 31.00  1  10.00\ntotal  10.00"
    assert other.statement == "Fee 31.00  1  21.00\ntotal  21.00"


def test_a_transfer_to_itself_or_to_nobody_is_refused(story: Story) -> None:
    acme = story.on("2026-10-01").account("Acme")
    held = acme.subscribes(story.plan("pro", fee("31.00")))
    for to in (None, acme.account):
        with pytest.raises(ChangeInvalid) as refused:
            does(story, held, T.NOW, kind=V.TRANSFER, to_account=to)
        assert refused.value.field == "account"


def test_what_has_an_end_to_come_goes_on_without_it(story: Story) -> None:
    acme = story.on("2026-10-01").account("Acme")
    held = acme.subscribes(story.plan("pro", fee("31.00")), until="2026-10-11")
    story.on("2026-10-05")
    seen = does(story, held, T.NOW, kind=V.REACTIVATE)
    assert (seen.effect[0]["before"], seen.effect[0]["after"]) == (
        [["Fee 31.00", 1000]],
        [["Fee 31.00", 3100]],
    )
    assert bills(acme, "2026-11-01") == "Fee 31.00  1  31.00\ntotal  31.00"
    with pytest.raises(NotEnded):
        does(story, held, T.NOW, kind=V.REACTIVATE)


def test_what_has_ended_begins_again(story: Story) -> None:
    acme = story.on("2026-10-01").account("Acme")
    held = acme.subscribes(story.plan("pro", fee("31.00")), until="2026-10-11")
    story.on("2026-10-21")
    does(story, held, T.NOW, kind=V.REACTIVATE)
    assert bills(acme, "2026-11-01") == lines("""
        Fee 31.00  1  10.00
        Fee 31.00  1  11.00
        total  21.00
    """)


def test_the_end_of_the_period_of_a_yearly_plan_is_the_end_of_its_year(story: Story) -> None:
    acme = story.on("2026-03-10").account("Acme")
    held = acme.subscribes(story.plan("pro", cycle_fee("365.00")))
    bills(acme, "2026-04-01")
    seen = does(story, held, T.PERIOD_END, kind=V.CANCEL)
    assert seen.effective_at == instant("2027-03-10")
    # It is paid for until then: nothing comes back.
    assert [sum(minor for _, minor in each["after"]) for each in seen.effect] == [0, 0]


def test_an_upgrade_of_a_year_is_told_from_its_yearly_fees(story: Story) -> None:
    acme = story.on("2026-03-10").account("Acme")
    held = acme.subscribes(story.plan("pro", cycle_fee("365.00")))
    monthly = story.plan("monthly", fee("31.00"))
    yearly = story.plan("small", cycle_fee("360.00"))
    ask = ChangeAsk(T.PERIOD_END, to_plan=monthly)
    seen = change_quotes.quote(subscription=held, ask=ask, at=story.at, by=ADA)
    assert seen.kind == "upgrade"
    ask = ChangeAsk(T.PERIOD_END, to_plan=yearly)
    seen = change_quotes.quote(subscription=held, ask=ask, at=story.at, by=ADA)
    assert seen.kind == "downgrade"
