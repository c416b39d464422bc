"""Events of what is agreed with an account: grants, coupons, and changes of its subscriptions."""

from eventing.catalogue.shapes import (
    PublishedType,
    id_of,
    in_house,
    instant,
    maybe,
    one_of,
    text,
)


def _movement(kind: str, says: str) -> PublishedType:
    return in_house(
        f"grant.{kind}",
        says,
        "grt",
        movement=id_of("gmv"),
        change=text("-500", "In the grant’s minor units or units; below 0 less is left."),
    )


def _change(state: str, says: str) -> PublishedType:
    return in_house(
        f"subscription.change_{state}",
        says,
        "sub",
        change=id_of("chg"),
        kind=one_of(
            *("upgrade", "downgrade", "cancel", "pause", "resume", "reactivate"),
            *("more_seats", "fewer_seats", "transfer"),
        ),
        effective_at=instant(),
    )


def _seat(state: str, says: str) -> PublishedType:
    return in_house(
        f"subscription.seat_{state}",
        says,
        "sub",
        seat=id_of("sth"),
        price=text("seats"),
        holder=text("ada@example.com"),
        since=instant(),
    )


AGREED: tuple[PublishedType, ...] = (
    in_house(
        "grant.granted",
        "An account has credit that its next invoices draw on.",
        "grt",
        account=id_of("acc"),
        kind=one_of("promotional", "goodwill", "prepaid"),
        unit=text("request", "Empty: the grant is of money."),
    ),
    _movement("draw", "An invoice drew on a grant."),
    _movement("give_back", "What an invoice drew is the grant’s again."),
    _movement("expiry", "What was left of a grant at its end is gone."),
    _movement("revocation", "What was left of a grant was taken back."),
    in_house("coupon.made", "There is another coupon.", "cpn", code=text("spring")),
    in_house(
        "coupon.redeemed",
        "An account has a coupon.",
        "cpn",
        account=id_of("acc"),
        redemption=id_of("cpr"),
    ),
    in_house(
        "coupon.released",
        "A redemption stands no more; its place is free.",
        "cpn",
        redemption=id_of("cpr"),
    ),
    in_house(
        "entitlement.changed",
        "A plan, or one account by a word of its own, has a feature then.",
        "ent",
        account=maybe(id_of("acc")),
        feature=text("private-spaces"),
        value=text("true"),
        **{"from": instant(), "until": maybe(instant())},
    ),
    _seat("taken", "Somebody holds a seat."),
    _seat("left", "Somebody holds a seat no more."),
    _change("scheduled", "A change of a subscription waits for its day."),
    _change("done", "A change of a subscription took effect."),
    _change("withdrawn", "A change that waited is not wanted any more."),
    _change("refused", "A rule refused a change on its day."),
)
