"""How the rules that finance sets came to be what they are: old → new, who, when and why.

Newest first, as the timelines of accounts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from accounts.models import Account
from billing.invoicing.models import InvoiceTerms, SourceWaiver
from billing.invoicing.queries.bounds import bounds_of, bounds_texts
from billing.invoicing.queries.numbering import changes_of_series
from billing.overview.queries.history import (
    TERMS,
    ChangedField,
    Entry,
    TrackedKind,
    tracked_entries,
)
from billing.receivables.models import RuleVersion
from billing.receivables.policies.documents import document_differences
from billing.receivables.queries.rule_versions import house_document
from usage.models import Source, SourceProgress

VERSIONS_SHOWN = 50
_REQUIRED = TrackedKind(
    SourceProgress, "Source", {"is_required": "Bills wait for it", "meter_codes": "Of meters"}
)


def bounds_history(currency: str) -> list[Entry]:
    """The bounds of a currency; one query."""
    policies = bounds_of(currency)
    return [
        Entry(
            policy.set_at,
            policy.set_by,
            f"Bounds of bills in {currency} set",
            policy.reason,
            _changed(bounds_texts(before), bounds_texts(policy)),
        )
        for policy, before in pairwise([*policies, None])
        if policy is not None
    ]


def numbering_history(prefix: str) -> list[Entry]:
    """How a series was numbered; one query."""
    changes = changes_of_series(prefix)
    return [
        Entry(
            each.changed_at,
            each.changed_by,
            f"Numbers {prefix} changed",
            each.reason,
            [
                ChangedField(
                    "Anew each year from", before.yearly_from if before else None, each.yearly_from
                )
            ],
        )
        for each, before in pairwise([*changes, None])
        if each is not None
    ]


def rule_history(subject: str, code: str) -> list[Entry]:
    """The versions of a rule of payments, each compared with the one before; one query."""
    rows = list(
        RuleVersion.objects.filter(subject=subject, code=code).order_by("-number")[:VERSIONS_SHOWN]
    )
    return [
        Entry(
            version.made_at,
            version.made_by,
            f"Version {version.number} made, from {version.effective_from:%Y-%m-%d %H:%M} UTC on",
            version.reason,
            [
                ChangedField(each.field, each.old or None, each.new or None)
                for each in document_differences(
                    before.document if before else house_document(subject, code), version.document
                )
            ],
        )
        for version, before in pairwise([*rows, None])
        if version is not None
    ]


def terms_history(account: Account) -> list[Entry]:
    """How the invoice terms of an account changed; at most three queries."""
    rows = InvoiceTerms.history.filter(account_id=account.pk)
    return _tracked(TERMS, rows.values_list("history_id", flat=True))


def requirement_history(source: Source) -> list[Entry]:
    """Whether bills waited for a source; at most three queries."""
    rows = SourceProgress.history.filter(source_id=source.pk)
    return _tracked(_REQUIRED, rows.values_list("history_id", flat=True))


def waivers(source: Source | None = None) -> list[Entry]:
    """The bills that do not wait for a source, the latest waiver first; one query."""
    rows = SourceWaiver.objects.select_related("source", "account").order_by("-waived_at", "-pk")
    if source is not None:
        rows = rows.filter(source=source)
    return [
        Entry(
            each.waived_at,
            each.waived_by,
            f"{each.source} waived for {each.account or 'all accounts'}",
            each.reason,
            [ChangedField("Periods that ended by", None, each.through_at)],
        )
        for each in rows[:VERSIONS_SHOWN]
    ]


def _tracked(kind: TrackedKind, ids: Iterable[int]) -> list[Entry]:
    entries = tracked_entries(kind, list(ids))
    return [entries[each] for each in sorted(entries, reverse=True)][:VERSIONS_SHOWN]


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> Sequence[ChangedField]:
    return [
        ChangedField(name, old.get(name) or None, new.get(name) or None)
        for name in {**old, **new}
        if (old.get(name) or None) != (new.get(name) or None)
    ]
