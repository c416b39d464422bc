"""Events of accounts, their resources, partners and what they buy."""

from eventing.catalogue.shapes import (
    PublishedType,
    day,
    for_partners,
    id_of,
    in_house,
    instant,
    maybe,
    number,
    one_of,
    text,
    texts,
    truth,
)

PARTIES: tuple[PublishedType, ...] = (
    for_partners(
        "account.opened",
        "An account was opened.",
        "acc",
        name=text("Blaue Werke"),
        kind=one_of("team", "enterprise", "personal"),
        currency=text("USD"),
    ),
    for_partners(
        "account.renamed", "An account has another name.", "acc", name=text("Blaue Werke")
    ),
    for_partners("account.closed", "An account was closed.", "acc"),
    # Who pays may be an account that a reader must not know of.
    in_house(
        "account.payer_assigned",
        "Another account pays for this one from an instant on.",
        "acc",
        payer=id_of("acc"),
        paid_from=instant(),
    ),
    for_partners(
        "account.profile_revised",
        "Name, address, tax id or time zone of an account's bills changed; read it over the API.",
        "acc",
        profile=id_of("bpr"),
        zone=text("Europe/Berlin"),
    ),
    for_partners(
        "account.invoice_terms_agreed",
        "How an account's invoices are put together was agreed.",
        "acc",
        consolidates=truth(),
        grace_days=maybe(number(3)),
    ),
    for_partners(
        "resource.registered",
        "A resource of the platform has an owner.",
        "res",
        platform_id=text("app-7f2c"),
        account=id_of("acc"),
    ),
    for_partners(
        "resource.transferred",
        "A resource belongs to another account from an instant on; its new owner hears of it.",
        "res",
        account=id_of("acc"),
        owned_from=instant(),
    ),
    for_partners(
        "subscription.started",
        "An account has a plan.",
        "sub",
        account=id_of("acc"),
        plan=text("dynos"),
    ),
    for_partners(
        "subscription.reactivated",
        "An end that was to come does not come.",
        "sub",
        account=id_of("acc"),
        plan=text("dynos"),
    ),
    for_partners(
        "subscription.ended",
        "An account has a plan no more.",
        "sub",
        account=id_of("acc"),
        plan=text("dynos"),
    ),
    for_partners(
        "price_override.agreed",
        "A price of its own was agreed with an account.",
        "ovr",
        subscription=id_of("sub"),
        price=text("requests"),
    ),
    for_partners(
        "price_override.cleared",
        "The price of the plan holds again.",
        "ovr",
        subscription=id_of("sub"),
        price=text("requests"),
    ),
    in_house("partner.enrolled", "A partner was added.", "par", name=text("Addon Works")),
    in_house("partner.revised", "What a partner may do changed.", "par", name=text("Addon Works")),
    in_house(
        "credential.issued",
        "A partner has another credential.",
        "crd",
        partner=id_of("par"),
        scopes=texts("usage:write"),
    ),
    in_house("credential.revoked", "A credential was revoked.", "crd"),
    in_house(
        "seller.named",
        "Invoices name another seller from a day on.",
        "sel",
        legal_name=text("Counterfoil GmbH"),
        valid_from=day(),
    ),
)
