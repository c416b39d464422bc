"""Events of licences and their pools."""

from eventing.catalogue.shapes import (
    PublishedType,
    anything,
    id_of,
    in_house,
    instant,
    number,
    one_of,
    text,
    texts,
)

LICENCES: tuple[PublishedType, ...] = (
    in_house(
        "licence.quoted",
        "A version of a quote was made.",
        "qte",
        account=id_of("acc"),
        number=text("LIC-2210"),
        version=number(2),
    ),
    in_house(
        "licence.agreed",
        "A quote was accepted, and holds as a licence.",
        "lic",
        account=id_of("acc"),
        number=text("LIC-2210"),
        **{"from": instant(), "until": instant()},
    ),
    in_house(
        "licence.amended",
        "A licence says something else from an instant on.",
        "lic",
        amendment=id_of("amd"),
        kind=one_of("quantity", "end", "purchase_order", "credit_back", "revoke"),
        became=text("3000"),
    ),
    in_house(
        "licence.draws_undone",
        "What invoices drew from pools was given back; the subject is the first of them.",
        "inv",
        documents=texts("inv_01m83jjcngnq373wdxy66w1ets"),
        draws=number(3),
    ),
    in_house(
        "pool.window_closed",
        "A window of a pool ended; what it left over expired or rolled on.",
        "bkt",
        licence=id_of("lic"),
        expired=text("50"),
        rolled=text("1000"),
    ),
    in_house(
        "pool.threshold_reached",
        "Issued invoices drew so much of a window; told once for each threshold and window.",
        "lic",
        pool=id_of("cmt"),
        window_from=instant(),
        thresholds=anything([80, 90]),
        drawn=text("72"),
        granted=text("80"),
        unit=text("dyno unit"),
    ),
)
