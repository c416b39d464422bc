"""When a charge is earned is data: by kind, by product, by price; and use that spans months."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from billing.closing.models import RecognitionPolicy, RevenueEntry, RevenueSchedule
from billing.closing.months import read_month
from billing.closing.operations.recognition import recognise
from billing.closing.recognition_policy import (
    PolicyInvalid,
    PolicyOutdated,
    adopt,
    packaged_policy,
    read_policy,
)
from core.actor import ReasonMissing
from tests.billing.closing.revenue_books import Charge, RevenueBooks
from tests.billing.prices import flat, per_unit
from tests.people import ADA
from tests.story import WHY, Story

pytestmark = pytest.mark.django_db


def next_policy(**changes: Any) -> dict[str, Any]:
    """The packaged policy, changed, as its next version."""
    return packaged_policy() | {"version": 2} | changes


def earned(month: str) -> list[int]:
    """What a month earned of each charge, by key."""
    entries = RevenueEntry.objects.filter(recognition__month_on=read_month(month).first_on)
    return list(entries.order_by("schedule__charge_key").values_list("recognised_minor", flat=True))


def test_use_that_spans_months_is_earned_as_it_is_used(story: Story) -> None:
    meter = story.meter("calls", event_type="calls")
    plan = story.plan("calls", per_unit(meter, "0.10"), flat("31.00"))
    story.on("2026-10-15")
    acme = story.account("Acme", anchor="2026-10-15")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-11-15")
    acme.uses("calls", "acme-web", "2026-10-20", quantity="100")
    acme.uses("calls", "acme-web", "2026-11-05", quantity="300")
    story.runs_billing()
    story.on("2026-12-03")
    recognise(month=read_month("2026-10"), at=story.at, by=ADA, reason=WHY)
    recognise(month=read_month("2026-11"), at=story.at, by=ADA, reason=WHY)
    methods = dict(RevenueSchedule.objects.values_list("method", "amount_minor"))
    assert methods == {"at_use": 4000, "daily": 3100}
    assert sorted(earned("2026-10")) == [1000, 1700]
    assert sorted(earned("2026-11")) == [1400, 3000]


@pytest.mark.parametrize(
    ("method", "october", "november"),
    [("daily", 1700, 1400), ("at_start", 3100, None), ("at_end", None, 3100)],
)
def test_a_kind_is_earned_as_the_policy_says(
    books: RevenueBooks, method: str, october: int | None, november: int | None
) -> None:
    kinds = packaged_policy()["kinds"] | {"fee": method}
    adopt(next_policy(kinds=kinds), at=books.at, by=ADA, reason=WHY)
    books.story.on("2026-10-15")
    books.bills(fee=Charge("31.00", "2026-10-15", "2026-11-15"))
    books.recognises("2026-10")
    books.recognises("2026-11")
    by_month = [sum(each for each in earned(month)) or None for month in ("2026-10", "2026-11")]
    assert by_month == [october, november]
    assert books.stands("revenue", "2026-11") == "31.00"


@pytest.mark.parametrize("beside", [{"products": {"pro": "at_end"}}, {"prices": {"fee": "at_end"}}])
def test_a_product_or_a_price_decides_before_its_kind(
    story: Story, beside: dict[str, dict[str, str]]
) -> None:
    adopt(next_policy(**beside), at=story.at, by=ADA, reason=WHY)
    plan = story.plan("pro", flat("31.00"))
    code = plan.versions.get().prices.get().code
    story.on("2026-10-15")
    acme = story.account("Acme", anchor="2026-10-15")
    acme.subscribes(plan)
    story.on("2026-11-15")
    story.runs_billing()
    story.on("2026-12-03")
    recognise(month=read_month("2026-11"), at=story.at, by=ADA, reason=WHY)
    expected = "at_end" if code == "fee" or "products" in beside else "daily"
    assert RevenueSchedule.objects.get().method == expected


def test_what_is_scheduled_keeps_its_policy(books: RevenueBooks) -> None:
    books.story.on("2026-10-01")
    books.bills(fee=Charge("61.00", "2026-10-01", "2026-12-01"))
    books.recognises("2026-10")
    kinds = packaged_policy()["kinds"] | {"fee": "at_end"}
    adopt(next_policy(kinds=kinds), at=books.at, by=ADA, reason=WHY)
    books.recognises("2026-11")
    assert (earned("2026-10"), earned("2026-11")) == ([3100], [3000])


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"version": 0}, ["/version"]),
        ({"version": "2"}, ["/version"]),
        ({"products": []}, ["/products"]),
        ({"prices": {"a/b": "weekly"}}, ["/prices/a~1b"]),
        ({"prices": {"x": None}}, ["/prices/x"]),
        ({"colour": {}}, ["/version"]),
        ({"kinds": packaged_policy()["kinds"] | {"gift": "daily"}}, ["/kinds/gift"]),
    ],
)
def test_a_policy_that_means_nothing_is_refused_at_its_place(
    changes: dict[str, Any], pointers: list[str]
) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(next_policy(**changes))
    assert [error.pointer for error in refused.value.errors] == pointers


def test_a_policy_settles_every_kind_of_line() -> None:
    kinds = packaged_policy()["kinds"]
    kinds.pop("fee")
    with pytest.raises(PolicyInvalid, match="'fee' is settled by nobody"):
        read_policy(next_policy(kinds=kinds))


def test_a_policy_is_newer_and_says_why(story: Story) -> None:
    with pytest.raises(PolicyOutdated):
        adopt(packaged_policy(), at=story.at, by=ADA, reason=WHY)
    with pytest.raises(ReasonMissing):
        adopt(next_policy(), at=story.at, by=ADA, reason=" ")
    assert RecognitionPolicy.objects.count() == 1


def test_the_command_adopts_a_file(story: Story, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(next_policy()))
    call_command("adopt_recognition_policy", str(file))
    assert RecognitionPolicy.objects.latest("version").version == 2
    with pytest.raises(CommandError, match="Version 2 is in force"):
        call_command("adopt_recognition_policy", str(file))
    with pytest.raises(CommandError):
        call_command("adopt_recognition_policy", str(tmp_path / "none.json"))
