"""Free money settles what is issued: a payer's credit and unapplied cash, oldest due first.

What the rules of the payer's kind of account leave to a person is left. A part of an invoice that
is held from automatic payment is left alone, and a payer who is held as a whole is too.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from accounts.models import Account
from billing.invoicing.models import CreditNote, Invoice
from billing.receivables.models import Hold, Payment, Settlement
from billing.receivables.operations.settling import Recorded, lock_payer, poured, settle
from billing.receivables.policies.applying import ApplyingRules
from billing.receivables.queries.appliable import payers_with_both
from billing.receivables.queries.free_money import FreeMoney, free_money
from billing.receivables.queries.open_items import held_of, live_holds, still_open
from billing.receivables.queries.rule_versions import applying_rules
from core.actor import current_actor
from core.db.transactions import transaction
from core.isolating import isolated

logger = logging.getLogger(__name__)
PAYERS_AT_ONCE = 500


def apply_free(*, payer: Account, recorded: Recorded) -> list[Settlement]:
    """Put a payer's free money on what is open, as the rules of its kind of account say."""
    rules = applying_rules(at=recorded.at).of(payer.kind)
    with transaction():
        lock_payer(payer.pk)
        if _is_held(payer, at=recorded.at):
            return []
        left = _owed(payer, at=recorded.at)
        made: list[Settlement] = []
        for each in free_money(payer):
            amounts = _amounts(each, left) if _may(each.source, rules) else {}
            if amounts:
                made += settle(each.source, amounts, free=each.free_minor, recorded=recorded)
                for invoice, minor in amounts.items():
                    left[invoice] -= minor
    return made


def apply_all(*, at: datetime) -> int:
    """`apply_free` for everybody who has both; returns how many. One that fails stops no other."""
    recorded = Recorded(at, current_actor(), "Free money settles what is due")

    def work(some: Sequence[Account]) -> None:
        with transaction():
            for payer in sorted(some, key=lambda each: each.pk):
                apply_free(payer=payer, recorded=recorded)

    done, last = 0, 0
    while some := list(payers_with_both().filter(pk__gt=last)[:PAYERS_AT_ONCE]):
        done += isolated(some, work, set_aside=_set_aside)
        last = some[-1].pk
    return done


def _set_aside(payer: Account, problem: Exception) -> None:
    logger.error("free_money_not_applied", exc_info=problem, extra={"payer": payer.public_id})


def _is_held(payer: Account, *, at: datetime) -> bool:
    return Hold.objects.filter(
        live_holds(at),
        account=payer,
        invoice__isnull=True,
        processes__contains=[Hold.Process.AUTO_PAY],
    ).exists()


def _owed(payer: Account, *, at: datetime) -> dict[Invoice, int]:
    """What is open and not held from automatic payment, the oldest due first."""
    invoices = list(still_open().filter(payer=payer))
    held = held_of([each.pk for each in invoices], at=at, process=Hold.Process.AUTO_PAY)
    return {
        each: each.left_minor - held.get(each.pk, 0)  # type: ignore[attr-defined]  # annotated
        for each in invoices
    }


def _may(source: Payment | CreditNote, rules: ApplyingRules) -> bool:
    return rules.applies_cash if isinstance(source, Payment) else rules.applies_credit


def _amounts(free: FreeMoney, left: dict[Invoice, int]) -> dict[Invoice, int]:
    same = {invoice: owed for invoice, owed in left.items() if invoice.currency == free.currency}
    return poured(free.free_minor, same)
