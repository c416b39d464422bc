"""Events of the back office: proposals, the close, comparisons."""

from eventing.catalogue.shapes import (
    PublishedType,
    anything,
    id_of,
    in_house,
    instant,
    maybe,
    money,
    number,
    one_of,
    text,
    truth,
)

_PROPOSED = {
    "kind": text("credit_note"),
    "account": maybe(id_of("acc")),
    "amount": maybe(money()),
    "version": number(1),
    "state": text("open"),
}
_PROPOSAL_STEPS = {
    "put_forward": "Somebody asks for something.",
    "put_forward_again": "It is asked for again, otherwise.",
    "asked_anew": "Other people are to decide.",
    "approved_in_part": "One of several approved.",
    "approved": "It was approved.",
    "returned": "It was sent back to be changed.",
    "rejected": "It was refused.",
    "withdrawn": "Whoever asked does not ask any more.",
    "expired": "Nobody decided in time.",
    "superseded": "Another one took its place.",
    "executed": "What was approved is done.",
    "changed": "It came to something else than was approved, and waits again.",
    "nothing_left": "There was nothing left to do.",
    "refused": "What was approved was refused when it was to be done.",
    "unknown": "Nobody knows whether what was approved was done.",
}
_EMERGENCY_WORDS = {
    "approved": "What was done alone was approved afterwards.",
    "undo": "What was done alone is to be undone.",
    "undone": "What was done alone was undone.",
}

OFFICE: tuple[PublishedType, ...] = (
    *(
        in_house(f"proposal.{step}", says, "prp", **_PROPOSED)
        for step, says in _PROPOSAL_STEPS.items()
    ),
    in_house(
        "delegation.given",
        "Somebody decides in another's name for a time.",
        "dlg",
        of=id_of("usr"),
        deputy=id_of("usr"),
    ),
    in_house("delegation.ended", "A deputy decides for nobody any more.", "dlg"),
    in_house(
        "emergency.taken",
        "Something was done by one person alone; another is to look at it.",
        "emg",
        proposal=id_of("prp"),
    ),
    *(
        in_house(f"emergency.{word}", says, "emg", proposal=id_of("prp"))
        for word, says in _EMERGENCY_WORDS.items()
    ),
    in_house(
        "mandate.granted",
        "Support may give so much by itself.",
        "mnd",
        total=money(),
    ),
    in_house(
        "mandate.drawn",
        "Something was given under a mandate.",
        "mnd",
        account=id_of("acc"),
        amount=money(),
        kind=one_of("adjustment", "credit_note", "grant", "held_settlement", "late_waiver"),
        made=text("adj_01m83jjcngnq373wdxy66w1ets", "What it made, by its id."),
    ),
    in_house(
        "mandate.reviewed",
        "What was given under a mandate was looked at.",
        "mnd",
        draw=id_of("mdw"),
        passed=truth(),
    ),
    in_house(
        "month.closed",
        "A month of the books is closed.",
        "lck",
        month=text("2026-03"),
        digest=text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ),
    in_house(
        "period.locked",
        "Nothing is booked before an instant any more.",
        "lck",
        document=text("journal"),
        until=instant(),
    ),
    in_house(
        "period.reopened",
        "A locked period is open again.",
        "lck",
        document=text("journal"),
        until=instant(),
    ),
    in_house(
        "journals.exported",
        "Journals of a month left for the general ledger.",
        "jbt",
        month=text("2026-03"),
        journals=number(310),
        sha256=text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ),
    in_house(
        "revenue.recognised",
        "What a month earned was booked.",
        "rcg",
        month=text("2026-03"),
        amount=money(),
    ),
    in_house(
        "simulation.finished",
        "A what-if is worked out.",
        "sim",
        kind=text("back_test"),
        rows=number(1200),
        totals=anything([{"currency": "USD", "delta": "-3.00"}]),
    ),
    in_house(
        "parallel_run.compared",
        "Another system's bills were set beside ours.",
        "prl",
        file=text("2026-03.csv"),
        unexplained=number(0),
    ),
)
