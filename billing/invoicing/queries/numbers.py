"""Invoice numbers as people write them: in full, or without the zeros in front."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db.models import Q

from billing.invoicing.models import Invoice, NumberSeries

_SHORT = re.compile(r"([A-Za-z]*-?)0*([1-9][0-9]{0,11})", re.ASCII)


def numbered(text: str) -> Q:
    """Invoices whose number a text writes: CF-00000012, cf-12 or 12. One query for the series."""
    # Numbers have capitals only.
    wanted, short = Q(number=text.upper()), _SHORT.fullmatch(text)
    if short is None:
        return wanted
    series = NumberSeries.objects.filter(prefix__istartswith=short[1])
    return wanted | Q(series__in=list(series), sequence=int(short[2]))


def numbers_of(public_ids: Collection[str]) -> dict[str, str]:
    """The numbers of invoices by their ids; drafts have none. One query, none for no invoice."""
    wanted = [each for each in public_ids if each.startswith("inv_")]
    if not wanted:
        return {}
    rows = Invoice.objects.filter(public_id__in=wanted).values_list("public_id", "number")
    return {public_id: number for public_id, number in rows if number}
