"""What one customer contests: a charge that was too much, and one that is theirs after all.

Both wait for support, with what they would come to and what was found. What was too much was an
incident that others had too: it is open, with a batch for it, and the customer who complained sent
a file, has a first answer in writing, and was told a sum.
"""

from datetime import datetime, timedelta
from typing import Final

from accounts.models import User
from accounts.permissions import Role
from billing.disputes.models import DisputeCase, DisputeLine, MoneyPromise
from billing.disputes.operations import batches, incidents, money_promises, opening, replies
from billing.disputes.operations.evidence_files import SentFile
from billing.disputes.operations.incidents import IncidentTerms
from billing.disputes.operations.messages import customer_said
from billing.disputes.operations.money_promises import SaidOfMoney
from billing.disputes.operations.opening import NewCase, NewLine
from billing.disputes.queries.alike import alike_lines
from billing.disputes.queries.shared_causes import shared_cause
from billing.disputes.targets import whole
from billing.invoicing.models import Invoice
from core.actor import Actor
from demo.reference.people import actor_of, holder_of

SAID: Final = "The app was unreachable for two days, and you bill it all the same."
NOT_OURS: Final = "Nobody here knows this one. It cannot be ours."
CUSTOMER: Final = "Marlene Weiss"
LOG: Final = """\
{day} 06:12:09 probe shop.blauestunde.example: connection refused
{day} 06:13:09 probe shop.blauestunde.example: connection refused
{day} 06:14:09 probe shop.blauestunde.example: connection refused
"""
ANSWER: Final = (
    "Thank you for the log. Your app could not be reached from here either, and so could others. "
    "The charge is on hold; you will not be reminded of it."
)


def contest_charges(invoice: Invoice, *, at: datetime) -> None:
    """Open two disputes about the largest metered charges of an invoice, once."""
    if DisputeCase.objects.filter(account=invoice.account).exists():
        return
    lines = invoice.lines.filter(
        kind="usage", resource__isnull=False, price__meter__isnull=False, amount_minor__gt=100
    ).select_related("invoice__account", "price__meter", "resource", "corrects")
    support = holder_of(Role.SUPPORT)
    down = invoice.period_from + timedelta(days=9), invoice.period_from + timedelta(days=11)
    facts = {"down_from": down[0].isoformat(), "down_until": down[1].isoformat()}
    claims = [("was_down", facts, SAID, "SUP-2131"), ("not_ours", {}, NOT_OURS, "SUP-2134")]
    for line, (reason, fact, said, ticket) in zip(
        lines.order_by("-amount_minor", "pk"), claims, strict=False
    ):
        new = NewCase(
            account=invoice.account,
            said=said,
            lines=[NewLine(whole(line), reason, fact)],
            channel=DisputeCase.Channel.EMAIL,
            ticket=ticket,
            customer=CUSTOMER,
        )
        case = opening.open_case(new=new, at=at, by=actor_of(support))
        if reason == "was_down":
            _look_into(case, down, support=support, at=at)


def _look_into(
    case: DisputeCase, down: tuple[datetime, datetime], *, support: User, at: datetime
) -> None:
    """The customer sends a log; it was an incident; others had it too; support answers."""
    by = actor_of(support)
    line = case.lines.select_related("invoice_line__price__meter", "invoice_line__invoice").get()
    log = LOG.format(day=f"{down[0]:%Y-%m-%d}").encode()
    customer_said(
        case=case,
        body="Our monitor says so too, see the log.",
        author=CUSTOMER,
        at=at,
        by=by,
        file=SentFile("monitor.log", log),
    )
    _incident(line, down, at=at, by=by)
    cause = shared_cause(line)
    if cause is not None and alike_lines(cause).exists():
        batches.draft(cause=cause, at=at, by=by, reason="All of them were down")
    _, seen = replies.reply_preview(case, words="", at=at)
    replies.send_reply(case=case, words=ANSWER, seen=seen, at=at, by=by)
    claimed = line.money(line.claimed_minor)
    if claimed.minor > 0:
        said = SaidOfMoney(
            MoneyPromise.Kind.CREDIT,
            claimed,
            f"{claimed} will come off, once a second person here has agreed.",
            CUSTOMER,
        )
        money_promises.promise(case=case, said=said, at=at, by=by)


def _incident(
    line: DisputeLine, down: tuple[datetime, datetime], *, at: datetime, by: Actor
) -> None:
    charged = line.charged
    assert charged.price is not None  # a metered line has one
    assert charged.price.meter is not None
    terms = IncidentTerms(
        title="Apps could not be reached",
        happened="A router answered nothing for two days for a part of the apps.",
        down_from=down[0],
        down_until=down[1],
        meter_codes=[charged.price.meter.code],
        match={**charged.price.match, **charged.dimensions},
    )
    incidents.open_incident(terms=terms, at=at, by=by, reason="Alarms, and a customer’s log")
