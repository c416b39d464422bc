"""Nothing about a tracked row changes without saying who, why and in which request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.models import Account, User
from core.actor import Actor, ActorRequired, ReasonRequired, acting_as
from core.db.history import create_tracked, record_created, update_tracked
from core.db.integrity import constraint_of
from core.db.tracking import WritesNoHistory
from core.db.transactions import NoTransaction
from tests.cast import OPENING, PASSWORD, account

ADA = Actor.person("usr_ada", "Ada")


def unsaved(name: str = "Initech") -> Account:
    return Account(
        name=name, kind="team", currency="USD", opened_at=OPENING, billing_anchor_on="2026-01-01"
    )


def run(statement: str, *parameters: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def trail(row: Any) -> list[tuple[str, str, str, str]]:
    return list(
        row.history.order_by("history_id").values_list(
            "history_type", "actor_name", "history_change_reason", "request_id"
        )
    )


def test_a_change_is_attributed_to_who_made_it(globex: Account) -> None:
    with acting_as(ADA, reason="They renamed themselves", request_id="req-12345678"):
        globex.name = "Globex Corporation"
        globex.save()
    assert trail(globex) == [
        ("+", "test-setup", "The test begins", ""),
        ("~", "Ada", "They renamed themselves", "req-12345678"),
    ]
    latest = globex.history.latest()
    assert (latest.actor_kind, latest.actor_id) == ("person", "usr_ada")
    assert latest.name == "Globex Corporation"


def test_a_deletion_is_history_too(db: None) -> None:
    with acting_as(ADA, reason="Opened by mistake"):
        opened = unsaved()
        opened.save()
        pk = opened.pk
        opened.delete()
    rows = Account.history.filter(id=pk).order_by("history_id")
    assert [row.history_type for row in rows] == ["+", "-"]


def test_saving_as_nobody_stores_nothing(db: None) -> None:
    with pytest.raises(ActorRequired):
        unsaved().save()
    assert not Account.objects.exists()


def test_saving_without_a_reason_stores_nothing(globex: Account) -> None:
    globex.name = "Changed"
    with acting_as(ADA, reason=" \u200b"), pytest.raises(ReasonRequired):
        globex.save()
    globex.refresh_from_db()
    assert globex.name == "Globex"
    assert len(trail(globex)) == 1


def test_deleting_as_nobody_deletes_nothing(globex: Account) -> None:
    with pytest.raises(ActorRequired):
        globex.delete()
    assert Account.objects.filter(pk=globex.pk).exists()


SIDE_DOORS: dict[str, Callable[[Account], object]] = {
    "update": lambda row: Account.objects.filter(pk=row.pk).update(name="x"),
    "update_through_a_relation": lambda row: row.teams.update(name="x"),
    "bulk_create": lambda row: Account.objects.bulk_create([unsaved()]),
    "bulk_create_conflicts": lambda row: Account.objects.bulk_create(
        [unsaved()], update_conflicts=True, update_fields=["name"], unique_fields=["public_id"]
    ),
    "bulk_update": lambda row: Account.objects.bulk_update([row], ["name"]),
    "delete": lambda row: Account.objects.filter(pk=row.pk).delete(),
    "raw_delete": lambda row: Account.objects.filter(pk=row.pk)._raw_delete("default"),
    "load_raw": lambda row: row.save_base(raw=True),
    "save_without_history": lambda row: row.save_without_historical_record(),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("door", SIDE_DOORS)
def test_a_write_that_leaves_no_history_is_refused(globex: Account, door: str) -> None:
    with acting_as(ADA, reason="Trying"), pytest.raises(WritesNoHistory):
        SIDE_DOORS[door](globex)
    assert Account.objects.count() == 1
    assert len(trail(globex)) == 1


def test_a_change_computed_by_the_database_is_refused_whole(globex: Account) -> None:
    globex.opened_at = F("opened_at") + timedelta(days=1)
    with (
        acting_as(ADA, reason="Trying"),
        pytest.raises(ValueError, match="can only be used to update"),
        transaction.atomic(),
    ):
        globex.save()
    assert Account.objects.get().opened_at == OPENING
    assert len(trail(globex)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_historicalaccount SET actor_name = 'nobody'",
        "DELETE FROM accounts_historicalaccount",
        "TRUNCATE accounts_historicalaccount",
        "TRUNCATE accounts_historicalpartner_readable_accounts",
    ],
)
def test_history_itself_cannot_be_rewritten(globex: Account, ada: User, statement: str) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        run(statement)
    assert constraint_of(refused.value) == "append_only"


def test_the_ignore_switch_of_the_trigger_package_opens_nothing(globex: Account) -> None:
    triggers = run("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append%'")
    run("SELECT set_config('pgtrigger.ignore', %s, true)", f"{{{','.join(triggers)}}}")
    with pytest.raises(IntegrityError), transaction.atomic():
        run("DELETE FROM accounts_historicalaccount")


def test_many_rows_at_once_leave_the_history_of_each(db: None) -> None:
    with acting_as(ADA, reason="Imported"), transaction.atomic():
        rows = create_tracked([unsaved(f"Team {n}") for n in range(3)])
        changed = update_tracked(Account.objects.filter(name__in=["Team 0", "Team 2"]), name="One")
    assert changed == 2
    assert trail(rows[0]) == [("+", "Ada", "Imported", ""), ("~", "Ada", "Imported", "")]
    assert trail(rows[1]) == [("+", "Ada", "Imported", "")]
    one = rows[0].history.latest()
    assert (one.name, one.public_id, one.opened_at) == ("One", rows[0].public_id, OPENING)


@pytest.mark.django_db(transaction=True)
def test_set_based_history_belongs_to_the_transaction_of_the_change() -> None:
    with acting_as(ADA, reason="Imported"), pytest.raises(NoTransaction):
        record_created(Account, [1])


def test_set_based_writes_need_an_actor_too(db: None) -> None:
    with transaction.atomic(), pytest.raises(ActorRequired):
        create_tracked([unsaved()])


def test_signing_in_is_no_change_of_a_person(ada: User) -> None:
    ada.last_login = OPENING
    ada.save(update_fields=["last_login"])
    assert len(trail(ada)) == 2  # invited, and chose a password


def test_a_password_is_never_kept_in_history(ada: User) -> None:
    assert ada.check_password(PASSWORD)
    assert not hasattr(ada.history.latest(), "password")


def test_accounts_keep_their_own_history(acme: Account) -> None:
    other = account("Hooli")
    assert len(trail(acme)) == len(trail(other)) == 1
