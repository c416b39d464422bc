"""The played customers as accounts, with their profiles, payers, resources and hand-overs."""

from collections.abc import Mapping
from datetime import timedelta

from accounts.models import Account, BillingProfile, Resource
from accounts.operations import accounts, profiles, resources
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from accounts.operations.resources import NewResource
from core.actor import Actor
from demo.platform import values
from demo.platform.play import Play
from demo.reference.tax import has_prices_with_tax, is_confirmed, place_of

CURRENCY = "USD"
# Who moves office in the middle of the current month: drafts then print another address.
_MOVING = "Kestrel Robotics"


def open_accounts(play: Play, *, by: Actor) -> dict[str, Account]:
    """Accounts by the platform's key; an enterprise pays for its teams."""
    opened: dict[str, Account] = {}
    for each in play.accounts:
        parent = opened[each.parent] if each.parent else None
        opened[each.key] = accounts.open(
            new=NewAccount(
                name=each.name,
                kind=each.kind.value,
                currency=CURRENCY,
                parent=parent,
                payer=parent,
                anchor_on=play.time.month_on,
            ),
            profile=_terms(each),
            at=each.opened_at,
            by=by,
            reason=f"{each.name} signed up",
        )
    return opened


def move_office(play: Play, opened: Mapping[str, Account], *, by: Actor) -> None:
    """One customer's address changes after the finished month, so its invoice keeps the old one."""
    mover = next((each for each in play.accounts if each.name == _MOVING), None)
    if mover is None:
        return
    terms = _terms(mover)
    profiles.revise(
        account=opened[mover.key],
        terms=ProfileTerms(**{**terms.as_fields(), "address": "9 Foundry Square"}),
        at=play.time.turns(mover.zone) + timedelta(days=1, hours=9),
        by=by,
        reason="The customer moved; ticket SUP-2041",
    )


def register_resources(
    play: Play, opened: Mapping[str, Account], *, by: Actor
) -> dict[str, Resource]:
    """Apps, then the add-ons on them, each owned by its first owner; then the hand-overs."""
    apps = [
        NewResource(app.platform_id, Resource.Kind.APP, app.name,
                    opened[app.tenures[0].account], app.created_at)
        for app in play.apps
    ]  # fmt: skip
    registered = _register(apps, play, by=by)
    addons = [
        NewResource(addon.platform_id, Resource.Kind.ADDON, addon.name,
                    opened[addon.tenures[0].account], addon.created_at, registered[addon.app])
        for addon in play.addons
    ]  # fmt: skip
    registered |= _register(addons, play, by=by)
    for transfer in play.transfers:
        resources.transfer(
            resource=registered[transfer.app],
            to=opened[transfer.to_account],
            at=transfer.at,
            by=by,
            reason="Handed over by its owner",
        )
    return registered


def _register(new: list[NewResource], play: Play, *, by: Actor) -> dict[str, Resource]:
    rows = resources.register_all(new, at=play.time.now, by=by, reason="Announced by the platform")
    return {row.platform_id: row for row in rows}


def _terms(each: values.PlayedAccount) -> ProfileTerms:
    country, region = place_of(each)
    status, language = BillingProfile.TaxIdStatus, BillingProfile.Language
    return ProfileTerms(
        country=country,
        region=region,
        language=language.GERMAN if country == "DE" else language.ENGLISH,
        prices_include_tax=has_prices_with_tax(each),
        tax_id_status=status.VERIFIED if is_confirmed(each) else status.UNVERIFIED,
        legal_name=each.legal_name,
        zone=each.zone,
        terms_days=each.terms_days,
        address=each.address,
        tax_id=each.tax_id,
        email=each.email,
    )
