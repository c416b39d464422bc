"""Two customers who were there a month longer: one whose bill grew, one whose bill is kept back.

Their first month is told before the play begins, as it was received then, and billed by a run of
its own. The second bill of one says why it changed; that of the other is so many times the usual
that the run parks it for a person. Each thing is done once, however often it is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from accounts.models import Account, Partner, Resource
from accounts.operations import accounts, resources
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from accounts.operations.resources import NewResource
from accounts.permissions import Role
from billing.catalogue.models import Plan
from billing.contracts.operations import subscriptions
from billing.invoicing.models import BillRun, Invoice
from billing.invoicing.operations import bill_runs, gates
from billing.invoicing.operations.gates import SanityBounds
from core.actor import Actor
from core.periods import month_day
from demo.platform import attachments, traffic
from demo.platform.play import Play
from demo.platform.played_time import PlayedTime, local_instant
from demo.reference.customers import CURRENCY
from demo.reference.people import EVENT_TYPES, SOURCES, actor_of, holder_of
from usage import partitions
from usage.envelope import read_item
from usage.operations.ingest import Reporter, ingest

GROWN: Final = "Driftwood Atlas"
KEPT_BACK: Final = "Quillmark Press"
_BOUNDS: Final = SanityBounds(times_usual=Decimal(3), usual_from_minor=10_000)
_NOON: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class _PlayedUse:
    """What was measured of a subject on some days, as the platform reports it."""

    subject: str
    source: str
    event_type: str
    quantity: str
    days: Sequence[int]


_WEEKS: Final = (2, 9, 16, 23)
_FIRST: Final = (
    _PlayedUse("driftwood-tiles", traffic.ROUTER_SOURCE, "bandwidth.egress", "225", _WEEKS),
    _PlayedUse("driftwood-tiles", traffic.ROUTER_SOURCE, "router.requests", "900000", _WEEKS),
    _PlayedUse("quillmark-store", traffic.ROUTER_SOURCE, "bandwidth.egress", "275", _WEEKS),
)
_SECOND: Final = (
    _PlayedUse("driftwood-tiles", traffic.ROUTER_SOURCE, "bandwidth.egress", "350", _WEEKS),
    _PlayedUse("driftwood-tiles", traffic.ROUTER_SOURCE, "router.requests", "1300000", _WEEKS),
    _PlayedUse("driftwood-db", attachments.STORAGE_SOURCE, "postgres.storage", "64", (9,)),
    _PlayedUse("quillmark-store", traffic.ROUTER_SOURCE, "bandwidth.egress", "2400", _WEEKS),
)


def open_growing(play: Play) -> None:
    """Open the two, tell their first month and their second, and bound what a bill may grow by."""
    if Account.objects.filter(name=GROWN).exists():
        return
    partner = Partner.objects.get(credentials__isnull=False)
    by = Actor.partner(partner.public_id, partner.name)
    opens = _first_instant(play.time)
    plan = Plan.objects.get(code="pay-as-you-go")
    opened = {name: _open(name, opens, plan=plan, by=by) for name in (GROWN, KEPT_BACK)}
    _register(opened, play.time, by=by)
    reporter = Reporter(partner.pk, partner.name, frozenset(SOURCES), frozenset(EVENT_TYPES))
    for used, since, received_at in (
        (_FIRST, opens, play.time.opens("UTC")),
        (_SECOND, play.time.opens("UTC"), min(play.time.turns("UTC"), play.time.now)),
    ):
        days = [(since + timedelta(days=offset)).date() for offset in range(-1, 32)]
        partitions.ensure_partitions(days, at=received_at)
        items = [read_item(event) for event in _events(used, since)]
        ingest(items, at=received_at, by=by, reporter=reporter)
    gates.set_policy(
        currency=CURRENCY,
        bounds=_BOUNDS,
        at=play.time.now,
        by=actor_of(holder_of(Role.FINANCE_ADMIN)),
        reason="Agreed with the board",
    )


def _register(opened: Mapping[str, Account], time: PlayedTime, *, by: Actor) -> None:
    """An app each, and a database that one of them has from the second month on."""
    grown, app, addon = opened[GROWN], Resource.Kind.APP, Resource.Kind.ADDON
    opens, said = _first_instant(time), "Announced by the platform"
    apps = [
        NewResource("driftwood-tiles", app, "driftwood-tiles", grown, opens),
        NewResource("quillmark-store", app, "quillmark-store", opened[KEPT_BACK], opens),
    ]
    tiles, _ = resources.register_all(apps, at=time.now, by=by, reason=said)
    database = NewResource("driftwood-db", addon, "driftwood-db", grown, time.opens("UTC"), tiles)
    resources.register_all([database], at=time.now, by=by, reason=said)


def first_run(play: Play, *, at: datetime, by: Actor) -> BillRun | None:
    """The run of the month before the played one; None where it was billed already."""
    if Invoice.objects.filter(account__name=GROWN).exists():
        return None
    as_of = play.time.opens("UTC") + bill_runs.GRACE + timedelta(minutes=1)
    return bill_runs.start(
        as_of=min(as_of, at), at=at, by=by, reason=f"Before {play.time.month_on:%B %Y}"
    )


def _first_instant(time: PlayedTime) -> datetime:
    return local_instant(month_day(time.month_on, -1), datetime.min.time(), "UTC")


def _open(name: str, opens: datetime, *, plan: Plan, by: Actor) -> Account:
    account = accounts.open(
        new=NewAccount(
            name=name, kind=Account.Kind.TEAM, currency=CURRENCY, anchor_on=opens.date()
        ),
        profile=ProfileTerms(legal_name=name, zone="UTC", terms_days=30, country="US", region="OR"),
        at=opens,
        by=by,
        reason=f"{name} signed up",
    )
    subscriptions.start(
        account=account, plan=plan, at=opens, by=by, reason=f"{name} chose {plan.name}"
    )
    return account


def _events(used: Sequence[_PlayedUse], since: datetime) -> Iterator[dict[str, object]]:
    for each in used:
        for day in each.days:
            occurred = since + timedelta(days=day) + _NOON
            yield {
                "id": f"{each.subject}-{each.event_type}-{occurred:%Y-%m-%d}",
                "source": each.source,
                "type": each.event_type,
                "subject": each.subject,
                "time": occurred.isoformat(),
                "data": {"quantity": each.quantity},
            }
