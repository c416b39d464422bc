"""The codes that the scopes of grants and coupons name: of a line's price, and of its product."""

from collections.abc import Mapping, Sequence

from billing.catalogue.models import Price
from billing.invoicing.drafting.drafts import InvoiceDraft

PriceCodes = Mapping[int, tuple[str, str]]
"""Price code and product code, by price."""


def codes_of(drafts: Sequence[InvoiceDraft]) -> PriceCodes:
    """The codes of every price on the drafts; one query."""
    ids = {line.price_id for draft in drafts for line in draft.lines if line.price_id is not None}
    rows = Price.objects.filter(pk__one_of=list(ids)).values_list(
        "pk", "code", "plan_version__plan__product__code"
    )
    return {pk: (code, product) for pk, code, product in rows}
