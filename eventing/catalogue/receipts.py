"""Events of what was paid, is owed, and is contested."""

from eventing.catalogue.shapes import (
    PublishedType,
    amounts,
    day,
    details,
    for_partners,
    id_of,
    in_house,
    maybe,
    money,
    number,
    one_of,
    sometimes,
    text,
    texts,
)

_DUNNED = {"notice": id_of("dun"), "on": day(), "asked": amounts(), "since": maybe(day())}
_SETTLED = {
    "settlement": id_of("stl"),
    "kind": one_of("payment", "credit_note", "write_off", "reversal"),
    "amount": money(),
}
_REFUNDED = {"payment": id_of("pay"), "amount": money()}

RECEIPTS: tuple[PublishedType, ...] = (
    for_partners("payment.received", "Money came.", "pay", account=id_of("acc"), amount=money()),
    for_partners(
        "payment.taken_back",
        "Money that had come is gone, or never came.",
        "pay",
        reversal=id_of("prv"),
        kind=text("chargeback"),
        amount=money(),
    ),
    for_partners(
        "payment.promised",
        "Somebody said by when an account pays.",
        "acc",
        promise=id_of("ppr"),
        amount=money(),
        by=day(),
    ),
    in_house(
        "payment.excess_cleared",
        "What was paid too much or too little was booked.",
        "pay",
        reversal=id_of("prv"),
        kind=text("small_difference"),
        amount=money("0.01"),
    ),
    for_partners("settlement.made", "A payment or a credit is on an invoice.", "inv", **_SETTLED),
    for_partners("settlement.taken_back", "It is off the invoice again.", "inv", **_SETTLED),
    for_partners("refund.requested", "Money will go back.", "rfd", **_REFUNDED),
    *(
        for_partners(f"refund.{outcome}", says, "rfd", **_REFUNDED)
        for outcome, says in (
            ("succeeded", "Money went back."),
            ("failed", "Money did not go back."),
            ("cancelled", "Money will not go back."),
            ("unknown", "Nobody knows yet whether money went back."),
        )
    ),
    for_partners(
        "hold.placed",
        "Something is kept from an account or an invoice while it is looked into.",
        "hld",
        account=id_of("acc"),
        invoice=maybe(id_of("inv")),
        processes=texts("dunning"),
    ),
    for_partners("hold.released", "Nothing is kept any more.", "hld"),
    *(
        for_partners(f"dunning.{done}", says, "acc", **_DUNNED)
        for done, says in (
            ("reminded", "An account was reminded of what is due."),
            ("warned", "An account was warned."),
            ("suspended", "An account is to be suspended."),
            ("given_up", "An account is to be deleted."),
            ("resumed", "An account has paid and is to run again."),
        )
    ),
    for_partners(
        "dispute.opened",
        "Charges are contested.",
        "dsp",
        account=id_of("acc"),
        lines=number(2),
    ),
    for_partners(
        "dispute.message_sent",
        "Something was said in a case. Partners hear only of what is said to the customer.",
        "dsp",
        message=id_of("dsm"),
        audience=one_of("customer", "internal"),
    ),
    for_partners(
        "dispute.line_decided",
        "It is decided what becomes of a contested line.",
        "dsp",
        line=id_of("dsl"),
        state=text("granted"),
    ),
    in_house(
        "dispute.money_promised",
        "Somebody said what a customer is given; it is not booked yet.",
        "dsp",
        promise=text("dmp_01m83jjcngnq373wdxy66w1ets"),
        kind=text("goodwill"),
        amount=text("20.00 USD"),
    ),
    in_house(
        "dispute.promise_let_pass",
        "A promise of money is not kept, and why.",
        "dsp",
        promise=text("dmp_01m83jjcngnq373wdxy66w1ets"),
        by=text("Sena"),
        reason=text("They withdrew"),
    ),
    in_house(
        "dispute.promise_missed",
        "An answer was not given in time.",
        "dsp",
        clock=text("first_answer"),
    ),
    in_house(
        "dispute.money_promised",
        "Something was said to a customer about money; the next bill is checked against it.",
        "dsp",
        promise=id_of("mpr"),
        kind=one_of("credit", "estimate"),
        amount=money("21.00"),
    ),
    in_house(
        "dispute.promise_let_pass",
        "A bill may pass that does not keep what was said.",
        "dsp",
        promise=id_of("mpr"),
        by=text("Sam"),
        reason=text("Given by phone"),
    ),
    in_house(
        "incident.opened",
        "Something was down, for many.",
        "inc",
        title=text("Router in eu-1"),
        meters=texts("requests"),
    ),
    in_house("incident.amended", "More is known of it.", "inc", reason=text("It was longer")),
    in_house("incident.closed", "It is over.", "inc", reason=text("Fixed")),
    in_house(
        "credit_batch.drafted",
        "What many would be given for the same reason was worked out.",
        "dcb",
        dispute=sometimes(id_of("dsp")),
        incident=sometimes(id_of("inc")),
        lines=number(12),
        reason=text("The same meter was wrong"),
    ),
    in_house(
        "credit_batch.line_left_out",
        "One of many is given nothing.",
        "dcb",
        line=number(4711),
        by=text("Sam"),
        reason=text("Was credited by hand"),
    ),
    in_house(
        "bank_file.imported",
        "A file of a bank was read.",
        "bnk",
        bank_account=text("DE89370400440532013000"),
        rows=number(41),
        fates=details({"matched": 40, "unmatched": 1}),
    ),
    in_house(
        "bank_row.settled",
        "It is decided what a row of a bank's file is.",
        "bnr",
        fate=text("matched"),
        payment=maybe(id_of("pay")),
    ),
    in_house(
        "rule.defined",
        "A rule of payments has another version.",
        "rul",
        subject=text("dunning"),
        code=text("standard"),
        number=number(2),
    ),
)
