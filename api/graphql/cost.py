"""What a question may cost, worked out before anything is read.

The cost is the most nodes it can come to: `first` of a list, times what is asked of each of its
nodes. What is asked twice under one name is one thing, however it is written: inline, in fragments,
under conditions; under two names it is two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    parse,
)

from core.errors import Invalid, Malformed

COST_MAX: Final = 10_000
DEPTH_MAX: Final = 12
ALIASES_MAX: Final = 15
TOKENS_MAX: Final = 2_000
FIRST_DEFAULT: Final = 20
FIRST_MAX: Final = 100
IDS_MAX: Final = 50
_DIGITS_MAX: Final = 18
_LISTED: Final = frozenset({"edges", "nodes", "pageInfo"})
_WITHIN_A_LIST: Final = _LISTED | {"node"}


class QuestionUnreadable(Malformed):
    """The text is no question of GraphQL."""

    code = "graphql_unreadable"
    title = "The query cannot be read"


class QuestionTooLarge(Invalid):
    """The question is deeper, longer or dearer than one may be."""

    code = "graphql_too_large"
    title = "The query asks for too much"


class IntrospectionRefused(Invalid):
    """The schema is read from its file, not asked for."""

    code = "graphql_introspection"
    title = "The schema is not told here"


@dataclass(frozen=True, slots=True)
class GraphQuestion:
    """A readable question within its bounds, what it costs, and whether it changes something."""

    document: DocumentNode
    cost: int
    is_change: bool = False


def read_question(
    text: str,
    variables: Mapping[str, Any],
    *,
    free: Collection[str],
    operation: str | None = None,
) -> GraphQuestion:
    """Read a question, and work out what it costs; objects of `free` fields are no nodes.

    Raises: QuestionUnreadable, QuestionTooLarge, IntrospectionRefused.
    """
    try:
        document = parse(text, max_tokens=TOKENS_MAX)
    except GraphQLError as problem:
        if "tokens" in problem.message:
            raise QuestionTooLarge(f"A query has up to {TOKENS_MAX:,} tokens.") from None
        raise QuestionUnreadable(problem.message, field="query") from None
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    chosen = [
        each
        for each in operations
        if operation is None or (each.name is not None and each.name.value == operation)
    ]
    if len(chosen) != 1 or chosen[0].operation is OperationType.SUBSCRIPTION:
        raise QuestionUnreadable("Send one query; name it where there are several.", field="query")
    is_change = chosen[0].operation is OperationType.MUTATION
    reckoning = _Reckoning(document, _given(chosen[0], variables), free)
    if is_change and reckoning.count_of(chosen[0].selection_set) != 1:
        raise QuestionUnreadable("A mutation changes one thing; send another.", field="query")
    cost = reckoning.cost_of([chosen[0].selection_set], depth=1)
    if cost > COST_MAX:
        raise QuestionTooLarge(f"It may come to {cost:,} nodes; {COST_MAX:,} are answered at once.")
    return GraphQuestion(document, cost, is_change)


def _given(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(variables)
    for each in operation.variable_definitions or ():
        name = each.variable.name.value
        if name not in given and isinstance(each.default_value, IntValueNode):
            given[name] = _whole(each.default_value)
    return given


def _whole(value: IntValueNode) -> int:
    """What a number says; one with no end of digits is more than any list has."""
    return int(value.value) if len(value.value) <= _DIGITS_MAX else COST_MAX + 1


class _Reckoning:
    """Walks a document once, merging what is asked under one name."""

    def __init__(
        self, document: DocumentNode, variables: Mapping[str, Any], free: Collection[str]
    ) -> None:
        self._variables = variables
        self._free = free
        self._aliases = 0
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def cost_of(self, sets: Sequence[SelectionSetNode], *, depth: int) -> int:
        """The most nodes these selections of one node come to."""
        if depth > DEPTH_MAX:
            raise QuestionTooLarge(f"A query is up to {DEPTH_MAX} lists and objects deep.")
        merged: dict[str, list[FieldNode]] = defaultdict(list)
        seen: set[str] = set()
        for each in sets:
            for found in self._fields(each, seen):
                merged[found.alias.value if found.alias else found.name.value].append(found)
        return sum(self._cost_of_field(fields, depth) for fields in merged.values())

    def count_of(self, selections: SelectionSetNode) -> int:
        """How many fields a selection comes to."""
        return len(list(self._fields(selections, set())))

    def _cost_of_field(self, fields: Sequence[FieldNode], depth: int) -> int:
        one = fields[0]
        name = one.name.value
        if name in ("__schema", "__type"):
            raise IntrospectionRefused("The schema is in the documentation.")
        if any(each.alias for each in fields):
            self._aliases += 1
            if self._aliases > ALIASES_MAX:
                raise QuestionTooLarge(f"A query has up to {ALIASES_MAX} aliases.")
        below = [each.selection_set for each in fields if each.selection_set]
        if not below:
            return 0
        given = {each.name.value: each.value for each in one.arguments or ()}
        if name in _WITHIN_A_LIST and not given:
            # What a list holds was counted by the list.
            return self.cost_of(below, depth=depth)
        within = self.cost_of(below, depth=depth + 1)
        return within if name in self._free else self._times(below, given) * (1 + within)

    def _times(self, below: Sequence[SelectionSetNode], given: Mapping[str, ValueNode]) -> int:
        """How many nodes a field may come to: `first` of a list, so many as `ids`, else one."""
        if "ids" in given:
            ids = given["ids"]
            said = ids.values if isinstance(ids, ListValueNode) else self._said(ids)
            return len(said) if isinstance(said, list | tuple) else IDS_MAX
        if not self._is_list(below):
            return 1
        if "first" not in given:
            return FIRST_DEFAULT
        first = self._said(given["first"])
        return first if isinstance(first, int) and first >= 0 else FIRST_MAX

    def _said(self, value: ValueNode) -> Any:
        """What a number or a variable says."""
        if isinstance(value, IntValueNode):
            return _whole(value)
        if isinstance(value, VariableNode):
            return self._variables.get(value.name.value)
        return None

    def _is_list(self, below: Sequence[SelectionSetNode]) -> bool:
        names = {found.name.value for each in below for found in self._fields(each, set())}
        return bool(names & _LISTED)

    def _fields(self, selections: SelectionSetNode, seen: set[str]) -> Iterator[FieldNode]:
        """The fields of a selection, those of its fragments in their place, each fragment once."""
        for each in selections.selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                yield from self._fields(each.selection_set, seen)
            elif isinstance(each, FragmentSpreadNode):
                name = each.name.value
                if name in self._fragments and name not in seen:
                    seen.add(name)
                    yield from self._fields(self._fragments[name].selection_set, seen)
