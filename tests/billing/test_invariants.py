"""The checkers hold over a played month, and each sees the breach it is for."""

from collections.abc import Iterator
from itertools import count

import pytest
import time_machine
from django.db import connection

from billing.invoicing.drafting.rated import items
from billing.invoicing.invariants import bill_runs, books, invoices, rating
from billing.ledger import invariants
from billing.receivables.invariants import receivables_agree
from core.invariants import InvariantResult
from tests.billing.prices import dyno_month, dyno_seconds, flat
from tests.story import Story
from tests.tampering import guards_off


@pytest.fixture
def march() -> Iterator[None]:
    """What is written in March is stamped in March, so that April's run comes after it."""
    with time_machine.travel("2026-03-01T00:00:00Z", tick=False):
        yield


@pytest.fixture
def month(story: Story, march: None) -> Story:
    """Two accounts with dynos and a fee, billed for March."""
    meter = dyno_seconds(story)
    plan = story.plan("heroku", dyno_month(meter, "standard-1x", "25.00"), flat("5.00"))
    story.on("2026-03-01")
    for name in ("acme", "globex"):
        customer = story.account(name)
        customer.app(f"{name}-web")
        customer.app(f"{name}-api")
        customer.subscribes(plan)
        customer.scales(f"{name}-web", "standard-1x", "2", at="2026-03-01")
        customer.scales(f"{name}-api", "standard-1x", "1", at="2026-03-09T10:00")
    story.on("2026-04-01").runs_billing()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return story


ALL = [
    rating.quantities_are_billed_once,
    rating.rating_is_a_function,
    rating.unchanged_usage_changes_nothing,
    rating.order_does_not_matter,
    invoices.totals_agree,
    invoices.numbers_are_gapless,
    invoices.issued_content_is_unchanged,
    invoices.one_invoice_per_period,
    invoices.periods_tile,
    invoices.one_currency,
    invariants.journals_balance,
    invariants.trial_balance_is_zero,
    books.income_agrees,
    receivables_agree,
    bill_runs.nothing_due_is_forgotten,
]


TABLES = ("invoicing_invoice", "invoicing_invoiceline", "ledger_journal", "ledger_journalline")


def force(statement: str) -> None:
    """Change rows as only the owner of the tables can: with their triggers switched off."""
    with guards_off(*TABLES) as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_it_holds_after_a_month_and_looked_at_something(month: Story, check: object) -> None:
    result = check()  # type: ignore[operator]
    assert isinstance(result, InvariantResult)
    assert result.holds, result.sample_ids
    assert result.examined > 0


@pytest.mark.parametrize(
    ("breach", "check"),
    [
        ("UPDATE invoicing_invoiceline SET amount_minor = amount_minor + 1", invoices.totals_agree),
        (
            "UPDATE invoicing_invoiceline SET amount_minor = amount_minor + 1",
            rating.rating_is_a_function,
        ),
        (
            "UPDATE invoicing_invoiceline SET quantity = quantity + 1",
            rating.rating_is_a_function,
        ),
        (
            "UPDATE invoicing_invoice SET subtotal_minor = 1, total_minor = 1",
            invoices.totals_agree,
        ),
        (
            "UPDATE invoicing_invoice SET sequence = 3 WHERE sequence = 2",
            invoices.numbers_are_gapless,
        ),
        (
            "UPDATE invoicing_invoice SET inputs_digest = 'another'",
            rating.unchanged_usage_changes_nothing,
        ),
        (
            "UPDATE invoicing_invoiceline SET description = 'Cheaper'",
            invoices.issued_content_is_unchanged,
        ),
        ("UPDATE invoicing_invoice SET currency = 'EUR'", invoices.one_currency),
        (
            "ALTER TABLE invoicing_invoice DROP CONSTRAINT invoice_one_per_account_and_period;"
            " UPDATE invoicing_invoice SET account_id ="
            " (SELECT min(account_id) FROM invoicing_invoice)",
            invoices.one_invoice_per_period,
        ),
        (
            "ALTER TABLE invoicing_invoice DROP CONSTRAINT invoice_issued_after_its_period;"
            " UPDATE invoicing_invoice"
            " SET account_id = (SELECT min(account_id) FROM invoicing_invoice),"
            " period_from = period_from + interval '90 days',"
            " period_until = period_until + interval '90 days'"
            " WHERE id = (SELECT max(id) FROM invoicing_invoice)",
            invoices.periods_tile,
        ),
        (
            "UPDATE ledger_journalline SET amount_minor = 7 WHERE amount_minor > 0",
            invariants.journals_balance,
        ),
        (
            "UPDATE ledger_journalline SET amount_minor = 7 WHERE amount_minor > 0",
            invariants.trial_balance_is_zero,
        ),
        (
            "UPDATE ledger_journalline SET amount_minor = -7 WHERE amount_minor < 0",
            books.income_agrees,
        ),
        (
            "UPDATE ledger_journalline SET amount_minor = 7 WHERE amount_minor > 0",
            receivables_agree,
        ),
        (
            "UPDATE ledger_journalline SET account_id = NULL WHERE amount_minor > 0",
            receivables_agree,
        ),
        (
            "DELETE FROM invoicing_billrunitem; DELETE FROM invoicing_invoiceline;"
            " DELETE FROM invoicing_invoice; DELETE FROM invoicing_billedspan",
            bill_runs.nothing_due_is_forgotten,
        ),
        (
            "UPDATE invoicing_billedspan SET billed_until = billed_until + interval '1 day'",
            bill_runs.billed_time_is_what_was_billed,
        ),
        ("DELETE FROM invoicing_billedspan", bill_runs.billed_time_is_what_was_billed),
    ],
)
def test_a_breach_is_seen(month: Story, breach: str, check: object) -> None:
    force(breach)
    assert not check().holds  # type: ignore[operator]


def test_a_rater_that_bills_a_quantity_twice_is_seen(
    month: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rating, "items", lambda snapshot: [*items(snapshot), *items(snapshot)])
    assert not rating.quantities_are_billed_once().holds


def test_a_rater_that_answers_otherwise_the_second_time_is_seen(
    month: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = count()
    monkeypatch.setattr(rating, "rated_lines", lambda snapshot: [next(answers)])
    assert not rating.order_does_not_matter().holds


def test_billed_periods_are_among_those_examined(month: Story) -> None:
    found = bill_runs.nothing_due_is_forgotten()
    assert (found.examined, found.violations) == (2, 0)
