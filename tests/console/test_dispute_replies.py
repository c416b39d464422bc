"""Answers that can be checked, and sentences about money, in the console."""

from __future__ import annotations

import re

import pytest

from accounts.permissions import Role
from billing.disputes.models import Attachment, DisputeLine, MoneyPromise, ReplyPack
from tests.billing.disputes.claiming import Counter
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.test_disputes import text
from tests.story import Story


@pytest.fixture
def line(db: None) -> DisputeLine:
    """Acme contests its dyno from the 11th of March on."""
    counter = Counter(Story()).runs_a_dyno()
    return counter.contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")


@pytest.fixture
def sam(db: None) -> Browser:
    return client_of(person("sam", Role.SUPPORT))


def test_a_reply_is_looked_at_frozen_and_sent(line: DisputeLine, sam: Browser) -> None:
    page = f"/disputes/{line.case.public_id}/"
    assert "Reply pack (PDF)" in text(sam.get(page))
    answer = sam.get(f"{page}reply/")
    for said in ("You say: It ended at 2026-03-11", "31.00 USD", "This is not decided yet."):
        assert said in text(answer)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', answer.content.decode())
    assert seen is not None
    stale = sam.post(f"{page}reply/", {"words": "We are looking.", "seen": "0" * 64})
    assert stale.status_code == 409
    assert "Nothing was saved" in text(stale)
    empty = sam.post(f"{page}reply/", {"words": " ", "seen": seen[1]})
    assert empty.status_code == 422
    done = sam.post(f"{page}reply/", {"words": "We are looking.", "seen": seen[1]})
    assert done.status_code == 302, text(done)
    assert ReplyPack.objects.get().content["words"] == "We are looking."
    assert f"{line.case.number}.pdf" in text(sam.get(page))
    file = sam.get(f"{page}files/{Attachment.objects.get().public_id}/")
    assert file.content.startswith(b"%PDF-")


def test_what_was_said_about_money_is_kept_and_let_pass(line: DisputeLine, sam: Browser) -> None:
    page = f"/disputes/{line.case.public_id}/"
    said = {
        "do": "promise",
        "kind": "credit",
        "amount": "21.00",
        "currency": "USD",
        "words": "21.00 comes off.",
        "said_to": "Ida",
    }
    for wrong in (
        {"amount": "x"},
        {"amount": "0"},
        {"amount": "1.001"},
        {"words": " "},
        {"currency": "EUR"},
    ):
        answer = sam.post(page, {**said, **wrong})
        assert answer.status_code == 422, wrong
        assert "Nothing was saved" in text(answer)
    assert sam.post(page, said).status_code == 302
    assert "“21.00 comes off.”" in text(sam.get(page))
    promise = MoneyPromise.objects.get()
    verb = f"let-pass:{promise.public_id}"
    assert sam.post(page, {"do": verb, "reason": " "}).status_code == 422
    assert sam.post(page, {"do": "let-pass:nothing", "reason": "Why"}).status_code == 404
    assert sam.post(page, {"do": verb, "reason": "Given by phone"}).status_code == 302
    assert "Let pass" in text(sam.get(page))
    assert sam.post(page, {"do": verb, "reason": "Given by phone"}).status_code == 409
