"""What kinds of nodes there are, and which rows of each a reader may see.

Every row of the graph comes from `visible`: from the top, from its id, from a list of its parent
and from what points at it. A relation never joins past it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from accounts.models import CredentialScope
from api.authentication import require_scope
from api.graphql.readers import PROPOSALS_READ, GraphPrincipal
from api.rest.resources import accounts_of
from api.rest.v1.events_feed import audience_of
from approvals.models import Proposal
from billing.contracts.models import Subscription
from billing.disputes.queries.cases import case_rows
from billing.invoicing.models import CreditNote, Invoice, InvoiceLine
from billing.licences.models import License
from billing.receivables.models import Payment, Settlement
from eventing.models import FeedEntry

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A kind of node: what its ids begin with, the scope it needs, its rows, and their order.

    `order` is a column that tells rows of one parent apart.
    """

    name: str
    prefix: str
    scope: str
    rows: Callable[[GraphPrincipal], Rows]
    order: str = "pk"
    public_id: str = "public_id"


def visible(kind: NodeKind, reader: GraphPrincipal) -> Rows:
    """The rows of a kind that a reader may see. Raises: ScopeMissing."""
    require_scope(reader, kind.scope)
    return kind.rows(reader)


ACCOUNT: Final = NodeKind("Account", "acc", CredentialScope.ACCOUNTS_READ, accounts_of)
SUBSCRIPTION: Final = NodeKind(
    "Subscription",
    "sub",
    CredentialScope.ACCOUNTS_READ,
    lambda reader: Subscription.objects.filter(account__in=accounts_of(reader)).select_related(
        "plan", "plan_version"
    ),
)
INVOICE: Final = NodeKind(
    "Invoice",
    "inv",
    CredentialScope.INVOICES_READ,
    lambda reader: Invoice.objects.filter(account__in=accounts_of(reader)),
)
LINE: Final = NodeKind(
    "InvoiceLine",
    "",
    CredentialScope.INVOICES_READ,
    lambda reader: InvoiceLine.objects.filter(
        invoice__account__in=accounts_of(reader)
    ).select_related("invoice", "resource"),
    order="position",
)
CREDIT_NOTE: Final = NodeKind(
    "CreditNote",
    "crn",
    CredentialScope.INVOICES_READ,
    lambda reader: CreditNote.objects.filter(invoice__account__in=accounts_of(reader)),
)
PAYMENT: Final = NodeKind(
    "Payment",
    "pay",
    CredentialScope.PAYMENTS_READ,
    lambda reader: Payment.objects.filter(account__in=accounts_of(reader)),
)
SETTLEMENT: Final = NodeKind(
    "Settlement",
    "stl",
    CredentialScope.PAYMENTS_READ,
    lambda reader: Settlement.objects.filter(
        invoice__account__in=accounts_of(reader)
    ).select_related("invoice"),
)
DISPUTE: Final = NodeKind(
    "Dispute",
    "dsp",
    CredentialScope.DISPUTES_READ,
    lambda reader: case_rows().filter(account__in=accounts_of(reader)),
)
LICENCE: Final = NodeKind(
    "Licence",
    "lic",
    CredentialScope.INVOICES_READ,
    lambda reader: License.objects.filter(account__in=accounts_of(reader)).prefetch_related(
        "products", "commitments__buckets"
    ),
)
PROPOSAL: Final = NodeKind(
    "Proposal",
    "prp",
    PROPOSALS_READ,
    lambda reader: Proposal.objects.select_related("maker", "decided_by"),
)
EVENT: Final = NodeKind(
    "Event",
    "evt",
    CredentialScope.EVENTS_READ,
    lambda reader: FeedEntry.objects.filter(audience_of(reader).may_hear).select_related("event"),
    order="position",
    public_id="event__public_id",
)
KINDS: Final = (
    ACCOUNT,
    SUBSCRIPTION,
    INVOICE,
    LINE,
    CREDIT_NOTE,
    PAYMENT,
    SETTLEMENT,
    DISPUTE,
    LICENCE,
    PROPOSAL,
    EVENT,
)
