"""django-silver's invoices of a month, made in process; run by its own environment's Python.

Each customer has one monthly subscription with so many metered features and a row of usage for
each; PEER_DATABASE_URL names the empty database it works in. Prints one JSON object: how many
invoices each run made, in what seconds, and how many entries an invoice has.
"""

# ruff: noqa: E402  it must be configured before its parts are imported
import json
import os
import sys
import time
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, unquote, urlsplit

import django
from cryptography.fernet import Fernet
from django.conf import settings

_address = urlsplit(os.environ["PEER_DATABASE_URL"])
_socket = parse_qs(_address.query).get("host", [""])[0]
settings.configure(
    SECRET_KEY="bench",  # noqa: S106  nothing is signed with it
    USE_TZ=True,
    DEBUG=False,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ROOT_URLCONF="silver.urls",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _address.path.lstrip("/"),
            "USER": unquote(_address.username or ""),
            "PASSWORD": unquote(_address.password or ""),
            "HOST": unquote(_address.hostname or "") or _socket,
            "PORT": str(_address.port or ""),
        }
    },
    INSTALLED_APPS=[
        "dal", "dal_select2", "django.contrib.admin", "django.contrib.auth",
        "django.contrib.contenttypes", "django.contrib.messages", "django.contrib.sessions",
        "django.contrib.staticfiles", "django_fsm", "rest_framework", "django_filters", "silver",
    ],
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
    ],
    PAYMENT_PROCESSORS={},
    SILVER_DEFAULT_DUE_DAYS=5,
    SILVER_DOCUMENT_PREFIX="documents/",
    SILVER_DOCUMENT_STORAGE=None,
    SILVER_PAYMENT_TOKEN_EXPIRATION=None,
    SILVER_AUTOMATICALLY_CREATE_TRANSACTIONS=False,
    PAYMENT_METHOD_SECRET=Fernet.generate_key(),
    LOGGING_CONFIG=None,
    STATIC_URL="/static/",
)  # fmt: skip
django.setup()

from django.core.management import call_command
from silver.documents_generator import DocumentsGenerator  # type: ignore[import-not-found]
from silver.models import (  # type: ignore[import-not-found]
    Customer,
    DocumentEntry,
    Invoice,
    MeteredFeature,
    MeteredFeatureUnitsLog,
    Plan,
    ProductCode,
    Provider,
    Subscription,
)

_STARTED, _BILLED_ON = date(2026, 9, 1), date(2026, 10, 1)
_SOMEWHERE = {"address_1": "A", "country": "DE", "city": "B", "state": "S"}


def main(customer_count: int, feature_count: int, run_count: int) -> None:
    call_command("migrate", verbosity=0)
    plan, features = _plan(feature_count)
    seconds, invoices = [], []
    for run in range(run_count):
        customers = [_customer(f"{run}-{each}", plan, features) for each in range(customer_count)]
        before = Invoice.objects.count()
        started = time.perf_counter()
        DocumentsGenerator().generate(billing_date=_BILLED_ON, customers=customers)
        seconds.append(time.perf_counter() - started)
        invoices.append(Invoice.objects.count() - before)
    entries = DocumentEntry.objects.count() / Invoice.objects.count()
    print(json.dumps({"seconds": seconds, "invoices": invoices, "entries": entries}))


def _plan(feature_count: int) -> "tuple[Plan, list[MeteredFeature]]":
    provider = Provider.objects.create(
        name="Bench", company="Bench", flow="invoice", invoice_series="BENCH",
        invoice_starting_number=1, default_document_state="draft", **_SOMEWHERE,
    )  # fmt: skip
    features = [
        MeteredFeature.objects.create(
            name=f"m{each}", unit="h", price_per_unit=Decimal("0.0347"), included_units=0,
            product_code=ProductCode.objects.create(value=f"m{each}"),
        )
        for each in range(feature_count)
    ]  # fmt: skip
    plan = Plan.objects.create(
        name="bench", interval="month", interval_count=1, amount=Decimal(7), currency="EUR",
        generate_after=0, enabled=True, provider=provider,
        product_code=ProductCode.objects.create(value="bench"),
    )  # fmt: skip
    plan.metered_features.add(*features)
    return plan, features


def _customer(reference: str, plan: "Plan", features: "list[MeteredFeature]") -> "Customer":
    customer = Customer.objects.create(
        first_name="Bench", last_name=reference, customer_reference=reference,
        sales_tax_percent=Decimal(19), sales_tax_name="VAT", consolidated_billing=True,
        currency="EUR", **_SOMEWHERE,
    )  # fmt: skip
    subscription = Subscription.objects.create(
        plan=plan, customer=customer, start_date=_STARTED, reference="bench"
    )
    subscription.activate(start_date=_STARTED)
    subscription.save()
    MeteredFeatureUnitsLog.objects.bulk_create(
        MeteredFeatureUnitsLog(
            metered_feature=feature, subscription=subscription, consumed_units=Decimal("123.5"),
            start_date=_STARTED, end_date=date(2026, 9, 30),
        )
        for feature in features
    )  # fmt: skip
    return customer


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
