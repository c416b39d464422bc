"""Has drafts take off what the coupons of their accounts say, after limits and before grants.

Shares come before amounts, then who was redeemed first. A coupon counts for billing periods that
end after it was redeemed, as many as it says; each line is of its charge, so a credit note never
pays out what a coupon took off. Late usage has the share of the coupon its invoice had, and so has
what is taken back of a fee that was charged for a cycle, and what is charged of it instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db.models import Count, Q

from billing.contracts.models import CouponRedemption
from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.cycle_charges import BACK, original_key
from billing.invoicing.drafting.drafts import DraftLine, DraftOrProblem, InvoiceDraft
from billing.invoicing.drafting.price_codes import PriceCodes, codes_of
from billing.invoicing.models import CouponUse, InvoiceLine
from billing.invoicing.models.invoice_lines import ADJUSTMENT, COUPON
from billing.invoicing.queries.creditable import net_charges
from billing.rating import LineKind
from billing.rating.charges import STEPPED
from core.decimals import decimal_text
from core.money import Money, round_half_up

_ANEW: Final = "coupon-anew"
"""In the key of a coupon's line on what is billed again."""


@dataclass(slots=True)
class OpenRedemption:
    """A redemption that stands, and for how many periods more it counts while drafts are made."""

    redemption: CouponRedemption
    used_on: frozenset[int]
    periods_left: int | None

    def counts_for(self, draft: InvoiceDraft) -> bool:
        """Whether it is off the charges of a draft's own period."""
        begun = self.redemption.redeemed_at < draft.period.end
        return begun and (self.periods_left is None or self.periods_left > 0)


def with_coupons(answers: Sequence[DraftOrProblem]) -> list[DraftOrProblem]:
    """The drafts, in order of their periods, less what coupons take off; one query where no account
    has one.
    """
    drafts = [each for each in answers if isinstance(each, InvoiceDraft)]
    redeemed = _redeemed({each.account_id for each in drafts})
    if not redeemed:
        return list(answers)
    scoped = [
        each.redemption.coupon
        for some in redeemed.values()
        for each in some
        if each.redemption.coupon.price_codes or each.redemption.coupon.product_codes
    ]
    codes = codes_of([each for each in drafts if each.account_id in redeemed]) if scoped else {}
    return [
        _with(each, redeemed[each.account_id], codes)
        if isinstance(each, InvoiceDraft) and each.account_id in redeemed
        else each
        for each in answers
    ]


def _redeemed(account_ids: Collection[int]) -> dict[int, list[OpenRedemption]]:
    if not account_ids:
        return {}
    rows = (
        CouponRedemption.objects.filter(account_id__one_of=list(account_ids))
        .filter(released_at__isnull=True)
        .select_related("coupon")
        .annotate(used=Count("uses", filter=Q(uses__invoice__void__isnull=True)))
    )
    found: dict[int, list[OpenRedemption]] = defaultdict(list)
    in_order = sorted(
        rows, key=lambda row: (row.coupon.share_off is None, row.redeemed_at, row.public_id)
    )
    on: dict[int, set[int]] = defaultdict(set)
    if in_order:
        uses = CouponUse.objects.filter(redemption__in=in_order, invoice__void__isnull=True)
        for redemption_id, invoice_id in uses.values_list("redemption_id", "invoice_id"):
            on[redemption_id].add(invoice_id)
    for row in in_order:
        most = row.coupon.periods
        left = None if most is None else most - row.used
        found[row.account_id].append(OpenRedemption(row, frozenset(on[row.pk]), left))
    return dict(found)


def _with(
    draft: InvoiceDraft, redeemed: Sequence[OpenRedemption], codes: PriceCodes
) -> InvoiceDraft:
    made: list[DraftLine] = []
    lines = [
        line._replace(tax_group=line.tax_class) for line in draft.lines if line.kind != ADJUSTMENT
    ]
    again = _charged_again(draft, lines, redeemed)
    own = [line for line in lines if line.corrects_id is None and _charge_of(line) not in again]
    nets = {line.key: net for _, line, net in net_charges(own)}
    late = _late_nets(lines)
    restored = _restored(again, lines, redeemed, draft.currency)
    for each in redeemed:
        counts, before = each.counts_for(draft), len(made)
        left = each.redemption.coupon.minor_off
        for line in lines:
            if not _covers(each, line, codes) or (line.key not in nets and line.key not in late):
                continue
            if line.corrects_id is None and counts:
                off = _off(each, nets[line.key], left)
                left = None if left is None else left - off
            elif line.corrects_id in each.used_on and each.redemption.coupon.share_off is not None:
                off = _off(each, late[line.key], None)
            else:
                continue
            if off:
                (nets if line.key in nets else late)[line.key] -= off
                made.append(_line(each, line, off, draft.currency))
        if len(made) > before and counts and each.periods_left is not None:
            each.periods_left -= 1
    made += restored
    if not made:
        return draft
    told = [[line.key, line.amount_minor] for line in made]
    return replace(
        draft,
        lines=[*draft.lines, *made],
        inputs_digest=digest([draft.inputs_digest, "coupons", told]),
    )


Again = Mapping[str, Mapping[str, Fraction]]
"""The share of each coupon, by its redemption, that charges have which are billed again."""


def _charged_again(
    draft: InvoiceDraft, lines: Sequence[DraftLine], redeemed: Sequence[OpenRedemption]
) -> Again:
    """What is taken back of cycles and charged anew, with the share of the coupons that what was
    charged had; one query where something is.
    """
    gross = {
        original_key(line.key): -line.amount_minor
        for line in lines
        if line.corrects_id is None and BACK in line.key and line.kind == LineKind.REVERSAL
    }
    if not gross:
        return {}
    refs = [each.redemption.public_id for each in redeemed]
    keys = {
        f"{key}/{word}:{ref}": (key, ref)
        for key in gross
        for ref in refs
        for word in ("coupon", _ANEW)
    }
    rows = InvoiceLine.objects.filter(
        key__in=keys,
        invoice__account=draft.account_id,
        invoice__number__isnull=False,
        invoice__void__isnull=True,
    )
    found: dict[str, dict[str, Fraction]] = {key: {} for key in gross}
    for line_key, minor in rows.order_by("pk").values_list("key", "amount_minor"):
        key, ref = keys[line_key]
        if gross[key]:
            found[key][ref] = Fraction(-minor, gross[key])
    return found | {key.replace("|@", f"|{BACK}"): shares for key, shares in found.items()}


def _restored(
    again: Again,
    lines: Sequence[DraftLine],
    redeemed: Sequence[OpenRedemption],
    currency: str,
) -> list[DraftLine]:
    """The lines of coupons on what is billed again; they are no use of another period."""
    nets: dict[str, int] = defaultdict(int)
    first: dict[str, DraftLine] = {}
    for line in lines:
        if line.corrects_id is None and (key := _charge_of(line)) in again:
            first.setdefault(key, line)
            nets[key] += line.amount_minor
    return [
        _line(each, first[key], off, currency, word=_ANEW)
        for key, net in nets.items()
        for each in redeemed
        if (off := round_half_up(net * again[key].get(each.redemption.public_id, Fraction(0))))
    ]


def _charge_of(line: DraftLine) -> str:
    return line.key.split("/", 1)[0]


def _late_nets(lines: Sequence[DraftLine]) -> dict[str, int]:
    """What late lines of a charge come to together, by the first of them."""
    first: dict[str, str] = {}
    nets: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.corrects_id is not None:
            head = first.setdefault(line.key.split("/", 1)[0], line.key)
            nets[head] += line.amount_minor
    return dict(nets)


def _covers(each: OpenRedemption, line: DraftLine, codes: PriceCodes) -> bool:
    coupon = each.redemption.coupon
    code, product = codes.get(line.price_id or 0, ("", ""))
    return line.price_id is not None and not (
        (coupon.price_codes and code not in coupon.price_codes)
        or (coupon.product_codes and product not in coupon.product_codes)
    )


def _off(each: OpenRedemption, net_minor: int, left: int | None) -> int:
    """What is taken off a charge; below 0 where it takes back."""
    share = each.redemption.coupon.share_off
    if share is not None:
        return round_half_up(net_minor * Fraction(share))
    return max(min(net_minor, left or 0), 0)


def _line(
    each: OpenRedemption, of: DraftLine, off: int, currency: str, *, word: str = "coupon"
) -> DraftLine:
    coupon = each.redemption.coupon
    step: dict[str, Any] = {"base": str(Money.from_minor(of.amount_minor, currency).amount)}
    if (share := coupon.share_off) is not None:
        percent = decimal_text((share * 100).normalize())
        step |= {"step": "percentage_discount", "percent": percent}
    else:
        discount = Money.from_minor(coupon.minor_off or 0, currency)
        step |= {"step": "fixed_discount", "discount": str(discount.amount)}
    step |= {"name": coupon.name, "redemption": each.redemption.public_id}
    return of._replace(
        key=f"{of.key}/{word}:{each.redemption.public_id}",
        kind=COUPON,
        resource_id=None,
        description=f"{of.description} · {coupon.name}"[:500],
        quantity=Decimal(1),
        unit="",
        unit_price=None,
        amount_minor=-off,
        explanation=(STEPPED, {}, [step]),
    )
