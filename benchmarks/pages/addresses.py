"""The address of every page, by the names of the URL configuration.

A name with neither arguments here nor a reason to be left out stops the command, so that a new
page is measured from its first day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import admin
from django.db import models
from django.urls import URLResolver, get_resolver, reverse

from benchmarks.pages.left_out import LEFT_OUT, LEFT_OUT_ENDINGS, LEFT_OUT_PREFIXES
from benchmarks.pages.sights import Sights


class PageForgotten(Exception):
    """The URL configuration has names nobody measures or leaves out."""


@dataclass(frozen=True, slots=True)
class Address:
    """One page to read. `of` tells it from others of the same name."""

    name: str
    path: str
    of: str = ""

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


# Which of the sights the address names, in its order.
_ARGUMENTS: Mapping[str, Sequence[str]] = {
    "admin:index": (),
    "console:inbox": (),
    "console:search": (),
    "console:shortcuts": (),
    "console:tokens": (),
    "console:views": (),
    "console:style": (),
    "console:accounts": (),
    "console:account": ("account",),
    "console:account-bill": ("account",),
    "console:account-as-customer": ("account",),
    "console:account-invoices": ("account",),
    "console:account-resources": ("account",),
    "console:account-history": ("account",),
    "console:account-personal": ("account",),
    "console:disclosures": (),
    "console:account-plans": ("account",),
    "console:account-grants": ("account",),
    "console:account-grant-new": ("account",),
    "console:account-limits": ("account",),
    "console:account-limit-new": ("account",),
    "console:limits": (),
    "console:account-coupon-redeem": ("account",),
    "console:account-statement": ("account",),
    "console:receivables": (),
    "console:books": (),
    "console:revenue": (),
    "console:account-promise": ("account",),
    "console:payments": (),
    "console:payment-record": (),
    "console:payment": ("payment",),
    "console:payment-step": ("payment", "payment_verb"),
    "console:bank-files": (),
    "console:bank-file-new": (),
    "console:bank-file": ("bank_file",),
    "console:bank-row-put": ("bank_row",),
    "console:bank-row-take-back": ("bank_row",),
    "console:bank-row-ignore": ("bank_row",),
    "console:dunning": (),
    "console:dunning-policy": (),
    "console:rules": (),
    "console:rules-bounds": ("currency",),
    "console:rules-numbers": ("series",),
    "console:rules-format": (),
    "console:rules-matching": (),
    "console:rules-applying": (),
    "console:closes": (),
    "console:close": ("close_month",),
    "console:account-agree": ("account", "subscription"),
    "console:account-clear": ("account", "agreement"),
    "console:resource": ("resource",),
    "console:explain-bill": ("account", "position"),
    "console:proof-bill": ("account", "position"),
    "console:invoices": (),
    "console:invoice": ("invoice",),
    "console:invoice-lines": ("invoice",),
    "console:invoice-payments": ("invoice",),
    "console:invoice-documents": ("invoice",),
    "console:invoice-compare": ("invoice",),
    "console:invoice-history": ("invoice",),
    "console:explain": ("invoice", "position"),
    "console:proof": ("invoice", "position"),
    "console:proposals": (),
    "console:proposals-policy": (),
    "console:proposals-deputies": (),
    "console:proposals-mandates": (),
    "console:proposals-emergencies": (),
    "console:disputes": (),
    "console:licences": (),
    "console:licence-quotes": (),
    "console:dispute-batches": (),
    "console:dispute-hours": (),
    "console:incidents": (),
    "console:papers": (),
    "console:webhooks": (),
    "console:webhook-new": (),
    "console:paper-codes": (),
    "console:events": (),
    "console:event": ("event",),
    "console:event-correct": ("event", "verb"),
    "console:late": (),
    "console:sources": (),
    "console:sources-require": ("source",),
    "console:sources-waive": ("source",),
    "console:account-one-off": ("account",),
    "console:account-terms": ("account",),
    "console:late-waive": ("late_invoice",),
    "console:backfills": (),
    "console:backfill-new": (),
    "console:backfill": ("backfill",),
    "console:backfill-step": ("backfill", "step"),
    "console:quarantine": (),
    "console:quarantine-register": (),
    "console:quarantine-settle": (),
    "console:meters": (),
    "console:meter": ("meter",),
    "console:meter-new": (),
    "console:meter-version": ("meter",),
    "console:meter-retire": ("meter",),
    "console:plans": (),
    "console:plan": ("plan",),
    "console:plan-retire": ("plan",),
    "console:version": ("version",),
    "console:version-cases": ("version",),
    "console:version-check": ("draft",),
    "console:version-compare": ("draft",),
    "console:version-draft": ("version",),
    "console:version-dates": ("draft",),
    "console:version-price": ("draft",),
    "console:version-case": ("draft",),
    "console:simulations": (),
    "console:simulation-back-test": (),
    "console:simulation-blast": (),
    "console:simulation": ("simulation",),
    "console:runs": (),
    "console:run": ("run",),
    "console:run-start": (),
    "console:oncall": (),
    "console:parallel-runs": (),
    "console:parallel-run": ("parallel_run",),
    "console:legacy-imports": (),
    "console:legacy-import": ("legacy_import",),
    "console:legacy-invoice": ("legacy_invoice",),
    "openapi": (),
    "account-late-usage": ("account",),
    "account-bill": ("account",),
    "account-usage": ("account",),
    "hold-list": (),
    "licence-list": (),
    "meter-list": (),
    "plan-list": (),
    "resource-list": (),
    "spending-limit-list": (),
    "statement": ("account",),
    "subscription-list": (),
    "pool-movement-list": (),
    "account-delinquency": ("account",),
    "payment-list": (),
    "payment-detail": ("payment",),
    "usage-events": (),
    "usage-event": ("sent_event",),
    "quarantine-list": (),
    "quarantine-detail": ("held_event",),
    "backfill-list": (),
    "backfill-detail": ("backfill",),
    "events-feed": (),
    "event-types": (),
    "webhook-endpoint-list": (),
    "webhook-delivery-list": (),
    "account-list": (),
    "account-detail": ("account",),
    "late-usage-list": (),
    "grant-list": (),
    "credit-note-list": (),
    "dispute-list": (),
    "invoice-list": (),
    "invoice-detail": ("invoice",),
    "invoice-change": ("invoice",),
    "document-list": ("invoice",),
    "line-list": ("invoice",),
    "line-detail": ("invoice", "position"),
    "line-proof": ("invoice", "position"),
}

_QUERIES: Mapping[str, Sequence[str]] = {
    "console:search": ("?q=Bench+42", "?q=big", "?q=123.45", "?q=nothing+of+this+name"),
    "console:accounts": ("", "?named=Bench+42", "?sort=-total", "?waiting=held"),
    "console:invoices": ("", "?state=draft", "?state=issued", "?sort=-total", "?sort=account"),
    "console:revenue": ("", "?grain=product", "?grain=customer", "?grain=line"),
    "console:late": ("", "?fate=billed"),
    "console:quarantine-settle": ("?do=retry&reason=unknown_type",),
    "console:version-price": ("?code=bench_0-small",),
    "console:disputes": ("", "?state=all"),
    "account-usage": ("?{days}",),
    "statement": ("?{days}",),
    "usage-events": ("?{week}", "?{week}&limit=200"),
    "invoice-list": ("", "?limit=200"),
    "account-list": ("", "?limit=200"),
    "line-list": ("", "?limit=200"),
    "events-feed": ("", "?limit=200"),
}
"""What is asked of an address; without an entry, nothing. The week is the last one, the days the
last thirty."""

_OF_ANY_MODEL = ("_changelist", "_change", "_add", "_delete", "_history")
_OF_A_LARGE_ACCOUNT = {"account", "invoice", "resource"}


def addresses(sights: Sights) -> list[Address]:
    """Every page of the console, the admin and the API. Raises: PageForgotten."""
    names = list(dict.fromkeys(_names(get_resolver())))
    forgotten = [name for name in names if not _is_known(name)]
    if forgotten:
        raise PageForgotten(
            "No row and no reason to leave it out, in benchmarks/pages/addresses.py: "
            + ", ".join(forgotten)
        )
    return [*_listed(names, sights), *_admin_pages()]


def _names(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """Every name below; an address without one is somebody else's page or none at all."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            inner = (*spaces, each.namespace) if each.namespace else spaces
            yield from _names(each, inner)
        elif each.name:
            yield ":".join([*spaces, each.name])


def _is_known(name: str) -> bool:
    return (
        name in _ARGUMENTS
        or name in LEFT_OUT
        or name.startswith(tuple(LEFT_OUT_PREFIXES))
        or name.endswith(tuple(LEFT_OUT_ENDINGS))
        or (name.startswith("admin:") and name.endswith(_OF_ANY_MODEL))
    )


def _listed(names: Sequence[str], sights: Sights) -> Iterator[Address]:
    large = {
        "the big account": sights.of_the_big_account(),
        "the long account": sights.of_the_long_account(),
    }
    for name in names:
        if name not in _ARGUMENTS:
            continue
        wanted = _ARGUMENTS[name]
        for query in _QUERIES.get(name, ("",)):
            asked = query.format(week=sights.week, days=sights.days)
            yield Address(name, _path(name, sights) + asked, query)
            if _OF_A_LARGE_ACCOUNT.issuperset({*wanted} - {"position"}) and wanted:
                for said, seen in large.items():
                    yield Address(name, _path(name, seen) + asked, f"{query} {said}".strip())


def _path(name: str, sights: Sights) -> str:
    arguments = [getattr(sights, each) for each in _ARGUMENTS[name]]
    return reverse(name, args=arguments)


def _admin_pages() -> Iterator[Address]:
    """Of every model the list, searched where it can be, and the record that came last."""
    for model, shown in admin.site._registry.items():
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        path = reverse(f"{stem}_changelist")
        yield Address(f"{stem}_changelist", path)
        if shown.search_fields:
            yield Address(f"{stem}_changelist", f"{path}?q=nothing", "?q=nothing")
        last = _last(model)
        if last is not None:
            yield Address(f"{stem}_change", reverse(f"{stem}_change", args=[last.pk]))


def _last(model: type[models.Model]) -> models.Model | None:
    found: models.Model | None = model._default_manager.order_by("pk").last()
    return found
