"""Events of limits on spending. Who runs the platform stops and resumes by them."""

from eventing.catalogue.shapes import (
    FieldShape,
    PublishedType,
    anything,
    details,
    for_partners,
    id_of,
    maybe,
    money,
    number,
    one_of,
    period,
    truth,
)


def _about() -> dict[str, FieldShape]:
    return {"account": id_of("acc"), "resource": maybe(id_of("res")), "limit": money("100.00")}


def _reached(name: str, says: str) -> PublishedType:
    return for_partners(
        name,
        says,
        "lim",
        **_about(),
        mark=number(100),
        period=period(),
        spent=money("103.00"),
        overshoot=money("3.00"),
        event=maybe(details({"source": "platform/router", "id": "req-7781"})),
        reaction_ms=maybe(number(4200)),
    )


SPENDING: tuple[PublishedType, ...] = (
    for_partners(
        "spending_limit.set",
        "An account, or one app of it, may spend so much of a billing period from now on.",
        "lim",
        account=id_of("acc"),
        resource=maybe(id_of("res")),
        stops=truth(),
        amount=money("100.00"),
        marks=anything([80, 100]),
        replaces=maybe(id_of("lim")),
    ),
    for_partners("spending_limit.ended", "A limit holds no more.", "lim", account=id_of("acc")),
    _reached(
        "spending_limit.mark_reached",
        "So many per cent of a limit are spent; told once for each mark and billing period.",
    ),
    _reached(
        "spending_limit.pace_high",
        "So many per cent of what an even pace would have come to are spent; told once for a "
        "billing period.",
    ),
    _reached(
        "spending_limit.stopped",
        "All of a limit is spent: stop what it is about. Usage that comes all the same is billed.",
    ),
    for_partners(
        "spending_limit.resumed",
        "What a limit stopped goes on.",
        "lim",
        **_about(),
        because=one_of("ended", "new_period", "raised"),
        stop=id_of("lmk"),
    ),
)
