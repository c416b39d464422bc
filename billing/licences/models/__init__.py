"""What licences store."""

from billing.licences.models.licenses import License, LicenseAmendment, LicenseProduct
from billing.licences.models.pools import Movement, PoolAlert, PoolBucket, PoolCommitment
from billing.licences.models.quotes import LicenseQuote, QuoteAcceptance

__all__ = [
    "License",
    "LicenseAmendment",
    "LicenseProduct",
    "LicenseQuote",
    "Movement",
    "PoolAlert",
    "PoolBucket",
    "PoolCommitment",
    "QuoteAcceptance",
]
