"""A merged timeline as it is shown: what each entry opens, its icon, the chips that narrow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from accounts.models import User
from billing.overview.queries.history import Entry
from billing.overview.queries.timeline.page import TimelineEntry
from billing.overview.queries.timeline.sources import TimelineKind
from console.shell.masking import PersonalSight, mask_entries
from console.shell.record_pages import page_for
from core.db.keyset_pages import Page

_ICONS: Final = {
    TimelineKind.USAGE: ("activity", "is-usage"),
    TimelineKind.CORRECTIONS: ("git-compare", "is-fault"),
    TimelineKind.INVOICES: ("receipt-text", ""),
    TimelineKind.PAYMENTS: ("equal", "is-money"),
    TimelineKind.DISPUTES: ("scale", ""),
    TimelineKind.PROPOSALS: ("circle-dot", ""),
    TimelineKind.RECORDS: ("building-2", ""),
    TimelineKind.PERSONAL: ("user", ""),
}


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One entry with its picture; `url` is empty where there is no page for whoever looks."""

    entry: Entry
    url: str
    icon: str
    tone: str
    kind: str


@dataclass(frozen=True, slots=True)
class KindChip:
    """One way to narrow a timeline; `value` is empty for all of it."""

    value: str
    label: str
    icon: str
    is_chosen: bool


def shown_entries(
    page: Page[TimelineEntry], *, user: User, sight: PersonalSight
) -> Page[ShownEntry]:
    """A page of entries as this person may see them."""
    masked = mask_entries([each.entry for each in page.rows], sight)
    rows = [
        _shown(replace(each, entry=entry), user)
        for each, entry in zip(page.rows, masked, strict=True)
    ]
    return Page(rows, page.newer, page.older)


def chips(chosen: TimelineKind | None) -> Sequence[KindChip]:
    """All, then each kind."""
    every = KindChip("", "All", "layers", chosen is None)
    return [
        every,
        *(KindChip(kind, kind.label, _ICONS[kind][0], kind is chosen) for kind in TimelineKind),
    ]


def _shown(each: TimelineEntry, user: User) -> ShownEntry:
    icon, tone = _ICONS[each.kind]
    opens = each.entry.opens
    url = page_for(user, opens.kind, opens.ref) if opens else ""
    return ShownEntry(each.entry, url, icon, tone, each.kind.label)
