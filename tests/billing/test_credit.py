"""Credit that is larger than a month, and months that come to nothing: every cent has a fate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.drafting.credit import credit_of
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.models import BillRunItem, Invoice, LateUsageDecision
from billing.invoicing.operations import invoices, late_usage
from billing.ledger import invariants
from billing.receivables.invariants import receivables_agree
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, lines
from usage.envelope.received_event import event_key
from usage.operations import event_corrections
from usage.operations.ingest import Verdict


def void(verdict: Verdict, story: Story) -> None:
    """Take an event back."""
    assert verdict.source is not None
    assert verdict.id is not None
    key = UUID(event_key(verdict.source, verdict.id))
    event_corrections.void(key, at=story.at, by=ADA, reason=WHY)


def march_of_60(story: Story, fee: str = "20.00") -> tuple[Customer, Verdict]:
    """Acme was billed a fee and 60.00 for March; all of the 60.00 was wrong, as April shows."""
    plan = story.plan("calls", per_unit(requests(story), "10"), flat(fee))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    wrong = acme.uses("router.requests", "acme-web", "2026-03-05", quantity="6")
    story.runs_billing()
    void(wrong, story.on("2026-04-10"))
    return acme, wrong


def credit(customer: Customer) -> int:
    return credit_of([customer.account.pk]).get(customer.account.pk, 0)


def test_a_late_credit_larger_than_the_month_is_carried_forward_to_the_next_ones(
    story: Story,
) -> None:
    acme, _ = march_of_60(story)
    run = story.on("2026-05-01").runs_billing()
    assert run.items.get().state == "billed"
    assert acme.statement == lines("""
        Platform fee  1  20.00
        Late usage of invoice CF-00000001 · requests  -6  -60.00
        total  0.00
    """)
    assert (acme.invoice.subtotal_minor, acme.invoice.carried_minor) == (-4000, 4000)
    assert credit(acme) == 4000
    story.on("2026-07-01").runs_billing()
    assert [(i.subtotal_minor, i.carried_minor, i.total_minor) for i in acme.invoices] == [
        (8000, 0, 8000),
        (-4000, 4000, 0),
        (2000, -2000, 0),
        (2000, -2000, 0),
    ]
    assert credit(acme) == 0
    assert sum(invoice.total_minor for invoice in acme.invoices) == 4 * 2000
    assert LateUsageDecision.objects.get().amount_minor == -6000


def test_what_is_left_of_a_credit_is_taken_where_it_fits(story: Story) -> None:
    acme, _ = march_of_60(story, fee="25.00")
    story.on("2026-07-01").runs_billing()
    assert [i.total_minor for i in acme.invoices] == [8500, 0, 0, 1500]


def test_a_month_without_anything_to_bill_keeps_the_credit_for_later(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    wrong = acme.uses("router.requests", "acme-web", "2026-03-05", quantity="6")
    story.runs_billing()
    void(wrong, story.on("2026-04-10"))
    story.on("2026-06-01").runs_billing()  # April takes back 60.00, May has nothing
    assert (len(acme.invoices), credit(acme)) == (2, 6000)
    story.on("2026-07-01")
    acme.uses("router.requests", "acme-web", "2026-06-05", quantity="7")
    story.runs_billing()
    assert (acme.invoice.subtotal_minor, acme.invoice.total_minor) == (7000, 1000)
    assert credit(acme) == 0


def test_credit_of_a_draft_is_no_credit_until_it_is_issued(story: Story) -> None:
    acme, _ = march_of_60(story)
    story.on("2026-06-01").runs_billing(issues=False)
    assert [i.carried_minor for i in acme.invoices] == [0, 4000, -2000]
    assert credit(acme) == 0
    drafts = [invoice.pk for invoice in acme.invoices[1:]]
    invoices.issue(invoice_ids=drafts, at=story.at, by=ADA, reason=WHY)
    assert credit(acme) == 2000


def test_a_credit_is_the_accounts_own_also_where_another_pays(story: Story) -> None:
    acme, _ = march_of_60(story)
    globex = story.account("Globex")
    globex.subscribes(story.plan("team", flat("10.00")))
    story.on("2026-06-01").runs_billing()
    assert globex.invoice.carried_minor == 0
    assert credit(acme) == 2000


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    months=st.lists(
        st.tuples(st.integers(0, 12), st.booleans(), st.booleans()), min_size=2, max_size=5
    )
)
def test_all_that_is_owed_is_what_was_used_and_no_invoice_owes_its_payer(
    db: None, months: list[tuple[int, bool, bool]]
) -> None:
    """Each month uses something, takes back what it used afterwards or not, and runs or waits."""
    with django_transaction.atomic():
        story = Story()
        plan = story.plan("calls", per_unit(requests(story), "10"), flat("15.00"))
        acme = story.on("2026-01-01").account("Acme")
        acme.app("acme-web")
        acme.subscribes(plan)
        true_minor = 0
        for number, (quantity, is_wrong, runs) in enumerate(months, start=1):
            story.on(f"2026-{number + 1:02d}-01")
            sent = acme.uses(
                "router.requests", "acme-web", f"2026-{number:02d}-05", quantity=str(quantity)
            )
            if runs:
                story.runs_billing()
            if is_wrong:
                void(sent, story)
            true_minor += 1500 + (0 if is_wrong else 1000 * quantity)
        story.on(f"2026-{len(months) + 2:02d}-01").runs_billing()
        true_minor += 1500
        billed = sum(invoice.total_minor for invoice in acme.invoices)
        assert billed - credit(acme) == true_minor
        assert all(invoice.total_minor >= 0 for invoice in acme.invoices)
        for holds in (
            books_say.credit_agrees,
            invariants.trial_balance_is_zero,
            books_say.income_agrees,
            receivables_agree,
            invoice_rules.totals_agree,
            invoice_rules.issued_content_is_unchanged,
        ):
            assert holds().sample_ids == ()
        django_transaction.set_rollback(True)


def test_a_month_that_comes_to_something_late_takes_credit_once_with_the_others(
    story: Story,
) -> None:
    """March was empty. In May 30.00 are sent for it, and 40.00 of credit are there."""
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-02-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-03-01")
    wrong = acme.uses("router.requests", "acme-web", "2026-02-05", quantity="4")
    story.runs_billing()
    story.on("2026-04-01").runs_billing()
    void(wrong, story)
    story.on("2026-05-01").runs_billing()
    assert credit(acme) == 4000
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="3")
    story.on("2026-06-01")
    acme.uses("router.requests", "acme-web", "2026-05-05", quantity="2")
    story.runs_billing()
    assert [(i.period_from.month, i.total_minor) for i in acme.invoices] == [
        (2, 4000),
        (3, 0),
        (4, 0),
        (5, 1000),
    ]
    assert credit(acme) == 0
    assert books_say.credit_agrees().sample_ids == ()


# --- nothing to bill ---


def test_a_subscription_of_one_second_makes_no_invoice_of_nothing(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-05").account("Acme")
    acme.subscribes(plan, until="2026-03-05T00:00:01")
    run = story.on("2026-04-01").runs_billing()
    item = run.items.get()
    assert (item.state, item.empty_because) == ("empty", BillRunItem.Empty.ROUNDS_AWAY)
    assert acme.invoices == []


def test_a_month_without_usage_or_fee_says_that_it_is_empty(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    run = story.on("2026-04-01").runs_billing()
    assert run.items.get().empty_because == BillRunItem.Empty.NOTHING


def test_usage_that_is_all_free_makes_no_invoice_and_says_so(story: Story) -> None:
    free = PriceTerms(
        "calls",
        "Calls",
        {"model": "per_unit", "unit_price": "10", "included": "5"},
        requests(story),
    )
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(story.plan("calls", free))
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="4")
    run = story.runs_billing()
    assert run.items.get().empty_because == BillRunItem.Empty.FREE
    assert acme.invoices == []


def test_usage_with_a_price_is_on_an_invoice_even_of_nothing(story: Story) -> None:
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(story.plan("calls", per_unit(requests(story), "0.001")))
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="4")
    story.runs_billing()
    assert (acme.statement, acme.invoice.number) == (
        "requests  4  0.00\ntotal  0.00",
        "CF-00000001",
    )


def test_a_draft_whose_month_comes_to_nothing_is_taken_back(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    sent = acme.uses("router.requests", "acme-web", "2026-03-05", quantity="4")
    story.runs_billing(issues=False)
    draft = acme.invoice.pk
    void(sent, story)
    with pytest.raises(invoices.DraftOutdated):
        invoices.issue(invoice_ids=[draft], at=story.at, by=ADA, reason=WHY)
    run = story.runs_billing()
    assert (run.items.get().state, acme.invoices) == ("empty", [])
    assert list(Invoice.history.values_list("history_type", flat=True)) == ["-", "+"]
    with pytest.raises(invoices.DraftOutdated):
        invoices.issue(invoice_ids=[draft], at=story.at, by=ADA, reason=WHY)


# --- drafts that are out of date ---


def drafted(story: Story) -> tuple[Customer, Verdict]:
    """March is issued at 50.00 and short of 30.00; April, with it, is a draft of 40.00."""
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="5")
    story.runs_billing()
    late_one = acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    story.on("2026-05-01")
    acme.uses("router.requests", "acme-web", "2026-04-05", quantity="1")
    story.runs_billing(issues=False)
    assert acme.invoice.total_minor == 4000
    return acme, late_one


def issues(story: Story, *drafts: Invoice) -> None:
    ids = [draft.pk for draft in drafts]
    invoices.issue(invoice_ids=ids, at=story.at, by=ADA, reason=WHY)


def test_a_draft_never_bills_late_usage_that_was_waived_since(story: Story) -> None:
    acme, _ = drafted(story)
    late_usage.waive(invoice=acme.invoices[0], at=story.at, by=ADA, reason=WHY)
    with pytest.raises(invoices.DraftOutdated) as refused:
        issues(story, acme.invoice)
    assert "Draft again" in refused.value.message
    assert refused.value.context["invoices"] == [acme.invoice.public_id]
    assert acme.invoice.is_draft
    story.runs_billing(issues=False)
    issues(story, acme.invoice)
    assert acme.invoice.total_minor == 1000


def test_a_draft_never_bills_an_event_that_was_voided_since(story: Story) -> None:
    acme, late_one = drafted(story)
    void(late_one, story)
    with pytest.raises(invoices.DraftOutdated):
        issues(story, acme.invoice)


def test_a_draft_never_misses_usage_that_came_since(story: Story) -> None:
    acme, _ = drafted(story)
    acme.uses("router.requests", "acme-web", "2026-04-06", quantity="1")
    with pytest.raises(invoices.DraftOutdated):
        issues(story, acme.invoice)


def test_one_draft_out_of_date_keeps_all_that_were_asked_for_from_being_issued(
    story: Story,
) -> None:
    acme, late_one = drafted(story)
    globex = story.on("2026-04-01").account("Globex")
    globex.subscribes(story.plan("team", flat("10.00")))
    story.on("2026-05-01").runs_billing(issues=False)
    void(late_one, story)
    with pytest.raises(invoices.DraftOutdated):
        issues(story, acme.invoice, globex.invoice)
    issues(story, globex.invoice)
    assert (acme.invoice.is_draft, globex.invoice.is_draft) == (True, False)


def test_late_usage_on_two_drafts_is_billed_by_one(story: Story) -> None:
    acme, _ = drafted(story)
    story.on("2026-06-01")
    acme.uses("router.requests", "acme-web", "2026-05-05", quantity="1")
    story.runs_billing(issues=False)
    _, april, may = acme.invoices
    assert (april.total_minor, may.total_minor) == (4000, 1000)
    with pytest.raises(invoices.EarlierDraft):
        issues(story, may)
    issues(story, april, may)
    assert LateUsageDecision.objects.get().billed_on == april
    assert [invoice.total_minor for invoice in acme.invoices] == [5000, 4000, 1000]


def test_an_unchanged_draft_is_issued_as_of_the_instant_it_was_looked_at_again(
    story: Story,
) -> None:
    """What came between and changed nothing is on it all the same."""
    acme, _ = drafted(story)
    story.on("2026-05-02")
    issues(story, acme.invoice)
    assert acme.invoice.rated_at == acme.invoice.issued_at == story.at
    decision: Any = LateUsageDecision.objects.get()
    assert decision.through_at == story.at
