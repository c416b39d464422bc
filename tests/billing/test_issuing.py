"""Issue: frozen, numbered without a gap, booked once; in the database, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from billing.invoicing.documents.content import content_digest, lines_digest
from billing.invoicing.models import Invoice, InvoiceLine, NumberSeries
from billing.invoicing.operations import invoices
from billing.ledger.models import Journal
from eventing.models import OutboxEvent
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story

CHANGES = [
    "UPDATE invoicing_invoice SET total_minor = 1, subtotal_minor = 1",
    "UPDATE invoicing_invoice SET state = 'draft'",
    "UPDATE invoicing_invoice SET billed_to = '{}'",
    "UPDATE invoicing_invoiceline SET amount_minor = 1",
    "UPDATE invoicing_invoiceline SET description = 'cheaper'",
    "DELETE FROM invoicing_invoiceline",
    "INSERT INTO invoicing_invoiceline (invoice_id, position, key, kind, group_label, description,"
    " quantity, unit, amount_minor, dimensions, explanation, period_from, period_until)"
    " SELECT id, 99, 'x', 'fee', '', 'x', 1, '', 1, '{}', '[]', period_from, period_until"
    " FROM invoicing_invoice",
    "UPDATE ledger_journalline SET amount_minor = amount_minor * 2",
    "DELETE FROM ledger_journal",
    "TRUNCATE ledger_journal CASCADE",
]


@pytest.fixture
def acme(story: Story) -> Customer:
    """An account whose March is over."""
    plan = story.plan("team", flat("10.00"))
    customer = story.on("2026-03-01").account("Acme")
    customer.subscribes(plan)
    story.on("2026-04-01")
    return customer


def test_a_draft_has_no_number_and_nothing_in_the_books(story: Story, acme: Customer) -> None:
    story.runs_billing(issues=False)
    assert (acme.invoice.state, acme.invoice.number, Journal.objects.count()) == ("draft", None, 0)


def test_issuing_a_draft_numbers_books_and_tells_it_once(story: Story, acme: Customer) -> None:
    story.runs_billing(issues=False)
    (issued,) = invoices.issue(invoice_ids=[acme.invoice.pk], at=story.at, by=ADA, reason=WHY)
    assert issued.number == "CF-00000001"
    journal = Journal.objects.get(source=issued.public_id)
    sides = journal.lines.order_by("-amount_minor")
    assert [(str(side.ledger_account), side.amount_minor) for side in sides] == [
        ("Receivables", 1000),
        ("Revenue", -1000),
    ]
    told = OutboxEvent.objects.get(type="invoice.issued")
    assert told.payload["total"] == {"currency": "USD", "decimal": "10.00"}
    with pytest.raises(invoices.NotADraft):
        invoices.issue(invoice_ids=[issued.pk], at=story.at, by=ADA, reason=WHY)


def test_the_hash_is_that_of_what_is_stored(story: Story, acme: Customer) -> None:
    story.runs_billing()
    invoice = acme.invoice
    stored = lines_digest(invoice.lines.order_by("position"))
    assert content_digest(invoice, lines_sha256=stored) == invoice.content_sha256


def test_the_due_day_is_counted_from_the_local_day_of_issue(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-01").account("Acme", zone="Asia/Tokyo")
    acme.subscribes(plan)
    story.on("2026-03-31T15:00").runs_billing()  # 1 April in Tokyo
    assert str(acme.invoice.due_on) == "2026-05-01"


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_an_issued_invoice(
    story: Story, acme: Customer, change: str
) -> None:
    story.runs_billing()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_draft_is_rebuilt_when_its_inputs_change(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="100")
    story.runs_billing(issues=False)
    draft = acme.invoice
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="50")  # late, in the grace
    run = story.runs_billing(issues=False)
    assert run.items.get().state == "billed"
    assert (acme.invoice.pk, acme.invoice.total_minor) == (draft.pk, 150)
    assert acme.statement == "requests  150  1.50\ntotal  1.50"


def test_rating_an_unchanged_draft_again_writes_nothing(story: Story, acme: Customer) -> None:
    story.runs_billing(issues=False)
    counts = (Invoice.history.count(), InvoiceLine.objects.get().pk)
    run = story.runs_billing(issues=False)
    assert run.items.get().state == "unchanged"
    assert (Invoice.history.count(), InvoiceLine.objects.get().pk) == counts


def test_a_failure_after_the_number_was_taken_gives_it_back(story: Story, acme: Customer) -> None:
    story.runs_billing(issues=False)
    draft = acme.invoice

    def dies_before_the_commit() -> None:
        with transaction.atomic():
            invoices.issue(invoice_ids=[draft.pk], at=story.at, by=ADA, reason=WHY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        dies_before_the_commit()
    assert NumberSeries.objects.get(prefix="CF-").next_value == 1
    assert (Journal.objects.count(), acme.invoice.state) == (0, "draft")
