"""What an account may spend, and what was told, stopped and resumed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing.overview.queries.history import Entry, Opened
from billing.overview.queries.timeline.sources import TimelineKind, TimelineSource, plain
from billing.spending.models import SpendingLimit, SpendingMark, SpendingResume
from core.money import Money

_MARKS: Final = """SELECT said.told_at AS at, said.id AS ref, said.told_at AS known
    FROM spending_spendingmark AS said JOIN spending_spendinglimit AS held ON held.id = said.limit_id
    WHERE held.account_id = %(account)s"""  # noqa: E501  one condition
_RESUMES: Final = """SELECT said.resumed_at AS at, said.id AS ref, said.resumed_at AS known
    FROM spending_spendingresume AS said JOIN spending_spendingmark AS stop ON stop.id = said.stop_id
    JOIN spending_spendinglimit AS held ON held.id = stop.limit_id
    WHERE held.account_id = %(account)s"""  # noqa: E501  one condition
_WATCH: Final = "limits"


def _name(limit: SpendingLimit) -> str:
    return f"{limit} for {limit.resource.name if limit.resource else 'the whole account'}"


def _opens(limit: SpendingLimit) -> Opened:
    return Opened("limits", limit.account.public_id)


def _limits(refs: Sequence[int]) -> Mapping[int, SpendingLimit]:
    return SpendingLimit.objects.select_related("resource", "account").in_bulk(refs)


def _set(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        pk: Entry(
            each.valid_from, each.set_by, f"{_name(each)} set", each.reason, opens=_opens(each)
        )
        for pk, each in _limits(refs).items()
    }


def _ended(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        pk: Entry(each.valid_until, _WATCH, f"{_name(each)} held no more", "", opens=_opens(each))
        for pk, each in _limits(refs).items()
        if each.valid_until is not None
    }


def _told(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = SpendingMark.objects.select_related("limit__resource", "limit__account").in_bulk(refs)
    return {
        pk: Entry(each.told_at, _WATCH, *_mark(each), opens=_opens(each.limit))
        for pk, each in rows.items()
    }


def _mark(mark: SpendingMark) -> tuple[str, str]:
    spent = Money.from_minor(mark.spent_minor, mark.limit.currency)
    did = "stopped the platform" if mark.is_stop else f"came to {mark.mark} %"
    if mark.kind == SpendingMark.Kind.PACE:
        did = f"spent at {mark.mark} % of an even pace"
    by = f"; event {mark.event_id} crossed it" if mark.event_id else ""
    return f"{_name(mark.limit)} {did}", f"{spent} spent{by}"


def _resumed(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = SpendingResume.objects.select_related(
        "stop__limit__resource", "stop__limit__account"
    ).in_bulk(refs)
    return {
        pk: Entry(
            each.resumed_at,
            each.resumed_by,
            f"{_name(each.stop.limit)}: what was stopped goes on",
            each.get_because_display(),
            opens=_opens(each.stop.limit),
        )
        for pk, each in rows.items()
    }


LIMITS: Final = (
    TimelineSource(
        "limit", TimelineKind.RECORDS, plain("spending_spendinglimit", "valid_from"), _set
    ),
    TimelineSource(
        "limit-end",
        TimelineKind.RECORDS,
        plain(
            "spending_spendinglimit",
            "valid_until",
            mine="account_id = %(account)s AND valid_until IS NOT NULL",
        ),
        _ended,
    ),
    TimelineSource("limit-mark", TimelineKind.INVOICES, _MARKS, _told),
    TimelineSource("limit-resume", TimelineKind.INVOICES, _RESUMES, _resumed),
)
