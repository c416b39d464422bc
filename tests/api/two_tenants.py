"""Acme, whom an agency may read, and the canary beside it, of whom it must not learn.

Both have one of each kind of thing that the doors tell: the same months, told with other names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model

from accounts.models import Account, Partner
from accounts.operations import payers
from billing.disputes.models import DisputeCase
from billing.disputes.operations import opening
from billing.disputes.operations.evidence_files import SentFile
from billing.disputes.operations.messages import customer_said
from billing.disputes.operations.opening import NewCase, NewLine
from billing.disputes.targets import whole
from billing.invoicing.models import InvoiceLine
from billing.invoicing.operations import late_usage
from billing.papers.operations import planning
from core.clock import now
from eventing.operations import telling
from tests.billing.grants.granted import grants_to
from tests.billing.licences.licensing import Enterprise, dyno_units, opened, pool
from tests.billing.prices import dyno_seconds, per_unit, requests
from tests.billing.receivables.books import Books
from tests.cast import partner
from tests.people import ADA
from tests.story import WHY, Story

CANARY = "Kanarienvogel"


@dataclass
class TwoTenants:
    """The two, and the agency of the first."""

    story: Story
    mine: Enterprise
    theirs: Enterprise
    agency: Partner
    plans: list[Any] = field(default_factory=list)

    @property
    def canaries(self) -> set[str]:
        """Texts that name the other one: its name, and every public id of what is its alone."""
        return {CANARY.lower(), *(each.lower() for each in _ids_of(self.theirs.account))}

    def one_of(self, model: type[Model], *, theirs: bool) -> Any:
        """A row of either; the test fails where there is none."""
        account = (self.theirs if theirs else self.mine).account
        found = model._default_manager.filter(**{path_to_account(model): account.pk}).first()
        assert found is not None, f"nobody has a {model.__name__}; tell one in the story"
        return found


def two_tenants() -> TwoTenants:
    """Told from the start of 2026 to the first of May."""
    story = Story().on("2026-01-01")
    plans = [
        story.plan("calls", per_unit(requests(story), "1.00")),
        story.plan("dynos", dyno_units(dyno_seconds(story))),
    ]
    both = [Enterprise(story, opened(story, name, "enterprise")) for name in ("Acme", CANARY)]
    agency = partner("Agency", reads=(both[0].account,), reports_for=())
    world = TwoTenants(story, both[0], both[1], agency, plans)
    for each in both:
        _begins(world, each)
    story.on("2026-03-01")
    for each in both:
        name = app_of(each)
        each.uses("router.requests", name, "2026-02-10", quantity="50")
        each.scales(name, "performance-m", "9", at="2026-02-01T00:00")
    story.runs_billing()
    for each in both:
        _goes_on(story, each)
    story.on("2026-04-01").runs_billing()
    # What is the reader's own may point at the other: who pays from April on.
    payers.assign(
        account=world.mine.account, payer=world.theirs.account, at=story.at, by=ADA, reason=WHY
    )
    story.on("2026-05-01")
    for each in both:
        each.uses("router.requests", app_of(each), "2026-04-10", quantity="5")
    story.runs_billing()
    for each in both:
        each.uses("router.requests", app_of(each), "2026-04-11", quantity="2")
        late_usage.waive(invoice=each.invoices[-1], at=story.at, by=ADA, reason=WHY)
    while planning.plan(at=story.at):
        pass
    telling.tell(at=now())
    return world


def app_of(each: Enterprise) -> str:
    """The platform id of its app."""
    return f"{each.account.name.lower()}-web"


def _begins(world: TwoTenants, each: Enterprise) -> None:
    for plan in world.plans:
        each.subscribes(plan)
    each.app(app_of(each))
    number = f"LIC-{each.account.name}"
    each.agrees(number, starts="2026-02-01", until="2026-12-01", commitments=[pool()])
    grants_to(each, f"Grant of {each.account.name}", "3.00", starts="2026-01-01")


def _goes_on(story: Story, each: Enterprise) -> None:
    """It pays, is credited, and contests a charge."""
    books = Books(story, each)
    invoice = books.invoice({f"Advice for {each.account.name}": "100.00", "More": "20.00"})
    books.paid(invoice, "10.00")
    books.credits(invoice, "More", "5.00")
    rows = InvoiceLine.objects.select_related(
        "invoice__account", "price__meter", "resource", "corrects"
    )
    used = rows.filter(invoice__account=each.account, kind="usage", price__code="requests")
    line = used.order_by("pk")[0]
    case = opening.open_case(
        new=NewCase(
            account=each.account,
            said=f"{each.account.name} did not order this.",
            lines=[NewLine(whole(line), "not_ours", {})],
            channel=DisputeCase.Channel.API,
            ticket=f"T-{each.account.name}",
            customer=each.account.name,
        ),
        at=story.at,
        by=ADA,
    )
    customer_said(
        case=case,
        body=f"A file of {each.account.name}",
        author=each.account.name,
        at=story.at,
        by=ADA,
        file=SentFile(f"{each.account.name}.txt", each.account.name.encode()),
    )


def path_to_account(model: type[Model]) -> str:
    """How a row leads to whose it is."""
    return _PATHS.get(model.__name__, "account")


_PATHS = {
    "Account": "pk",
    "Attachment": "message__case__account",
    "CreditNote": "invoice__account",
    "InvoiceLine": "invoice__account",
    "LateUsage": "invoice__account",
    "LateSettlement": "invoice__account",
    "Movement": "bucket__commitment__license__account",
    "Paper": "invoice__account",
    "Resource": "ownerships__account",
}


def _ids_of(account: Account) -> Iterator[str]:
    """The public ids of every row that names the account itself."""
    yield account.public_id
    for model in apps.get_models():
        names = {each.name for each in model._meta.get_fields()}
        if {"account", "public_id"} <= names and model is not Account:
            rows = model._default_manager.filter(account=account)
            yield from (str(each) for each in rows.values_list("public_id", flat=True))
