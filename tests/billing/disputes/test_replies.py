"""What customers are told: frozen as it was sent, and kept where it was about money."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from billing.disputes.models import DisputeCase, MoneyPromise, PromiseLetPass, ReplyPack
from billing.disputes.operations import money_promises, replies
from billing.disputes.operations.evidence_files import SentFile, give_out
from billing.disputes.operations.messages import customer_said
from billing.disputes.operations.money_promises import (
    LetPassAlready,
    PromiseInvalid,
    SaidOfMoney,
)
from billing.disputes.queries.money_promises import MoneyPromiseState, promises_of, promises_on
from billing.invoicing.models import BillRunItem
from core.canonical_json import digest_of_plain
from core.db.stamps import ChangedSince
from core.money import Money
from core.sniffing import PDF
from tests.billing.disputes.claiming import Counter
from tests.billing.receivables.books import minor
from tests.core.test_sniffing import A_PDF, A_ZIP
from tests.people import SAM
from tests.story import WHY

ENDED = {"ended_at": "2026-03-11T00:00:00Z"}
SAID = "21.00 comes off your April bill."


@pytest.fixture
def counter(counter: Counter) -> Counter:
    """Acme runs a dyno at 31.00 in March and contests it from the 11th on."""
    return counter.runs_a_dyno()


def usd(amount: str) -> Money:
    return Money.from_minor(minor(amount, "USD"), "USD")


def sent(counter: Counter, case: DisputeCase, words: str = "You are right.") -> ReplyPack:
    _, seen = replies.reply_preview(case, words="", at=counter.story.at)
    return replies.send_reply(
        case=case,
        words=words,
        seen=seen,
        at=counter.story.at,
        by=SAM,
    )


def promised(
    counter: Counter, case: DisputeCase, amount: str = "21.00", kind: str = "credit"
) -> MoneyPromise:
    said = SaidOfMoney(MoneyPromise.Kind(kind), usd(amount), SAID, "Marlene Weiss")
    return money_promises.promise(case=case, said=said, at=counter.story.at, by=SAM)


def bills_april(counter: Counter) -> BillRunItem:
    run = counter.story.on("2026-05-01").runs_billing()
    return run.items.get()


def state_of(case: DisputeCase) -> MoneyPromiseState:
    (standing,) = promises_of(case)
    return standing.state


def test_a_reply_is_frozen_with_its_figures_and_its_pdf(counter: Counter) -> None:
    line = counter.contests("ended_earlier", ENDED)
    counter.approves(counter.grants(line))
    pack = sent(counter, line.case)

    (told,) = pack.content["lines"]
    assert told["decision"] == "We agree. 21.00 USD before tax is credited."
    assert ["Billed", "31.00 USD"] in told["figures"]
    assert ["If this is right", "10.00 USD"] in told["figures"]
    assert any(each.startswith("Measured: ") for each in told["explained"])
    assert len(told["proof"]) == 64
    assert pack.digest == digest_of_plain(pack.content)

    attachment = pack.message.attachments.get()
    given = give_out(attachment, by=SAM)
    assert (given.media_type, given.name) == (PDF, f"{line.case.number}.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(given.content)).pages)
    assert "You are right." in text
    assert "We agree. 21.00 USD before tax is credited." in text
    assert pack.message.audience == "customer"


def test_a_reply_says_what_was_looked_at_or_is_not_sent(counter: Counter) -> None:
    line = counter.contests("ended_earlier", ENDED)
    _, seen = replies.reply_preview(line.case, words="", at=counter.story.at)
    counter.denies(line)
    with pytest.raises(ChangedSince):
        replies.send_reply(case=line.case, words="Soon.", seen=seen, at=counter.story.at, by=SAM)
    assert not ReplyPack.objects.exists()
    (told,) = sent(counter, line.case).content["lines"]
    assert told["decision"] == "We do not agree. It ran until the end."


def test_td18_a_reply_says_that_an_unknown_file_is_not_shown(counter: Counter) -> None:
    line = counter.contests("ended_earlier", ENDED)
    for name, content in (("bill.pdf", A_PDF + A_ZIP), ("photo.pdf", A_PDF)):
        customer_said(
            case=line.case,
            body="See.",
            author="Ida",
            at=counter.story.at,
            by=SAM,
            file=SentFile(name, content),
        )
    files = sent(counter, line.case).content["files"]
    assert [each["kind"] for each in files] == [
        "an unknown file, which is not shown here",
        "PDF",
    ]


def test_a_promise_that_is_kept_lets_the_bill_pass_and_is_told_on_it(counter: Counter) -> None:
    line = counter.contests("ended_earlier", ENDED)
    promised(counter, line.case)
    assert state_of(line.case) == MoneyPromiseState.RUNNING
    counter.approves(counter.grants(line))
    item = bills_april(counter)
    assert item.state == BillRunItem.State.BILLED
    assert state_of(line.case) == MoneyPromiseState.KEPT
    assert counter.customer is not None
    (told,) = promises_on(counter.customer.invoice)
    assert (told.promise.words, str(told.given)) == (SAID, "21.00 USD")


def test_a_promise_that_is_broken_parks_the_bill_with_the_sentence(counter: Counter) -> None:
    line = counter.contests("ended_earlier", ENDED)
    said = promised(counter, line.case)
    item = bills_april(counter)
    assert item.state == BillRunItem.State.PARKED
    assert item.parked_code == "money_promise_broken"
    assert SAID in item.parked_reason
    assert "0.00 USD was credited so far" in item.parked_reason

    money_promises.let_pass(said=said, at=counter.story.at, by=SAM, reason=WHY)
    assert bills_april(counter).state == BillRunItem.State.BILLED
    assert state_of(line.case) == MoneyPromiseState.LET_GO
    with pytest.raises(LetPassAlready):
        money_promises.let_pass(said=said, at=counter.story.at, by=SAM, reason=WHY)
    assert PromiseLetPass.objects.count() == 1


def test_less_than_was_promised_so_far_is_broken(counter: Counter) -> None:
    line = counter.contests("ended_earlier", ENDED)
    promised(counter, line.case, "21.00")
    promised(counter, line.case, "5.00")
    counter.approves(counter.grants(line))
    assert [each.state for each in promises_of(line.case)] == [
        MoneyPromiseState.KEPT,
        MoneyPromiseState.RUNNING,
    ]
    assert "(5.00 USD)" in bills_april(counter).parked_reason


@pytest.mark.parametrize(("amount", "state"), [("31.00", "billed"), ("30.99", "parked")])
def test_an_estimate_is_checked_against_the_next_invoice(
    counter: Counter, amount: str, state: str
) -> None:
    """April runs through: 31.00 again."""
    line = counter.contests("ended_earlier", ENDED)
    promised(counter, line.case, amount, "estimate")
    assert bills_april(counter).state == state


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("amount", {"amount": Money.zero("USD")}),
        ("words", {"words": " "}),
        ("said_to", {"said_to": ""}),
    ],
)
def test_what_is_no_promise_is_refused(
    counter: Counter, field: str, wrong: dict[str, object]
) -> None:
    line = counter.contests("ended_earlier", ENDED)
    terms: dict[str, object] = {
        "kind": MoneyPromise.Kind.CREDIT,
        "amount": usd("1.00"),
        "words": SAID,
        "said_to": "Ida",
    }
    said = SaidOfMoney(**{**terms, **wrong})  # type: ignore[arg-type]
    with pytest.raises(PromiseInvalid) as raised:
        money_promises.promise(case=line.case, said=said, at=counter.story.at, by=SAM)
    assert [each.pointer for each in raised.value.errors] == [f"/{field}"]
