"""The double-entry ledger: journals and their lines.

Append-only. PostgreSQL checks at commit that every journal balances and has two lines or more,
and that lines are written in their journal's own transaction. Debits are positive, credits
negative, in minor units of the journal's currency.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast

from accounts.models import Account
from billing.ledger.models.books import LedgerAccount
from billing.ledger.models.locks import POSTERS_LOCK
from billing.ledger.templates import DocumentKind, title_of
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Always
from core.db.models import AppendOnly

# Both are one query each, because every line of every invoice passes them.
_JOURNAL_BALANCED = """
    SELECT sum(line.amount_minor),
           (SELECT journal.transaction_id = pg_current_xact_id()::text::bigint
            FROM ledger_journal AS journal WHERE journal.id = NEW.journal_id)
    INTO total, is_own
    FROM ledger_journalline AS line WHERE line.journal_id = NEW.journal_id;
    IF NOT is_own THEN
        RAISE EXCEPTION 'a line is written in the transaction of its journal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_own_transaction';
    END IF;
    IF total <> 0 THEN
        RAISE EXCEPTION 'journal % does not balance', NEW.journal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';
    END IF;
    RETURN NULL;
"""
_JOURNAL_HAS_LINES = """
    IF NOT EXISTS (
        SELECT FROM ledger_journalline WHERE journal_id = NEW.id OFFSET 1
    ) THEN
        RAISE EXCEPTION 'journal % has fewer than two lines', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_lines';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND EXISTS (
        SELECT ledger_account_id, account_id, part, sum(minor) FROM (
            SELECT ledger_account_id, account_id, part, amount_minor AS minor
            FROM ledger_journalline WHERE journal_id IN (NEW.id, NEW.reverses_id)
        ) AS both_journals GROUP BY 1, 2, 3 HAVING sum(minor) <> 0
    ) THEN
        RAISE EXCEPTION 'journal % does not take back all of the one it reverses', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_reverses_all';
    END IF;
    RETURN NULL;
"""
# Whoever locks a period holds the name alone, so a journal is in before the lock or sees it.
_IN_OPEN_PERIODS = f"""
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('{POSTERS_LOCK}', 0));
    SELECT written.source, period_lock.locked_until INTO refused
    FROM written
    JOIN ledger_periodlock AS period_lock
      ON period_lock.document IN (written.document, 'journal')
     AND written.effective_at < period_lock.locked_until
    WHERE NOT EXISTS (
        SELECT FROM ledger_periodlockvoid AS void WHERE void.lock_id = period_lock.id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'what % books lies before %, and the books are locked until then',
            refused.source, refused.locked_until
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_period_locked';
    END IF;
    RETURN NULL;
"""  # noqa: S608  a name of this house, no data


def _checked_at_commit(name: str, func: str, **declared: str) -> Always:
    """A check PostgreSQL makes at commit, when the whole journal is there."""
    return Always(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        declare=list(declared.items()),
        func=func,
    )


class Journal(AppendOnly):
    """One balanced posting; `source` names the fact it books, once per kind.

    It has two clocks: `effective_at` is when what it books came about, `posted_at` when it was
    booked. A balance can be asked for by either.
    """

    public_id = PublicIdField(prefix="jrn")
    kind = models.SlugField(
        max_length=32, db_index=False, help_text="The posting template it was made by."
    )
    document = models.CharField(
        max_length=16,
        choices=DocumentKind.choices,
        default=DocumentKind.JOURNAL,
        db_default=DocumentKind.JOURNAL,
        help_text="The kind of document whose lock holds for it, beside that of all journals.",
    )
    source = models.CharField(max_length=64, help_text="Public id of the fact that is booked.")
    currency = CurrencyField()
    effective_at = models.DateTimeField(help_text="When what it books came about.")
    posted_at = models.DateTimeField()
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversal",
        help_text="The journal it takes back, line by line.",
    )
    memo = models.CharField(max_length=300)
    transaction_id = models.BigIntegerField(
        db_default=Cast(
            Cast(
                Func(function="pg_current_xact_id", output_field=models.TextField()),
                models.TextField(),
            ),
            models.BigIntegerField(),
        ),
        editable=False,
        help_text="Transaction that wrote the journal; its lines belong to the same one.",
    )

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["kind", "source"], name="journal_books_a_fact_once"),
            models.CheckConstraint(
                condition=Q(effective_at__lte=F("posted_at")), name="journal_not_ahead_of_itself"
            ),
        ]
        indexes = [
            models.Index(fields=["effective_at", "id"], name="journal_by_effect"),
            models.Index(fields=["transaction_id"], name="journal_by_transaction"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            _checked_at_commit("journal_has_lines", _JOURNAL_HAS_LINES),
            Always(
                name="journal_in_open_period",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
                declare=[("refused", "record")],
                func=_IN_OPEN_PERIODS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.source}"

    @property
    def title(self) -> str:
        """What happened, in words."""
        return title_of(self.kind)


class JournalLine(AppendOnly):
    """One side of a journal; `account` says whose receivable it is, where that matters."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="lines")
    # The index of ledger accounts and accounts serves it.
    ledger_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True)
    part = models.CharField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text="Part of the book, such as the jurisdiction of a tax.",
    )
    amount_minor = MinorAmountField(help_text="Debit positive, credit negative.")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["ledger_account", "account"], name="journal_line_by_book")]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="journal_line_not_zero"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            _checked_at_commit(
                "journal_balanced", _JOURNAL_BALANCED, total="numeric", is_own="boolean"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ledger_account} {self.amount_minor}"
