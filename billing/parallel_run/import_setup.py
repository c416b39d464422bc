"""What foreign usage stands on here: the accounts it is for, its resources, a meter and a source.

Everything is made once, by the operations of its own app, and found again by the next file. Nothing
is known of when a billing account or a resource began, so all of it is there from EARLIEST on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b

from accounts.models import Account, Resource
from accounts.operations import accounts, resources
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from accounts.operations.resources import NewResource
from billing.parallel_run.charges import EARLIEST, QUANTITY_DECIMALS, WHOLE_DIGITS, ForeignCharge
from billing.parallel_run.columns import NAME_MAX, BillingAccount, printable
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.models import ForeignAccount
from core.actor import acting_as
from core.db.transactions import transaction
from core.periods import Period, billing_period_at
from usage.aggregate.rules import Aggregation
from usage.models import Meter, Source
from usage.operations import meters
from usage.operations.meters import MeterTerms, NewMeter

EVENT_TYPE = "foreign.charge"
METER_CODE = "foreign_charges"
DIMENSIONS = ("sku_price_id", "list_unit_price", "pricing_unit")
ZONE = "UTC"
"""FOCUS bills in UTC."""
_ID_SHOWN = 64
"""Characters of a billing account's id that stand in the name of its account here."""
_NO_LIMIT = timedelta(days=365_000)
"""Old bills are compared too: their source has no acceptance window."""

_SUBJECT = re.compile(r"[!-~](?:[ -~]*[!-~])?", re.ASCII)


def ensure_meter(doing: ImportedBy) -> Meter:
    """The meter of all foreign usage: quantities by SKU, list price and unit."""
    found = Meter.objects.filter(code=METER_CODE).first()
    return found or meters.define(
        NewMeter(METER_CODE, "Foreign charges", "priced units", Aggregation.SUM),
        MeterTerms(
            event_type=EVENT_TYPE,
            dimensions=DIMENSIONS,
            scale=QUANTITY_DECIMALS,
            # A row that takes usage back is usage below zero: a month is billed what is left.
            signed=True,
            max_value=Decimal(10) ** WHOLE_DIGITS,
        ),
        at=doing.at,
        by=doing.by,
        reason=doing.reason,
        effective_from=EARLIEST,
    )


def ensure_source(provider: str, doing: ImportedBy) -> str:
    """The name of the provider's source, such as focus:aws."""
    name = f"focus:{slug_of(provider)}"
    with acting_as(doing.by, reason=doing.reason), transaction():
        Source.objects.get_or_create(name=name, defaults={"max_late": _NO_LIMIT})
    return name


def ensure_accounts(
    wanted: Mapping[BillingAccount, ForeignCharge], doing: ImportedBy
) -> dict[BillingAccount, Account]:
    """The account of each billing account, opened where it is new, named by its first charge."""
    known = {
        BillingAccount(each.provider, each.foreign_id, each.currency): each.account
        for each in ForeignAccount.objects.filter(
            foreign_id__in={key.id for key in wanted}
        ).select_related("account")
    }
    return {key: known.get(key) or _open(key, first, doing) for key, first in wanted.items()}


def _open(key: BillingAccount, first: ForeignCharge, doing: ImportedBy) -> Account:
    label = printable(first.row.text("BillingAccountName"), key.id)
    with transaction():
        account = accounts.open(
            new=NewAccount(
                name=_account_name(label, key),
                kind=Account.Kind.ENTERPRISE,
                currency=key.currency,
                anchor_on=date(EARLIEST.year, 1, first.period.start.day),
            ),
            profile=ProfileTerms(legal_name=label, zone=ZONE),
            at=EARLIEST,
            by=doing.by,
            reason=doing.reason,
        )
        ForeignAccount.objects.create(
            provider=key.provider, foreign_id=key.id, currency=key.currency, account=account
        )
    return account


def _account_name(label: str, key: BillingAccount) -> str:
    """A name that two billing accounts of one provider and label do not share."""
    id = key.id if len(key.id) <= _ID_SHOWN else f"{key.id[: _ID_SHOWN // 2]}…{_short_hash(key.id)}"
    provider = printable(key.provider, longest=40)
    named = [] if label == key.id else [printable(label, longest=60)]
    return " · ".join([*named, f"{provider} {printable(id)}", key.currency])


def is_month_of(account: Account, period: Period) -> bool:
    """Whether a billing period is a month as the account counts them."""
    return billing_period_at(account.billing_anchor_on, ZONE, period.start) == period


def ensure_resources(
    charges: Iterable[ForeignCharge], owners: Mapping[BillingAccount, Account], doing: ImportedBy
) -> None:
    """Register what the charges are for: a resource of its sub account, or a service of it."""
    wanted = {subject_of(charge): charge for charge in charges}
    parents = {
        platform_id: charge
        for charge in wanted.values()
        if (platform_id := sub_account_of(charge)) is not None
    }
    known = _registered([*parents, *wanted])
    apps = [
        NewResource(
            platform_id,
            Resource.Kind.APP,
            printable(charge.row.text("SubAccountName"), charge.row.text("SubAccountId")),
            owners[charge.account],
            EARLIEST,
        )
        for platform_id, charge in parents.items()
        if platform_id not in known
    ]
    known |= _register(apps, doing)
    _register(
        [
            NewResource(
                platform_id,
                Resource.Kind.ADDON,
                printable(charge.row.text("ResourceId"), charge.row.text("ServiceName")),
                owners[charge.account],
                EARLIEST,
                parent=known.get(sub_account_of(charge) or ""),
            )
            for platform_id, charge in wanted.items()
            if platform_id not in known
        ],
        doing,
    )


def _registered(platform_ids: list[str]) -> dict[str, Resource]:
    return {
        each.platform_id: each for each in Resource.objects.filter(platform_id__in=platform_ids)
    }


def _register(new: list[NewResource], doing: ImportedBy) -> dict[str, Resource]:
    made = resources.register_all(new, at=doing.at, by=doing.by, reason=doing.reason)
    return {each.platform_id: each for each in made}


def subject_of(charge: ForeignCharge) -> str:
    """The platform id of what a charge is for; resource ids are only unique in their account."""
    resource, row = charge.row.text("ResourceId"), charge.row
    if resource:
        return _platform_id(charge.account, "resource", resource)
    service = f"{row.text('SubAccountId')}/{row.text('ServiceName') or charge.price.sku}"
    return _platform_id(charge.account, "service", service)


def sub_account_of(charge: ForeignCharge) -> str | None:
    """The platform id of the sub account a charge is in, if it is in one."""
    sub_account = charge.row.text("SubAccountId")
    return _platform_id(charge.account, "sub-account", sub_account) if sub_account else None


def _platform_id(account: BillingAccount, kind: str, name: str) -> str:
    of = f"{account.provider}\0{account.id}\0{account.currency}"
    prefix = f"focus/{_short_hash(of)}/{kind}/"
    if _SUBJECT.fullmatch(name) and len(prefix) + len(name) <= NAME_MAX:
        return prefix + name
    # Too long or not plain ASCII: a platform id takes neither.
    return prefix + _short_hash(name, size=16)


def slug_of(name: str) -> str:
    """A name as part of a code: lower case, at most 40 characters, different names differ."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if slug == name.lower() and len(slug) <= 40:
        return slug
    return f"{slug[:27].rstrip('-')}-{_short_hash(name, size=6)}".lstrip("-")


def _short_hash(text: str, *, size: int = 8) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()
