"""The whole history of an account on one line of time, in pages: records, invoices, corrections,
late usage, what was switched on and off.

Something that was added stands at the instant from which it counts, not at that of its import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Account
from billing.catalogue.models import PlanVersion
from billing.contracts.queries.tenures import versions_held
from billing.invoicing.models import LateUsageDecision
from billing.overview.queries.history import (
    ACCOUNT,
    INVOICE,
    OWNERSHIP,
    PAYER,
    PROFILE,
    SUBSCRIPTION,
    TERMS,
    ChangedField,
    Entry,
    tracked_entries,
)
from core.db.keyset_pages import PAGE_SIZE, Page, UnknownCursor
from core.decimals import decimal_text
from core.money import Money
from usage.models import EventRevision, Interval

_TRACKED = {
    "account": (ACCOUNT, "id", "opened_at"),
    "invoice": (INVOICE, "account_id", "issued_at"),
    "ownership": (OWNERSHIP, "account_id", "owned_from"),
    "payer": (PAYER, "account_id", "paid_from"),
    "profile": (PROFILE, "account_id", "valid_from"),
    "terms": (TERMS, "account_id", "history_date"),
    "subscription": (SUBSCRIPTION, "account_id", "started_at"),
}
_OWNED = """JOIN accounts_resourceownership AS owner ON owner.resource_id = {about}.resource_id
    AND owner.account_id = %(account)s AND owner.owned_from <= {at}
    AND (owner.owned_until IS NULL OR owner.owned_until > {at})"""
_OTHERS = f"""
    SELECT said.recorded_at, 'correction', said.id FROM usage_eventrevision AS said
    JOIN usage_event AS event ON event.key = said.key AND event.occurred_at = said.occurred_at
    {_OWNED.format(about="event", at="event.occurred_at")}
    UNION ALL SELECT decision.decided_at, 'late', decision.id
    FROM invoicing_lateusagedecision AS decision
    JOIN invoicing_invoice AS invoice ON invoice.id = decision.invoice_id
    WHERE invoice.account_id = %(account)s
    UNION ALL SELECT state.started_at, 'on', state.id FROM usage_interval AS state
    {_OWNED.format(about="state", at="state.started_at")}
    UNION ALL SELECT state.ended_at, 'off', state.id FROM usage_interval AS state
    {_OWNED.format(about="state", at="state.ended_at")}
    WHERE NOT EXISTS (SELECT FROM usage_interval AS next WHERE next.resource_id = state.resource_id
                      AND next.meter_id = state.meter_id AND next.state_key = state.state_key
                      AND next.started_at = state.ended_at)
"""  # noqa: S608  constants of this module, no data
_PARTS = 3

_Place = tuple[datetime, str, int]


def account_history(account: Account, *, at: datetime, after: str = "") -> Page[Entry]:
    """A page of everything that happened to an account until `at`, newest first; a fixed number of
    queries. Raises: UnknownCursor.
    """
    place = _read(after) if after else None
    moves = [move for move in _moves(account) if move[0] <= at and (place is None or move < place)]
    found = sorted([*_places(account, place), *moves], reverse=True)[: PAGE_SIZE + 1]
    shown = found[:PAGE_SIZE]
    ids: dict[str, list[int]] = defaultdict(list)
    for _, kind, ref in shown:
        ids[kind].append(ref)
    entries: dict[tuple[str, int], Entry] = {}
    for kind, refs in ids.items():
        known = _tracked(kind, refs) if kind in _TRACKED else _SAID[kind](refs)
        entries |= {(kind, ref): entry for ref, entry in known.items()}
    rows = [_at(entries[kind, ref], at) for at, kind, ref in shown]
    older = _written(shown[-1]) if len(found) > PAGE_SIZE else ""
    return Page(rows, older=older)


def _moves(account: Account) -> list[_Place]:
    """When a version took over a subscription, which leaves no row: it follows from the rows."""
    held = versions_held([account.pk])
    return [
        (span.start, "move", span.version_id)
        for tenure in held.by_account.get(account.pk, ())
        for span in held.versions_of(tenure)[1:]
    ]


def _moved(refs: Sequence[int]) -> dict[int, Entry]:
    return {
        each.pk: Entry(
            each.effective_from,
            "the plan",
            f"{each.plan.name} moved to version {each.number}",
            "",
        )
        for each in PlanVersion.objects.filter(pk__in=refs).select_related("plan")
    }


def _places(account: Account, after: _Place | None) -> list[_Place]:
    tracked = " UNION ALL ".join(
        f"SELECT CASE history_type WHEN '+' THEN coalesce({begins}, history_date)"  # noqa: S608  constants
        f" ELSE history_date END AS at, '{name}' AS kind, history_id AS ref"
        f" FROM {kind.history_table} WHERE {mine} = %(account)s"
        for name, (kind, mine, begins) in _TRACKED.items()
    )
    where = "WHERE (at, kind, ref) < (%(at)s, %(kind)s, %(ref)s)" if after else ""
    query = (
        f"SELECT at, kind, ref FROM ({tracked} UNION ALL {_OTHERS}) AS happened {where}"  # noqa: S608  constants
        " ORDER BY at DESC, kind DESC, ref DESC LIMIT %(limit)s"
    )
    parameters: dict[str, Any] = {"account": account.pk, "limit": PAGE_SIZE + 1}
    if after:
        parameters |= dict(zip(("at", "kind", "ref"), after, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _tracked(kind: str, refs: Sequence[int]) -> dict[int, Entry]:
    return tracked_entries(_TRACKED[kind][0], refs)


def _at(entry: Entry, at: datetime) -> Entry:
    return Entry(at, entry.who, entry.what, entry.reason, entry.changes, entry.request_id)


def _corrections(refs: Sequence[int]) -> dict[int, Entry]:
    return {
        each.pk: Entry(
            each.recorded_at,
            each.actor_name,
            f"Event {each.get_kind_display()}",
            each.reason,
            [ChangedField("Occurred", None, each.occurred_at)],
        )
        for each in EventRevision.objects.filter(pk__in=refs)
    }


def _late(refs: Sequence[int]) -> dict[int, Entry]:
    rows = LateUsageDecision.objects.filter(pk__in=refs).select_related("invoice")
    return {
        each.pk: Entry(
            each.decided_at,
            each.decided_by,
            f"Late usage of {each.invoice} {each.get_fate_display().lower()}",
            each.reason,
            [
                ChangedField(
                    "Amount", None, Money.from_minor(each.amount_minor, each.invoice.currency)
                )
            ],
        )
        for each in rows
    }


def _states(refs: Sequence[int], verb: str) -> dict[int, Entry]:
    rows = Interval.objects.filter(pk__in=refs).select_related("resource", "dimension_set")
    found = {}
    for each in rows:
        said = {**each.dimension_set.presentation, **each.dimension_set.pricing}
        state = ", ".join(said.values())
        what = f"{each.resource.name}: {decimal_text(each.quantity)} × {state} {verb}".replace(
            " ×  ", " "
        )
        found[each.pk] = Entry(each.started_at, "the platform", what, "")
    return found


_SAID: Mapping[str, Callable[[Sequence[int]], dict[int, Entry]]] = {
    "move": _moved,
    "correction": _corrections,
    "late": _late,
    "on": lambda refs: _states(refs, "on"),
    "off": lambda refs: _states(refs, "ended"),
}


def _written(place: _Place) -> str:
    at, kind, ref = place
    return f"{at.isoformat()}~{kind}~{ref}"


def _read(text: str) -> _Place:
    parts = text.split("~")
    try:
        at, kind, ref = datetime.fromisoformat(parts[0]), parts[1], int(parts[2])
    except (ValueError, IndexError):
        raise UnknownCursor("This is no place in the history. Start at its first page.") from None
    known = kind in _TRACKED or kind in _SAID
    if len(parts) != _PARTS or at.tzinfo is None or not known or not 0 <= ref < 2**63:
        raise UnknownCursor("This is no place in the history. Start at its first page.")
    return at, kind, ref
