"""The records under /admin: each role sees its own, and every change asks why."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Partner, PartnerCredential, Resource, User
from accounts.permissions import Role
from accounts.queries.owners import owner_at
from core.admin import TrackedAdmin
from core.clock import now
from eventing.models import OutboxEvent
from tests.accounts.in_force import payer_at, profile_of
from tests.browsers import Browser, made_from
from tests.cast import (
    NOON,
    OPENING,
    PASSWORD,
    account,
    credential,
    partner,
    person,
    resource,
)

MODELS = [
    "accounts_account",
    "accounts_billingprofile",
    "accounts_payerassignment",
    "accounts_resource",
    "accounts_resourceownership",
    "accounts_partner",
    "accounts_partnercredential",
    "accounts_user",
    "accounts_rolegrant",
    "eventing_outboxevent",
]


# As many as one person may hold.
UNSEPARATED = (Role.SENIOR_SUPPORT, Role.FINANCE_ADMIN, Role.AUDITOR, Role.OPERATOR)


def signed_in(*roles: Role) -> Client:
    person("pat", *roles)
    client = Browser()
    assert client.login(username="pat", password=PASSWORD)
    return client


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:{model}_{page}", args=args)


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, response.headers.get("Location")
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


@pytest.fixture
def keeper(db: None) -> Client:
    """Somebody who maintains accounts."""
    return signed_in(Role.SENIOR_SUPPORT)


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(Role.OPERATOR)


class TestWhoSeesWhat:
    # l list, a add; columns as in MODELS.
    EXPECTED = {
        Role.SUPPORT: "-- -- -- -- -- -- -- -- -- --",
        Role.SENIOR_SUPPORT: "la la la la la l- l- -- -- l-",
        Role.FINANCE_APPROVER: "l- l- l- l- l- l- -- -- l- l-",
        Role.FINANCE_ADMIN: "la la la la la l- -- -- -- l-",
        Role.AUDITOR: "-- -- -- -- -- -- l- l- l- --",
        Role.OPERATOR: "-- -- -- -- -- la la la l- --",
    }

    @pytest.mark.parametrize("role", Role)
    def test_each_role_opens_its_pages_and_no_other(self, db: None, role: Role) -> None:
        client = signed_in(role)
        seen = []
        for model in MODELS:
            statuses = [client.get(url(model, page)).status_code for page in ("changelist", "add")]
            assert set(statuses) <= {200, 403}
            letters = zip("la", statuses, strict=True)
            seen.append("".join(letter if code == 200 else "-" for letter, code in letters))
        assert " ".join(seen) == self.EXPECTED[role]

    @pytest.mark.parametrize("model", MODELS)
    def test_nobody_deletes(self, db: None, acme: Account, model: str) -> None:
        client = signed_in(*UNSEPARATED)
        assert client.get(url(model, "delete", 1)).status_code in (302, 403, 404)
        assert b"delete_selected" not in client.get(url(model, "changelist")).content

    def test_a_stranger_is_sent_to_sign_in(self, db: None) -> None:
        response = Client().get(url("accounts_account", "changelist"), follow=True)
        assert response.redirect_chain[-1][0].startswith("/staff/login/")

    def test_what_is_no_record_of_ours_is_not_registered(self, db: None) -> None:
        registered = {model._meta.label for model in admin.site._registry}
        assert not {each for each in registered if each.startswith("oauth2_provider.")}
        assert not registered & {"auth.Group", "account.EmailAddress", "mfa.Authenticator"}

    def test_many_of_a_kind_are_named_as_one_says_it(self) -> None:
        names = [str(model._meta.verbose_name_plural) for model in admin.site._registry]
        assert [name for name in names if re.search(r"[^aeiou]ys$", name)] == []

    def test_the_autocomplete_asks_for_permission_too(self, acme: Account) -> None:
        query = "?app_label=accounts&model_name=payerassignment&field_name=payer&term=Acme"
        assert signed_in(Role.SUPPORT).get(f"/admin/autocomplete/{query}").status_code == 403

    def test_a_list_asks_the_database_the_same_however_long(
        self, keeper: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for n in range(20):
            account(f"Team {n}")
        with django_assert_max_num_queries(10):
            keeper.get(url("accounts_account", "changelist"))


class TestAccounts:
    NEW = {
        "name": "Initech",
        "kind": "team",
        "currency": "USD",
        "legal_name": "Initech Inc",
        "language": "en",
        "zone": "America/New_York",
        "terms_days": "30",
        "reason": "Signed the contract",
    }

    def test_an_account_is_opened_with_its_profile(self, keeper: Client) -> None:
        keeper.post(url("accounts_account", "add"), self.NEW)
        opened = Account.objects.get()
        assert profile_of(opened, now()).legal_name == "Initech Inc"
        assert payer_at(opened, now()) == opened
        change = opened.history.get()
        assert (change.actor_name, change.history_change_reason) == ("Pat", "Signed the contract")
        assert change.request_id

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"reason": ""}, "reason"),
            ({"reason": " \u200b\u00a0 "}, "reason"),
            ({"reason": "a\x00b"}, "reason"),
            ({"currency": "usd"}, "currency"),
            ({"currency": "XYZ"}, "currency"),
            ({"zone": "Mars/Olympus"}, "zone"),
            ({"terms_days": "400"}, "terms_days"),
            ({"kind": "household"}, "kind"),
        ],
    )
    def test_a_bad_form_says_which_field(
        self, keeper: Client, wrong: dict[str, str], field: str
    ) -> None:
        assert field in errors(keeper.post(url("accounts_account", "add"), self.NEW | wrong))
        assert not Account.objects.exists()

    def test_what_the_operation_refuses_stands_beside_the_field(
        self, keeper: Client, globex: Account
    ) -> None:
        response = keeper.post(url("accounts_account", "add"), self.NEW | {"parent": globex.pk})
        assert errors(response) == {"parent": ["Globex is a team account."]}
        assert Account.objects.count() == 1

    def test_only_the_name_changes(self, keeper: Client, globex: Account) -> None:
        keeper.post(
            url("accounts_account", "change", globex.pk),
            {"name": "Globex SA", "kind": "personal", "currency": "EUR", "reason": "Renamed"},
        )
        globex.refresh_from_db()
        assert (globex.name, globex.kind, globex.currency) == ("Globex SA", "team", "USD")

    def test_the_history_says_who_why_and_what(self, keeper: Client, globex: Account) -> None:
        keeper.post(
            url("accounts_account", "change", globex.pk),
            {"name": "<script>Globex</script>", "reason": "{{ settings.SECRET_KEY }}"},
        )
        page = keeper.get(url("accounts_account", "history", globex.pk))
        text = page.content.decode()
        assert "{{ settings.SECRET_KEY }}" in text
        assert "<script>Globex" not in text
        newest, first = page.context["changes"]
        assert [(each.field, each.old, each.new) for each in newest.fields] == [
            ("name", "Globex", "<script>Globex</script>")
        ]
        assert (newest.kind, newest.actor_name, first.kind) == ("changed", "Pat", "created")


class TestTimelines:
    def test_a_profile_added_ends_the_one_before(self, keeper: Client, acme: Account) -> None:
        keeper.post(
            url("accounts_billingprofile", "add"),
            {
                "account": acme.pk,
                "valid_from_0": "2026-01-15",
                "valid_from_1": "12:00:00",
                "legal_name": "Acme SE",
                "language": "de",
                "zone": "Europe/Paris",
                "terms_days": "14",
                "reason": "Moved to Paris",
            },
        )
        assert profile_of(acme, NOON).legal_name == "Acme SE"
        assert acme.profiles.get(valid_from=OPENING).valid_until == NOON

    def test_a_payer_added_takes_over(self, keeper: Client, acme: Account) -> None:
        team = account("Platform", parent=acme, currency="EUR")
        keeper.post(
            url("accounts_payerassignment", "add"),
            {
                "account": team.pk,
                "payer": acme.pk,
                "paid_from_0": "2026-01-15",
                "paid_from_1": "12:00:00",
                "reason": "Consolidated",
            },
        )
        assert payer_at(team, NOON) == acme

    def test_no_version_is_edited(self, keeper: Client, acme: Account) -> None:
        page = keeper.get(url("accounts_billingprofile", "change", acme.profiles.get().pk))
        assert page.status_code == 200
        assert b'name="legal_name"' not in page.content
        refused = keeper.post(
            url("accounts_billingprofile", "change", acme.profiles.get().pk),
            {"legal_name": "Changed", "reason": "Trying"},
        )
        assert refused.status_code == 403

    def test_a_resource_is_registered_and_handed_over(
        self, keeper: Client, acme: Account, globex: Account
    ) -> None:
        keeper.post(
            url("accounts_resource", "add"),
            {
                "platform_id": "app-1",
                "kind": "app",
                "name": "Shop",
                "owner": globex.public_id,
                "owned_from_0": "2026-01-01",
                "owned_from_1": "00:00:00",
                "reason": "Missing from the feed",
            },
        )
        keeper.post(
            url("accounts_resourceownership", "add"),
            {
                "resource": Resource.objects.get().pk,
                "account": acme.pk,
                "owned_from_0": "2026-01-15",
                "owned_from_1": "12:00:00",
                "reason": "Sold",
            },
        )
        answers = owner_at([("app-1", OPENING), ("app-1", NOON)])
        assert [found and found.account_id for found in answers.values()] == [globex.pk, acme.pk]

    def test_a_transfer_that_is_refused_says_why(self, keeper: Client, globex: Account) -> None:
        response = keeper.post(
            url("accounts_resourceownership", "add"),
            {
                "resource": resource("app-1", of=globex).pk,
                "account": globex.pk,
                "owned_from_0": "2026-01-15",
                "owned_from_1": "12:00:00",
                "reason": "Sold",
            },
        )
        assert errors(response) == {"__all__": ["Globex owns app-1 already."]}


class TestPartners:
    def test_a_secret_is_shown_once(self, operator: Client) -> None:
        router = partner("Router team")
        response = operator.post(
            url("accounts_partnercredential", "add"),
            {
                "partner": router.pk,
                "label": "prod",
                "scopes": ["usage:write"],
                "reason": "They go live",
            },
            follow=True,
        )
        issued = PartnerCredential.objects.get()
        (message,) = [str(each) for each in response.context["messages"] if "secret" in str(each)]
        assert issued.application.client_id in message
        again = operator.get(url("accounts_partnercredential", "change", issued.pk))
        assert issued.application.client_secret not in again.content.decode()
        assert "secret" not in again.content.decode().lower()

    @pytest.mark.parametrize(("what", "left"), [("revoke", 1), ("rotate", 2)])
    def test_a_credential_is_revoked_or_rotated(
        self, operator: Client, what: str, left: int
    ) -> None:
        issued = credential(partner("Router team")).credential
        operator.post(
            url("accounts_partnercredential", "change", issued.pk),
            {"what": what, "reason": "Leaked"},
        )
        issued.refresh_from_db()
        assert (issued.revoked_at is not None) is (what == "revoke")
        assert PartnerCredential.objects.count() == left

    def test_a_partner_is_revised_with_its_accounts(
        self, operator: Client, globex: Account
    ) -> None:
        router = partner("Router team")
        operator.post(
            url("accounts_partner", "change", router.pk),
            {
                "name": "Router team",
                "kind": "internal",
                "sources": "router/us-1,router/eu-1",
                "event_types": "router.requests",
                "readable_accounts": [globex.pk],
                "reason": "Europe",
            },
        )
        router = Partner.objects.get()
        assert router.sources == ["router/eu-1", "router/us-1"]
        assert list(router.readable_accounts.all()) == [globex]
        assert {each.history_change_reason for each in router.history.all()[:2]} == {"Europe"}


class TestTwoPeopleAtOneRecord:
    def opened(self, client: Client, page: str) -> dict[str, Any]:
        return {"made_from": made_from(client.get(page))}

    def test_the_second_to_save_is_shown_both_and_saves_nothing(
        self, keeper: Client, globex: Account
    ) -> None:
        page = url("accounts_account", "change", globex.pk)
        first, second = self.opened(keeper, page), self.opened(keeper, page)
        keeper.post(page, {"name": "Globex SA", "reason": "They moved", **first})

        refused = keeper.post(page, {"name": "Globex GmbH", "reason": "They asked", **second})

        assert refused.status_code == 409
        (nothing, both, who) = refused.context["adminform"].form.non_field_errors()
        assert nothing == "Nothing was saved."
        assert both == "name: you saw Globex, it is Globex SA now."
        assert who.startswith("Changed by Pat at ")
        assert who.endswith("They moved")
        assert 'value="Globex GmbH"' in refused.content.decode()
        globex.refresh_from_db()
        assert globex.name == "Globex SA"

    def test_having_seen_both_the_second_may_save(self, keeper: Client, globex: Account) -> None:
        page = url("accounts_account", "change", globex.pk)
        second = self.opened(keeper, page)
        keeper.post(page, {"name": "Globex SA", "reason": "They moved"})
        refused = keeper.post(page, {"name": "Globex GmbH", "reason": "They asked", **second})

        said = {"name": "Globex GmbH", "reason": "They asked", "made_from": made_from(refused)}
        assert keeper.post(page, said).status_code == 302

        globex.refresh_from_db()
        assert globex.name == "Globex GmbH"

    @pytest.mark.parametrize("said", ["", "x", "99999999999999999", "1\x00"])
    def test_a_form_that_does_not_say_what_it_was_made_from_saves_nothing(
        self, keeper: Client, globex: Account, said: str
    ) -> None:
        page = url("accounts_account", "change", globex.pk)
        answer = keeper.post(page, {"name": "Globex SA", "reason": "Now", "made_from": said})
        assert answer.status_code == 200
        globex.refresh_from_db()
        assert globex.name == "Globex"

    def test_a_partner_given_more_accounts_meanwhile_is_not_given_fewer(
        self, operator: Client, acme: Account, globex: Account
    ) -> None:
        router = partner("Router team")
        page = url("accounts_partner", "change", router.pk)
        said = {
            "name": "Router team",
            "kind": "internal",
            "sources": "router/us-1",
            "event_types": "dyno.seconds",
            "reason": "Their accounts",
        }
        second = self.opened(operator, page)
        operator.post(page, said | {"readable_accounts": [globex.pk]})

        refused = operator.post(page, said | {"readable_accounts": [acme.pk]} | second)

        assert refused.status_code == 409
        assert list(router.readable_accounts.all()) == [globex]

    def test_every_record_that_can_be_changed_carries_what_it_was_made_from(
        self, db: None, globex: Account
    ) -> None:
        resource("app-1", of=globex)
        credential(partner("Router team"))
        person("kim")
        client, carrying = signed_in(*UNSEPARATED), set()
        for model, page in admin.site._registry.items():
            if isinstance(page, TrackedAdmin) and (row := model._default_manager.first()):
                shown = client.get(
                    url(f"{model._meta.app_label}_{model._meta.model_name}", "change", row.pk)
                )
                if b'name="reason"' in shown.content:
                    assert made_from(shown), model
                    carrying.add(model)
        assert carrying >= {Account, Resource, Partner, PartnerCredential, User}


def test_the_outbox_is_looked_at_only(keeper: Client, acme: Account) -> None:
    event = OutboxEvent.objects.get()
    page = keeper.get(url("eventing_outboxevent", "change", event.pk))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert keeper.post(url("eventing_outboxevent", "change", event.pk), {}).status_code == 403
