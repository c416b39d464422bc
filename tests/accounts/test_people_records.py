"""People and their roles under /admin: invited, proposed, decided; never a password."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.permissions import Role
from tests.accounts.test_admin import errors, signed_in, url
from tests.cast import holds


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(Role.OPERATOR)


class TestPeople:
    def form(self, **said: Any) -> dict[str, Any]:
        return {
            "username": "kim",
            "email": "kim@example.com",
            "is_active": "on",
            "roles": ["support"],
            "roles_seen": "support",
            "reason": "Joined",
            **said,
        }

    def test_a_person_is_invited_and_their_role_waits(self, operator: Client) -> None:
        operator.post(url("accounts_user", "add"), self.form())
        kim = User.objects.get(username="kim")
        assert not kim.has_usable_password()
        assert (kim.is_staff, kim.is_superuser) == (True, False)
        assert [(each.role, each.state) for each in kim.role_grants.all()] == [
            ("support", "proposed")
        ]

    def test_an_operator_sets_nobodys_password(self, operator: Client, ada: User) -> None:
        page = operator.get(url("accounts_user", "change", ada.pk)).content.decode()
        assert "password" not in page.replace("Send a link to choose a new password", "")
        operator.post(
            url("accounts_user", "change", ada.pk),
            self.form(
                email=ada.email, roles=["finance_approver"], roles_seen="finance_approver",
                password="chosen for her", new_password="chosen for her",
            ),
        )  # fmt: skip
        assert User.objects.get(pk=ada.pk).password == ada.password

    def test_a_link_goes_to_the_persons_own_mailbox(self, operator: Client, sam: User) -> None:
        operator.post(
            url("accounts_user", "change", sam.pk), self.form(email=sam.email, send_link="on")
        )
        (letter,) = mail.outbox
        assert letter.to == ["sam@example.com"]

    def test_an_approver_is_not_given_the_operators_mailbox(
        self, operator: Client, ada: User
    ) -> None:
        response = operator.post(
            url("accounts_user", "change", ada.pk),
            self.form(
                email="pat2@example.com",
                roles=["finance_approver"],
                roles_seen="finance_approver",
            ),
        )
        assert "email" in errors(response)
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"

    def test_a_role_taken_away_ends_at_once(self, operator: Client, sam: User) -> None:
        operator.post(url("accounts_user", "change", sam.pk), self.form(email=sam.email, roles=[]))
        ended = sam.role_grants.get()
        assert (ended.state, ended.ended_by and ended.ended_by.username) == ("ended", "pat")

    def test_a_role_given_since_the_page_was_opened_stays(
        self, operator: Client, sam: User
    ) -> None:
        holds(sam, Role.AUDITOR)
        operator.post(
            url("accounts_user", "change", sam.pk),
            self.form(email=sam.email, first_name="Samuel", roles=["support"]),
        )
        held = sam.role_grants.filter(state="granted").values_list("role", flat=True)
        assert sorted(held) == ["auditor", "support"]

    def test_a_finance_approver_decides_and_an_operator_does_not(
        self, operator: Client, sam: User, ada: User
    ) -> None:
        operator.post(
            url("accounts_user", "change", sam.pk),
            self.form(email=sam.email, roles=["support", "auditor"]),
        )
        waits = sam.role_grants.get(role="auditor")
        said = {"what": "approve", "reason": "Year end"}
        page = url("accounts_rolegrant", "change", waits.pk)
        assert operator.post(page, said).status_code == 403
        approver = Client()
        approver.force_login(ada)
        assert approver.post(page, said).status_code == 302
        waits.refresh_from_db()
        assert (waits.state, waits.decided_by) == ("granted", ada)

    def test_nobody_gives_roles_to_themselves(self, operator: Client) -> None:
        pat = User.objects.get(username="pat")
        response = operator.post(
            url("accounts_user", "change", pat.pk),
            self.form(email=pat.email, roles=["operator", "finance_admin"], roles_seen="operator"),
        )
        assert errors(response) == {
            "__all__": ["Nobody decides about their own roles; ask a colleague."]
        }
        assert [grant.role for grant in pat.role_grants.all()] == ["operator"]

    def test_the_hash_of_a_password_is_on_no_page(self, operator: Client, sam: User) -> None:
        for page in ("change", "history"):
            text = operator.get(url("accounts_user", page, sam.pk)).content.decode()
            assert sam.password not in text
