"""Invoices of another system are kept once, whole, and beside ours."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.models import Account
from billing.legacy import queries
from billing.legacy.models import LegacyImport, LegacyInvoice
from billing.legacy.operations import (
    LegacyAccountsMissing,
    LegacyInvoiceChanged,
    LegacyUnbalanced,
    PreparedImport,
    keep,
    prepare,
)
from core.actor import Actor, ReasonMissing
from core.money import Money
from tests.billing.legacy.exports import PLACES, mapping, stripe_invoice, written
from tests.billing.prices import flat
from tests.story import Story

pytestmark = pytest.mark.django_db

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
BY = Actor.person("usr_1", "Ada")


def prepared(directory: Path, account: Account, *invoices: dict[str, Any]) -> PreparedImport:
    decided = mapping("stripe", more=f'[accounts]\ncus_1 = "{account.public_id}"\n')
    return prepare([written(directory, "in.json", list(invoices))], decided)


def kept(found: PreparedImport) -> LegacyImport | None:
    return keep(found, at=AT, by=BY, reason="Moving from Stripe")


def test_an_invoice_is_kept_with_all_its_lines(tmp_path: Path, acme: Account) -> None:
    brought = kept(prepared(tmp_path, acme, stripe_invoice()))
    assert brought
    assert brought.summary["currencies"]["USD"] == {
        "documents": 1, "charged": "32.13", "settled": "20.00", "open": "12.13",
    }  # fmt: skip
    (invoice,) = queries.invoices_of_account(acme, most=5)
    assert (invoice.charged, invoice.open) == (Money.from_minor(3213, "USD"),
                                               Money.from_minor(1213, "USD"))  # fmt: skip
    assert [line["amount"] for line in invoice.content["lines"]] == ["30.00", "-3.00", "5.13"]
    assert invoice.content["origin"]["unmapped"] == {"collection_method": "send_invoice"}


def test_the_same_files_again_keep_nothing(tmp_path: Path, acme: Account) -> None:
    kept(prepared(tmp_path, acme, stripe_invoice()))
    assert kept(prepared(tmp_path, acme, stripe_invoice())) is None
    more = prepared(tmp_path, acme, stripe_invoice(), stripe_invoice(id="in_2", number="A-2"))
    brought = kept(more)
    assert brought
    assert (brought.summary["new"], brought.summary["known"]) == (1, 1)
    assert LegacyInvoice.objects.count() == 2


def test_an_invoice_that_says_something_else_is_refused(tmp_path: Path, acme: Account) -> None:
    kept(prepared(tmp_path, acme, stripe_invoice()))
    changed = stripe_invoice(total=3000, total_discount_amounts=[], total_tax_amounts=[])
    with pytest.raises(LegacyInvoiceChanged, match="A-0001"):
        kept(prepared(tmp_path, acme, changed, stripe_invoice(id="in_2")))
    assert LegacyInvoice.objects.count() == 1


def test_what_does_not_add_up_keeps_nothing_at_all(tmp_path: Path, acme: Account) -> None:
    found = prepared(tmp_path, acme, stripe_invoice(), stripe_invoice(id="in_2", total=9999))
    with pytest.raises(LegacyUnbalanced) as refused:
        kept(found)
    assert "in.json, line 2" in str(refused.value.errors[0].detail)
    assert not LegacyInvoice.objects.exists()


def test_customers_without_an_account_are_named(tmp_path: Path, acme: Account) -> None:
    found = prepared(tmp_path, acme, stripe_invoice(id="in_2", customer="cus_9"))
    assert found.strangers == ["cus_9"]
    with pytest.raises(LegacyAccountsMissing, match="cus_9"):
        kept(found)


def test_it_is_said_why(tmp_path: Path, acme: Account) -> None:
    with pytest.raises(ReasonMissing):
        keep(prepared(tmp_path, acme, stripe_invoice()), at=AT, by=BY, reason=" ")


def test_what_is_kept_never_changes(tmp_path: Path, acme: Account) -> None:
    kept(prepared(tmp_path, acme, stripe_invoice()))
    with pytest.raises(DatabaseError), transaction.atomic():
        LegacyInvoice.objects.update(charged_minor=1)


def test_a_month_stands_beside_ours(tmp_path: Path, acme: Account) -> None:
    kept(prepared(tmp_path, acme, stripe_invoice()))
    (month,) = queries.months_beside("stripe")
    assert (month.month, month.accounts, month.missing) == (date(2026, 10, 1), 1, 1)
    assert month.difference == Money.from_minor(-3213, "USD")
    assert not month.agrees


def test_a_month_that_we_billed_alike_agrees(tmp_path: Path, story: Story) -> None:
    plan = story.plan("standard", flat("30.00"))
    story.on("2026-10-01")
    ours = story.account("Blaue Werft")
    ours.subscribes(plan)
    story.on("2026-11-03")
    story.runs_billing()
    same = stripe_invoice(total=3000, total_discount_amounts=[], total_tax_amounts=[])
    kept(prepared(tmp_path, ours.account, same))
    (month,) = queries.months_beside("stripe")
    assert (month.equal, month.agrees, month.ours) == (1, True, Money.from_minor(3000, "USD"))


class TestCommand:
    def mapped(self, directory: Path, account: Account) -> Path:
        text = f'system = "stripe"\n[currencies]\n{PLACES}[accounts]\ncus_1 = "{account.public_id}"'
        return written(directory, "stripe.toml", text)

    def test_without_keep_it_only_says(
        self, tmp_path: Path, acme: Account, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, "in.json", stripe_invoice())
        call_command("import_invoices", path, mapping=self.mapped(tmp_path, acme))
        assert (
            "USD: 1 invoices, charged 32.13, settled 20.00, open 12.13" in capsys.readouterr().out
        )
        assert not LegacyInvoice.objects.exists()

    def test_with_keep_it_keeps(
        self, tmp_path: Path, acme: Account, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, "in.json", stripe_invoice())
        call_command("import_invoices", path, mapping=self.mapped(tmp_path, acme), keep=True)
        assert re.search(r"Kept 1 invoices as lgi_\w{26}\.", capsys.readouterr().out)

    def test_what_does_not_add_up_ends_with_three(self, tmp_path: Path, acme: Account) -> None:
        path = written(tmp_path, "in.json", stripe_invoice(total=1))
        with pytest.raises(CommandError) as ended:
            call_command("import_invoices", path, mapping=self.mapped(tmp_path, acme), keep=True)
        assert ended.value.returncode == 3

    @pytest.mark.parametrize("missing", ["in.json", "stripe.toml"])
    def test_a_file_that_is_not_there_is_named(
        self, tmp_path: Path, acme: Account, missing: str
    ) -> None:
        mapped, path = self.mapped(tmp_path, acme), written(tmp_path, "in.json", stripe_invoice())
        (tmp_path / missing).unlink()
        with pytest.raises(CommandError, match=re.escape(missing)):
            call_command("import_invoices", path, mapping=mapped)
