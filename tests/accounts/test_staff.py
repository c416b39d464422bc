"""Nobody lets in whom they should not: people, their roles and how they sign in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client

from accounts.invitations import link_of
from accounts.models import RoleGrant, User
from accounts.models.users import NoSuperuser
from accounts.operations import roles, sign_in, staff
from accounts.operations.roles import (
    LastHolder,
    MayNotGiveRoles,
    OwnRoles,
    RoleDecided,
    RolesSeparated,
    RoleUnchanged,
)
from accounts.operations.sign_in import NotYourSignIn
from accounts.operations.staff import EmailHeld, EmailMissing, EmailTaken, PersonTerms
from accounts.permissions import OwnProposal, Permission, Role, permitted, separated
from core.actor import ReasonMissing, acting_as
from core.db.integrity import constraint_of
from tests.cast import NOON, PASSWORD, SETUP, deciders, holds, person, proposed

WHY: dict[str, Any] = {"at": NOON, "reason": "As agreed"}
NEW_PASSWORD = "quite another pass phrase"


def again(someone: User) -> User:
    """The person as the next request sees them."""
    seen: User = User.objects.get(pk=someone.pk)
    return seen


def terms(email: str) -> PersonTerms:
    return PersonTerms("Kim", "Lee", email)


class TestGivingRoles:
    def test_one_person_alone_gives_no_role(self, sam: User) -> None:
        olga, felix = deciders()
        grant = proposed(sam, Role.SENIOR_SUPPORT, by=olga)
        assert not permitted(again(sam), Permission.BILLING_READ)
        roles.approve(grant=grant, by=felix, **WHY)
        assert permitted(again(sam), Permission.BILLING_READ)

    def test_who_did_what_and_why_is_a_row(self, sam: User) -> None:
        olga, felix = deciders()
        grant = proposed(sam, Role.AUDITOR, by=olga)
        roles.approve(grant=grant, by=felix, at=NOON, reason="Year end")
        kept = RoleGrant.objects.get(pk=grant.pk)
        assert (kept.proposed_by, kept.decided_by) == (olga, felix)
        assert (kept.decision_reason, kept.decided_at) == ("Year end", NOON)

    def test_a_refused_proposal_carries_nothing_and_is_not_decided_twice(self, sam: User) -> None:
        olga, felix = deciders()
        grant = proposed(sam, Role.OPERATOR, by=olga)
        roles.refuse(grant=grant, by=felix, **WHY)
        with pytest.raises(RoleDecided):
            roles.approve(grant=grant, by=felix, **WHY)
        assert not permitted(again(sam), Permission.CONFIGURE)

    def test_whoever_cannot_propose_does_not(self, sam: User, ada: User) -> None:
        for who in (ada, person("sena", Role.SENIOR_SUPPORT)):
            with pytest.raises(MayNotGiveRoles):
                proposed(sam, Role.AUDITOR, by=who)

    def test_an_operator_does_not_approve(self, sam: User) -> None:
        olga, _ = deciders()
        grant = proposed(sam, Role.AUDITOR, by=olga)
        with pytest.raises(MayNotGiveRoles):
            roles.approve(grant=grant, by=person("otis", Role.OPERATOR), **WHY)

    def test_nobody_is_proposed_or_approved_by_themselves(self, db: None) -> None:
        olga, felix = deciders()
        with pytest.raises(OwnRoles):
            proposed(olga, Role.FINANCE_ADMIN, by=olga)
        grant = proposed(felix, Role.AUDITOR, by=olga)
        with pytest.raises(OwnRoles):
            roles.approve(grant=grant, by=felix, **WHY)

    def test_whoever_proposed_does_not_decide_even_as_an_approver_since(self, sam: User) -> None:
        olga, _ = deciders()
        otis = person("otis", Role.OPERATOR)
        grant = proposed(sam, Role.AUDITOR, by=otis)
        roles.end(person=otis, role=Role.OPERATOR, by=olga, **WHY)
        holds(otis, Role.FINANCE_APPROVER)
        with pytest.raises(OwnProposal):
            roles.approve(grant=grant, by=otis, **WHY)

    def test_no_role_without_a_reason(self, sam: User) -> None:
        olga, _ = deciders()
        with pytest.raises(ReasonMissing):
            roles.propose(person=sam, role=Role.AUDITOR, by=olga, at=NOON, reason=" \u200b ")

    def test_a_role_that_would_not_change_is_refused(self, sam: User) -> None:
        olga, _ = deciders()
        with pytest.raises(RoleUnchanged):
            proposed(sam, Role.SUPPORT, by=olga)
        with pytest.raises(RoleUnchanged):
            roles.end(person=sam, role=Role.AUDITOR, by=olga, **WHY)

    def test_a_role_taken_counts_from_the_next_request(self, sam: User) -> None:
        olga, _ = deciders()
        browser = Client()
        browser.force_login(sam)
        assert browser.get("/accounts/").status_code == 200
        roles.end(person=sam, role=Role.SUPPORT, by=olga, **WHY)
        assert browser.get("/accounts/").status_code == 403

    @pytest.mark.parametrize("which", [0, 1])
    def test_the_last_who_can_give_roles_keeps_that_role(self, db: None, which: int) -> None:
        last, other = deciders()[which], deciders()[1 - which]
        role = Role(last.role_grants.get().role)
        with pytest.raises(LastHolder):
            roles.end(person=last, role=role, by=other, **WHY)
        second = person("second", role)
        roles.end(person=last, role=role, by=second, **WHY)
        assert not last.role_grants.filter(state="granted").exists()


class TestSeparation:
    def test_both_finance_roles_in_one_person_are_refused(self, ada: User) -> None:
        olga, _ = deciders()
        with pytest.raises(RolesSeparated):
            proposed(ada, Role.FINANCE_ADMIN, by=olga)

    def test_whoever_approves_roles_does_not_propose_them(self, db: None) -> None:
        assert separated(Role.OPERATOR, Role.FINANCE_APPROVER)

    def test_the_database_separates_what_the_table_separates(self, db: None) -> None:
        olga, _ = deciders()
        held_apart = set()
        for one, other in permutations(Role, 2):
            kim = person(f"{one}-{other}", one)
            grant = {"proposed_by": olga, "proposed_at": NOON, "proposal_reason": "x"}
            try:
                with transaction.atomic(), acting_as(SETUP, reason="Trying"):
                    RoleGrant.objects.create(person=kim, role=other, **grant)
            except IntegrityError as refused:
                held_apart.add((constraint_of(refused), one, other))
        assert held_apart == {
            ("role_grant_separated", *pair) for pair in permutations(Role, 2) if separated(*pair)
        }
        assert separated(Role.FINANCE_APPROVER, Role.FINANCE_ADMIN)


@contextmanager
def _refusal() -> Iterator[pytest.ExceptionInfo[IntegrityError]]:
    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        acting_as(SETUP, reason="Trying"),
    ):
        yield refused


class TestTheDatabaseRefusesTheSame:
    """What a shell or a statement could try, round the operations."""

    @pytest.fixture
    def grant(self, sam: User) -> RoleGrant:
        return proposed(sam, Role.AUDITOR, by=deciders()[0])

    def refused_by(self, grant: RoleGrant, **values: Any) -> str:
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            QuerySet(RoleGrant).filter(pk=grant.pk).update(**values)
        return constraint_of(refused.value)

    def test_two_people(self, grant: RoleGrant) -> None:
        done = {"state": "granted", "decided_at": NOON}
        assert self.refused_by(grant, decided_by=grant.proposed_by, **done) == (
            "role_grant_two_people"
        )
        assert self.refused_by(grant, decided_by=grant.person, **done) == "role_grant_not_ones_own"
        assert self.refused_by(grant, **done) == "role_grant_decided_by_a_person"

    @pytest.mark.parametrize(
        "values",
        [
            {"role": "operator"},
            {"proposed_by_id": None},
            {"proposal_reason": "Another"},
            {"is_founding": True},
            {"state": "ended"},
        ],
    )
    def test_a_step_is_not_rewritten(self, grant: RoleGrant, values: dict[str, Any]) -> None:
        assert self.refused_by(grant, **values) == "role_grant_steps"

    def test_a_role_does_not_begin_granted(self, sam: User) -> None:
        olga, felix = deciders()
        with _refusal() as refused:
            RoleGrant.objects.create(
                person=sam, role="auditor", state="granted", proposed_by=olga, decided_by=felix,
                proposed_at=NOON, decided_at=NOON,
            )  # fmt: skip
        assert constraint_of(refused.value) == "role_grant_steps"

    @pytest.mark.parametrize("setting", ["", "{accounts_rolegrant:role_grant_steps}"])
    @pytest.mark.parametrize("statement", ["DELETE FROM", "TRUNCATE"])
    def test_nothing_is_forgotten(self, grant: RoleGrant, setting: str, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [setting])
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(f"{statement} accounts_rolegrant")
        assert RoleGrant.objects.filter(pk=grant.pk).exists()

    def test_nobody_is_founded_again(self, sam: User) -> None:
        deciders()
        with _refusal() as refused:
            RoleGrant.objects.create(
                person=sam, role="operator", state="granted", is_founding=True, proposed_at=NOON
            )
        assert constraint_of(refused.value) == "role_grant_founded_once"

    def test_nobody_is_superuser(self, sam: User) -> None:
        sam.is_superuser = True
        with (
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
            acting_as(SETUP, reason="Trying"),
        ):
            sam.save()
        assert constraint_of(refused.value) == "user_no_superuser"

    def test_a_group_grants_nothing(self, sam: User) -> None:
        Group.objects.create(name="finance_approver")
        assert not hasattr(sam.groups, "add")
        assert not permitted(again(sam), Permission.CREDIT_APPROVE)


class TestPasswords:
    def test_nobody_sets_another_ones_password(self, sam: User) -> None:
        olga, _ = deciders()
        for by in (olga.actor, SETUP):
            with pytest.raises(NotYourSignIn):
                sign_in.choose_password(person=sam, password=NEW_PASSWORD, by=by)
        assert again(sam).check_password(PASSWORD)

    def test_a_link_works_once_and_ends_every_session(self, sam: User) -> None:
        elsewhere = Client()
        elsewhere.force_login(sam)
        link = link_of(sam)

        assert follow(link, NEW_PASSWORD) == "/staff/password/reset/key/done/"
        assert again(sam).check_password(NEW_PASSWORD)
        assert elsewhere.get("/accounts/").status_code == 302
        change = sam.history.latest()
        assert (change.actor_name, change.history_change_reason) == ("Sam", "Chose a new password")

        follow(link, "and yet another phrase")
        assert again(sam).check_password(NEW_PASSWORD)

    def test_a_link_expires_after_a_day(self, sam: User) -> None:
        with time_machine.travel(NOON, tick=False) as clock:
            link = link_of(sam)
            clock.shift(timedelta(hours=24, seconds=1))
            follow(link, NEW_PASSWORD)
        assert again(sam).check_password(PASSWORD)

    def test_changing_it_oneself_ends_the_other_sessions_and_keeps_this_one(
        self, sam: User
    ) -> None:
        here, elsewhere = Client(), Client()
        for browser in (here, elsewhere):
            assert browser.login(username="sam", password=PASSWORD)
        here.post(
            "/staff/password/change/",
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )
        assert again(sam).check_password(NEW_PASSWORD)
        assert here.get("/accounts/").status_code == 200
        assert elsewhere.get("/accounts/").status_code == 302

    def test_a_second_factor_that_changes_is_history_and_ends_sessions(self, sam: User) -> None:
        elsewhere = Client()
        elsewhere.force_login(sam)
        sign_in.change_second_factor(person=sam, what="Removed: a passkey", by=sam.actor)
        assert elsewhere.get("/accounts/").status_code == 302
        assert sam.history.latest().history_change_reason == "Removed: a passkey"

    def test_what_allauth_says_of_a_second_factor_is_noted_and_this_session_goes_on(
        self, sam: User
    ) -> None:
        here, elsewhere = Client(), Client()
        for browser in (here, elsewhere):
            browser.force_login(sam)
        request = here.get("/accounts/").wsgi_request
        authenticator_removed.send(
            sender=Authenticator,
            request=request,
            user=request.user,
            authenticator=Authenticator(user=sam, type=Authenticator.Type.TOTP),
        )
        request.session.save()
        assert sam.history.latest().history_change_reason.startswith("Removed a second factor")
        assert request.session["_auth_user_hash"] == again(sam).get_session_auth_hash()
        assert elsewhere.get("/accounts/").status_code == 302

    def test_a_lost_password_is_asked_for_by_mail(
        self, sam: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            Client().post("/staff/password/reset/", {"email": "sam@example.com"})
            Client().post("/staff/password/reset/", {"email": "nobody@example.com"})
        (letter,) = mail.outbox
        assert letter.to == ["sam@example.com"]
        (path,) = re.findall(r"/staff/password/reset/key/\S+", str(letter.body))
        follow(path, NEW_PASSWORD)
        assert again(sam).check_password(NEW_PASSWORD)

    def test_addresses_are_not_managed_behind_the_operators_back(self, sam: User) -> None:
        browser = Client()
        browser.force_login(sam)
        assert browser.get("/staff/email/").status_code == 404


def follow(link: str, password: str) -> str:
    """Open a link as a stranger and choose a password; where that leads."""
    browser = Client()
    opened = browser.get(link.removeprefix("http://127.0.0.1:8000"))
    if opened.status_code != 302:
        return ""
    form = {"password1": password, "password2": password}
    answer = browser.post(opened.headers["Location"], form)
    return answer.headers.get("Location", "")


class TestPeople:
    def test_an_invited_person_chooses_a_password_and_has_no_role(
        self, db: None, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            kim = staff.invite(
                username="kim", terms=terms("kim@example.com"), by=SETUP, reason="Joined"
            )
        (letter,) = mail.outbox
        assert letter.to == ["kim@example.com"]
        assert not Client().login(username="kim", password="")
        (link,) = re.findall(r"http\S+", str(letter.body))
        follow(link, PASSWORD)
        assert Client().login(username="kim", password=PASSWORD)
        assert not any(permitted(again(kim), permission) for permission in Permission)

    def test_a_person_without_a_mailbox_is_refused(self, db: None) -> None:
        with pytest.raises(EmailMissing):
            staff.invite(username="kim", terms=terms(" "), by=SETUP, reason="Joined")

    def test_a_mailbox_is_one_persons(self, sam: User) -> None:
        with pytest.raises(EmailTaken):
            staff.invite(username="kim", terms=terms("SAM@example.com"), by=SETUP, reason="Joined")

    def test_the_mailbox_of_an_approver_is_not_redirected(self, ada: User) -> None:
        olga, _ = deciders()
        with pytest.raises(EmailHeld):
            staff.revise(
                person=ada, terms=terms("olga2@example.com"), is_active=True, by=olga, **WHY
            )
        assert again(ada).email == "ada@example.com"

    def test_an_old_link_dies_with_the_address(self, db: None) -> None:
        olga, _ = deciders()
        kim = person("kim")
        link = link_of(kim)
        staff.revise(person=kim, terms=terms("lee@example.com"), is_active=True, by=olga, **WHY)
        follow(link, NEW_PASSWORD)
        assert again(kim).check_password(PASSWORD)

    def test_whoever_leaves_loses_every_role_at_once(self, sam: User) -> None:
        olga, _ = deciders()
        browser = Client()
        browser.force_login(sam)
        staff.revise(person=sam, terms=terms(sam.email), is_active=False, by=olga, **WHY)
        assert browser.get("/accounts/").status_code == 302
        assert not sam.role_grants.filter(state="granted").exists()
        staff.revise(person=sam, terms=terms(sam.email), is_active=True, by=olga, **WHY)
        assert not permitted(again(sam), Permission.BILLING_READ_MASKED)

    def test_the_last_operator_does_not_leave(self, db: None) -> None:
        olga, felix = deciders()
        with pytest.raises(MayNotGiveRoles):
            staff.revise(person=olga, terms=terms(olga.email), is_active=False,
                         by=person("sena", Role.SENIOR_SUPPORT), **WHY)  # fmt: skip
        with pytest.raises(LastHolder):
            staff.revise(person=olga, terms=terms(olga.email), is_active=False, by=felix, **WHY)
        assert again(olga).is_active


class TestFounding:
    FIRST = (
        "--operator", "olga", "Olga Ruiz", "olga@example.com",
        "--approver", "felix", "Felix Braun", "felix@example.com",
    )  # fmt: skip

    def test_the_first_two_are_made_once(self, db: None, capsys: Any) -> None:
        call_command("found_staff", *self.FIRST)
        links = re.findall(r"http\S+", capsys.readouterr().out)
        for link, name in zip(links, ("olga", "felix"), strict=True):
            follow(link, PASSWORD)
            assert Client().login(username=name, password=PASSWORD)
        olga, felix = User.objects.get(username="olga"), User.objects.get(username="felix")
        assert permitted(olga, Permission.ROLE_PROPOSE)
        assert permitted(felix, Permission.ROLE_APPROVE)

    def test_it_is_no_way_in_later(self, sam: User) -> None:
        others = [each.replace("olga", "oleg").replace("felix", "faye") for each in self.FIRST]
        with pytest.raises(CommandError, match="Nothing was saved"):
            call_command("found_staff", *others)
        assert not User.objects.filter(username="oleg").exists()

    def test_one_person_is_not_both(self, db: None) -> None:
        with pytest.raises(CommandError):
            call_command("found_staff", *self.FIRST[:5], *self.FIRST[1:4])
        assert not User.objects.exists()

    def test_there_is_no_superuser_to_make(self, db: None) -> None:
        with pytest.raises(NoSuperuser):
            User.objects.create_superuser("root", "root@example.com", PASSWORD)
