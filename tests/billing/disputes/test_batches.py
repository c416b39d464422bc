"""Who has the same and did not complain: found at once, worked out one by one, put forward."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.disputes.models import CreditBatch, CreditBatchRow, DisputeLine
from billing.disputes.operations import batches
from billing.disputes.operations.batch_proposals import PutForward, put_forward_batch
from billing.disputes.operations.batches import NobodyElse, RowSettled
from billing.disputes.queries.alike import alike_found, ended_alike
from billing.disputes.queries.batches import batch_detail
from billing.disputes.queries.shared_causes import SharedCause, shared_cause
from billing.invoicing.models import CreditNote, Invoice
from billing.rating import measured_of
from core.invariants import invariants
from tests.billing.disputes.claiming import Counter
from tests.billing.kinds.test_consolidated import enterprise
from tests.billing.prices import dyno_month, dyno_seconds, per_unit, requests
from tests.billing.receivables.test_proposed_corrections import tiered
from tests.people import SAM
from tests.story import WHY, Customer, Story

Row = CreditBatchRow.State
DOWN = {"down_from": "2026-03-11T00:00:00Z", "down_until": "2026-03-12T00:00:00Z"}


@pytest.fixture
def billed(story: Story) -> dict[str, Customer]:
    """March 2026: Acme, Globex and Hooli run a basic dyno at 31.00; Initech one of another size."""
    meter = dyno_seconds(story)
    plan = story.plan(
        "dynos", dyno_month(meter, "basic", "31.00"), dyno_month(meter, "large", "62.00")
    )
    story.on("2026-03-01")
    found = {name: story.account(name) for name in ("Globex", "Hooli", "Initech", "Acme")}
    for name, customer in found.items():
        app = f"{name.lower()}-web"
        customer.app(app)
        customer.subscribes(plan)
        customer.scales(app, "large" if name == "Initech" else "basic", "1", "2026-03-01")
    story.on("2026-04-01").runs_billing()
    return found


@pytest.fixture
def counter(story: Story, billed: dict[str, Customer]) -> Counter:
    return Counter(story, billed["Acme"])


def cause_of(line: DisputeLine, *, narrow: bool = True) -> SharedCause:
    cause = shared_cause(line, narrow=narrow)
    assert cause is not None
    return cause


def drafted(counter: Counter, line: DisputeLine) -> CreditBatch:
    return batches.draft(cause=cause_of(line), at=counter.story.at, by=SAM, reason=WHY)


def worked(counter: Counter) -> None:
    at = counter.story.at
    while rows := batches.claim_rows(at=at):
        batches.work(rows, at=at)


def puts_forward(counter: Counter, batch: CreditBatch) -> PutForward:
    return put_forward_batch(batch=batch, at=counter.story.at, by=counter.desk.sena, reason=WHY)


def test_who_else_was_down_is_found_by_account_and_currency(counter: Counter) -> None:
    """A day of 31 at 31.00: about 1.00 each; only what is of the same size, unless asked wider."""
    line = counter.contests("was_down", DOWN)
    found = alike_found(cause_of(line))
    assert [(each.account.name, str(each.about)) for each in found.accounts] == [
        ("Globex", "1.00 USD"),
        ("Hooli", "1.00 USD"),
    ]
    (sums,) = found.sums
    assert (sums.accounts, sums.lines, str(sums.billed), str(sums.about)) == (
        2, 2, "62.00 USD", "2.00 USD",
    )  # fmt: skip
    wide = alike_found(cause_of(line, narrow=False))
    assert [each.account.name for each in wide.accounts] == ["Initech", "Globex", "Hooli"]


def test_who_else_has_the_price_is_found_across_invoices(story: Story) -> None:
    counter = Counter(story).calls("10")
    globex = story.account("Globex")
    globex.app("globex-web")
    plan = counter.charge.price.plan_version.plan  # type: ignore[union-attr]
    globex.subscribes(plan)
    line = counter.contests("price_differs", unit_price="0.40")
    story.on("2026-05-01")
    globex.uses("router.requests", "globex-web", "2026-04-03", quantity="30")
    story.runs_billing()
    found = alike_found(cause_of(line))
    assert [(each.account.name, str(each.about)) for each in found.accounts] == [
        ("Globex", "18.00 USD")
    ]


@pytest.mark.parametrize(
    ("reason", "facts"),
    [("quantity_differs", {"quantity": "99999999"}), ("price_differs", {"unit_price": "40"})],
)
def test_a_fact_that_takes_nothing_off_finds_nobody(
    counter: Counter, reason: str, facts: dict[str, str]
) -> None:
    assert shared_cause(counter.contests(reason, facts)) is None


@pytest.mark.parametrize(
    ("reason", "facts", "about"),
    [
        ("not_ours", {}, "31.00"),
        ("ended_earlier", {"ended_at": "2026-03-11T00:00:00Z"}, "31.00"),
    ],
)
def test_an_app_that_is_not_theirs_is_on_other_invoices_too(
    counter: Counter, billed: dict[str, Customer], reason: str, facts: dict[str, str], about: str
) -> None:
    """April of the same app is 31.00 too."""
    counter.story.on("2026-05-01").runs_billing()
    march, _ = (each.lines.get(kind="usage") for each in billed["Acme"].invoices)
    found = alike_found(cause_of(counter.contests(reason, facts, of=march)))
    (own,) = found.accounts
    assert (own.account, own.lines, str(own.about.amount)) == (billed["Acme"].account, 1, about)


def test_what_ended_is_credited_on_the_months_after_it(
    counter: Counter, billed: dict[str, Customer]
) -> None:
    counter.story.on("2026-05-01").runs_billing()
    march, april = (each.lines.get(kind="usage") for each in billed["Acme"].invoices)
    line = counter.contests("ended_earlier", of=march, ended_at="2026-03-11T00:00:00Z")
    batch = drafted(counter, line)
    worked(counter)
    (row,) = batch.rows.all()
    assert (row.invoice_line, row.credit_minor) == (april, 3100)


def test_a_meter_that_counted_too_much_did_so_for_others(
    counter: Counter, billed: dict[str, Customer]
) -> None:
    """Half of what was measured is right; Globex and Hooli have it too, Initech by another size."""
    measured = measured_of(counter.charge.explanation)
    line = counter.contests("quantity_differs", quantity=str(measured / 2))
    found = alike_found(cause_of(line))
    assert [(each.account.name, str(each.about.amount)) for each in found.accounts] == [
        ("Globex", "15.50"),
        ("Hooli", "15.50"),
    ]
    batch = drafted(counter, line)
    worked(counter)
    assert [row.credit_minor for row in batch.rows.order_by("pk")] == [1550, 1550]
    assert alike_found(cause_of(line, narrow=False)).account_count == 1


def test_events_that_a_source_told_twice_are_found_by_account(story: Story) -> None:
    """30 calls of the 3rd are told twice for Acme and Globex; Hooli has two that differ."""
    plan = story.plan("calls", per_unit(requests(story), "1.00"))
    story.on("2026-03-01")
    told = {"Acme": ("30", "30"), "Globex": ("30", "30", "5"), "Hooli": ("30", "31")}
    found = {name: story.account(name) for name in told}
    for name, customer in found.items():
        customer.app(f"{name}-web")
        customer.subscribes(plan)
    story.on("2026-04-01")
    for name, quantities in told.items():
        for quantity in quantities:
            found[name].uses("router.requests", f"{name}-web", "2026-03-03", quantity=quantity)
    story.runs_billing()
    counter = Counter(story, found["Acme"])
    line = counter.contests("counted_twice", event="evt-2", same_as="evt-1")
    alike = alike_found(cause_of(line))
    assert [(each.account.name, str(each.about.amount)) for each in alike.accounts] == [
        ("Globex", "30.00")
    ]
    batch = drafted(counter, line)
    worked(counter)
    (row,) = batch.rows.all()
    assert (row.facts, row.credit_minor) == ({"event": "evt-4", "same_as": "evt-3"}, 3000)
    counter.approves(puts_forward(counter, batch).made[0])
    assert CreditNote.objects.get().total_minor == 3000


def test_a_price_in_tiers_is_looked_for_by_its_row(story: Story) -> None:
    tiers = tiered(story, "graduated", ("10", "1.00"), (None, "0.50"))
    plan = story.plan("calls", tiers)
    story.on("2026-03-01")
    found = {name: story.account(name) for name in ("Acme", "Globex")}
    for name, customer in found.items():
        customer.app(f"{name}-web")
        customer.subscribes(plan)
    story.on("2026-04-01")
    for name, quantity in (("Acme", "20"), ("Globex", "40")):
        found[name].uses("router.requests", f"{name}-web", "2026-03-03", quantity=quantity)
    story.runs_billing()
    counter = Counter(story, found["Acme"])
    line = counter.contests("price_differs", unit_price="10 at 1.00, rest at 0.20")
    batch = drafted(counter, line)
    worked(counter)
    (row,) = batch.rows.all()
    assert row.credit_minor == 900  # 30 of them at 0.20 instead of 0.50


def test_who_complained_is_no_silent_victim(counter: Counter, billed: dict[str, Customer]) -> None:
    line = counter.contests("was_down", DOWN)
    Counter(counter.story, billed["Globex"]).contests("was_down", DOWN)
    assert [each.account.name for each in alike_found(cause_of(line)).accounts] == ["Hooli"]


def test_a_batch_is_worked_out_put_forward_and_credited(counter: Counter) -> None:
    line = counter.contests("was_down", DOWN)
    batch = drafted(counter, line)
    assert {each.state for each in batch.rows.all()} == {Row.READY}
    worked(counter)
    (sums,) = batch_detail(batch).sums
    assert (sums.accounts, str(sums.gross), str(sums.waiting)) == (2, "2.00 USD", "2.00 USD")

    done = puts_forward(counter, batch)
    assert [str(each.amount) for each in done.made] == ["1.00 USD", "1.00 USD"]
    assert puts_forward(counter, batch).made == []
    assert not CreditNote.objects.exists()

    counter.approves(done.made[0])
    counter.desk.rejects(done.made[1])
    (sums,) = batch_detail(batch).sums
    assert (str(sums.settled), str(sums.waiting)) == ("1.00 USD", "1.00 USD")
    note = CreditNote.objects.get()
    row = batch.rows.get(proposal=done.made[0].public_id)
    assert (row.settled_by, note.reason_code) == (note.public_id, "service_unavailable")


def test_nobody_is_in_two_batches_of_a_cause(counter: Counter) -> None:
    line = counter.contests("was_down", DOWN)
    batch = drafted(counter, line)
    with pytest.raises(NobodyElse):
        drafted(counter, line)
    batches.leave_out(row=batch.rows.all()[0], at=counter.story.at, by=SAM, reason="Refunded")
    assert drafted(counter, line).rows.count() == 1


def test_what_was_credited_meanwhile_is_worked_out_again_before_it_is_put_forward(
    counter: Counter, billed: dict[str, Customer]
) -> None:
    """Globex complains after the batch was worked out and is credited: nothing is left of it."""
    line = counter.contests("was_down", DOWN)
    batch = drafted(counter, line)
    worked(counter)
    globex = Counter(counter.story, billed["Globex"])
    own = globex.contests("was_down", DOWN)
    counter.approves(counter.grants(own))

    done = puts_forward(counter, batch)
    assert (len(done.made), done.changed) == (1, 1)
    row = batch.rows.get(invoice_line=own.invoice_line)
    assert (row.credit_minor, row.nothing_because) == (
        0,
        "30.00 USD stands, and it comes to 30.00 USD.",
    )


def test_a_row_that_cannot_be_worked_out_stops_none_of_the_others(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = drafted(counter, counter.contests("was_down", DOWN))
    first = batch.rows.order_by("pk")[0]
    plain = batches.work_out

    def work_out(row: CreditBatchRow, *, at: object) -> object:
        if row.pk == first.pk:
            raise RuntimeError("a defect")
        return plain(row, at=at)  # type: ignore[arg-type]

    monkeypatch.setattr(batches, "work_out", work_out)
    at = counter.story.at
    for _ in range(4):
        while rows := batches.claim_rows(at=at):
            batches.work(rows, at=at)
        at += timedelta(hours=1)
    progress = batch_detail(batch).progress
    assert (progress.worked, progress.set_aside) == (1, 1)
    monkeypatch.undo()
    assert batches.try_again(batch=batch, at=at) == 1
    while rows := batches.claim_rows(at=at):
        batches.work(rows, at=at)
    assert batch_detail(batch).progress.waiting == 2


def test_what_is_put_forward_is_not_left_out(counter: Counter) -> None:
    batch = drafted(counter, counter.contests("was_down", DOWN))
    worked(counter)
    puts_forward(counter, batch)
    with pytest.raises(RowSettled):
        batches.leave_out(row=batch.rows.all()[0], at=counter.story.at, by=SAM, reason=WHY)


def test_whoever_denies_sees_who_was_credited_for_the_same(
    counter: Counter, billed: dict[str, Customer]
) -> None:
    line = counter.contests("was_down", DOWN)
    counter.approves(counter.grants(line))
    other = Counter(counter.story, billed["Globex"]).contests("was_down", DOWN)
    (ended,) = ended_alike([other])
    assert (ended.line, str(ended.approved)) == (line, "1.00 USD")
    assert ended_alike([DisputeLine.objects.get(pk=line.pk)]) == []


def test_a_statement_is_credited_on_the_invoice_it_is_part_of(story: Story) -> None:
    """Two teams of Globex have it too; theirs is on the one invoice, on their own lines."""
    meter = dyno_seconds(story)
    plan = story.plan("dynos", dyno_month(meter, "basic", "31.00"), currency="EUR")
    _, teams = enterprise(story, 2)
    acme = story.account("Acme", currency="EUR")
    for number, customer in enumerate([*teams, acme]):
        customer.app(f"app-{number}")
        customer.subscribes(plan)
        customer.scales(f"app-{number}", "basic", "1", "2026-03-01")
    story.on("2026-04-01").runs_billing()
    counter = Counter(story, acme)
    batch = drafted(counter, counter.contests("was_down", DOWN))
    worked(counter)

    done = puts_forward(counter, batch)
    assert done.refused == []
    (proposal,) = done.made
    counter.approves(proposal)
    whole = Invoice.objects.get(kind=Invoice.Kind.CONSOLIDATED)
    assert whole.credit_notes.get().subtotal_minor == 200
    assert {row.settled_by for row in batch.rows.all()} == {whole.credit_notes.get().public_id}
    (credited,) = invariants(["C5"])
    assert credited.check().holds
