"""The first step of the demo: everything that must stand before the first event, all or nothing."""

from datetime import datetime, timedelta

from accounts.permissions import Role
from core.actor import Actor
from core.db.transactions import transaction
from demo.licensing import agree_licences
from demo.making_papers import name_the_seller
from demo.models import PlayedMonth
from demo.platform.play import Play
from demo.reference.catalogue import publish_plans, subscribe
from demo.reference.customers import move_office, open_accounts, register_resources
from demo.reference.metering import define_meters, register_sources
from demo.reference.people import actor_of, enrol_platform, enrol_staff
from demo.reference.tax import exempt_some, set_rates
from demo.special_invoices import agree_one_for_all

# Prices and meters are older than the played month, as if the platform had always had them.
_STANDING = timedelta(days=365)


def prepare(play: Play, *, seed: str, at: datetime) -> PlayedMonth:
    """Set up staff, partner, customers, meters and prices, in one transaction."""
    effective_from = play.time.opens("UTC") - _STANDING
    with transaction():
        people = enrol_staff(at=at)
        finance, operator = actor_of(people[Role.FINANCE_ADMIN]), actor_of(people[Role.OPERATOR])
        platform, credential = enrol_platform(at=at, by=operator)
        reporter = Actor.partner(platform.public_id, platform.name)
        register_sources(platform, play, by=operator)
        name_the_seller(since=effective_from, at=at, by=finance)
        meters = define_meters(effective_from=effective_from, at=at, by=finance)
        plans = publish_plans(meters, effective_from=effective_from, at=at, by=finance)
        opened = open_accounts(play, by=reporter)
        approver = actor_of(people[Role.FINANCE_APPROVER])
        set_rates(effective_from=effective_from, at=at, by=finance, approver=approver)
        exempt_some(play, opened, at=at, by=finance, approver=approver)
        agree_one_for_all(opened, at=at, by=finance)
        register_resources(play, opened, by=reporter)
        subscribe(play, opened, plans, by=reporter)
        agree_licences(play, opened, people, at=at)
        move_office(play, opened, by=actor_of(people[Role.SENIOR_SUPPORT]))
        return PlayedMonth.objects.create(
            seed=seed,
            played_until=play.time.now,
            client_id=credential.client_id,
            client_secret=credential.client_secret,
        )
