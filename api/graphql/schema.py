"""The root of the graph, and the schema that is committed as docs/schema.graphql."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import strawberry
from graphql import GraphQLObjectType, get_named_type
from strawberry.schema.config import StrawberryConfig

from api.graphql.cost import IDS_MAX
from api.graphql.graph import (
    SHAPES,
    AccountNode,
    DisputeNode,
    InvoiceNode,
    LicenceNode,
    PaymentNode,
    ProposalNode,
    SubscriptionNode,
)
from api.graphql.kinds import (
    ACCOUNT,
    DISPUTE,
    INVOICE,
    KINDS,
    LICENCE,
    PAYMENT,
    PROPOSAL,
    SUBSCRIPTION,
    NodeKind,
)
from api.graphql.leaves import TooManyIds
from api.graphql.mutations import GraphChanges
from api.graphql.shapes import (
    FIRST_DEFAULT,
    After,
    First,
    GraphNode,
    NodeConnection,
    Reading,
    connection_of,
    slice_of,
)

_BY_PREFIX: Final = {kind.prefix: kind for kind in KINDS if kind.prefix}


async def _top(info: Reading, kind: NodeKind, first: int, after: str | None) -> Any:
    found = await info.context.top(slice_of(kind, "", first, after))
    return connection_of(kind, found, SHAPES[kind.name])


async def _by_id(info: Reading, ids: list[strawberry.ID]) -> list[GraphNode | None]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for each in ids:
        wanted[str(each).partition("_")[0]].append(str(each)[:64])
    found: dict[str, Any] = {}
    for prefix, named in wanted.items():
        if kind := _BY_PREFIX.get(prefix):
            rows = await info.context.named(kind, named)
            found |= {id: SHAPES[kind.name](kind=kind, row=row) for id, row in rows.items()}
    return [found.get(str(each)) for each in ids]


@strawberry.type(name="Query")
class GraphRoot:
    @strawberry.field
    async def node(self, info: Reading, id: strawberry.ID) -> GraphNode | None:
        """What an id stands for; null where it is nobody's, or not yours to know of."""
        return (await _by_id(info, [id]))[0]

    @strawberry.field
    async def nodes(self, info: Reading, ids: list[strawberry.ID]) -> list[GraphNode | None]:
        """The same for several ids, in their order."""
        if len(ids) > IDS_MAX:
            raise TooManyIds(f"Up to {IDS_MAX} ids at once.", field="ids")
        return await _by_id(info, ids)

    @strawberry.field
    async def accounts(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[AccountNode]:
        return await _top(info, ACCOUNT, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def invoices(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[InvoiceNode]:
        return await _top(info, INVOICE, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def payments(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[PaymentNode]:
        return await _top(info, PAYMENT, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def subscriptions(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[SubscriptionNode]:
        return await _top(info, SUBSCRIPTION, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def licences(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[LicenceNode]:
        return await _top(info, LICENCE, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def proposals(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[ProposalNode]:
        """For people of the staff alone."""
        return await _top(info, PROPOSAL, first, after)  # type: ignore[no-any-return]

    @strawberry.field
    async def disputes(
        self, info: Reading, first: First = FIRST_DEFAULT, after: After = None
    ) -> NodeConnection[DisputeNode]:
        return await _top(info, DISPUTE, first, after)  # type: ignore[no-any-return]


schema: Final = strawberry.Schema(
    query=GraphRoot,
    mutation=GraphChanges,
    types=list(SHAPES.values()),
    config=StrawberryConfig(disable_field_suggestions=True),
)

FREE_FIELDS: Final = frozenset(
    name
    for shape in schema._schema.type_map.values()
    if isinstance(shape, GraphQLObjectType)
    for name, field in shape.fields.items()
    if getattr(get_named_type(field.type), "name", "") in ("Money", "Refusal")
)
"""Fields whose objects are no nodes and cost nothing."""
