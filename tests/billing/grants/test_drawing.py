"""Grants are drawn in their order, come back in reverse, expire, and never go below zero.

Rows of the worked cases (wG…, wE…) and traps (TD…) carry their ids.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.catalogue.models import Plan
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.invariants import rating as rating_rules
from billing.invoicing.invariants import shadow as shadow_rules
from billing.invoicing.invariants.books import income_agrees
from billing.invoicing.models import CreditGrant, CreditNote, GrantMovement, Invoice
from billing.invoicing.operations import grant_sweeps, grants
from billing.invoicing.operations.grants import GrantBoughtAlready, GrantInvalid, GrantSpent
from billing.ledger.chart_of_accounts import RECEIVABLES
from billing.ledger.models import JournalLine
from billing.receivables.invariants import receivables_agree
from billing.receivables.operations import corrections
from billing.receivables.operations.settling import Recorded
from billing.receivables.voidable import GrantStands
from tests.billing.grants.granted import buys, grants_to, left
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines, statement
from usage.models import Event
from usage.operations import event_corrections

PREPAID = CreditGrant.Kind.PREPAID


@pytest.fixture
def calls(story: Story) -> Plan:
    return story.plan("calls", per_unit(requests(story), "1.00", unit="request"))


@pytest.fixture
def acme(story: Story, calls: Plan) -> Customer:
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(calls)
    return acme


def uses(acme: Customer, day: str, quantity: str) -> None:
    acme.story.at = max(acme.story.at, instant(day))
    acme.uses("router.requests", "acme-web", day, quantity=quantity)


def corrects(acme: Customer, day: str, quantity: str, *, on: str) -> None:
    event = Event.objects.get(occurred_at=instant(day))
    event_corrections.amend(
        event.key,
        quantity=Decimal(quantity),
        data={},
        at=acme.story.on(on).at,
        by=ADA,
        reason=WHY,
    )


def bills(acme: Customer, day: str) -> None:
    acme.story.on(day).runs_billing()


def expires(story: Story) -> int:
    return grant_sweeps.expire(at=story.at, by=ADA)


def book(code: str) -> int:
    found = JournalLine.objects.filter(ledger_account__code=code)
    return -sum(found.values_list("amount_minor", flat=True))


def holds() -> bool:
    checks = (
        invoice_rules.totals_agree,
        invoice_rules.issued_content_is_unchanged,
        rating_rules.rating_is_a_function,
        rating_rules.unchanged_usage_changes_nothing,
        shadow_rules.second_rater_agrees,
        receivables_agree,
        income_agrees,
    )
    return all(check().holds for check in checks)


@pytest.fixture
def two(acme: Customer) -> tuple[CreditGrant, CreditGrant]:
    """10 until the tenth month, 15 until the fifteenth."""
    t15 = grants_to(acme, "T15", "15.00", starts="2026-03-01", until="2026-09-01")
    return grants_to(acme, "T10", "10.00", starts="2026-03-01", until="2026-07-01"), t15


def test_wg1_what_expires_first_is_drawn_first(
    acme: Customer, two: tuple[CreditGrant, CreditGrant]
) -> None:
    t10, t15 = two
    uses(acme, "2026-03-05", "5")
    bills(acme, "2026-04-01")
    assert acme.statement == lines("""
        requests  5 request  5.00
        requests · covered by T10  1  -5.00
        total  0.00
    """)
    assert (left(t10), left(t15)) == ("5.00", "15.00")
    uses(acme, "2026-04-05", "10")
    bills(acme, "2026-05-01")
    assert acme.statement == lines("""
        requests  10 request  10.00
        requests · covered by T10  1  -5.00
        requests · covered by T15  1  -5.00
        total  0.00
    """)
    assert (left(t10), left(t15)) == ("0.00", "10.00")
    assert holds()


def test_wg2_what_is_corrected_comes_back_in_reverse(
    acme: Customer, two: tuple[CreditGrant, CreditGrant]
) -> None:
    t10, t15 = two
    uses(acme, "2026-03-05", "5")
    bills(acme, "2026-04-01")
    uses(acme, "2026-04-05", "10")
    bills(acme, "2026-05-01")
    made = grants.give_back(
        invoice=acme.invoice, worth_minor=700, at=acme.story.at, by=ADA, reason=WHY
    )
    assert [(each.grant.name, each.change) for each in made] == [("T15", 500), ("T10", 200)]
    assert (left(t10), left(t15)) == ("2.00", "15.00")
    with pytest.raises(GrantSpent, match=r"drawn 3\.00"):
        grants.give_back(
            invoice=acme.invoice, worth_minor=301, at=acme.story.at, by=ADA, reason=WHY
        )


def test_wg2_late_usage_that_is_taken_back_goes_back_in_reverse(
    acme: Customer, two: tuple[CreditGrant, CreditGrant]
) -> None:
    t10, t15 = two
    uses(acme, "2026-03-05", "5")
    bills(acme, "2026-04-01")
    uses(acme, "2026-04-05", "10")
    bills(acme, "2026-05-01")
    corrects(acme, "2026-04-05", "3", on="2026-05-10")
    bills(acme, "2026-06-01")
    assert acme.invoice.total_minor == 0
    assert acme.invoice.carried_minor == 0
    assert (left(t10), left(t15)) == ("2.00", "15.00")
    assert holds()


def test_wg4_the_customer_sees_what_expired(acme: Customer) -> None:
    grant = grants_to(acme, "Ten", "10.00", starts="2026-03-01", until="2026-04-01")
    uses(acme, "2026-03-05", "5")
    bills(acme, "2026-04-02")
    grants.give_back(invoice=acme.invoice, worth_minor=200, at=acme.story.at, by=ADA, reason=WHY)
    assert expires(acme.story) == 1
    assert left(grant) == "0.00"
    expired = grant.movements.get(kind=GrantMovement.Kind.EXPIRY)
    assert expired.change == -700
    assert expired.effective_at == grant.expires_at
    assert expires(acme.story) == 0


def test_wg5_use_beyond_bought_credit_is_owed_and_nothing_is_advanced_by_itself(
    acme: Customer,
) -> None:
    invoice = buys(acme, "10.00")
    ten = grants_to(
        acme, "Ten", "10.00", kind=PREPAID, bought_with=invoice,
        starts="2026-03-01", until="2026-06-01",
    )  # fmt: skip
    uses(acme, "2026-03-05", "15")
    bills(acme, "2026-04-01")
    month = Invoice.objects.get(kind=Invoice.Kind.PERIOD)
    assert statement(month) == lines("""
        requests  15 request  15.00
        requests · covered by Ten  1  -10.00
        total  5.00
    """)
    assert left(ten) == "0.00"
    assert (book("prepaid-credit"), -book(RECEIVABLES)) == (0, 1000 + 500)
    assert holds()


def test_wg10_bought_units_are_earned_one_by_one(acme: Customer) -> None:
    invoice = buys(acme, "20.00")
    block = grants_to(
        acme, "Block", "100", unit="request", kind=PREPAID, bought_with=invoice,
        starts="2026-03-01", until="2026-06-01",
    )  # fmt: skip
    assert (book("prepaid-credit"), book("prepaid-revenue")) == (2000, -2000)
    uses(acme, "2026-03-05", "30")
    bills(acme, "2026-04-01")
    month = Invoice.objects.get(kind=Invoice.Kind.PERIOD)
    assert statement(month) == lines("""
        requests  30 request  30.00
        requests · covered by Block  1  -30.00
        total  0.00
    """)
    assert left(block) == "70"
    assert (book("prepaid-credit"), book("prepaid-revenue")) == (1400, -1400)
    bills(acme, "2026-05-01")
    bills(acme, "2026-06-02")
    expires(acme.story)
    assert (book("prepaid-credit"), book("breakage")) == (0, 1400)
    assert holds()


def test_units_go_first_and_the_rest_is_money(acme: Customer) -> None:
    block = grants_to(acme, "Free calls", "25.5", unit="request", starts="2026-03-01")
    uses(acme, "2026-03-05", "40")
    bills(acme, "2026-04-01")
    assert acme.statement == lines("""
        requests  40 request  40.00
        requests · covered by Free calls  1  -25.50
        total  14.50
    """)
    assert left(block) == "0"


def test_td40_at_one_instant_one_ends_and_the_next_begins(acme: Customer) -> None:
    first = grants_to(acme, "G1", "10.00", starts="2026-03-01", until="2026-04-01")
    second = grants_to(acme, "G2", "10.00", starts="2026-04-01")
    uses(acme, "2026-03-31T23:59:59.999999", "3")
    uses(acme, "2026-04-01T00:00:00", "4")
    bills(acme, "2026-04-01")
    assert (left(first), left(second)) == ("7.00", "10.00")
    expires(acme.story)
    bills(acme, "2026-05-01")
    assert (left(first), left(second)) == ("0.00", "6.00")


def test_td39_a_month_drafted_again_is_drawn_again(acme: Customer) -> None:
    p = grants_to(acme, "P", "100.00", starts="2026-03-01", until="2026-03-30")
    q = grants_to(acme, "Q", "100.00", starts="2026-03-01", until="2026-06-30")
    for day, quantity in (("05", "60"), ("10", "70"), ("12", "20")):
        uses(acme, f"2026-03-{day}", quantity)
    bills(acme, "2026-04-01")
    assert (left(p), left(q)) == ("0.00", "50.00")
    corrects(acme, "2026-03-05", "30", on="2026-04-10")
    bills(acme, "2026-05-01")
    assert expires(acme.story) == 0
    assert (left(p), left(q)) == ("0.00", "80.00")


def test_priority_and_scope_come_before_the_end(story: Story) -> None:
    plan = story.plan("both", flat("20.00"), per_unit(requests(story), "1.00", unit="request"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    soon = grants_to(acme, "Soon", "50.00", starts="2026-03-01", until="2026-04-01")
    narrow = grants_to(acme, "Calls", "3.00", starts="2026-03-01", price_codes=("requests",))
    first = grants_to(acme, "First", "2.00", starts="2026-03-01", priority=1)
    uses(acme, "2026-03-05", "10")
    bills(acme, "2026-04-01")
    assert acme.statement == lines("""
        Platform fee  1  20.00
        requests  10 request  10.00
        Platform fee · covered by First  1  -2.00
        requests · covered by Calls  1  -3.00
        Platform fee · covered by Soon  1  -18.00
        requests · covered by Soon  1  -7.00
        total  0.00
    """)
    assert [left(each) for each in (soon, narrow, first)] == ["25.00", "0.00", "0.00"]
    draw = GrantMovement.objects.get(grant=narrow)
    assert draw.drawn_by_key[:2] == [50, 0]


def test_a_void_gives_all_back_and_the_reissue_draws_again(acme: Customer) -> None:
    grant = grants_to(acme, "Ten", "10.00", starts="2026-03-01")
    uses(acme, "2026-03-05", "15")
    bills(acme, "2026-04-01")
    recorded = Recorded(acme.story.at, ADA, WHY)
    corrections.void(invoice=acme.invoice, recorded=recorded)
    assert left(grant) == "10.00"
    corrections.reissue(void=acme.invoices[0].void, recorded=recorded)
    assert left(grant) == "0.00"
    assert acme.invoices[-1].total_minor == 500
    assert holds()


def test_a_credit_note_never_pays_out_what_a_grant_covered(acme: Customer) -> None:
    grant = grants_to(acme, "Ten", "10.00", starts="2026-03-01")
    uses(acme, "2026-03-05", "15")
    bills(acme, "2026-04-01")
    note = corrections.credit_all(
        invoice=acme.invoice,
        reason_code=CreditNote.Reason.BILLING_ERROR,
        recorded=Recorded(acme.story.at, ADA, WHY),
    )
    assert note.total_minor == 500
    assert left(grant) == "10.00"
    assert GrantMovement.objects.get(kind="give_back").because == note.public_id


def test_the_draft_that_waits_draws_nothing_until_it_is_issued(acme: Customer) -> None:
    grant = grants_to(acme, "Ten", "10.00", starts="2026-03-01")
    uses(acme, "2026-03-05", "15")
    acme.story.on("2026-04-01").runs_billing(issues=False)
    assert (acme.invoice.total_minor, left(grant)) == (500, "10.00")
    late = grants_to(acme, "Later", "2.00", starts="2026-03-01")
    acme.story.runs_billing()
    assert (acme.invoice.total_minor, left(grant), left(late)) == (300, "0.00", "0.00")


def test_the_database_lets_nothing_go_below_zero(acme: Customer) -> None:
    grant = grants_to(acme, "Ten", "10.00", starts="2026-03-01")
    said: dict[str, Any] = {
        "grant": grant, "kind": "revocation", "effective_at": acme.story.at,
        "made_at": acme.story.at, "made_by": "x", "reason": "x",
    }  # fmt: skip
    for change in ("-1001", "1"):
        with pytest.raises(IntegrityError), transaction.atomic():
            GrantMovement.objects.create(change=Decimal(change), **said)
    GrantMovement.objects.create(change=Decimal(-1000), **said)
    with pytest.raises(IntegrityError, match="would be left"), transaction.atomic():
        GrantMovement.objects.create(change=Decimal(-1), **said)


def test_prepaid_credit_is_bought_once_and_with_an_invoice_of_its_own(acme: Customer) -> None:
    invoice = buys(acme, "20.00")
    grants_to(acme, "Top-up", "20.00", kind=PREPAID, bought_with=invoice, starts="2026-03-01")
    with pytest.raises(GrantBoughtAlready):
        grants_to(acme, "Again", "20.00", kind=PREPAID, bought_with=invoice, starts="2026-03-01")
    uses(acme, "2026-03-05", "1")
    bills(acme, "2026-04-01")
    month = Invoice.objects.get(kind=Invoice.Kind.PERIOD)
    with pytest.raises(GrantInvalid, match="an invoice of its own"):
        grants_to(acme, "Odd", "20.00", kind=PREPAID, bought_with=month, starts="2026-03-01")
    with pytest.raises(GrantStands):
        corrections.void(invoice=invoice, recorded=Recorded(acme.story.at, ADA, WHY))


def test_what_recurs_is_granted_anew_and_rolls_over(acme: Customer) -> None:
    """TD35 in money: 1,000 a month, rolled first and for one window."""
    grants_to(
        acme, "Monthly", "1000.00", starts="2026-03-01", until="2026-05-01", recurs_months=1,
        recurs_until=instant("2026-06-01"), windows_kept=1,
    )  # fmt: skip
    for day, quantity in (("2026-03-05", "800"), ("2026-04-05", "150"), ("2026-05-05", "2100")):
        acme.story.on(day)
        grant_sweeps.recur(at=acme.story.at, by=ADA)
        uses(acme, day, quantity)
    bills(acme, "2026-06-01")
    assert grant_sweeps.recur(at=acme.story.at, by=ADA) == 0
    assert [each.total_minor for each in acme.invoices] == [0, 0, 10_000]
    expires(acme.story)
    moved = GrantMovement.objects.values_list("kind", "change")
    assert -sum(change for kind, change in moved if kind == "draw") == 295_000
    assert -sum(change for kind, change in moved if kind == "expiry") == 5_000


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"name": " "}, "name"),
        ({"until": "2026-02-01"}, "expires_at"),
        ({"kind": PREPAID}, "bought_with"),
        ({"priority": 101}, "priority"),
        ({"windows_kept": 1}, "recurs_months"),
        ({"recurs_months": 1}, "recurs_months"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_field(
    acme: Customer, more: dict[str, Any], field: str
) -> None:
    said: dict[str, Any] = {"name": "Ten", "amount": "10.00", "starts": "2026-03-01"} | more
    with pytest.raises(GrantInvalid) as refused:
        grants_to(acme, **said)
    assert refused.value.field == field
    assert not CreditGrant.objects.exists()
