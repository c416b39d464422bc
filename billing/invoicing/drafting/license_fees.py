"""Puts what licences cost on the bills of their accounts, in advance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.drafts import DraftLine, DraftOrProblem, InvoiceDraft
from billing.invoicing.models.invoice_lines import LICENSE_FEE
from billing.licences.fees import LicenseFee, fees_within
from billing.licences.models import LicenseProduct
from billing.rating.charges import STEPPED
from core.decimals import decimal_text
from core.money import minor_exponent, round_half_up


def with_license_fees(answers: Sequence[DraftOrProblem]) -> list[DraftOrProblem]:
    """The drafts with the fees of their accounts' licences; one query."""
    drafts = [each for each in answers if isinstance(each, InvoiceDraft)]
    if not drafts:
        return list(answers)
    products: dict[int, list[LicenseProduct]] = defaultdict(list)
    rows = LicenseProduct.objects.filter(
        license__account_id__one_of={each.account_id for each in drafts},
        license__ends_at__gt=min(each.period.start for each in drafts),
    )
    for product in rows.select_related("license").order_by("pk"):
        products[product.license.account_id].append(product)
    return [
        _with(each, products[each.account_id])
        if isinstance(each, InvoiceDraft) and each.account_id in products
        else each
        for each in answers
    ]


def _with(draft: InvoiceDraft, products: Sequence[LicenseProduct]) -> InvoiceDraft:
    lines = [
        _line(draft, fee)
        for product in products
        for fee in fees_within(product, product.license, draft.period, draft.zone)
    ]
    if not lines:
        return draft
    told = [[line.key, line.amount_minor] for line in lines]
    return replace(
        draft,
        lines=[*draft.lines, *lines],
        inputs_digest=digest([draft.inputs_digest, "licence fees", told]),
    )


def _line(draft: InvoiceDraft, fee: LicenseFee) -> DraftLine:
    product = fee.product
    step = {
        "step": "license_fee",
        "licence": product.license.public_id,
        "number": product.license.number,
        "product": product.name,
        "quantity": decimal_text(product.quantity),
        "unit": product.unit,
        "unit_price": decimal_text(product.unit_price),
        "share": f"{fee.share.numerator}/{fee.share.denominator}",
    }
    return DraftLine(
        key=f"license-fee:{product.pk}:{fee.number}",
        kind=LICENSE_FEE,
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=f"{product.license.number} · {product.name}",
        quantity=Decimal(product.quantity),
        unit=product.unit,
        unit_price=None,
        amount_minor=round_half_up(fee.amount * 10 ** minor_exponent(draft.currency)),
        dimensions={},
        explanation=(STEPPED, {}, [step]),
        period=fee.span,
    )
