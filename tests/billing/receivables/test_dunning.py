"""Dunning: counted from the earliest unpaid part, never more than is due, never without warning."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from billing.invoicing.models import Invoice
from billing.receivables.dunning.deciding import due_step
from billing.receivables.models import DunningNotice, Hold, RuleVersion
from billing.receivables.operations import dunning, holds, rule_versions
from billing.receivables.operations.holds import HoldTerms
from billing.receivables.policies.documents import RuleInvalid
from billing.receivables.policies.dunning import read_dunning
from billing.receivables.queries.dunning import delinquency, would_send
from billing.receivables.queries.invoice_money import invoice_money
from billing.receivables.queries.promises import promises_of
from eventing.models import OutboxEvent
from tests.billing.receivables.books import Books, minor
from tests.people import ADA
from tests.story import instant


def steps(*said: str, **more: Any) -> dict[str, Any]:
    """A policy of steps such as "3 remind"."""
    read = [each.split() for each in said]
    return {"steps": [{"days": int(days), "action": action} for days, action in read]} | more


def policy(books: Books, document: dict[str, Any], code: str = "") -> RuleVersion:
    return rule_versions.define(
        subject=RuleVersion.Subject.DUNNING,
        code=code,
        document=document,
        recorded=books.recorded(),
    )


def due(books: Books, day: str, amount: str) -> Invoice:
    """An invoice that is due on a day, issued ten days before."""
    present = books.at
    issued = datetime.fromisoformat(day) - timedelta(days=10)
    books.story.on(issued.replace(hour=12).isoformat())
    invoice = books.invoice({day: amount}, terms_days=10)
    books.story.at = max(present, books.at)
    assert str(invoice.due_on) == day
    return invoice


def sweep(books: Books, until: str) -> None:
    """Sweep every morning, up to a day and with it; the books' present moves along."""
    last = instant(f"{until}T08:00")
    while books.at < last:
        books.story.at = min(books.at + timedelta(days=1), last).replace(hour=8)
        dunning.sweep(at=books.at, by=ADA)


def told(books: Books) -> list[str]:
    """What was said when, and what was asked for."""
    notices = DunningNotice.objects.filter(account=books.customer.account).order_by("pk")
    return [
        " ".join([str(each.on_day), each.action, *(amount["decimal"] for amount in each.asked)])
        for each in notices
    ]


def hold(books: Books, invoice: Invoice, amount: str, until: str | None = None) -> Hold:
    return holds.place(
        invoice=invoice,
        amount_minor=minor(amount),
        terms=HoldTerms((Hold.Process.DUNNING,), instant(until) if until else None),
        recorded=books.recorded(),
    )


def test_tm29_paying_the_oldest_moves_the_base_and_the_warning_comes_again(
    books: Books,
) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "7 warn", "11 suspend"))
    first, _ = due(books, "2026-06-01", "100.00"), due(books, "2026-06-05", "50.00")
    sweep(books, "2026-06-08")
    books.story.on("2026-06-09")
    books.paid(first, "100.00")
    sweep(books, "2026-06-20")
    assert told(books) == [
        "2026-06-04 remind 100.00",
        "2026-06-08 warn 150.00",
        "2026-06-12 warn 50.00",
        "2026-06-16 suspend 50.00",
    ]


def test_tm30_only_what_is_neither_held_nor_paid_is_asked_for_and_the_level_stays(
    books: Books,
) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "10 warn"))
    invoice = due(books, "2026-06-01", "119.00")
    sweep(books, "2026-06-05")
    hold(books, invoice, "40.00")
    sweep(books, "2026-06-08")
    books.paid(invoice, "50.00")
    sweep(books, "2026-06-20")
    assert told(books) == ["2026-06-04 remind 119.00", "2026-06-11 warn 29.00"]


def test_tm30_what_is_paid_between_selection_and_sending_is_not_asked_for(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = due(books, "2026-06-01", "29.00")
    books.story.on("2026-06-04T08:00")
    selected = due_step

    def paid_meanwhile(*given: Any) -> Any:
        found = selected(*given)
        if found is not None and not invoice.settlements.exists():
            books.paid(invoice, "29.00")
        return found

    monkeypatch.setattr(dunning, "due_step", paid_meanwhile)
    assert dunning.sweep(at=books.at, by=ADA) == 0
    assert told(books) == []


def test_tm31_days_are_those_of_the_accounts_calendar(books: Books) -> None:
    story = books.story
    story.on("2026-02-01")
    berlin = Books(story, story.account("Berlin", currency="EUR", zone="Europe/Berlin"))
    angeles = Books(story, story.account("Angeles", currency="USD", zone="America/Los_Angeles"))
    policy(books, steps("1 remind"))
    berlin.zone, angeles.zone = "Europe/Berlin", "America/Los_Angeles"
    first = due(berlin, "2026-03-29", "10.00")
    second, third = due(angeles, "2026-10-31", "20.00"), due(angeles, "2026-11-01", "30.00")

    def late(own: Books, at: str) -> tuple[date | None, list[str]]:
        found = delinquency(own.customer.account, at=instant(at))
        return found.since, [str(each) for each in found.due]

    assert late(berlin, "2026-03-29T21:59:59") == (None, [])
    assert late(berlin, "2026-03-29T22:00") == (first.due_on, ["10.00 EUR"])
    assert late(angeles, "2026-11-01T06:59:59") == (None, [])
    assert late(angeles, "2026-11-01T07:00") == (second.due_on, ["20.00 USD"])
    assert late(angeles, "2026-11-02T07:59:59") == (second.due_on, ["20.00 USD"])
    assert late(angeles, "2026-11-02T08:00") == (second.due_on, ["50.00 USD"])
    story.on("2026-11-02T08:00")
    dunning.sweep(at=story.at, by=ADA)
    assert told(angeles) == ["2026-11-02 remind 50.00"]
    assert str(third.due_on) == "2026-11-01"


@pytest.mark.parametrize(("moves", "day"), [(True, "2026-06-08"), (False, "2026-06-06")])
def test_tm31_a_step_on_a_weekend_moves_only_where_the_policy_says_so(
    books: Books, moves: bool, day: str
) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", moves_weekends=moves))
    due(books, "2026-06-03", "10.00")
    sweep(books, "2026-06-12")
    assert told(books) == [f"{day} remind 10.00"]


def test_tm32_a_hold_ends_at_its_instant_for_page_machine_and_chasing(books: Books) -> None:
    invoice = due(books, "2026-06-01", "119.00")
    hold(books, invoice, "40.00", until="2026-06-10")
    before, then = instant("2026-06-10") - timedelta(microseconds=1), instant("2026-06-10")
    for at, amount in ((before, "79.00 EUR"), (then, "119.00 EUR")):
        assert str(invoice_money(invoice, at=at).due) == amount
        assert [str(each) for each in delinquency(books.customer.account, at=at).due] == [amount]
    books.story.at = then
    dunning.take_step(account=books.customer.account, at=then, by=ADA)
    assert told(books) == ["2026-06-10 remind 119.00"]


def test_a_sweeper_that_slept_warns_before_it_suspends(books: Books) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "7 warn", "11 suspend", "30 delete"))
    invoice = due(books, "2026-06-01", "10.00")
    books.story.on("2026-06-20T08:00")
    dunning.sweep(at=books.at, by=ADA)
    dunning.sweep(at=books.at, by=ADA)
    sweep(books, "2026-07-10")
    assert told(books) == [
        "2026-06-20 warn 10.00",
        "2026-06-24 suspend 10.00",
        "2026-07-01 delete 10.00",
    ]
    books.paid(invoice, "10.00")
    sweep(books, "2026-07-11")
    assert told(books)[-1] == "2026-07-11 resume"
    kinds = OutboxEvent.objects.filter(type__startswith="dunning.").order_by("pk")
    assert list(kinds.values_list("type", flat=True)) == [
        "dunning.warned",
        "dunning.suspended",
        "dunning.given_up",
        "dunning.resumed",
    ]


def test_what_is_contested_as_a_whole_resumes_the_account_and_is_warned_of_anew(
    books: Books,
) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "7 warn", "11 suspend"))
    invoice = due(books, "2026-06-01", "10.00")
    sweep(books, "2026-06-14")
    hold(books, invoice, "10.00", until="2026-06-20")
    sweep(books, "2026-06-30")
    assert told(books)[2:] == [
        "2026-06-12 suspend 10.00",
        "2026-06-15 resume",
        "2026-06-20 warn 10.00",
        "2026-06-24 suspend 10.00",
    ]


def test_a_promise_keeps_dunning_quiet_until_its_day_has_ended(books: Books) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "7 warn"))
    due(books, "2026-06-01", "10.00")
    sweep(books, "2026-06-05")
    account = books.customer.account
    dunning.promise(
        account=account,
        amount_minor=1000,
        promised_on=date(2026, 6, 10),
        recorded=books.recorded(),
    )
    assert [each.state for each in promises_of(account, at=books.at)] == ["running"]
    sweep(books, "2026-06-12")
    assert told(books) == ["2026-06-04 remind 10.00", "2026-06-11 warn 10.00"]
    assert [each.state for each in promises_of(account, at=books.at)] == ["broken"]


def test_a_promise_is_kept_by_what_came_in_by_its_day(books: Books) -> None:
    invoice, account = due(books, "2026-06-01", "10.00"), books.customer.account
    dunning.promise(
        account=account,
        amount_minor=1000,
        promised_on=date(2026, 6, 10),
        recorded=books.recorded(),
    )
    books.story.on("2026-06-09")
    books.paid(invoice, "10.00")
    (kept,) = promises_of(account, at=books.at)
    assert (kept.state, str(kept.paid)) == ("kept", "10.00 EUR")
    with pytest.raises(dunning.PromiseOutOfRange):
        dunning.promise(
            account=account,
            amount_minor=1,
            promised_on=date(2026, 6, 8),
            recorded=books.recorded(),
        )


def test_one_account_that_fails_stops_no_other(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Books(books.story, books.story.account("Globex", currency="EUR"))
    due(books, "2026-06-11", "10.00")
    due(other, "2026-06-11", "20.00")
    real = dunning.take_step

    def failing(**given: Any) -> Any:
        if given["account"] == books.customer.account:
            raise RuntimeError("broken")
        return real(**given)

    monkeypatch.setattr(dunning, "take_step", failing)
    books.story.on("2026-06-14T08:00")
    assert dunning.sweep(at=books.at, by=ADA) == 1
    assert (told(books), told(other)) == ([], ["2026-06-14 remind 20.00"])


def test_a_simulation_says_what_the_sweep_then_does(books: Books) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "7 warn", "11 suspend"))
    due(books, "2026-06-01", "100.00")
    days = [instant("2026-06-02T12:00") + timedelta(days=number) for number in range(14)]
    said = [f"{each.on_day} {each.action} {each.asked[0].amount}" for each in would_send(days=days)]
    milder = {"": read_dunning(steps("5 remind"))}
    assert [each.on_day.day for each in would_send(days=days, policies=milder)] == [6]
    found = delinquency(books.customer.account, at=instant("2026-06-02"))
    assert (str(found.next_on), found.next_action) == ("2026-06-04", "remind")
    sweep(books, "2026-06-15")
    assert told(books) == said
    assert said[-1] == "2026-06-12 suspend 100.00"
    past = would_send(days=days)
    assert [f"{each.on_day} {each.action}" for each in past] == [
        "2026-06-04 remind", "2026-06-08 warn", "2026-06-12 suspend",
    ]  # fmt: skip


def test_delinquency_names_the_days_to_come_and_those_that_came(books: Books) -> None:
    books.story.on("2026-05-20")
    policy(books, steps("3 remind", "7 warn", "11 suspend", "20 delete"))
    due(books, "2026-06-01", "100.00")
    found = delinquency(books.customer.account, at=instant("2026-06-02T08:00"))
    assert (found.state, str(found.since), found.days_late) == ("late", "2026-06-01", 1)
    assert (str(found.suspended_on), str(found.deleted_on)) == ("2026-06-12", "2026-06-21")
    sweep(books, "2026-06-13")
    found = delinquency(books.customer.account, at=books.at)
    assert (found.state, str(found.suspended_on)) == ("suspended", "2026-06-12")
    assert (found.next_action, str(found.deleted_on)) == ("delete", "2026-06-21")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (steps("3 remind", "3 warn"), "steps.1.days must be later than the step before."),
        (steps("3 warn", "5 remind"), "steps.1.action must not be milder than the step before."),
        (steps("3 remind", "9 suspend"), "steps must warn before they suspend."),
        (steps("3 warn", "9 delete"), "steps must suspend before they delete."),
        (steps("3 shout"), "steps.0.action must be one of"),
        ({"steps": [{"days": "3", "action": "warn"}]}, "steps.0.days must be a whole number"),
        ({"steps": {}}, "steps must be a list."),
        ({"stages": []}, "stages is not known"),
        ([], "The document must be an object."),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_its_place(
    books: Books, document: Any, said: str
) -> None:
    with pytest.raises(RuleInvalid, match=said.replace(".", r"\.")):
        policy(books, document)
    assert RuleVersion.objects.count() == 0
