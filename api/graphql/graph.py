"""The graph: account → subscriptions, invoices → lines → explanation, payments, disputes, events.

Fields read the row of their node; lists and what is pointed at go through the reader.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import strawberry
from strawberry.scalars import JSON

from api.graphql.kinds import (
    ACCOUNT,
    CREDIT_NOTE,
    DISPUTE,
    EVENT,
    INVOICE,
    LICENCE,
    LINE,
    PAYMENT,
    PROPOSAL,
    SETTLEMENT,
    SUBSCRIPTION,
    NodeKind,
)
from api.graphql.leaves import (
    EventNode,
    LicencePoolShape,
    LicenceProductShape,
    UsageFigures,
    of_row,
    pools_of,
    products_of,
    span_asked,
    usage_figures,
)
from api.graphql.shapes import (
    FIRST_DEFAULT,
    After,
    First,
    GraphNode,
    MoneyShape,
    NodeConnection,
    Reading,
    connection_of,
    money_shape,
    require_first,
    slice_of,
)
from approvals.queries.proposals import state_at
from core.clock import now
from core.decimals import decimal_text
from usage.queries.by_span import UsageSpan


async def _listed(
    info: Reading, kind: NodeKind, path: str, parent: Any, first: int, after: str | None
) -> Any:
    asked = slice_of(kind, path, first, after)
    found = await info.context.of_parent(asked, parent)
    return connection_of(kind, found, SHAPES[kind.name])


async def _one(info: Reading, kind: NodeKind, pk: int | None) -> Any:
    row = await info.context.one(kind, pk)
    return None if row is None else SHAPES[kind.name](kind=kind, row=row)


async def _events_of(info: Reading, subject: str, first: int, after: str | None) -> Any:
    return await _listed(info, EVENT, "event__subject", subject, first, after)


@strawberry.type(name="Subscription")
class SubscriptionNode(GraphNode):
    plan: str = of_row("plan.code")
    plan_name: str = of_row("plan.name")
    started_at: datetime = of_row("started_at")
    ended_at: datetime | None = of_row("ended_at")

    @strawberry.field
    async def account(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.account_id)  # type: ignore[no-any-return]


@strawberry.type(name="InvoiceLine")
class LineNode(GraphNode):
    position: int = of_row("position")
    line_kind: str = of_row("kind")
    description: str = of_row("description")

    @strawberry.field
    def resource(self) -> str | None:
        """The platform's name of the resource it is about."""
        return self.row.resource.platform_id if self.row.resource else None

    @strawberry.field
    def quantity(self) -> str | None:
        found = self.row.rated_quantity
        return None if found is None else decimal_text(found)

    unit: str = of_row("rated_unit")

    @strawberry.field
    def unit_price(self) -> str | None:
        found = self.row.unit_price
        return None if found is None else decimal_text(found)

    @strawberry.field
    def amount(self) -> MoneyShape:
        return money_shape(self.row.amount_minor, self.row.invoice.currency)

    @strawberry.field
    def explanation(self) -> JSON:
        """The steps by which the amount was worked out, as they are stored with the line."""
        return JSON(self.row.explanation)

    @strawberry.field
    async def invoice(self, info: Reading) -> InvoiceNode | None:
        return await _one(info, INVOICE, self.row.invoice_id)  # type: ignore[no-any-return]


@strawberry.type(name="CreditNote")
class CreditNoteNode(GraphNode):
    number: str = of_row("number")
    reason_code: str = of_row("reason_code")
    issued_at: datetime = of_row("issued_at")

    @strawberry.field
    def total(self) -> MoneyShape:
        return money_shape(self.row.total_minor, self.row.currency)

    @strawberry.field
    async def invoice(self, info: Reading) -> InvoiceNode | None:
        return await _one(info, INVOICE, self.row.invoice_id)  # type: ignore[no-any-return]


@strawberry.type(name="Payment")
class PaymentNode(GraphNode):
    @strawberry.field
    def amount(self) -> MoneyShape:
        return money_shape(self.row.amount_minor, self.row.currency)

    method: str = of_row("method")
    received_at: datetime = of_row("received_at")

    @strawberry.field
    async def account(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.account_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def settlements(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[SettlementNode]:
        return await _listed(info, SETTLEMENT, "payment_id", self.row.pk, first, after)  # type: ignore[no-any-return]


@strawberry.type(
    name="Settlement", description="What went on an invoice, of a payment or a credit."
)
class SettlementNode(GraphNode):
    settlement_kind: str = of_row("kind")

    @strawberry.field
    def amount(self) -> MoneyShape:
        return money_shape(self.row.amount_minor, self.row.invoice.currency)

    effective_at: datetime = of_row("effective_at")

    @strawberry.field
    async def invoice(self, info: Reading) -> InvoiceNode | None:
        return await _one(info, INVOICE, self.row.invoice_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def payment(self, info: Reading) -> PaymentNode | None:
        """The payment it is of, unless that is of an account you may not read."""
        return await _one(info, PAYMENT, self.row.payment_id)  # type: ignore[no-any-return]


@strawberry.type(name="Dispute")
class DisputeNode(GraphNode):
    number: str = of_row("number")
    state: str = of_row("_computed")
    opened_at: datetime = of_row("opened_at")

    @strawberry.field
    async def account(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.account_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def events(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[EventNode]:
        return await _events_of(info, self.row.public_id, first, after)  # type: ignore[no-any-return]


@strawberry.type(name="Licence", description="What an enterprise agreed on.")
class LicenceNode(GraphNode):
    number: str = of_row("number")
    name: str = of_row("name")
    currency: str = of_row("currency")
    purchase_order: str = of_row("purchase_order")
    starts_at: datetime = of_row("starts_at")
    ends_at: datetime = of_row("ends_at")

    @strawberry.field
    def products(self) -> list[LicenceProductShape]:
        return products_of(self.row)

    @strawberry.field
    def pools(self) -> list[LicencePoolShape]:
        return pools_of(self.row)

    @strawberry.field
    async def account(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.account_id)  # type: ignore[no-any-return]


@strawberry.type(name="Proposal", description="What the staff puts forward; people decide it.")
class ProposalNode(GraphNode):
    proposal_kind: str = of_row("kind")
    outcome: str = of_row("outcome")
    version: int = of_row("version")
    seal: str = of_row("seal")
    reason_code: str = of_row("reason_code")
    ticket: str = of_row("ticket")
    put_forward_at: datetime = of_row("put_forward_at")
    expires_at: datetime = of_row("expires_at")
    decided_at: datetime | None = of_row("decided_at")

    @strawberry.field
    def state(self) -> str:
        """By now: an open one whose time is over has expired."""
        return state_at(self.row, now())

    @strawberry.field
    def amount(self) -> MoneyShape | None:
        found = self.row.amount
        return None if found is None else money_shape(found.minor, found.currency)

    @strawberry.field
    def made_by(self) -> str:
        return str(self.row.maker.public_id)

    @strawberry.field
    def decided_by(self) -> str | None:
        return self.row.decided_by.public_id if self.row.decided_by else None

    @strawberry.field
    async def account(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.account_id)  # type: ignore[no-any-return]


@strawberry.type(name="Invoice")
class InvoiceNode(GraphNode):
    number: str | None = of_row("number")
    invoice_kind: str = of_row("kind")
    state: str = of_row("state")

    @strawberry.field
    def total(self) -> MoneyShape:
        return money_shape(self.row.total_minor, self.row.currency)

    @strawberry.field
    def subtotal(self) -> MoneyShape:
        return money_shape(self.row.subtotal_minor, self.row.currency)

    @strawberry.field
    def tax(self) -> MoneyShape:
        return money_shape(self.row.tax_minor, self.row.currency)

    period_from: datetime = of_row("period_from")
    period_until: datetime = of_row("period_until")
    issued_at: datetime | None = of_row("issued_at")
    due_on: date | None = of_row("due_on")

    @strawberry.field
    async def account(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.account_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def payer(self, info: Reading) -> AccountNode | None:
        """Who pays, unless that is an account you may not read."""
        return await _one(info, ACCOUNT, self.row.payer_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def lines(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[LineNode]:
        return await _listed(info, LINE, "invoice_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def credit_notes(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[CreditNoteNode]:
        return await _listed(info, CREDIT_NOTE, "invoice_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def settlements(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[SettlementNode]:
        return await _listed(info, SETTLEMENT, "invoice_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def events(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[EventNode]:
        return await _events_of(info, self.row.public_id, first, after)  # type: ignore[no-any-return]


@strawberry.type(name="Account")
class AccountNode(GraphNode):
    name: str = of_row("name")
    account_kind: str = of_row("kind")
    currency: str = of_row("currency")
    opened_at: datetime = of_row("opened_at")

    @strawberry.field
    async def parent(self, info: Reading) -> AccountNode | None:
        return await _one(info, ACCOUNT, self.row.parent_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def subscriptions(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[SubscriptionNode]:
        return await _listed(info, SUBSCRIPTION, "account_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def invoices(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[InvoiceNode]:
        return await _listed(info, INVOICE, "account_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def payments(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[PaymentNode]:
        return await _listed(info, PAYMENT, "account_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def disputes(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[DisputeNode]:
        return await _listed(info, DISPUTE, "account_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def licences(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[LicenceNode]:
        return await _listed(info, LICENCE, "account_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def proposals(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[ProposalNode]:
        """For people of the staff alone."""
        return await _listed(info, PROPOSAL, "account_id", self.row.pk, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def usage(
        self,
        info: Reading,
        since: date,
        until: date,
        every: UsageSpan = UsageSpan.ALL,
        by_resource: bool = False,
        first: First = FIRST_DEFAULT,
    ) -> UsageFigures:
        """What it used on days of its calendar, `until` not included, by the bill's figures."""
        asked = span_asked(since, until, every, by_resource)
        require_first(first)
        return usage_figures(await info.context.used(asked, self.row.pk), first)

    @strawberry.field
    async def events(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[EventNode]:
        """What happened to the account and to all that is its."""
        return await _listed(info, EVENT, "account", self.row.public_id, first, after)  # type: ignore[no-any-return]


SHAPES: Final[dict[str, Any]] = {
    ACCOUNT.name: AccountNode,
    SUBSCRIPTION.name: SubscriptionNode,
    INVOICE.name: InvoiceNode,
    LINE.name: LineNode,
    CREDIT_NOTE.name: CreditNoteNode,
    PAYMENT.name: PaymentNode,
    SETTLEMENT.name: SettlementNode,
    DISPUTE.name: DisputeNode,
    LICENCE.name: LicenceNode,
    PROPOSAL.name: ProposalNode,
    EVENT.name: EventNode,
}
