"""Licences, quotes and pools by their public ids, for whoever does something with one."""

from billing.licences.models import License, LicenseQuote, PoolBucket, PoolCommitment
from core.errors import NotFound


class LicenseNotFound(NotFound):
    """No licence has this id."""

    code = "license_not_found"
    title = "There is no such licence"


class LicenseQuoteNotFound(NotFound):
    """No quote has this id."""

    code = "license_quote_not_found"
    title = "There is no such quote"


class PoolNotFound(NotFound):
    """No pool, or window of one, has this id."""

    code = "pool_not_found"
    title = "There is no such pool"


def find_license(public_id: str) -> License:
    """A licence with its account; one query. Raises: LicenseNotFound."""
    rows = License.objects.select_related("account", "quote__acceptance")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise LicenseNotFound(f"There is no licence {public_id[:64]}.", wanted=public_id[:64])
    return found


def find_quote(public_id: str) -> LicenseQuote:
    """A version of a quote with its account; one query. Raises: LicenseQuoteNotFound."""
    rows = LicenseQuote.objects.select_related("account")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise LicenseQuoteNotFound(f"There is no quote {public_id[:64]}.", wanted=public_id[:64])
    return found


def find_commitment(public_id: str) -> PoolCommitment:
    """A pool with its licence, account and product; one query. Raises: PoolNotFound."""
    rows = PoolCommitment.objects.select_related("license__account", "product")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise PoolNotFound(f"There is no pool {public_id[:64]}.", wanted=public_id[:64])
    return found


def find_bucket(public_id: str) -> PoolBucket:
    """A window of a pool with its licence; one query. Raises: PoolNotFound."""
    rows = PoolBucket.objects.select_related("commitment__license__account", "commitment__product")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise PoolNotFound(f"There is no window {public_id[:64]}.", wanted=public_id[:64])
    return found
