"""What the demo prints at its end: the month in a few lines, and the ways in."""

from collections.abc import Iterator, Sequence

from django.db.models import Count, Max, Min, Sum

from accounts.models import Resource, ResourceOwnership
from billing.invoicing.models import BillRunItem, Invoice, InvoiceLine
from core.invariants import Invariant, InvariantResult, invariants
from core.money import Money
from demo.growing import GROWN, KEPT_BACK
from demo.models import PlayedMonth
from demo.reference.people import DEMO_PASSWORD, SIGN_INS
from usage.models import QuarantinedEvent
from usage.models.quarantine import QuarantineReason, QuarantineState

_RULE = "-" * 72


def month_lines() -> Iterator[str]:
    """The issued invoices and their lines."""
    issued = Invoice.objects.filter(state=Invoice.State.ISSUED, consolidated_on__isnull=True)
    by_currency = issued.values("currency").annotate(
        count=Count("pk"), owed_minor=Sum("total_minor"), first=Min("number"), last=Max("number")
    )
    for row in by_currency.order_by("currency"):
        total = Money.from_minor(row["owed_minor"], row["currency"])
        yield f"  {row['count']} invoices, {row['first']} to {row['last']}: {total}"
    yield f"  {InvoiceLine.objects.count():,} lines, each explained down to its events"


def broken_invariants() -> tuple[int, Sequence[tuple[Invariant, InvariantResult]]]:
    """How many named invariants were checked, and those that do not hold."""
    checked = [(each, each.check()) for each in invariants()]
    return len(checked), [(each, result) for each, result in checked if not result.holds]


def worth_a_look_lines() -> Iterator[str]:
    """Names to search for: what makes this month more than a list of invoices."""
    yield "Worth a look:"
    moved = ResourceOwnership.objects.filter(
        owned_until__isnull=False, resource__kind=Resource.Kind.APP
    ).select_related("resource", "account")
    for each in moved.order_by("owned_until"):
        later = each.resource.ownerships.select_related("account").latest("owned_from")
        yield (
            f"  {each.resource.name} went from {each.account.name} to {later.account.name} on "
            f"{each.owned_until:%d %B}: both are billed to the second"
        )
    held = QuarantinedEvent.objects.filter(state=QuarantineState.HELD).values("reason")
    reasons = [
        f"{row['count']} {QuarantineReason(row['reason']).label}"
        for row in held.annotate(count=Count("pk")).order_by("reason")
    ]
    yield f"  the quarantine holds: {'; '.join(reasons)}"
    yield from _of_two_months()


def _of_two_months() -> Iterator[str]:
    grown = Invoice.objects.filter(account__name=GROWN, number__isnull=False).last()
    if grown is not None:
        yield f"  {grown.number}, of {GROWN}, says why it changed since the bill before it"
    if BillRunItem.objects.filter(account__name=KEPT_BACK, state="parked").exists():
        yield f"  the bill of {KEPT_BACK} is kept back: many times the usual, until somebody looks"


def way_in_lines(played: PlayedMonth, base_url: str) -> Iterator[str]:
    """The address, a sign-in per role, and how a partner gets a token and sends an event."""
    yield _RULE
    yield f"Counterfoil is at {base_url}"
    yield f"Sign in with the password {DEMO_PASSWORD} (for this demo only) as"
    for each in SIGN_INS:
        yield f"  {each.username:<8}{each.role.value.replace('_', ' '):<18}{each.full_name}"
    yield "The platform's own API client (for this demo only):"
    yield f"  client id      {played.client_id}"
    yield f"  client secret  {played.client_secret}"
    yield "  TOKEN=$(curl -s -d grant_type=client_credentials -d scope=usage:write \\"
    yield f"    -u '{played.client_id}:{played.client_secret}' {base_url}/oauth/token \\"
    yield "    | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')"
    yield _RULE
