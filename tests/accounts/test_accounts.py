"""Accounts: opened with a profile and a payer, in a tree of two levels, closed once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Account, BillingProfile, PayerAssignment
from accounts.operations import accounts, payers, profiles
from accounts.operations.accounts import (
    AccountClosed,
    ParentNotEnterprise,
    PayerCurrency,
    TeamsOpen,
)
from accounts.operations.payers import PayerNotLatest, PayerUnchanged
from accounts.operations.profiles import ProfileInvalid, ProfileNotLatest, ProfileTerms
from accounts.queries.profiles import profile_at, zones_of
from core.actor import acting_as
from core.db.integrity import constraint_of
from core.invariants import invariants
from core.periods import UnknownZone
from eventing.models import OutboxEvent
from tests.accounts.in_force import payer_at, profile_of
from tests.cast import NOON, OPENING, SETUP, account

SECOND = timedelta(seconds=1)
BY: dict[str, Any] = {"by": SETUP, "reason": "As agreed"}


def broken(*ids: str) -> list[str]:
    return [each.id for each in invariants(ids) if not each.check().holds]


class TestOpening:
    def test_an_account_starts_with_a_profile_and_pays_for_itself(self, acme: Account) -> None:
        assert profile_of(acme, OPENING).zone == "Europe/Berlin"
        assert payer_at(acme, OPENING) == acme
        assert list(OutboxEvent.objects.values_list("type", "subject")) == [
            ("account.opened", acme.public_id)
        ]

    def test_periods_are_counted_from_the_local_day_of_opening(self, db: None) -> None:
        opened = account("Kiwi", zone="Pacific/Auckland", at=datetime(2026, 1, 31, 12, tzinfo=UTC))
        assert opened.billing_anchor_on == date(2026, 2, 1)

    def test_an_anchor_may_be_agreed_instead(self, db: None) -> None:
        assert account("Old", anchor_on=date(2025, 12, 31)).billing_anchor_on == date(2025, 12, 31)

    def test_before_opening_there_is_neither_profile_nor_payer(self, acme: Account) -> None:
        assert profile_at(acme, OPENING - SECOND) is None
        assert payer_at(acme, OPENING - SECOND) is None

    def test_everything_wrong_with_a_profile_is_said_at_once(self, db: None) -> None:
        with pytest.raises(ProfileInvalid) as refused:
            ProfileTerms(legal_name=" ", zone="Mars/Olympus", terms_days=400).check()
        assert [(each.pointer, each.code) for each in refused.value.errors] == [
            ("/legal_name", "required"),
            ("/terms_days", "range"),
            ("/zone", UnknownZone.code),
        ]


class TestTree:
    def test_a_team_stands_below_an_enterprise(self, acme: Account) -> None:
        assert account("Platform", parent=acme, currency="EUR").parent == acme

    @pytest.mark.parametrize("kind", ["team", "personal"])
    def test_nothing_stands_below_anything_else(self, db: None, kind: str) -> None:
        with pytest.raises(ParentNotEnterprise):
            account("Below", parent=account("Above", kind=kind))

    @pytest.mark.parametrize("kind", ["enterprise", "personal"])
    def test_only_teams_stand_below(self, acme: Account, kind: str) -> None:
        with pytest.raises(ParentNotEnterprise):
            account("Below", kind=kind, parent=acme, currency="EUR")
        assert Account.objects.count() == 1

    def test_an_enterprise_closes_after_its_teams(self, acme: Account) -> None:
        team = account("Platform", parent=acme, currency="EUR")
        with pytest.raises(TeamsOpen):
            accounts.close(account=acme, at=NOON, **BY)
        accounts.close(account=team, at=NOON, **BY)
        accounts.close(account=acme, at=NOON, **BY)
        with pytest.raises(AccountClosed):
            account("Late", parent=acme, currency="EUR", at=NOON)
        assert broken("A3") == []

    def test_an_account_closes_once(self, globex: Account) -> None:
        accounts.close(account=globex, at=NOON, **BY)
        with pytest.raises(AccountClosed):
            accounts.close(account=globex, at=NOON + SECOND, **BY)


class TestProfiles:
    def test_the_old_version_ends_where_the_new_one_begins(self, acme: Account) -> None:
        terms = ProfileTerms(legal_name="Acme SE", zone="Europe/Paris", terms_days=14)
        profiles.revise(account=acme, terms=terms, at=NOON, **BY)
        assert profile_of(acme, NOON - SECOND).legal_name == "Acme Ltd"
        assert profile_of(acme, NOON).legal_name == "Acme SE"
        assert [span.zone for span in zones_of([acme.pk])[acme.pk]] == [
            "Europe/Berlin",
            "Europe/Paris",
        ]
        assert broken("A2") == []

    @pytest.mark.parametrize("at", [OPENING, OPENING - SECOND])
    def test_the_past_is_not_revised(self, acme: Account, at: datetime) -> None:
        with pytest.raises(ProfileNotLatest):
            profiles.revise(account=acme, terms=ProfileTerms("Acme SE", "UTC"), at=at, **BY)
        assert acme.profiles.count() == 1


class TestPayers:
    def test_a_hand_over_leaves_every_second_with_one_payer(self, acme: Account) -> None:
        team = account("Platform", parent=acme, currency="EUR")
        payers.assign(account=team, payer=acme, at=NOON, **BY)
        assert payer_at(team, NOON - SECOND) == team
        assert payer_at(team, NOON) == acme
        assert broken("A1") == []

    def test_the_payer_has_the_same_currency(self, acme: Account, globex: Account) -> None:
        with pytest.raises(PayerCurrency):
            payers.assign(account=globex, payer=acme, at=NOON, **BY)
        assert payer_at(globex, NOON) == globex

    def test_a_closed_account_pays_for_nobody(self, globex: Account) -> None:
        other = account("Initech")
        accounts.close(account=other, at=NOON, **BY)
        with pytest.raises(AccountClosed):
            payers.assign(account=globex, payer=other, at=NOON, **BY)

    def test_the_timeline_is_continued_and_not_rewritten(self, globex: Account) -> None:
        with pytest.raises(PayerNotLatest):
            payers.assign(account=globex, payer=account("Initech"), at=OPENING, **BY)

    def test_the_same_payer_again_is_refused(self, globex: Account) -> None:
        with pytest.raises(PayerUnchanged):
            payers.assign(account=globex, payer=globex, at=NOON, **BY)

    def test_a_gap_is_found(self, globex: Account) -> None:
        assignment = globex.payers.get()
        assignment.paid_from = NOON
        with acting_as(SETUP, reason="Breaking it"):
            assignment.save()
        assert broken("A1", "A2", "A3", "A4", "A5") == ["A1"]


class TestTheDatabaseItself:
    """What the operations refuse is refused below them as well."""

    ILLEGAL = {
        "billing_profile_no_overlap": lambda account: BillingProfile(
            account=account, valid_from=NOON, legal_name="x", zone="UTC", terms_days=1
        ),
        "billing_profile_ends_after_start": lambda account: BillingProfile(
            account=account, valid_from=OPENING - SECOND, valid_until=OPENING - SECOND,
            legal_name="x", zone="UTC", terms_days=1,
        ),
        "billing_profile_terms_within_a_year": lambda account: BillingProfile(
            account=account, valid_from=OPENING - SECOND, valid_until=OPENING,
            legal_name="x", zone="UTC", terms_days=366,
        ),
        "payer_assignment_no_overlap": lambda account: PayerAssignment(
            account=account, payer=account, paid_from=NOON
        ),
        "payer_assignment_ends_after_start": lambda account: PayerAssignment(
            account=account, payer=account, paid_from=OPENING, paid_until=OPENING
        ),
        "account_only_teams_have_a_parent": lambda account: Account(
            name="x", kind="personal", currency="USD", parent=account,
            opened_at=OPENING, billing_anchor_on="2026-01-01",
        ),
        "account_kind": lambda account: Account(
            name="x", kind="household", currency="USD",
            opened_at=OPENING, billing_anchor_on="2026-01-01",
        ),
        "account_closes_after_opening": lambda account: Account(
            name="x", kind="team", currency="USD", closed_at=OPENING,
            opened_at=OPENING, billing_anchor_on="2026-01-01",
        ),
        "accounts_account_currency_check": lambda account: Account(
            name="x", kind="team", currency="usd",
            opened_at=OPENING, billing_anchor_on="2026-01-01",
        ),
    }  # fmt: skip

    @pytest.mark.parametrize("constraint", ILLEGAL)
    def test_an_illegal_row_is_refused(self, acme: Account, constraint: str) -> None:
        row = self.ILLEGAL[constraint](acme)
        with (
            acting_as(SETUP, reason="Trying"),
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
        ):
            row.save()
        assert constraint_of(refused.value) == constraint

    def test_adjacent_periods_are_legal(self, acme: Account) -> None:
        with acting_as(SETUP, reason="Before the opening"):
            PayerAssignment.objects.create(
                account=acme, payer=acme, paid_from=OPENING - SECOND, paid_until=OPENING
            )
        assert acme.payers.count() == 2
