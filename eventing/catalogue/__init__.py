"""Every type of event there is: what it says, its fields, an example.

Documents and the API are made of it (docs/events.md); a test finds a type that is published and not
here, and whatever is published in the suite is compared with what is said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from eventing.catalogue.agreed import AGREED
from eventing.catalogue.bills import BILLS
from eventing.catalogue.licences import LICENCES
from eventing.catalogue.office import OFFICE
from eventing.catalogue.parties import PARTIES
from eventing.catalogue.receipts import RECEIPTS
from eventing.catalogue.sending import SENDING
from eventing.catalogue.shapes import PublishedType
from eventing.catalogue.spending import SPENDING
from eventing.catalogue.usage import USAGE

__all__ = ["CATALOGUE", "PARTNER_TYPES", "PublishedType"]

CATALOGUE: Final[Mapping[str, PublishedType]] = MappingProxyType(
    {
        each.name: each
        for each in (
            *PARTIES,
            *AGREED,
            *USAGE,
            *BILLS,
            *LICENCES,
            *SPENDING,
            *RECEIPTS,
            *OFFICE,
            *SENDING,
        )
    }
)
PARTNER_TYPES: Final = frozenset(each.name for each in CATALOGUE.values() if each.for_partners)
"""What partners hear of, where it concerns an account they may read."""
