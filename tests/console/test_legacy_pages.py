"""Invoices of another system on screen: imports, one import, one invoice."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from billing.legacy.models import LegacyInvoice
from billing.legacy.operations import keep, prepare
from tests.billing.legacy.exports import mapping, stripe_invoice, written
from tests.console.platform import Platform
from tests.people import ADA

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(tmp_path: Path, platform: Platform) -> LegacyInvoice:
    """An invoice of Acme's from the system before."""
    account = platform.acme.account
    decided = mapping("stripe", more=f'[accounts]\ncus_1 = "{account.public_id}"\n')
    found = prepare([written(tmp_path, "in.json", stripe_invoice())], decided)
    keep(found, at=platform.story.at, by=ADA, reason="Moving from Stripe")
    return LegacyInvoice.objects.get()


def test_each_page_leads_to_the_next(invoice: LegacyInvoice, support: Client) -> None:
    brought = f"/runs/legacy/{invoice.brought_by.public_id}/"
    own = f"/runs/legacy/invoices/{invoice.public_id}/"
    listed = support.get("/runs/legacy/").content.decode()
    assert brought in listed
    assert "October 2026" in listed
    assert own in support.get(brought).content.decode()
    page = support.get(own).content.decode()
    assert "in.json, 1" in page
    assert "$30.00" in page


def test_what_nobody_read_is_for_those_who_read_all(
    invoice: LegacyInvoice, senior: Client, support: Client
) -> None:
    own = f"/runs/legacy/invoices/{invoice.public_id}/"
    assert "send_invoice" in senior.get(own).content.decode()
    assert "send_invoice" not in support.get(own).content.decode()


@pytest.mark.parametrize("path", ["legacy/lgi_0/", "legacy/invoices/lgv_0/"])
def test_what_does_not_exist_is_not_found(path: str, platform: Platform, support: Client) -> None:
    assert support.get(f"/runs/{path}").status_code == 404


def test_an_operator_stays_outside(invoice: LegacyInvoice, operator: Client) -> None:
    assert operator.get("/runs/legacy/").status_code == 403
