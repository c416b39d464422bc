"""What guards rows that stay: no session switches it off, and whoever owns it is noticed."""

import pgtrigger
import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction

from core.db.guards import expected_guards, faults
from core.db.integrity import constraint_of

KEPT = sorted(
    {model._meta.db_table for model, _ in pgtrigger.registered()} | {"usage_meterversion"}
)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_table_with_rows_that_stay_is_emptied(db: None) -> None:
    run(f"SELECT set_config('pgtrigger.ignore', '{{{','.join(_every_name())}}}', true)")
    refused = {}
    for table in KEPT:
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            run(f"TRUNCATE {table} CASCADE")
        refused[table] = constraint_of(refusal.value)
    assert {"invoicing_invoice", "invoicing_invoiceline", "catalogue_price"} <= set(refused)
    assert set(refused.values()) <= {"append_only", "usage_meterversion_immutable"}


def _every_name() -> list[str]:
    return [f"{table}:{name}" for table, name in expected_guards()]


def test_no_trigger_asks_a_session_whether_to_be_ignored(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE prosrc LIKE '%%should_ignore%%'"
        )
        assert cursor.fetchall() == []


def test_the_applications_role_cannot_pose_as_a_replica(db: None) -> None:
    with pytest.raises((ProgrammingError, OperationalError)), transaction.atomic():
        run("SET session_replication_role = replica")


def test_what_the_code_says_is_what_the_database_has(db: None) -> None:
    assert faults() == []
    assert len(expected_guards()) > 60


@pytest.mark.parametrize(
    ("tampering", "table", "what"),
    [
        ("ALTER TABLE invoicing_invoiceline DISABLE TRIGGER USER", "invoicing_invoiceline", "off"),
        ("ALTER TABLE accounts_billingprofile ENABLE REPLICA TRIGGER usage_note_profile",
         "accounts_billingprofile", "off"),
        ("DROP TRIGGER usage_note_profile ON accounts_billingprofile", "accounts_billingprofile",
         "missing"),
        ("CREATE OR REPLACE FUNCTION usage_meterversion_is_immutable() RETURNS trigger"
         " LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$", "usage_meterversion", "rewritten"),
        ("CREATE FUNCTION let() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
         "CREATE TRIGGER a_first BEFORE INSERT ON ledger_journal FOR EACH ROW"
         " EXECUTE FUNCTION let()", "ledger_journal", "not ours"),
        ("ALTER TABLE usage_event_default DISABLE TRIGGER USER", "usage_event_default", "off"),
    ],
    ids=["off", "replica-only", "dropped", "rewritten", "added", "partition"],
)  # fmt: skip
def test_whoever_tampers_as_the_owner_is_noticed(
    db: None, tampering: str, table: str, what: str
) -> None:
    run(tampering)
    assert any(each.startswith(f"{table}: ") and what in each for each in faults())


def test_a_condition_that_lets_everything_pass_is_noticed(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, proname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = 'invoicing_invoice'::regclass AND tgname LIKE '%%invoice_frozen%%'"
        )
        name, function = cursor.fetchone()
    run(
        f"CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE OR DELETE ON invoicing_invoice"
        f" FOR EACH ROW WHEN (false) EXECUTE FUNCTION {function}()"
    )
    assert faults() == [f"invoicing_invoice: {name} is narrowed"]
