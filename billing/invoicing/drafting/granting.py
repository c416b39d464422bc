"""Has drafts draw on the grants of their accounts, after all charges and before tax.

Grants are taken in their order (`CreditGrant.order_key`), charges in that of the invoice. A grant
covers a charge whose time it holds in for at least an instant. Each draw is a line of its charge,
so a credit note never pays out what a grant covered.

Where late usage takes back more of a charge than was paid for it, the rest goes back to the grants
that covered it, the last drawn first, on a line that puts it back on the invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.drafts import DraftLine, DraftOrProblem, InvoiceDraft
from billing.invoicing.drafting.price_codes import PriceCodes, codes_of
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import CreditGrant, GrantMovement, InvoiceLine
from billing.invoicing.models.invoice_lines import ADJUSTMENT, GRANT
from billing.invoicing.models.invoices import live
from billing.invoicing.queries.creditable import net_charges
from billing.rating.charges import STEPPED
from core.decimals import decimal_text
from core.money import Money, round_half_up
from core.periods import Period


@dataclass(slots=True)
class OpenGrant:
    """A grant and what is left of it while drafts are made, in its minor units or units."""

    grant: CreditGrant
    left: Decimal

    def holds_in(self, period: Period) -> bool:
        """Whether it is in force for some of a period."""
        ends, grant = self.grant.expires_at, self.grant
        return grant.effective_from < period.end and (ends is None or ends > period.start)


@dataclass(slots=True)
class _Charge:
    """A charge of a draft, and what no grant covers yet."""

    line: DraftLine
    net_minor: int
    left_minor: int
    left_units: Decimal


def with_grants(answers: Sequence[DraftOrProblem]) -> list[DraftOrProblem]:
    """The drafts, in order of their periods, with what the grants of their accounts cover.

    One query where no account has a grant with anything left and nothing late is taken back.
    """
    drafts = [each for each in answers if isinstance(each, InvoiceDraft)]
    returning = _taken_back(drafts)
    waiting = open_grants({each.account_id for each in drafts}, spent_too=bool(returning))
    if not waiting:
        return list(answers)
    grants = [each.grant for some in waiting.values() for each in some]
    scoped = any(each.price_codes or each.product_codes for each in grants)
    codes = codes_of([each for each in drafts if each.account_id in waiting]) if scoped else {}
    covered = _covered(returning)
    return [
        _with(each, waiting[each.account_id], codes, covered)
        if isinstance(each, InvoiceDraft) and each.account_id in waiting
        else each
        for each in answers
    ]


def open_grants(
    account_ids: Collection[int], *, spent_too: bool = False
) -> dict[int, list[OpenGrant]]:
    """The grants of accounts with something left, in the order they are drawn; one query."""
    if not account_ids:
        return {}
    rows = CreditGrant.objects.filter(account_id__one_of=list(account_ids)).annotate(
        left=F("amount") + Coalesce(Sum("movements__change"), Decimal(0))
    )
    if not spent_too:
        rows = rows.filter(left__gt=0)
    found: dict[int, list[OpenGrant]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: each.order_key):
        found[row.account_id].append(OpenGrant(row, row.left))
    return dict(found)


def _with(
    draft: InvoiceDraft,
    grants: Sequence[OpenGrant],
    codes: PriceCodes,
    covered: Mapping[tuple[int, str], Sequence[GrantMovement]],
) -> InvoiceDraft:
    made = _returned(draft, grants, covered)
    charges = _charges(draft)
    for each in grants:
        for charge in charges:
            line = _drawn(each, charge, codes)
            if line is not None:
                made.append(line)
    if not made:
        return draft
    told = [[line.key, line.amount_minor, line.explanation[2][0]["drawn"]] for line in made]
    return replace(
        draft,
        lines=[*draft.lines, *made],
        inputs_digest=digest([draft.inputs_digest, "grants", told]),
    )


def _charges(draft: InvoiceDraft) -> list[_Charge]:
    """What was rated of the draft and comes to something, what a charge was reduced by included."""
    lines = [
        line._replace(tax_group=line.tax_class) for line in draft.lines if line.kind != ADJUSTMENT
    ]
    return [
        _Charge(line, net, net, line.rated_quantity or Decimal(0))
        for _, line, net in net_charges(lines)
        if net > 0 and line.price_id is not None
    ]


def _drawn(each: OpenGrant, charge: _Charge, codes: PriceCodes) -> DraftLine | None:
    """The line of what a grant covers of a charge; both are left with less."""
    grant, line = each.grant, charge.line
    if each.left <= 0 or charge.left_minor <= 0 or not each.holds_in(line.period):
        return None
    code, product = codes.get(line.price_id or 0, ("", ""))
    if (grant.price_codes and code not in grant.price_codes) or (
        grant.product_codes and product not in grant.product_codes
    ):
        return None
    base = charge.left_minor
    if grant.is_money:
        minor = min(int(each.left), base)
        taken = Decimal(minor)
    else:
        if line.unit != grant.unit or charge.left_units <= 0:
            return None
        taken = min(each.left, charge.left_units)
        minor = base
        if taken < charge.left_units:
            share = Fraction(taken) / Fraction(line.quantity)
            minor = min(round_half_up(charge.net_minor * share), base)
        charge.left_units -= taken
    charge.left_minor -= minor
    each.left -= taken
    return _line(each, line, -minor, taken, base)


def _line(
    each: OpenGrant,
    of: DraftLine,
    minor: int,
    taken: Decimal,
    base: int,
    *,
    undoes: GrantMovement | None = None,
) -> DraftLine:
    """`taken` of a grant off the line of a charge, or where it is below 0 put back."""
    grant = each.grant
    currency = grant.currency
    step: dict[str, Any] = {
        "step": "grants",
        "name": grant.name,
        "base": str(Money.from_minor(base, currency).amount),
        "granted": amount_words(grant, grant.amount),
        "left": amount_words(grant, each.left),
        "grant": grant.public_id,
        "drawn": decimal_text(taken),
        "order": grant.order_key,
    }
    if grant.unit:
        step["unit"] = grant.unit
    if undoes is not None:
        step["undoes"] = undoes.public_id
    verb = "covered by" if minor < 0 else "given back to"
    return of._replace(
        key=f"{of.key}/grant:{(undoes or grant).public_id}",
        kind=GRANT,
        resource_id=None,
        description=f"{of.description} · {verb} {grant.name}"[:500],
        quantity=Decimal(1),
        unit="",
        unit_price=None,
        amount_minor=minor,
        explanation=(STEPPED, {}, [step]),
    )


def amount_words(grant: CreditGrant, amount: Decimal) -> str:
    """An amount of a grant as a plain number: of money in the currency, or of its units."""
    if grant.is_money:
        return str(Money.from_minor(int(amount), grant.currency).amount)
    return decimal_text(amount)


def _taken_back(drafts: Sequence[InvoiceDraft]) -> list[DraftLine]:
    """Late lines that take something back."""
    return [
        line
        for draft in drafts
        for line in draft.lines
        if line.corrects_id is not None and line.amount_minor < 0 and line.kind != ADJUSTMENT
    ]


def _covered(lines: Sequence[DraftLine]) -> dict[tuple[int, str], list[GrantMovement]]:
    """The draws on the charges that late lines take back of, by invoice and charge, last first.

    What earlier late lines put back is off them: their `change` and `worth_minor` are what stands.
    """
    if not lines:
        return {}
    late = {line.key.split("/", 1)[0]: line.corrects_id or 0 for line in lines}
    rows = GrantMovement.objects.filter(
        Q(invoice_id__in=set(late.values())) | Q(charge_key__in=late),
        kind=GrantMovement.Kind.DRAW,
    )
    found: dict[tuple[int, str], list[GrantMovement]] = defaultdict(list)
    for row in standing_draws(rows):
        if row.charge_key in late:
            found[late[row.charge_key], charge_key_of(row.charge_key)].append(row)
        else:
            found[row.invoice_id or 0, row.charge_key].append(row)
    return found


def standing_draws(rows: Any) -> list[GrantMovement]:
    """Draws less what was given back of them, the last drawn first; those undone are left out."""
    draws = rows.select_related("grant").annotate(
        back=Coalesce(Sum("undone_by__change"), Decimal(0)),
        back_minor=Coalesce(Sum("undone_by__worth_minor"), 0),
    )
    standing = []
    for row in draws.order_by("-pk"):
        row.change += row.back
        row.worth_minor -= row.back_minor
        if row.change < 0:
            standing.append(row)
    return standing


def _returned(
    draft: InvoiceDraft,
    grants: Sequence[OpenGrant],
    covered: Mapping[tuple[int, str], Sequence[GrantMovement]],
) -> list[DraftLine]:
    """The lines that give back to grants what late usage takes back beyond what was paid."""
    if not covered:
        return []
    by_id = {each.grant.pk: each for each in grants}
    sums: dict[tuple[int, str], int] = defaultdict(int)
    first: dict[tuple[int, str], DraftLine] = {}
    for line in draft.lines:
        if line.corrects_id is not None and line.kind != ADJUSTMENT:
            key = line.corrects_id, charge_key_of(line.key)
            sums[key] += line.amount_minor
            first.setdefault(key, line)
    made = []
    for key, minor in sums.items():
        draws = covered.get(key, ())
        rest = -minor - _paid_of(*key) if draws and minor < 0 else 0
        for draw in draws:
            if rest <= 0:
                break
            back = min(rest, draw.worth_minor)
            units = share_of_draw(draw, back)
            each = by_id[draw.grant_id]
            each.left += units
            rest -= back
            line = first[key]
            head = line._replace(key=line.key.split("/", 1)[0])
            made.append(_line(each, head, back, -units, draw.worth_minor, undoes=draw))
    return made


def share_of_draw(draw: GrantMovement, worth_minor: int) -> Decimal:
    """How much of its grant a part of a draw is; all of it for all of its worth."""
    if worth_minor >= draw.worth_minor:
        return -draw.change
    exact = Fraction(-draw.change) * worth_minor / draw.worth_minor
    places = 0 if draw.grant.is_money else 6
    return Decimal(round_half_up(exact * 10**places)).scaleb(-places)


def _paid_of(invoice_id: int, charge_key: str) -> int:
    """What was charged in money for a charge so far, late usage included, in minor units."""
    own = InvoiceLine.objects.filter(invoice_id=invoice_id, corrects__isnull=True)
    late = InvoiceLine.objects.filter(live("invoice__"), corrects_id=invoice_id)
    billed = [
        (key.split("/", 1)[0], minor) for key, minor in own.values_list("key", "amount_minor")
    ]
    billed += [
        (charge_key_of(key), minor) for key, minor in late.values_list("key", "amount_minor")
    ]
    return sum(minor for key, minor in billed if key == charge_key)
