"""Billing under /admin: drafts change through their operations, facts never."""

from __future__ import annotations

import json
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from accounts.permissions import Role
from billing.catalogue.models import Price
from billing.receivables.queries.next_actions import invoice_life
from core.clock import now
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.records import send_price
from tests.console.test_invoice_page import words

FACTS = (
    ("api", "credentialuse"),
    ("api", "idempotencykey"),
    ("eventing", "outboxevent"),
    ("eventing", "feedentry"),
    ("eventing", "untoldevent"),
    ("eventing", "webhookendpoint"),
    ("eventing", "webhooksecret"),
    ("eventing", "endpointhealth"),
    ("eventing", "webhooklane"),
    ("eventing", "webhookdelivery"),
    ("eventing", "webhookattempt"),
    ("eventing", "attemptcontent"),
    ("contracts", "coupon"),
    ("contracts", "entitlement"),
    ("contracts", "couponredemption"),
    ("invoicing", "couponuse"),
    ("contracts", "changeoutcome"),
    ("contracts", "subscriptionchange"),
    ("contracts", "subscriptionpause"),
    ("whatif", "changequote"),
    ("accounts", "passwordmark"),
    ("audit", "seal"),
    ("audit", "sealedrange"),
    ("duty", "rulelook"),
    ("duty", "servedrelease"),
    ("invoicing", "invoice"),
    ("invoicing", "invoiceline"),
    ("invoicing", "numberseries"),
    ("invoicing", "numberingchange"),
    ("ledger", "journal"),
    ("ledger", "journalline"),
    ("ledger", "ledgeraccount"),
    ("ledger", "chartversion"),
    ("disputes", "attachment"),
    ("disputes", "casemessage"),
    ("disputes", "claimdraft"),
    ("disputes", "clockevent"),
    ("disputes", "creditbatch"),
    ("disputes", "creditbatchrow"),
    ("disputes", "disputecase"),
    ("disputes", "disputeline"),
    ("disputes", "evidencefile"),
    ("disputes", "incident"),
    ("disputes", "moneypromise"),
    ("disputes", "promiseletpass"),
    ("disputes", "replypack"),
    ("disputes", "servicehours"),
    ("closing", "batchedjournal"),
    ("closing", "closecheck"),
    ("closing", "closesignature"),
    ("closing", "closewaiver"),
    ("closing", "journalbatch"),
    ("closing", "monthclose"),
    ("closing", "recognitionpolicy"),
    ("closing", "revenueentry"),
    ("closing", "revenuerecognition"),
    ("closing", "revenueschedule"),
    ("ledger", "periodlock"),
    ("ledger", "periodlockvoid"),
    ("ledger", "bookmonth"),
    ("ledger", "balancemark"),
    ("invoicing", "billedspan"),
    ("invoicing", "billrun"),
    ("invoicing", "billrunchunk"),
    ("invoicing", "billrunitem"),
    ("invoicing", "consolidation"),
    ("invoicing", "creditgrant"),
    ("invoicing", "grantmovement"),
    ("invoicing", "invoiceterms"),
    ("invoicing", "oneoffinvoice"),
    ("invoicing", "sanitypolicy"),
    ("invoicing", "sanityrelease"),
    ("invoicing", "sourcewaiver"),
    ("parallel_run", "importunderway"),
    ("parallel_run", "parallelrun"),
    ("parallel_run", "parallelrunrow"),
    ("parallel_run", "parallelrunsku"),
    ("parallel_run", "foreignaccount"),
    ("legacy", "cutover"),
    ("legacy", "legacyimport"),
    ("legacy", "legacyinvoice"),
    ("contracts", "priceoverride"),
    ("licences", "poolbucket"),
    ("licences", "poolcommitment"),
    ("licences", "license"),
    ("licences", "licenseamendment"),
    ("licences", "licenseproduct"),
    ("licences", "licensequote"),
    ("licences", "movement"),
    ("licences", "poolalert"),
    ("licences", "quoteacceptance"),
    ("spending", "spendinglimit"),
    ("spending", "spendingmark"),
    ("spending", "spendingresume"),
    ("spending", "spendingwatch"),
    ("catalogue", "workedcase"),
    ("invoicing", "lateusagedecision"),
    ("invoicing", "lateusageamount"),
    ("whatif", "simulation"),
    ("usage", "heldsettlement"),
    ("accounts", "customerlook"),
    ("accounts", "disclosure"),
    ("accounts", "putoff"),
    ("accounts", "savedview"),
    ("accounts", "savedviewend"),
    ("whatif", "simulationrow"),
    ("whatif", "simulationoutcome"),
    ("invoicing", "creditnote"),
    ("invoicing", "creditnoteline"),
    ("invoicing", "creditnotetax"),
    ("invoicing", "invoicetax"),
    ("invoicing", "invoicevoid"),
    ("receivables", "bankfile"),
    ("receivables", "bankrow"),
    ("receivables", "bankrowfate"),
    ("receivables", "dunningnotice"),
    ("receivables", "excesscleared"),
    ("receivables", "payerreference"),
    ("receivables", "paymentpromise"),
    ("receivables", "ruleversion"),
    ("papers", "paper"),
    ("papers", "paperfile"),
    ("papers", "plannedthrough"),
    ("receivables", "hold"),
    ("receivables", "holdentry"),
    ("receivables", "payment"),
    ("receivables", "paymentreversal"),
    ("receivables", "refund"),
    ("receivables", "refundattempt"),
    ("receivables", "settlement"),
    ("invoicing", "adjustment"),
    ("invoicing", "adjustmentbilled"),
    ("approvals", "proposal"),
    ("approvals", "proposalversion"),
    ("approvals", "decision"),
    ("approvals", "proposalexecution"),
    ("approvals", "approvalpolicy"),
)


def test_every_model_of_billing_has_a_page() -> None:
    models = [
        model
        for model in apps.get_models()
        if model.__module__.startswith("billing.") and not model.__name__.startswith("Historical")
    ]

    assert [model for model in models if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize(("label", "name"), FACTS)
def test_a_fact_is_listed_and_cannot_be_added(
    label: str, name: str, platform: Platform, fay: Browser
) -> None:
    listed = fay.get(f"/admin/{label}/{name}/")
    added = fay.get(f"/admin/{label}/{name}/add/")

    assert (listed.status_code, added.status_code) == (200, 403)


def test_a_fact_cannot_be_changed_or_deleted(platform: Platform, fay: Browser) -> None:
    url = f"/admin/invoicing/invoice/{platform.invoice.pk}/"

    changed = fay.post(f"{url}change/", {"total_minor": "1", "reason": "No"})
    deleted = fay.post(f"{url}delete/", {"post": "yes"})

    assert (changed.status_code, deleted.status_code) == (403, 403)


def test_a_record_opens_in_the_console(platform: Platform, fay: Browser) -> None:
    page = fay.get(f"/admin/invoicing/invoice/{platform.invoice.pk}/change/").content.decode()

    assert f'href="/invoices/{platform.invoice.public_id}/">Open in the console' in page


def test_an_invoice_says_what_may_be_done_with_it_as_the_console_does(
    platform: Platform, fay: Browser
) -> None:
    html = fay.get(f"/admin/invoicing/invoice/{platform.invoice.pk}/change/").content
    page, invoice = words(html), platform.invoice

    life = invoice_life(invoice, at=now())

    assert life.label in page
    for action in life.actions:
        assert f"{action.label} : {action.why_not or 'possible now'}" in page
    assert f'href="/invoices/{invoice.public_id}/propose/credit-note/">Credit</a>' in html.decode()
    payer = invoice.payer.public_id
    assert f'href="/finance/payments/record/?payer={payer}">' in html.decode()


def test_the_price_of_a_draft_is_changed_with_a_reason(draft_price: Price, fay: Browser) -> None:
    document = {"model": "flat", "amount": "6"}

    answer = send_price(
        fay,
        draft_price,
        {"definition": json.dumps(document), "reason": "Agreed with sales, ticket 31"},
    )

    assert answer.status_code == 302
    draft_price.refresh_from_db()
    assert draft_price.definition == document
    latest = Price.history.filter(id=draft_price.pk).latest()
    assert (latest.actor_name, latest.history_change_reason) == (
        "Fay",
        "Agreed with sales, ticket 31",
    )


def test_a_price_document_that_means_nothing_is_refused_beside_it(
    draft_price: Price, fay: Browser
) -> None:
    answer = send_price(fay, draft_price, {"definition": '{"model": "magic"}'})

    assert answer.status_code == 200
    assert "Please correct the error below." in words(answer.content)
    draft_price.refresh_from_db()
    assert draft_price.definition == {"model": "flat", "amount": "5"}


def test_a_published_price_is_only_shown(platform: Platform, fay: Browser) -> None:
    price = platform.version.prices.first()
    assert price is not None

    answer = send_price(fay, price)

    assert answer.status_code == 403


def test_who_it_is_billed_to_is_left_out_for_an_auditor(platform: Platform) -> None:
    auditor = client_of(person("aude", Role.AUDITOR))

    page = words(auditor.get(f"/admin/invoicing/invoice/{platform.invoice.pk}/change/").content)

    assert "CF-00000001" in page
    assert "Acme Ltd" not in page


def test_an_operator_has_no_business_with_billing(platform: Platform, operator: Client) -> None:
    assert operator.get("/admin/invoicing/invoice/").status_code == 403


def test_rows_that_say_nothing_can_be_chosen_by_a_name(platform: Platform, fay: Browser) -> None:
    listed = fay.get("/admin/invoicing/billrunitem/").content.decode()
    narrowed = fay.get("/admin/invoicing/billrunitem/?parked_code=").content.decode()

    assert re.search(r'<a href="\?parked_code=">\s*none\s*</a>', listed)
    assert "Globex" not in narrowed.partition('id="changelist-form"')[2]
