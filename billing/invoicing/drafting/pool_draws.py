"""What a bill draws from the pools of an enterprise: use into units, units from buckets, the rest
as money.

A line of use says its units where its price is in units (`priced_in`), to as many decimals as the
pool counts; a pool of money is drawn by what a charge comes to. What is drawn takes the money off
on a line for each pool and tax class, whose explanation names every charge; units beyond the pool
cost what the licence says, or stay as they are priced. Late use draws from the window it was in,
and use taken back gives back what it drew, units beyond the pool first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q

from billing.catalogue.models import Price
from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.drafts import DraftOrProblem, InvoiceDraft
from billing.invoicing.drafting.pool_lines import (
    AskedCharge,
    BeyondPool,
    ChargeDraw,
    beyond_lines,
    draw_lines,
    units_of,
    used_at,
)
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import UNRATED
from billing.licences.drawing import OpenBucket, UnitDraw, UsageDemand, draw_all, give_back
from billing.licences.queries.pools import (
    AccountPools,
    PoolTerms,
    StandingDraw,
    pools_of,
    standing_draws,
)
from billing.licences.windows import ZERO, rounded_units
from billing.rating import LineKind
from core.money import minor_exponent, round_half_up


def with_pool_draws(answers: Sequence[DraftOrProblem]) -> list[DraftOrProblem]:
    """The drafts, in order of their periods, with what they draw; one query where nobody may.

    Each draws from what the ones before it left.
    """
    drafts = [each for each in answers if isinstance(each, InvoiceDraft)]
    if not drafts:
        return list(answers)
    starts = [draft.period.start for draft in drafts]
    starts += [line.period.start for draft in drafts for line in draft.lines]
    pools = pools_of({draft.account_id for draft in drafts}, since=min(starts))
    if not pools:
        return list(answers)
    drawing = _Drawing(pools, _products(drafts), _earlier(drafts, pools))
    return [
        drawing.drawn(each) if isinstance(each, InvoiceDraft) and each.account_id in pools else each
        for each in answers
    ]


def _products(drafts: Sequence[InvoiceDraft]) -> dict[int, str]:
    """The product of each price on these drafts, by code; one query."""
    ids = {line.price_id for draft in drafts for line in draft.lines if line.price_id}
    rows = Price.objects.filter(pk__in=ids)
    return dict(rows.values_list("pk", "plan_version__plan__product__code"))


def _asked(draft: InvoiceDraft) -> Iterator[AskedCharge]:
    found: dict[str, AskedCharge] = {}
    for line in draft.lines:
        if line.price_id is not None and line.kind not in UNRATED and line.kind != LineKind.FEE:
            key = line.key.split("/", 1)[0]
            found.setdefault(key, AskedCharge(key)).lines.append(line)
    yield from found.values()


@dataclass(frozen=True, slots=True)
class _Before:
    """What was billed and drawn of late charges before, by late key and as on the invoice."""

    draws: Mapping[str, Sequence[StandingDraw]]
    lines: Mapping[str, Sequence[InvoiceLine]]


def _earlier(drafts: Sequence[InvoiceDraft], pools: Mapping[int, AccountPools]) -> _Before:
    """The earlier bills of all charges that are late on these drafts; three queries, or none."""
    late = {
        line.key.split("/", 1)[0]: line.corrects_id
        for draft in drafts
        if draft.account_id in pools
        for line in draft.lines
        if line.corrects_id is not None
    }
    if not late:
        return _Before({}, {})
    invoices = Invoice.objects.in_bulk(set(late.values()))
    draws: dict[str, list[StandingDraw]] = defaultdict(list)
    lines: dict[str, list[InvoiceLine]] = defaultdict(list)
    own = {(invoices[pk].public_id, charge_key_of(key)): key for key, pk in late.items()}
    asked = Q(charge__in=list(late)) | Q(
        document__in=[ref for ref, _ in own], charge__in=[key for _, key in own]
    )
    for draw in standing_draws(asked):
        key = draw.charge if draw.charge in late else own.get((draw.document, draw.charge))
        if key is not None:
            draws[key].append(draw)
    billed = InvoiceLine.objects.filter(
        Q(invoice_id__in=list(invoices)) | Q(corrects_id__in=list(invoices)),
        invoice__void__isnull=True,
        invoice__state=Invoice.State.ISSUED,
    ).select_related("invoice")
    for line in billed.order_by("pk"):
        base = line.key.split("/", 1)[0]
        key = base if base in late else own.get((line.invoice.public_id, base))
        if key is not None:
            lines[key].append(line)
    return _Before(draws, lines)


@dataclass(slots=True)
class _Drawing:
    """The pools while drafts draw from them one after the other."""

    pools: Mapping[int, AccountPools]
    products: Mapping[int, str]
    before: _Before
    taken: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def drawn(self, draft: InvoiceDraft) -> InvoiceDraft:
        pools, found, beyond = self.pools[draft.account_id], list[ChargeDraw](), list[BeyondPool]()
        for asked in sorted(_asked(draft), key=lambda each: (each.line.period.start, each.key)):
            for unit in sorted(pools.units, reverse=True):
                drawn, over = self._of_charge(draft, pools, asked, unit)
                found += drawn
                beyond += [over] if over is not None else []
                if drawn or over is not None:
                    break
        lines = [*draw_lines(pools, found), *beyond_lines(beyond, draft.currency)]
        if not lines:
            return draft
        told = [[line.key, line.amount_minor, line.explanation] for line in lines]
        return replace(
            draft,
            lines=[*draft.lines, *lines],
            inputs_digest=digest([draft.inputs_digest, "pools", told]),
        )

    def _of_charge(
        self, draft: InvoiceDraft, pools: AccountPools, asked: AskedCharge, unit: str
    ) -> tuple[list[ChargeDraw], BeyondPool | None]:
        """What one charge draws from the pools of a unit, and what of it is beyond them."""
        product = self.products.get(asked.line.price_id or 0, "")
        demand = UsageDemand(
            asked.key, used_at(asked.line.period), unit, ZERO, draft.account_id, product
        )
        fitting = [
            replace(bucket, left=max(bucket.left - self.taken[bucket.bucket_id], ZERO))
            for bucket in pools.buckets
            if bucket.span.contains(demand.at) and bucket.scope.covers(demand)
        ]
        if not fitting:
            return [], None
        terms = pools.terms[min(fitting, key=lambda bucket: bucket.key).bucket_id]
        exponent = minor_exponent(draft.currency)
        units = asked.units_in(unit, terms.places, exponent)
        back = list[ChargeDraw]()
        if asked.replaces:
            back = self._all_back(asked)
        if units is None:
            return back, None
        if units < 0:
            return self._some_back(asked, -units, terms, exponent)
        amount = asked.amount_minor + sum(
            -line.amount_minor for line in asked.lines if line.kind == LineKind.REVERSAL
        )
        drawn = self._take(asked, replace(demand, units=units), fitting, amount)
        over = units - sum((each.units for each in drawn), ZERO)
        left = amount - sum(each.amount_minor for each in drawn)
        return [*back, *drawn], BeyondPool.of(asked, terms, over, left)

    def _take(
        self, asked: AskedCharge, demand: UsageDemand, fitting: Sequence[OpenBucket], amount: int
    ) -> list[ChargeDraw]:
        found, so_far, covered = [], ZERO, 0
        for draw in draw_all([demand], fitting):
            so_far += draw.units
            upto = round_half_up(amount * Fraction(so_far) / Fraction(demand.units))
            found.append(ChargeDraw(asked, draw.bucket_id, draw.units, upto - covered))
            covered = upto
            self.taken[draw.bucket_id] += draw.units
        return found

    def _all_back(self, asked: AskedCharge) -> list[ChargeDraw]:
        """Everything that was drawn for a charge that is billed again as a whole."""
        return [
            self._back(asked, draw, draw.units)
            for draw in reversed(self.before.draws.get(asked.key, ()))
        ]

    def _some_back(
        self, asked: AskedCharge, units: Decimal, terms: PoolTerms, exponent: int
    ) -> tuple[list[ChargeDraw], BeyondPool | None]:
        """Use that is taken back: first what was beyond the pool, then what was drawn, last first.

        More than was ever drawn stays money.
        """
        standing = list(self.before.draws.get(asked.key, ()))
        billed = [
            each
            for line in self.before.lines.get(asked.key, ())
            if (each := _billed_units(line, terms.unit, exponent)) is not None
        ]
        drawn = sum((draw.units for draw in standing), ZERO)
        was_over = max(rounded_units(sum(billed, Fraction(0)), terms.places) - drawn, ZERO)
        over = min(units, was_over)
        named = {f"{draw.movement_id}": draw for draw in standing}
        asks = [UnitDraw(name, draw.bucket_id, draw.units) for name, draw in named.items()]
        back = [
            self._back(asked, named[each.demand], each.units)
            for each in give_back(asks, units - over).draws
        ]
        left = asked.amount_minor - sum(each.amount_minor for each in back)
        return back, BeyondPool.of(asked, terms, -over, left)

    def _back(self, asked: AskedCharge, draw: StandingDraw, units: Decimal) -> ChargeDraw:
        self.taken[draw.bucket_id] -= units
        minor = round_half_up(draw.amount_minor * Fraction(units) / Fraction(draw.units))
        return ChargeDraw(asked, draw.bucket_id, -units, -minor, draw.movement_id)


def _billed_units(line: InvoiceLine, unit: str, exponent: int) -> Fraction | None:
    if not unit:
        return Fraction(line.amount_minor, 10**exponent)
    return units_of(line.explanation, unit)
