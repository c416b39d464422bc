"""A small catalogue and a first account, to bill something within a quarter of an hour.

For books in which nothing is sold yet; everything is made by the operations that everybody uses,
and can be changed, retired or left to stand like anything else.
"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError

from accounts.models import Account, CredentialScope, Partner, Resource
from accounts.operations import accounts, partners, resources
from accounts.operations.accounts import NewAccount
from accounts.operations.partners import IssuedCredential, PartnerTerms
from accounts.operations.profiles import ProfileTerms
from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.operations import subscriptions
from billing.publishing import operations as publishing
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.db.history import create_tracked
from core.db.transactions import transaction
from core.errors import DomainError
from usage.aggregate.rules import Aggregation
from usage.meter_terms import MeterTerms
from usage.models import Meter, Source
from usage.operations import meters
from usage.operations.meters import NewMeter

SOURCE = "platform/router"
EVENT_TYPE = "router.requests"
_LATE = timedelta(days=70)
"""The whole of last month may still be told."""


class Command(ActingCommand):
    """Make a meter, a plan, an account with an app, and a sender of events."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", default="Pixel Orchard", help="Whose the app is.")
        parser.add_argument("--app", default="pixel-web", help="The app's id on the platform.")
        parser.add_argument("--currency", default="EUR", help="What it is billed in.")

    def handle(self, *args: Any, **options: Any) -> None:
        if Plan.objects.exists() or Account.objects.exists():
            raise CommandError("Something is sold here already. Nothing was saved.")
        sample = _Sample(now(), options["currency"])
        try:
            with transaction():
                plan = sample.plan(sample.meter())
                account = sample.account(options["account"])
                app = sample.app(account, options["app"])
                sample.subscribe(account, plan)
                issued = sample.sender()
        except DomainError as refused:
            raise CommandError(f"{refused.message} Nothing was saved.") from refused
        for name, value in (
            ("ACCOUNT", account.public_id),
            ("APP", app.platform_id),
            ("CLIENT_ID", issued.client_id),
            ("CLIENT_SECRET", issued.client_secret),
        ):
            self.stdout.write(f"export {name}={value}")


@dataclass(frozen=True, slots=True)
class _Sample:
    """What is made, as of the first instant of last month, so that a month has ended."""

    at: datetime
    currency: str

    @property
    def since(self) -> datetime:
        this_month = self.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (this_month - timedelta(days=1)).replace(day=1)

    def _because(self) -> dict[str, Any]:
        return {"by": current_actor(), "reason": current_reason()}

    def meter(self) -> Meter:
        """Requests that a router counted."""
        new = NewMeter(
            code="requests", name="Requests", unit="request", aggregation=Aggregation("sum")
        )
        terms = MeterTerms(event_type=EVENT_TYPE)
        return meters.define(new, terms, at=self.since, **self._because())

    def plan(self, meter: Meter) -> Plan:
        """A monthly fee, a thousand requests in it, and a price for each beyond."""
        product = plans.create_product(code="platform", name="Platform", **self._because())
        plan = plans.create_plan(
            product=product,
            code="team",
            name="Team",
            currency=self.currency,
            **self._because(),
        )
        fee = PriceTerms(
            code="fee", name="Platform fee", definition={"model": "flat", "amount": "10.00"}
        )
        requests = PriceTerms(
            code="requests",
            name="Requests",
            meter=meter,
            definition={"model": "per_unit", "unit_price": "0.001", "included": "1000"},
        )
        version = plans.draft_version(
            plan=plan, effective_from=self.since, prices=[fee, requests], **self._because()
        )
        publishing.publish(version=version, at=self.at, **self._because())
        return plan

    def account(self, name: str) -> Account:
        """A team that has been here since last month began."""
        return accounts.open(
            new=NewAccount(
                name=name, kind="team", currency=self.currency, anchor_on=date(2020, 1, 1)
            ),
            profile=ProfileTerms(legal_name=name, zone="UTC"),
            at=self.since,
            **self._because(),
        )

    def app(self, account: Account, platform_id: str) -> Resource:
        """What the events tell of."""
        return resources.register(
            platform_id=platform_id,
            kind="app",
            name=platform_id,
            account=account,
            parent=None,
            at=self.since,
            **self._because(),
        )

    def subscribe(self, account: Account, plan: Plan) -> None:
        """From the first instant of last month on."""
        subscriptions.start(account=account, plan=plan, at=self.since, **self._because())

    def sender(self) -> IssuedCredential:
        """A team of one's own that reports usage, and may read and pay bills to try it out."""
        partner: Partner = partners.enrol(
            terms=PartnerTerms(
                name="Router",
                kind="internal",
                sources=(SOURCE,),
                event_types=(EVENT_TYPE,),
                reads_every_account=True,
                reports_every_resource=True,
            ),
            at=self.at,
            **self._because(),
        )
        create_tracked([Source(name=SOURCE, partner=partner, max_late=_LATE)])
        scopes = [
            CredentialScope.USAGE_WRITE,
            CredentialScope.INVOICES_READ,
            CredentialScope.PAYMENTS_WRITE,
            CredentialScope.PAYMENTS_READ,
        ]
        return partners.issue_credential(
            partner=partner, label="first", scopes=scopes, at=self.at, **self._because()
        )
