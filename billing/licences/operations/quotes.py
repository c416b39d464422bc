"""Quotes of licences: offered in versions, accepted once by name and day, and made then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.billed_time import require_unbilled
from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.licences.models import (
    License,
    LicenseProduct,
    LicenseQuote,
    PoolCommitment,
    QuoteAcceptance,
)
from billing.licences.operations.buckets import Written, open_buckets
from billing.licences.queries.scopes import accounts_of
from billing.licences.terms import (
    CommitmentTerms,
    LicenseTerms,
    LicenseTermsInvalid,
    digest_of,
    document_of,
    read_terms,
)
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.decimals import decimal_text
from core.errors import Conflict, Invalid
from core.periods import local_midnight
from eventing.publish import publish
from usage.days import zone_at


class QuoteTaken(Conflict):
    """The version was accepted, or made, by somebody else meanwhile."""

    code = "quote_taken"
    title = "This quote is accepted already"


class QuoteSuperseded(Conflict):
    """There is a later version of the quote."""

    code = "quote_superseded"
    title = "There is a later version of this quote"


class LicenseQuoteExpired(Conflict):
    """Its last day is over."""

    code = "license_quote_expired"
    title = "The quote holds no more"


class LicenseQuoteStale(Conflict):
    """What somebody accepts is not what they saw."""

    code = "license_quote_stale"
    title = "The quote is not the one you saw"


class LicenseNumberTaken(Conflict):
    """Another licence has this number."""

    code = "license_number_taken"
    title = "There is a licence with this number"


class LicenseNotForAccount(Invalid):
    """Licences are agreed with enterprises."""

    code = "license_not_for_account"
    title = "Licences are for enterprises"


@dataclass(frozen=True, slots=True)
class AcceptedBy:
    """Who of the customer accepted, on which day, and the digest of what they saw."""

    name: str
    on: date
    digest: str


def offer(
    *,
    account: Account,
    number: str,
    terms: LicenseTerms,
    valid_until: datetime,
    at: datetime,
    by: Actor,
    reason: str,
) -> LicenseQuote:
    """Make the next version of the quote with this number; the first where there is none.

    Raises: LicenseTermsInvalid, LicenseNotForAccount, LicenseQuoteExpired, QuoteTaken.
    """
    terms.check()
    number = number.strip()
    if not 0 < len(number) <= 64:
        raise LicenseTermsInvalid(
            "A quote has a number of 1 to 64 characters. Nothing was saved.", field="number"
        )
    if valid_until <= at:
        raise LicenseQuoteExpired(
            "A quote holds for some time. Nothing was saved.", field="valid_until"
        )
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"license_quote_version": QuoteTaken}),
    ):
        account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        _require_enterprise(account, terms)
        last = LicenseQuote.objects.filter(number=number).order_by("-version").first()
        if last is not None and last.account_id != account.pk:
            raise QuoteTaken(
                f"{number} is a quote of another account. Nothing was saved.", field="number"
            )
        if last is not None and QuoteAcceptance.objects.filter(quote__number=number).exists():
            raise QuoteTaken(f"{number} was accepted. Nothing was saved.", field="number")
        document = document_of(terms)
        quote = LicenseQuote.objects.create(
            account=account,
            number=number,
            version=1 if last is None else last.version + 1,
            terms=document,
            digest=digest_of(document),
            valid_until=valid_until,
            made_at=at,
            made_by=by.name,
            reason=reason,
        )
        publish(
            "licence.quoted",
            subject=quote.public_id,
            payload={"account": account.public_id, "number": number, "version": quote.version},
            at=at,
        )
    return quote


def _require_enterprise(account: Account, terms: LicenseTerms) -> None:
    if account.kind != Account.Kind.ENTERPRISE:
        raise LicenseNotForAccount(
            f"{account.name} is no enterprise. Nothing was saved.", field="account"
        )
    known = {each.public_id for each in accounts_of(account.pk)}
    for commitment in terms.commitments:
        for ref in commitment.account_ids:
            if ref not in known:
                raise LicenseTermsInvalid(
                    f"{ref} is no team of {account.name}. Nothing was saved.", field="accounts"
                )


def accept(
    *, quote: LicenseQuote, accepted: AcceptedBy, at: datetime, by: Actor, reason: str
) -> License:
    """Write down that the customer accepted a version, and make the licence with its buckets.

    Raises: QuoteTaken, QuoteSuperseded, LicenseQuoteExpired, LicenseQuoteStale, LicenseNumberTaken,
    LicenseTermsInvalid, TimeBilled.
    """
    if not 0 < len(accepted.name.strip()) <= 200:
        raise LicenseTermsInvalid(
            "Say who accepted, by name. Nothing was saved.", field="accepted_by"
        )
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors(
            {
                "licences_quoteacceptance_quote_id_key": QuoteTaken,
                "licences_license_number_key": LicenseNumberTaken,
            }
        ),
    ):
        account = Account.objects.select_for_update(of=("self",)).get(pk=quote.account_id)
        _require_acceptable(quote, accepted, at)
        terms = read_terms(quote.terms)
        _require_enterprise(account, terms)
        QuoteAcceptance.objects.create(
            quote=quote,
            accepted_by=accepted.name.strip(),
            accepted_on=accepted.on,
            recorded_at=at,
            recorded_by=by.name,
            reason=reason,
        )
        made = _made(quote, terms, account, Written(at, by, reason))
        publish(
            "licence.agreed",
            subject=made.public_id,
            payload={
                "account": account.public_id,
                "number": made.number,
                "from": made.starts_at.isoformat(),
                "until": made.ends_at.isoformat(),
            },
            at=at,
        )
    return made


def _require_acceptable(quote: LicenseQuote, accepted: AcceptedBy, at: datetime) -> None:
    if QuoteAcceptance.objects.filter(quote__number=quote.number).exists():
        raise QuoteTaken(f"{quote.number} is accepted already.", quote=quote.public_id)
    last = LicenseQuote.objects.filter(number=quote.number).order_by("-version")[0]
    if last.pk != quote.pk:
        raise QuoteSuperseded(f"There is {last}. Nothing was saved.", quote=last.public_id)
    if at >= quote.valid_until:
        raise LicenseQuoteExpired(
            f"{quote} held until {quote.valid_until:%Y-%m-%d %H:%M} UTC. Nothing was saved. Make "
            "another version.",
            quote=quote.public_id,
        )
    if accepted.digest != quote.digest:
        raise LicenseQuoteStale(
            "What was accepted is not what this version says. Nothing was saved.",
            quote=quote.public_id,
        )


def _made(quote: LicenseQuote, terms: LicenseTerms, account: Account, written: Written) -> License:
    spans = zones_of([account.pk])[account.pk]
    start_zone = zone_at(spans, written.at)
    starts_at = local_midnight(terms.starts_on, start_zone)
    own = [each.account_id for each in accounts_of(account.pk)]
    require_unbilled(own, since=starts_at, field="starts_on")
    made = License.objects.create(
        account=account,
        quote=quote,
        number=quote.number,
        name=terms.name,
        currency=account.currency,
        purchase_order=terms.purchase_order,
        starts_at=starts_at,
        ends_at=local_midnight(terms.until, start_zone),
        renewal_notice_on=terms.renewal_notice_on,
    )
    products = LicenseProduct.objects.bulk_create(
        LicenseProduct(
            license=made,
            code=each.code,
            name=each.name,
            quantity=each.quantity,
            unit=each.unit,
            unit_price=each.unit_price,
            overage_price=each.overage_price,  # type: ignore[misc]  # null has no generic
            billed=each.billed,
        )
        for each in terms.products
    )
    by_code = {each.code: each for each in products}
    for each in terms.commitments:
        commitment = PoolCommitment.objects.create(
            license=made, product=by_code[each.product], made_at=written.at, **_columns(each)
        )
        open_buckets(made, commitment, start_zone, written)
    return made


def _columns(terms: CommitmentTerms) -> Mapping[str, Any]:
    pace = terms.pace
    return {
        "name": terms.name,
        "unit": terms.unit,
        "window": pace.window.value,
        "quantity": pace.quantity,
        "ramp": [
            {"from_window": step.from_window, "quantity": decimal_text(step.quantity)}
            for step in pace.ramp
        ],
        "cut": pace.cut.value,
        "rollover": pace.rollover.value,
        "rollover_cap": pace.cap,
        "places": pace.places,
        "priority": terms.priority,
        "is_promotional": terms.is_promotional,
        "is_counted": terms.is_counted,
        "product_codes": sorted(terms.product_codes),
        "account_ids": sorted(terms.account_ids),
        "thresholds": sorted(terms.thresholds),
    }
