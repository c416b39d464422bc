"""The world the pages are read in: months of invoices, an open month of events, one big account.

Events and roll-ups are put into the tables by SQL; invoices, ledger and history are what the bill
run makes of them. It is 20 August 2025.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from accounts.models import Account, Partner, Resource
from benchmarks import world
from benchmarks.load import preload, preload_days
from benchmarks.pages import big_account
from benchmarks.pages.imported import import_rows, legacy_invoices
from benchmarks.pages.paid import paid
from benchmarks.pages.sizes import Size
from benchmarks.rows.bill_run import bill
from benchmarks.world import World, build_world
from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import Subscription
from billing.contracts.operations.agreed_prices import AgreedPrice, agree
from billing.invoicing.models import BillRun
from billing.invoicing.operations import ended_periods
from billing.ledger.operations import balances
from billing.whatif.operations import simulations
from core.periods import Period
from usage import partitions
from usage.envelope import read_item
from usage.models import Event, Meter, QuarantinedEvent, Source
from usage.operations import backfills
from usage.operations.backfills import Range
from usage.operations.ingest import Reporter, ingest

_WHY = "Benchmark"
_BILLED_AFTER = timedelta(days=3)
_OPEN_DAYS = 19
_ISO = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Sights:
    """One of everything that an address may name."""

    client_id: str
    client_secret: str
    account: str
    resource: str
    invoice: str
    late_invoice: str
    subscription: str
    agreement: str
    run: str
    parallel_run: str
    legacy_import: str
    legacy_invoice: str
    simulation: str
    backfill: str
    event: str
    sent_event: str
    held_event: str
    meter: str
    plan: str
    version: str
    draft: str
    week: str
    days: str
    payment: str
    bank_file: str
    bank_row: str
    source: str
    position: str = "1"
    verb: str = "amend"
    step: str = "close"
    payment_verb: str = "allocate"
    close_month: str = "2025-07"
    currency: str = "EUR"
    series: str = "CF-"
    big_account: str = ""
    big_invoice: str = ""
    big_resource: str = ""
    long_account: str = ""
    long_invoice: str = ""
    long_resource: str = ""

    def of_the_big_account(self) -> "Sights":
        """The same, but of the account with thousands of apps."""
        return replace(
            self,
            account=self.big_account,
            invoice=self.big_invoice,
            resource=self.big_resource,
        )

    def of_the_long_account(self) -> "Sights":
        """The same, but of the one whose invoices have a line for each of its thousands of apps."""
        return replace(
            self,
            account=self.long_account,
            invoice=self.long_invoice,
            resource=self.long_resource,
        )


def month(number: int) -> date:
    """The first day of the month so many after the first."""
    years, index = divmod(world.MONTH_ON.month - 1 + number, 12)
    return date(world.MONTH_ON.year + years, index + 1, 1)


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def today(size: Size) -> datetime:
    """Noon of a day late in the open month."""
    return _instant(month(size.months)) + timedelta(days=_OPEN_DAYS, hours=12)


def _open_days(size: Size) -> list[date]:
    return [month(size.months) + timedelta(days=offset) for offset in range(_OPEN_DAYS)]


def build(size: Size, said: Callable[[str], None]) -> Sights:
    """Fill the database; minutes for the full size."""
    at = today(size)
    found = build_world(size.accounts)
    plan = Plan.objects.get()
    large = [big_account.found(size), big_account.found_with_long_invoices(size)]
    said(f"{size.accounts:,} accounts, and two of {size.big_account_apps:,} apps")
    _billed_months(found, large, size)
    said(f"{size.accounts * size.months:,} invoices")
    days = [month(size.months) + timedelta(days=offset) for offset in range(-1, 31)]
    partitions.ensure_partitions(days, at=at)
    preload(found.account_ids, size.events, since=_instant(days[1]), day_count=_OPEN_DAYS)
    said(f"{size.events:,} events")
    _late_and_held(found, size, at)
    balances.bring_up_to_date(at=at)
    return _sights(found, large, plan, size, at)


def _billed_months(found: World, large: Sequence[Account], size: Size) -> None:
    """Bill month after month; the large accounts have usage of every app on each day since."""
    days = [month(number) for number in range(size.months)]
    preload_days(found.account_ids, first=days[0], day_count=1)
    for account in large:
        big_account.use(account, [*days, *_open_days(size)], at=today(size))
    for number in range(size.months):
        at = _instant(month(number + 1)) + _BILLED_AFTER
        if number:
            preload_days(found.account_ids, first=month(number), day_count=1)
        ended_periods.add_up(at=at)
        bill([*found.account_ids, *(account.pk for account in large)], at=at)


def _late_and_held(found: World, size: Size, at: datetime) -> None:
    """Usage of the last billed month, and events of a type nobody measures."""
    _send(found.platform_ids[: size.late_events], world.event_type(0), _late_at(size), at)
    _send(found.platform_ids[: size.held_events], "bench.unknown", _instant(at.date()), at)


def _late_at(size: Size) -> datetime:
    return _instant(month(size.months - 1)) + timedelta(days=2)


def _send(subjects: Sequence[str], event_type: str, occurred_at: datetime, at: datetime) -> None:
    items = [
        read_item(
            {
                "id": f"{event_type}-{subject}",
                "source": world.SOURCE,
                "type": event_type,
                "subject": subject,
                "time": occurred_at.isoformat(),
                "data": {"quantity": "700", "size": "small"},
            }
        )
        for subject in subjects
    ]
    partner = Partner.objects.get()
    may_send = Reporter(
        partner.pk, partner.name, frozenset([world.SOURCE]), frozenset([event_type])
    )
    ingest(items, at=at, by=world.BENCH, reporter=may_send)


def _sights(found: World, large: Sequence[Account], plan: Plan, size: Size, at: datetime) -> Sights:
    big, long = large
    # Neither the first nor the last of its kind.
    account = Account.objects.get(pk=found.account_ids[size.accounts // 2])
    late = Account.objects.get(pk=found.account_ids[0])
    meter = Meter.objects.earliest("pk")
    published = plan.versions.get()
    subscription = Subscription.objects.get(account=account)
    run = BillRun.objects.latest("pk")
    event = Event.objects.filter(occurred_at=_late_at(size)).latest("key")
    simulation = simulations.left_out(
        meter=meter,
        span=Period(_instant(month(size.months - 1)), _instant(month(size.months))),
        at=at,
        by=world.BENCH,
        reason=_WHY,
    )
    legacy_import, legacy_invoice = legacy_invoices(account, size.held_events, at=at)
    return Sights(
        client_id=found.client_id,
        client_secret=found.client_secret,
        account=account.public_id,
        resource=account.ownerships.get().resource.public_id,
        invoice=_latest_number(account),
        late_invoice=_latest_number(late),
        subscription=subscription.public_id,
        agreement=_agreed(subscription, at),
        run=run.public_id,
        parallel_run=import_rows(account, run, size.imported_rows, at=at),
        legacy_import=legacy_import,
        legacy_invoice=legacy_invoice,
        simulation=simulation.public_id,
        backfill=_backfill(size, at),
        event=str(event.key),
        sent_event=event.key.hex,
        held_event=QuarantinedEvent.objects.latest("pk").key.hex,
        meter=meter.code,
        plan=plan.public_id,
        version=published.public_id,
        draft=_draft(plan, meter, at),
        **paid(account, at),
        source=Source.objects.get(name=world.SOURCE).public_id,
        week=f"since={at - timedelta(days=7):{_ISO}}&until={at:{_ISO}}",
        days=f"from={at - timedelta(days=30):%Y-%m-%d}&until={at:%Y-%m-%d}",
        big_account=big.public_id,
        big_invoice=_latest_number(big),
        big_resource=Resource.objects.get(platform_id="big-1").public_id,
        long_account=long.public_id,
        long_invoice=_latest_number(long),
        long_resource=Resource.objects.get(platform_id="long-1").public_id,
    )


def _latest_number(account: Account) -> str:
    return str(account.invoices.latest("period_from").number)


def _agreed(subscription: Subscription, at: datetime) -> str:
    flat = {"model": "graduated", "unit": "unit", "tiers": [{"unit_price": "0.002"}]}
    price = AgreedPrice("bench_0-small", flat, at.replace(day=1, hour=0))
    return agree(
        subscription=subscription, price=price, at=at, by=world.BENCH, reason=_WHY
    ).public_id


def _backfill(size: Size, at: datetime) -> str:
    source = Source.objects.get(name=world.SOURCE)
    asked = Range(source, _instant(month(0)), _instant(month(1)))
    return backfills.start(asked, at=at, by=world.BENCH, reason=_WHY).public_id


def _draft(plan: Plan, meter: Meter, at: datetime) -> str:
    price = PriceTerms(
        code="bench_0-small",
        name="Bench 0 small",
        definition={"model": "graduated", "unit": "unit", "tiers": [{"unit_price": "0.001"}]},
        meter=meter,
        match={"size": "small"},
    )
    effective = at + timedelta(days=60)
    drafted = plans.draft_version(
        plan=plan, effective_from=effective, prices=[price], by=world.BENCH, reason=_WHY
    )
    return drafted.public_id
