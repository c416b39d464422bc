"""What users of other billing systems complained about, each as a test of what went wrong.

Here what went wrong with whole invoices; with prices it is in tests/rating, with usage in
tests/usage.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from billing.invoicing.invariants.books import income_agrees
from billing.invoicing.models import InvoiceLine
from billing.ledger.models import Journal, JournalLine
from billing.receivables.invariants import receivables_agree
from tests.billing.prices import flat, per_unit, requests
from tests.story import Story

OURS = ("accounts.", "approvals.", "billing.", "core.", "eventing.", "usage.")

NULLABLE_UNIQUE = """
    SELECT held.relname, found.relname
    FROM pg_index AS one
    JOIN pg_class AS found ON found.oid = one.indexrelid
    JOIN pg_class AS held ON held.oid = one.indrelid
    WHERE one.indisunique AND NOT one.indnullsnotdistinct AND held.relname = ANY(%s)
      AND EXISTS (SELECT FROM pg_attribute AS part WHERE part.attrelid = held.oid
                  AND part.attnum = ANY(one.indkey) AND NOT part.attnotnull)
"""


@pytest.mark.parametrize("anchor", ["2024-01-29", "2024-01-30", "2024-01-31", "2024-02-29"])
def test_T2_months_from_the_29th_to_the_31st_neither_overlap_nor_leave_gaps(
    story: Story, anchor: str
) -> None:
    """lago-api#6173, killbill#2133: such months overlapped, and the day drifted to the 28th."""
    plan = story.plan("team", flat("10.00"))
    acme = story.on(anchor).account("Acme", anchor=anchor)
    acme.subscribes(plan)
    story.on("2028-04-01").runs_billing()
    periods = [invoice.period for invoice in acme.invoices]
    wanted = date.fromisoformat(anchor).day
    assert len(periods) == (49 if anchor == "2024-02-29" else 50)
    assert periods[0].start.date().isoformat() == anchor
    assert all(one.end == following.start for one, following in pairwise(periods))
    for start in (period.start for period in periods):
        assert start.day == min(wanted, monthrange(start.year, start.month)[1])
    assert {invoice.total_minor for invoice in acme.invoices} == {1000}


def test_T4_a_fee_without_a_resource_is_on_an_invoice_once(story: Story) -> None:
    """lago-api#4225: a unique index passed over rows with a NULL, so a fee could come twice."""
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing(issues=False)
    fee = acme.invoice.lines.get()
    again = {field.attname: getattr(fee, field.attname) for field in fee._meta.concrete_fields}
    again |= {"id": None, "position": fee.position + 1}
    with pytest.raises(IntegrityError, match="line_key_unique"), transaction.atomic():
        InvoiceLine.objects.create(**again)
    story.runs_billing()
    assert (acme.invoice.lines.count(), acme.invoice.total_minor) == (1, 1000)


def test_T4_no_unique_index_passes_over_rows_with_a_null(db: None) -> None:
    """Some are held to having none by a check: an issued invoice has its number, a decision to bill
    names the invoice. An example that is sent has no event, and there may be any number. Most votes
    are in nobody's name. The others name what is taken back, which most rows do not do."""
    tables = [model._meta.db_table for model in _models()]
    with connection.cursor() as cursor:
        cursor.execute(NULLABLE_UNIQUE, [tables])
        found = {name for _, name in cursor.fetchall()}
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        checks = {name for (name,) in cursor.fetchall()}
    assert found == {
        "approvals_mandatedraw_gives_back_id_key",
        "approvals_proposal_replaces_id_key",
        "decision_approved_once_in_a_name",
        "closing_closecheckwork_check_made_id_key",
        "invoicing_consolidation_invoice_id_key",
        "invoicing_creditgrant_bought_with_id_key",
        "grant_once_per_window",
        "invoicing_adjustment_reverses_id_key",
        "invoicing_invoice_number_key",
        "invoice_sequence_once_per_series",
        "late_decision_billed_once_per_invoice",
        "invoicing_invoice_reissues_id_key",
        "ledger_journal_reverses_id_key",
        "papers_paper_credit_note_id_key",
        "papers_paper_invoice_id_key",
        "papers_paper_void_id_key",
        "receivables_settlement_reverses_id_key",
        "webhook_delivery_once",
    }
    assert checks >= {"invoice_issued_iff_numbered", "late_decision_billed_names_invoice"}


def _models() -> list[Any]:
    return [model for model in apps.get_models() if model.__module__.startswith(OURS)]


def test_T11_a_balance_is_the_sum_of_what_was_booked(story: Story) -> None:
    """lago-api#4641: the balance was floored, its transactions were rounded; a cent went missing
    each time."""
    calls = per_unit(requests(story), "0.00428444999")
    plan = story.plan("calls", calls, flat("0.335"))
    acme = story.on("2026-01-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    for month, quantity in (("01", "3333.3"), ("02", "1"), ("03", "350")):
        story.on(f"2026-{month}-28")
        acme.uses("router.requests", "acme-web", f"2026-{month}-05", quantity=quantity)
    story.on("2026-04-01").runs_billing()

    shown = [invoice.total_minor for invoice in acme.invoices]
    # 14.2814… and 0.00428… and 1.4995…, each with a fee of 0.335: rounded by the line.
    assert shown == [1428 + 34, 0 + 34, 150 + 34]
    sides = JournalLine.objects.filter(account=acme.account)
    assert list(sides.order_by("pk").values_list("amount_minor", flat=True)) == shown
    assert Journal.objects.count() == 3
    assert receivables_agree().holds
    assert income_agrees().holds
