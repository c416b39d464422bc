"""Events of usage: corrections, back-fills, and what was held."""

from eventing.catalogue.shapes import PublishedType, in_house, number, text

_WHO = {"by": text("usr_01m83jjcngnq373wdxy66w1ets"), "reason": text("Sent twice")}

USAGE: tuple[PublishedType, ...] = (
    in_house("backfill.opened", "Events of a past range will be sent anew.", "bkf", **_WHO),
    in_house(
        "backfill.closed",
        "What a back-fill sent replaces what was there.",
        "bkf",
        voided=number(12),
        **_WHO,
    ),
    in_house("backfill.taken_back", "A back-fill was given up.", "bkf", **_WHO),
    *(
        in_house(f"quarantine.{state}", says, "src", count=number(4), **_WHO)
        for state, says in (
            ("released", "Events that were held are booked."),
            ("dropped", "Events that were held are dropped."),
        )
    ),
    *(
        in_house(f"usage_event.{done}", says, "", number=number(1), **_WHO)
        for done, says in (
            ("amended", "An event says something else."),
            ("voided", "An event does not count any more."),
            ("restored", "An event counts again."),
        )
    ),
)
