"""What the demo prints at its end: the month in a few lines, and the ways in."""

from collections.abc import Iterator, Sequence

from django.db.models import Count, Max, Min, Sum

from billing.models import Invoice, InvoiceLine
from core.invariants import Invariant, InvariantResult, invariants
from core.money import Money
from demo.models import PlayedMonth
from demo.reference.people import DEMO_PASSWORD, SIGN_INS

_RULE = "-" * 72


def month_lines(played: PlayedMonth) -> Iterator[str]:
    """Invoices, their lines and totals of the played month's run."""
    issued = Invoice.objects.filter(state=Invoice.State.ISSUED)
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
