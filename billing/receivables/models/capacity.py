"""What holds settlements and refunds within what there is, in the database.

Every row that uses money locks what it uses first, the invoice before its sources, and only then
adds up: of two that come at once the second sees the first.
"""

import pgtrigger

from core.db.immutability import Always

_DECLARED = [("used", "numeric"), ("there", "numeric"), ("spent", "boolean")]


def checked(name: str, func: str) -> Always:
    """A check of each row as it is written."""
    return Always(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=_DECLARED,
        func=func,
    )


_REFUNDED = """
    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund
    WHERE refund.{source}_id = NEW.{source}_id {narrowed} AND NOT EXISTS (
        SELECT FROM receivables_refundattempt AS attempt
        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))
"""

_PAYMENT = f"""
    IF NEW.payment_id IS NOT NULL THEN
        PERFORM FROM receivables_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
        SELECT amount_minor - (
            SELECT coalesce(sum(amount_minor), 0) FROM receivables_paymentreversal
            WHERE payment_id = NEW.payment_id)
        INTO there FROM receivables_payment WHERE id = NEW.payment_id;
        SELECT ({_REFUNDED.format(source="payment", narrowed="AND refund.credit_note_id IS NULL")})
             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement
                WHERE payment_id = NEW.payment_id)
        INTO used;
        IF used > there THEN
            RAISE EXCEPTION 'payment % is used for % of %', NEW.payment_id, used, there
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_used_once';
        END IF;
        SELECT ({_REFUNDED.format(source="payment", narrowed="")}) INTO used;
        IF used > there THEN
            RAISE EXCEPTION 'refunds of payment % come to % of %', NEW.payment_id, used, there
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_refunded_once';
        END IF;
    END IF;
"""  # noqa: S608  names of this module, no data
_NOTE = f"""
    IF NEW.credit_note_id IS NOT NULL THEN
        PERFORM FROM invoicing_creditnote WHERE id = NEW.credit_note_id FOR NO KEY UPDATE;
        SELECT total_minor INTO there FROM invoicing_creditnote WHERE id = NEW.credit_note_id;
        SELECT ({_REFUNDED.format(source="credit_note", narrowed="")})
             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement
                WHERE credit_note_id = NEW.credit_note_id)
        INTO used;
        IF used > there THEN
            RAISE EXCEPTION 'credit note % is used for % of %', NEW.credit_note_id, used, there
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_used_once';
        END IF;
    END IF;
"""  # noqa: S608  names of this module, no data
LOCK_AND_CHECK_SOURCES = f"""{_PAYMENT}{_NOTE}
    RETURN NULL;
"""
LOCK_AND_CHECK_PAYMENT = f"""{_PAYMENT}
    RETURN NULL;
"""
LOCK_AND_CHECK_INVOICE = f"""
    PERFORM FROM invoicing_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
    SELECT EXISTS (SELECT FROM invoicing_invoicevoid WHERE invoice_id = NEW.invoice_id)
        AND NEW.amount_minor > 0 INTO spent;
    IF spent THEN
        RAISE EXCEPTION 'invoice % is void', NEW.invoice_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_not_of_a_void_invoice';
    END IF;
    SELECT coalesce(sum(amount_minor), 0) INTO used FROM receivables_settlement
    WHERE invoice_id = NEW.invoice_id;
    SELECT CASE WHEN state = 'issued' THEN total_minor ELSE 0 END INTO there
    FROM invoicing_invoice WHERE id = NEW.invoice_id;
    IF used > there OR used < 0 THEN
        RAISE EXCEPTION 'settlements of invoice % come to % of %', NEW.invoice_id, used, there
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_settled_once';
    END IF;
{_PAYMENT}{_NOTE}
    RETURN NULL;
"""  # noqa: S608  names of this module, no data
REVERSES_ALL = """
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT EXISTS (
            SELECT FROM receivables_settlement AS first
            WHERE first.id = NEW.reverses_id AND first.reverses_id IS NULL
              AND first.invoice_id = NEW.invoice_id AND first.kind = NEW.kind
              AND first.payment_id IS NOT DISTINCT FROM NEW.payment_id
              AND first.credit_note_id IS NOT DISTINCT FROM NEW.credit_note_id
              AND first.amount_minor = -NEW.amount_minor
              AND first.effective_at <= NEW.effective_at) INTO spent;
        IF NOT spent THEN
            RAISE EXCEPTION 'settlement % takes back something else', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_reverses_all';
        END IF;
    END IF;
    RETURN NULL;
"""
