"""What finance sets, over REST: read with an ETag, put with If-Match, by who may in the console."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.operations import personal_tokens
from accounts.permissions import Role
from billing.invoicing.models import InvoiceTerms, SanityPolicy, SourceWaiver
from billing.receivables.models import RuleVersion
from core.actor import acting_as
from core.clock import now
from tests.cast import person
from tests.people import ADA
from tests.story import WHY, Customer, Story
from usage.models import Source, SourceProgress

pytestmark = pytest.mark.django_db

API = "/api/v1"


def api(who: User) -> Client:
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def story(db: None) -> Story:
    return Story()


@pytest.fixture
def acme(story: Story) -> Customer:
    return story.on("2026-06-01").account("Acme", currency="EUR")


@pytest.fixture
def ada(acme: Customer) -> Client:
    return api(person("ada", Role.FINANCE_ADMIN))


@pytest.fixture
def sam(acme: Customer) -> Client:
    return api(person("sam", Role.SUPPORT))


def put(client: Client, path: str, body: Any, seen: str | None = None) -> Any:
    """Put what was made from what is there now, or from what was seen before."""
    made_from = client.get(API + path)["ETag"] if seen is None else seen
    headers = {"If-Match": made_from} if made_from else {}
    return client.put(API + path, body, content_type="application/json", headers=headers)


class TestBounds:
    PATH = "/rules/bounds/EUR"

    def test_they_are_read_put_and_listed(self, ada: Client) -> None:
        assert ada.get(API + self.PATH).json()["line"] is None
        said = {"line": "900.00", "times_usual": "2.5", "usual_from": "50", "reason": WHY}
        done = put(ada, self.PATH, said)
        assert done.status_code == 200, done.content
        found = done.json()
        assert (found["line"], found["invoice"], found["times_usual"]) == ("900.00", None, "2.5")
        assert (found["usual_from"], found["set_by"]) == ("50.00", "Ada")
        policy = SanityPolicy.objects.get()
        assert (policy.line_max_minor, policy.usual_from_minor) == (90_000, 5_000)
        assert ada.get(f"{API}/rules/bounds").json()["data"] == [found]
        assert ada.get(API + self.PATH)["ETag"] == done["ETag"]

    def test_what_was_changed_meanwhile_is_told_and_nothing_is_set_twice(self, ada: Client) -> None:
        seen = ada.get(API + self.PATH)["ETag"]
        assert put(ada, self.PATH, {"line": "900", "reason": WHY}, seen).status_code == 200
        again = put(ada, self.PATH, {"line": "900", "reason": WHY}, seen)
        assert (again.status_code, again.json()["code"]) == (409, "changed_since")
        assert SanityPolicy.objects.count() == 1

    @pytest.mark.parametrize(
        ("said", "code", "pointer"),
        [
            ({"line": "0", "reason": WHY}, "sanity_policy_invalid", "/line"),
            ({"line": "9.001", "reason": WHY}, "invalid", "/line"),
            ({"times_usual": "0.5", "reason": WHY}, "sanity_policy_invalid", "/times_usual"),
            ({"times_usual": "x", "reason": WHY}, "invalid", "/times_usual"),
            ({"lines": "1", "reason": WHY}, "invalid", "/lines"),
            ({"line": "1", "reason": " "}, "invalid", "/reason"),
            ({"line": "1"}, "invalid", "/reason"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_is_set(
        self, ada: Client, said: dict[str, Any], code: str, pointer: str
    ) -> None:
        answer = put(ada, self.PATH, said)
        assert answer.status_code == 422, answer.content
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert not SanityPolicy.objects.exists()

    @pytest.mark.parametrize("seen", ["", "x", '""', '"abc"'])
    def test_without_what_it_was_made_from_nothing_is_set(self, ada: Client, seen: str) -> None:
        answer = put(ada, self.PATH, {"line": "1", "reason": WHY}, seen)
        assert answer.status_code == 422
        assert answer.json()["code"] in ("if_match_missing", "made_from_unreadable")
        assert not SanityPolicy.objects.exists()

    def test_there_is_no_such_currency(self, ada: Client) -> None:
        assert ada.get(f"{API}/rules/bounds/eur").status_code == 404
        assert ada.get(f"{API}/rules/bounds/XQZ").status_code == 404

    def test_who_may_not_in_the_console_may_not_here(self, sam: Client) -> None:
        for answer in (
            sam.get(API + self.PATH),
            put(sam, self.PATH, {"line": "1", "reason": WHY}, '"0"'),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
        assert not SanityPolicy.objects.exists()

    def test_nobody_comes_in_without_a_personal_token(self, acme: Customer) -> None:
        assert Client().get(API + self.PATH).status_code == 401


class TestNumbers:
    def test_a_series_begins_anew_each_year_from_one_to_come(self, ada: Client) -> None:
        first = ada.get(f"{API}/rules/numbers/CF-").json()
        assert first["yearly_from"] is None
        year = now().year + 1
        done = put(ada, "/rules/numbers/CF-", {"yearly_from": year, "reason": WHY})
        assert done.json()["yearly_from"] == year
        assert str(year) in done.json()["first_of_next_year"]
        past = put(ada, "/rules/numbers/CF-", {"yearly_from": 2001, "reason": WHY})
        assert (past.status_code, past.json()["code"]) == (422, "numbering_invalid")
        assert ada.get(f"{API}/rules/numbers/XX-").status_code == 404


class TestPaymentRules:
    def test_every_rule_is_listed_with_the_houses_own(self, ada: Client) -> None:
        found = ada.get(f"{API}/rules/payments").json()["data"]
        assert {each["subject"] for each in found} == set(RuleVersion.Subject.values)
        assert {each["number"] for each in found} == {0}

    def test_a_version_is_made_from_the_last_one(self, ada: Client) -> None:
        path = "/rules/payments/bank_format/standard"
        document = ada.get(API + path).json()["document"]
        done = put(ada, path, {"document": {**document, "decimal": ","}, "reason": WHY})
        assert done.status_code == 200, done.content
        assert (done.json()["number"], done.json()["document"]["decimal"]) == (1, ",")
        stale = put(ada, path, {"document": document, "reason": WHY}, '"0"')
        assert (stale.status_code, stale.json()["code"]) == (409, "changed_since")
        assert RuleVersion.objects.count() == 1

    def test_dunning_is_put_for_a_kind_of_account(self, ada: Client) -> None:
        path = "/rules/payments/dunning"
        document = ada.get(API + path).json()["document"]
        done = put(ada, f"{path}/team", {"document": document, "reason": WHY})
        assert (done.status_code, done.json()["code"]) == (200, "team")

    def test_a_rule_that_cannot_be_read_is_refused(self, ada: Client) -> None:
        answer = put(ada, "/rules/payments/matching", {"document": {"x": 1}, "reason": WHY})
        assert (answer.status_code, answer.json()["code"]) == (422, "rule_invalid")
        assert ada.get(f"{API}/rules/payments/magic").status_code == 404
        assert ada.get(f"{API}/rules/payments/bank_format/none").status_code == 404
        assert not RuleVersion.objects.exists()


class TestInvoiceTerms:
    def test_they_are_agreed_in_the_currency_of_the_account(
        self, ada: Client, acme: Customer
    ) -> None:
        path = f"/accounts/{acme.account.public_id}/invoice-terms"
        assert ada.get(API + path).json()["threshold"] is None
        said = {"purchase_order": "PO-7", "grace_days": 5, "threshold": "250.00", "reason": WHY}
        done = put(ada, path, said)
        assert done.status_code == 200, done.content
        found = done.json()
        assert (found["purchase_order"], found["grace_days"]) == ("PO-7", 5)
        assert (found["threshold"], found["consolidates"]) == ("250.00", False)
        assert InvoiceTerms.objects.get().threshold_minor == 25_000
        assert put(ada, path, said, '"0"').status_code == 409
        assert put(ada, path, {**said, "grace_days": -1}).status_code == 422

    def test_support_reads_none(self, sam: Client, acme: Customer) -> None:
        path = f"{API}/accounts/{acme.account.public_id}/invoice-terms"
        assert sam.get(path).json()["code"] == "role_missing"


class TestSources:
    @pytest.fixture
    def source(self, story: Story) -> Source:
        story.meter("calls", event_type="calls")
        with acting_as(ADA, reason=WHY):
            return Source.objects.create(name="router/us-1")

    def test_bills_wait_for_a_source_and_one_is_waived(
        self, ada: Client, source: Source, acme: Customer
    ) -> None:
        path = f"/sources/{source.public_id}"
        assert [each["id"] for each in ada.get(f"{API}/sources").json()["data"]] == [
            source.public_id
        ]
        done = put(ada, path, {"is_required": True, "meters": ["calls"], "reason": WHY})
        assert (done.json()["is_required"], done.json()["meters"]) == (True, ["calls"])
        assert SourceProgress.objects.get().is_required
        unknown = put(ada, path, {"is_required": True, "meters": ["none"], "reason": WHY})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "progress_invalid")

        farid = api(person("farid", Role.FINANCE_APPROVER))
        said = {
            "through_at": "2026-06-01T00:00:00Z", "account": acme.account.public_id, "reason": WHY
        }  # fmt: skip
        made = [
            farid.post(f"{API}{path}/waivers", said, content_type="application/json")
            for _ in range(2)
        ]
        assert [each.status_code for each in made] == [201, 201]
        assert made[0].json() == made[1].json()
        waiver = SourceWaiver.objects.get()
        assert waiver.account == acme.account
        assert farid.get(f"{API}{path}/waivers").json()["data"] == [made[0].json()]

    def test_who_may_not_waive_does_not(self, sam: Client, source: Source) -> None:
        said = {"through_at": "2026-06-01T00:00:00Z", "reason": WHY}
        answer = sam.post(
            f"{API}/sources/{source.public_id}/waivers", said, content_type="application/json"
        )
        assert answer.json()["code"] == "role_missing"
        assert not SourceWaiver.objects.exists()
        assert sam.get(f"{API}/sources/{source.public_id}").status_code == 200
        assert sam.get(f"{API}/sources/src_none").status_code == 404
