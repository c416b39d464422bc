"""What was sealed and then touched is found, whoever touched it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Account
from audit.models import Seal, SealedRange
from audit.operations.sealing import seal
from audit.queries.sealed_tables import LEFT_OUT, sealed_tables
from audit.queries.verification import chain_faults, row_faults
from audit.tasks import seal_written
from core.actor import Actor, acting_as
from core.clock import now
from core.invariants import invariants
from tests.at_once import while_open
from tests.cast import account
from tests.tampering import guards_off

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor.person("usr_ada", "Ada")


def renamed(names: int = 3) -> Account:
    found = account("Acme")
    with acting_as(ADA, reason="They renamed themselves"):
        for each in range(names):
            found.name = f"Acme {each}"
            found.save()
    return found


def sealed() -> Seal:
    while seal(at=now()) is not None:
        pass
    return Seal.objects.latest("number")


def found() -> list[str]:
    return [str(each).partition(" after 2")[0] for each in (*chain_faults(), *row_faults())]


def test_what_was_written_is_sealed_and_nothing_twice() -> None:
    renamed()
    assert seal_written() > 4
    assert seal_written() == 0
    assert seal(at=now()) is None
    assert found() == []
    renamed()
    sealed()
    assert found() == []
    history = SealedRange.objects.filter(table="accounts_historicalaccount").order_by("above")
    assert [each.rows for each in history] == [4, 4]
    assert all(rule.check().holds for rule in invariants(["I42"]))


TAMPERINGS: dict[str, tuple[str, str]] = {
    "the actor rewritten": (
        "UPDATE accounts_historicalaccount SET actor_name = 'nobody'"
        " WHERE history_id = (SELECT min(history_id) + 1 FROM accounts_historicalaccount)",
        "changed",
    ),
    "the reason rewritten": (
        "UPDATE accounts_historicalaccount SET history_change_reason = 'x'",
        "changed",
    ),
    "the first gone": (
        "DELETE FROM accounts_historicalaccount"
        " WHERE history_id = (SELECT min(history_id) FROM accounts_historicalaccount)",
        "gone",
    ),
    "the last gone": (
        "DELETE FROM accounts_historicalaccount"
        " WHERE history_id = (SELECT max(history_id) FROM accounts_historicalaccount)",
        "gone",
    ),
    "two in other order": (
        "UPDATE accounts_historicalaccount SET name = CASE name WHEN 'Acme 0' THEN 'Acme 1'"
        " WHEN 'Acme 1' THEN 'Acme 0' ELSE name END",
        "changed",
    ),
}


@pytest.mark.parametrize(("statement", "what"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_history_that_was_touched_is_named(statement: str, what: str) -> None:
    renamed()
    sealed()
    with guards_off("accounts_historicalaccount") as cursor:
        cursor.execute(statement)
    (told,) = found()
    assert told.startswith("accounts_historicalaccount: ")
    assert what in told


def test_a_row_slipped_in_among_sealed_ones_is_named() -> None:
    renamed()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('accounts_historicalaccount', 'history_id'),"
            " max(history_id) + 5) FROM accounts_historicalaccount"
        )
    renamed(1)
    sealed()
    with connection.cursor() as cursor:
        columns = ", ".join(
            f'"{field.column}"'
            for field in Account.history.model._meta.local_concrete_fields
            if not field.primary_key
        )
        cursor.execute(
            f"INSERT INTO accounts_historicalaccount (history_id, {columns})"  # noqa: S608
            f" SELECT history_id + 2, {columns} FROM accounts_historicalaccount"
            " WHERE name = 'Acme 2'"
        )
    (told,) = found()
    assert "added" in told


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "UPDATE audit_seal SET link = repeat('a', 64) WHERE number = 2",
            "as it was made",
        ),
        ("UPDATE audit_seal SET sealed_at = now() WHERE number = 2", "as it was made"),
        ("UPDATE audit_sealedrange SET digest = repeat('a', 64)", "as it was made"),
        ("DELETE FROM audit_sealedrange WHERE table_name LIKE '%account'", "as it was made"),
        ("DELETE FROM audit_seal WHERE number = 1", "missing"),
    ],
)
def test_the_chain_itself_is_not_rewritten_unseen(statement: str, what: str) -> None:
    renamed()
    sealed()
    with guards_off("audit_seal", "audit_sealedrange") as cursor:
        cursor.execute(statement.replace("table_name", '"table"'))
    assert any(what in each for each in found())


def test_a_chain_made_anew_is_found_by_a_head_that_was_kept() -> None:
    renamed()
    kept = sealed().link
    with guards_off("audit_seal", "audit_sealedrange", "accounts_historicalaccount") as cursor:
        cursor.execute("UPDATE accounts_historicalaccount SET actor_name = 'nobody'")
        cursor.execute("DELETE FROM audit_sealedrange; DELETE FROM audit_seal")
    sealed()
    assert found() == []
    with pytest.raises(CommandError):
        call_command("verify_audit", head=kept, stdout=(out := StringIO()))
    assert f"the chain: has no seal {kept}" in out.getvalue()


def test_a_writer_that_is_slow_is_waited_for_and_sealed() -> None:
    renamed()
    sealed()

    def seals_meanwhile() -> list[Seal | None]:
        with acting_as(ADA, reason="Meanwhile"):
            account("Quick")
        return [seal(at=now()), seal(at=now())]

    def writes_slowly() -> None:
        with acting_as(ADA, reason="Slowly"):
            account("Slow")

    _, (marked, waits) = while_open(writes_slowly, seals_meanwhile)
    assert (marked.rows, waits) == (0, None)
    sealed()
    assert found() == []
    assert Account.history.filter(name="Slow").exists()
    assert SealedRange.objects.filter(table="accounts_historicalaccount").latest("up_to").rows == 2


def test_a_column_that_comes_later_breaks_no_seal() -> None:
    renamed()
    sealed()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_historicalaccount ADD COLUMN later text DEFAULT 'x'")
    try:
        assert found() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_historicalaccount DROP COLUMN later")


def test_the_command_says_the_head() -> None:
    renamed()
    call_command("seal_audit", stdout=(out := StringIO()))
    assert Seal.objects.latest("number").link in out.getvalue()
    call_command("verify_audit", stdout=(out := StringIO()))
    assert "Head" in out.getvalue()
    assert now() - Seal.objects.latest("number").sealed_at < timedelta(minutes=5)


def test_every_table_of_history_and_facts_is_sealed_or_says_why_not() -> None:
    tables = {each.name for each in sealed_tables()}
    assert {"accounts_historicalaccount", "ledger_journalline", "usage_receipt",
            "eventing_outboxevent", "approvals_decision"} <= tables  # fmt: skip
    assert tables.isdisjoint(LEFT_OUT)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[], %s::text[]) AS asked (name, key)"
            " WHERE pg_get_serial_sequence(quote_ident(name), key) IS NULL",
            [[each.name for each in sealed_tables()], [each.key for each in sealed_tables()]],
        )
        assert cursor.fetchall() == []
