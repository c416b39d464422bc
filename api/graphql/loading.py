"""Rows of the graph, many parents at a time: as many statements for a thousand as for one.

What a query asks of several nodes in one breath becomes one statement: what points at a row is
looked up together, and the first few of a list are cut for each parent by PostgreSQL, so that
nothing is read that is not shown but the one row that says whether there is more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from strawberry.dataloader import DataLoader

from accounts.models import CredentialScope
from api.authentication import require_scope
from api.cursors import CursorInvalid, cursor_of, place_of
from api.graphql.kinds import NodeKind, visible
from api.graphql.readers import GraphPrincipal
from core.clock import now
from usage.operations.settling import bring_up_to_date
from usage.queries.by_span import SpanFigure, SpanQuestion, figures_by_span


@dataclass(frozen=True, slots=True)
class Slice:
    """The first of a list after a place; `path` leads from a row to its parent."""

    kind: NodeKind
    path: str
    first: int
    after: str | None
    narrowed: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows of a list, and whether there are more."""

    rows: Sequence[Any]
    has_more: bool


@dataclass(frozen=True, slots=True)
class UsedFound:
    """Figures of one account, when they were worked out, and what was in them."""

    figures: Sequence[SpanFigure]
    computed_at: datetime
    complete_through: datetime


@dataclass
class GraphReader:
    """Whoever asks one question: who it is, and what was loaded for it so far."""

    principal: GraphPrincipal
    nodes: int = 0
    has_refused: bool = False
    """Whether a change was refused: then the question had no effect."""
    _ones: dict[str, DataLoader[int, Any]] = field(default_factory=dict)
    _lists: dict[Slice, DataLoader[Any, Found]] = field(default_factory=dict)
    _used: dict[SpanQuestion, DataLoader[int, Any]] = field(default_factory=dict)

    async def one(self, kind: NodeKind, pk: int | None) -> Any:
        """The row something points at; None where there is none, or none this reader may see."""
        if pk is None:
            return None
        if kind.name not in self._ones:
            self._ones[kind.name] = DataLoader(load_fn=_batched(self._load_ones, kind))
        found = await self._ones[kind.name].load(pk)
        self.nodes += found is not None
        return found

    async def named(self, kind: NodeKind, public_ids: Sequence[str]) -> dict[str, Any]:
        """The rows of these ids that this reader may see."""
        found = await sync_to_async(self._load_named)(kind, public_ids)
        self.nodes += len(found)
        return found

    async def of_parent(self, asked: Slice, parent: Any) -> Found:
        """A list of one parent; asked of many, it is one statement."""
        if asked not in self._lists:
            self._lists[asked] = DataLoader(load_fn=_batched(self._load_lists, asked))
        found: Found = await self._lists[asked].load(parent)
        self.nodes += len(found.rows)
        return found

    async def used(self, asked: SpanQuestion, account_id: int) -> UsedFound:
        """What an account used; of many accounts it is one statement. Raises: ScopeMissing."""
        require_scope(self.principal, CredentialScope.USAGE_READ)
        if asked not in self._used:
            self._used[asked] = DataLoader(load_fn=_batched(self._load_used, asked))
        found: UsedFound = await self._used[asked].load(account_id)
        return found

    async def top(self, asked: Slice) -> Found:
        """A list that has no parent."""
        found = await sync_to_async(self._load_top)(asked)
        self.nodes += len(found.rows)
        return found

    def _load_ones(self, kind: NodeKind, pks: Sequence[int]) -> list[Any]:
        known = {row.pk: row for row in visible(kind, self.principal).filter(pk__in=set(pks))}
        return [known.get(pk) for pk in pks]

    def _load_named(self, kind: NodeKind, public_ids: Sequence[str]) -> dict[str, Any]:
        rows = visible(kind, self.principal).filter(**{f"{kind.public_id}__in": public_ids})
        return {id_of(kind, row): row for row in rows}

    def _load_used(self, asked: SpanQuestion, account_ids: Sequence[int]) -> list[UsedFound]:
        at = now()
        behind = bring_up_to_date(account_ids, at=at)
        figures = figures_by_span(account_ids, asked, until=at)
        until = behind.since if behind else at
        return [UsedFound(figures.get(each, []), at, until) for each in account_ids]

    def _load_lists(self, asked: Slice, parents: Sequence[Any]) -> list[Found]:
        rows = self._rows_after(asked).filter(**{f"{asked.path}__in": set(parents)})
        order = asked.kind.order
        cut = rows.annotate(
            _place=Window(RowNumber(), partition_by=[F(asked.path)], order_by=F(order).asc()),
            _parent=F(asked.path),
        ).filter(_place__lte=asked.first + 1)
        found = defaultdict(list)
        for row in cut.order_by(order):
            found[row._parent].append(row)
        return [_cut(found[parent], asked.first) for parent in parents]

    def _load_top(self, asked: Slice) -> Found:
        rows = self._rows_after(asked).order_by(asked.kind.order)
        return _cut(list(rows[: asked.first + 1]), asked.first)

    def _rows_after(self, asked: Slice) -> Any:
        rows = visible(asked.kind, self.principal).filter(**dict(asked.narrowed))
        if asked.after is None:
            return rows
        return rows.filter(**{f"{asked.kind.order}__gt": place_in(asked.kind, asked.after)})


def id_of(kind: NodeKind, row: Any) -> str:
    """The global id of a row: its public id; a line's is its invoice's and its position."""
    if kind.prefix:
        found = row
        for step in kind.public_id.split("__"):
            found = getattr(found, step)
        return str(found)
    return f"{row.invoice.public_id}.{row.position}"


def cursor_at(kind: NodeKind, row: Any) -> str:
    """The cursor of a row in lists of its kind."""
    return cursor_of(f"graph.{kind.name}", [getattr(row, kind.order)])


def place_in(kind: NodeKind, cursor: str) -> int:
    """The place of a cursor. Raises: CursorInvalid."""
    place = place_of(f"graph.{kind.name}", cursor)
    if len(place) != 1 or not isinstance(place[0], int):
        raise CursorInvalid("The cursor is not one this list gave.", field="after")
    return place[0]


def _cut(rows: Sequence[Any], first: int) -> Found:
    return Found(rows[:first], len(rows) > first)


def _batched(load: Callable[[Any, Sequence[Any]], list[Any]], about: Any) -> Any:
    async def loaded(keys: list[Any]) -> list[Any]:
        return await sync_to_async(load)(about, keys)

    return loaded
