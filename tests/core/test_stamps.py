"""What a change was made from: a change since is refused with both, and says who made it."""

from __future__ import annotations

import pytest

from accounts.models import Account
from accounts.operations import accounts
from billing.catalogue.models import Price
from billing.catalogue.operations import drafts, plans
from billing.catalogue.operations.plans import PriceTerms
from core.actor import Actor
from core.db.stamps import (
    NOTHING_SEEN,
    ChangedSince,
    Seen,
    StampUnreadable,
    require_unchanged,
    stamp_of,
    stamps_by,
    unchanged,
)
from core.db.transactions import NoTransaction, transaction
from tests.billing.prices import flat
from tests.cast import NOON
from tests.people import ADA
from tests.story import Story

GRACE = Actor.person("usr_grace", "Grace")


def rename(account: Account, name: str, by: Actor = GRACE, reason: str = "They asked") -> Account:
    return accounts.rename(account=account, name=name, at=NOON, by=by, reason=reason)


def test_a_row_nobody_touched_may_be_changed(globex: Account) -> None:
    with unchanged(globex, stamp_of(Seen.row(globex))):
        rename(globex, "Globex Corporation", by=ADA)
    globex.refresh_from_db()
    assert globex.name == "Globex Corporation"


def test_a_change_since_is_refused_with_what_was_seen_what_it_is_and_who_made_it(
    globex: Account,
) -> None:
    seen = stamp_of(Seen.row(globex))
    rename(globex, "Globex Inc")
    rename(globex, "Globex LLC", reason="Legal wants it")

    with pytest.raises(ChangedSince) as refused, unchanged(globex, seen):
        rename(globex, "Globex GmbH", by=ADA)

    (difference,) = refused.value.differences
    assert (difference.field, difference.old, difference.new) == ("name", "Globex", "Globex LLC")
    assert [(each.actor_name, each.reason) for each in refused.value.changes] == [
        ("Grace", "They asked"),
        ("Grace", "Legal wants it"),
    ]
    assert "you saw Globex, it is Globex LLC now" in refused.value.message
    assert (refused.value.status, refused.value.code) == (409, "changed_since")
    globex.refresh_from_db()
    assert globex.name == "Globex LLC"


def test_whoever_has_seen_the_change_may_go_on(globex: Account) -> None:
    seen = stamp_of(Seen.row(globex))
    rename(globex, "Globex Inc")
    with pytest.raises(ChangedSince) as refused, unchanged(globex, seen):
        pass
    with unchanged(globex, refused.value.stamp):
        rename(globex, "Globex GmbH", by=ADA)
    assert Account.objects.get(pk=globex.pk).name == "Globex GmbH"


def test_saved_again_as_it_was_and_changed_back_are_no_change(globex: Account) -> None:
    seen = stamp_of(Seen.row(globex))
    rename(globex, "Globex")
    rename(globex, "Globex Inc")
    rename(globex, "Globex")
    with unchanged(globex, seen):
        rename(globex, "Globex GmbH", by=ADA)


@pytest.mark.parametrize(
    "stamp", ["", "x", "1.2", "-1", "1e3", "9" * 18, "9" * 40, "١", "1\x00", "1.", " 1"]
)
def test_a_stamp_that_was_never_given_is_refused(globex: Account, stamp: str) -> None:
    with pytest.raises(StampUnreadable) as refused, unchanged(globex, stamp):
        rename(globex, "Globex GmbH")
    assert refused.value.field == "made_from"
    assert Account.objects.get(pk=globex.pk).name == "Globex"


def test_comparing_outside_a_transaction_is_a_defect(transactional_db: None) -> None:
    with pytest.raises(NoTransaction):
        require_unchanged(NOTHING_SEEN, Seen(Account))


class TestRowsSeenTogether:
    """The prices of a draft: one look at all of them, added and removed ones too."""

    @pytest.fixture
    def draft(self, db: None) -> Seen:
        story = Story()
        self.version = plans.draft_version(
            plan=story.plan("team", flat("10.00")),
            effective_from=story.at.replace(year=2027),
            prices=[self.terms("web", "1.00"), self.terms("worker", "2.00")],
            by=ADA,
            reason="2027",
        )
        return Seen(Price, {"plan_version_id": self.version.pk}, named="code")

    def terms(self, code: str, amount: str) -> PriceTerms:
        return PriceTerms(code, code.title(), {"model": "flat", "amount": amount})

    def sets(self, code: str, amount: str) -> None:
        plans.set_price(
            version=self.version, terms=self.terms(code, amount), by=GRACE, reason="Costs rose"
        )

    def changed(self, stamp: str, draft: Seen) -> dict[str, tuple[str, str]]:
        with pytest.raises(ChangedSince) as refused, transaction():
            require_unchanged(stamp, draft)
        return {each.field: (each.old, each.new) for each in refused.value.differences}

    def test_another_figure_of_one_price_is_named(self, draft: Seen) -> None:
        seen = stamp_of(draft)
        self.sets("web", "1.50")
        assert self.changed(seen, draft) == {
            "web: definition": (
                '{"model": "flat", "amount": "1.00"}',
                '{"model": "flat", "amount": "1.50"}',
            )
        }

    def test_an_added_price_was_nothing_and_a_removed_one_is_nothing(self, draft: Seen) -> None:
        seen = stamp_of(draft)
        self.sets("clock", "3.00")
        drafts.remove_price(version=self.version, code="worker", by=GRACE, reason="Gone")
        found = self.changed(seen, draft)
        assert found["clock: name"] == ("", "Clock")
        assert found["worker: name"] == ("Worker", "")

    def test_each_has_a_stamp_of_its_own(self, draft: Seen) -> None:
        before = stamps_by(draft)
        self.sets("web", "1.50")
        after = stamps_by(draft)
        assert after["worker"] == before["worker"]
        assert int(after["web"]) > int(before["web"])
