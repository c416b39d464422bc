"""The fields of a meter, aggregation by aggregation: data, from which its forms are made.

The document they make is read by `meter_documents`. An aggregation that is added to usage is
described here; a test holds that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from billing.catalogue.queries.meters import AGGREGATIONS
from console.catalogue.form_shapes import (
    FieldChoice,
    FieldKind,
    FieldNode,
    FieldRows,
    FieldSection,
    SingleField,
    Variant,
)

_TEXT, _WHOLE = FieldKind.TEXT, FieldKind.WHOLE
_YES_NO = (("", "no"), ("yes", "yes"))

COMPARISONS = (
    ("", "is"),
    ("is_not", "is not"),
    ("one_of", "is one of"),
    ("above", "is above"),
    ("at_least", "is at least"),
    ("below", "is below"),
    ("at_most", "is at most"),
    ("present", "is there"),
    ("absent", "is missing"),
)
"""How a row of the filter compares; `is` where nothing is said."""

_EVENT_TYPE = SingleField("event_type", "Type of event", _TEXT, help="Such as router.requests.")
_CARRIES_OVER = SingleField(
    "carries_over",
    "Goes on into the next period",
    FieldKind.YES_NO,
    _YES_NO,
    help="Yes: each period begins with what the one before ended with.",
)


def _names(name: str, label: str, one: str, help_text: str) -> FieldRows:
    column = SingleField("name", "Property", _TEXT)
    return FieldRows(name, label, one, (column,), key="name", help=help_text, short="name")


_FILTER = FieldRows(
    "filter",
    "Count only events where",
    "condition",
    (
        SingleField("property", "Property", _TEXT),
        SingleField("comparison", "Compares", FieldKind.CHOICE, COMPARISONS),
        SingleField("value", "Value", _TEXT),
    ),
    key="property",
    help="All of them must hold; none: every event counts. “is one of” takes values with commas.",
)
_DIMENSIONS = _names(
    "dimensions",
    "Properties that decide the price",
    "property",
    "Every event must have them; prices may differ by them, such as size or region.",
)
_PRESENTATION = _names(
    "presentation",
    "Properties that only explain",
    "property",
    "Shown on lines, never priced.",
)
_VALUE = SingleField(
    "value_property", "Property that is counted", _TEXT, help="Empty: quantity."
)  # fmt: skip
_SIGNED = SingleField("signed", "Values below 0 are possible", FieldKind.YES_NO, _YES_NO)
_FILTER_EXPRESSION = SingleField(
    "filter_expression",
    "And where, as an expression",
    _TEXT,
    help="For what rows cannot say: region = 'eu' or quantity > 10",
)
_VALUE_EXPRESSION = SingleField(
    "value_expression",
    "Value as an expression",
    _TEXT,
    help="Instead of the property: ceil(bytes / 1024)",
)
_SCALE = SingleField("scale", "Decimals a value may have", _WHOLE, help="Empty: 10.")
_MAX_VALUE = SingleField(
    "max_value",
    "Held as absurd beyond",
    help="Empty: 1,000,000,000,000,000. none: nothing is absurd.",
)
_EXPRESSIONS = "Advanced, expressions and bounds"


def _with_value(*fields: FieldNode, is_signed: bool = True) -> tuple[FieldNode, ...]:
    signed = (_SIGNED,) if is_signed else ()
    advanced = (_VALUE_EXPRESSION, _FILTER_EXPRESSION, *signed, _SCALE, _MAX_VALUE)
    return (
        _VALUE, *fields, _FILTER, _DIMENSIONS, _PRESENTATION, FieldSection(_EXPRESSIONS, advanced),
    )  # fmt: skip


def _without_value(*fields: FieldNode) -> tuple[FieldNode, ...]:
    advanced = FieldSection(_EXPRESSIONS, (_FILTER_EXPRESSION,))
    return (*fields, _FILTER, _DIMENSIONS, _PRESENTATION, advanced)


_PERCENTILE = (
    SingleField("percentile", "Percentile", _WHOLE, help="Empty: 95, the 95th."),
    SingleField("sample_seconds", "Seconds of a sample", _WHOLE, help="Empty: 300."),
)
_BUCKETED = (
    SingleField(
        "bucket",
        "Largest of each",
        FieldKind.CHOICE,
        (("", "choose"), ("hour", "hour"), ("day", "local day")),
    ),
    SingleField(
        "group_property", "And of each", _TEXT, help="A property, such as host. Empty: one for all."
    ),
)
_MEMBERS = (
    SingleField("member_property", "Property that names the member", _TEXT, help="Such as user."),
    SingleField(
        "operation_property",
        "Property that says add or remove",
        _TEXT,
        help="Then a member stays one until it is removed. Empty: whoever is named counts.",
    ),
    SingleField(
        "bucket",
        "Counted",
        FieldKind.CHOICE,
        (("", "once a period"), ("day", "once on each local day")),
    ),
)
_STATES = _names(
    "state_key",
    "States told apart by",
    "property",
    "Such as process_type: web and worker run beside one another. None: one state at a time.",
)

_LABELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "count": ("Count", "Each event is one, whatever it says."),
        "sum": ("Sum", "The values of all events are added up."),
        "max": ("Largest", "The largest value of the period."),
        "min": ("Smallest", "The smallest value of the period."),
        "mean": ("Mean", "The mean of all values; every event weighs alike."),
        "latest": ("Latest", "The last value that was sent in the period."),
        "unique": ("Different members", "How many different members there were, such as users."),
        "duration": (
            "Time in a state",
            "An event begins a state: so many from its instant on, until the next event of that "
            "state. The value 0 ends it. What is counted are seconds, times how many.",
        ),
        "time_weighted_sum": (
            "Running total over time",
            "Each event changes a total by its value; what counts is how much of it was held for "
            "how long.",
        ),
        "percentile": ("Percentile", "All but the highest samples: peaks of a few minutes go."),
        "bucketed_max": ("Peaks added up", "The largest value of each hour or day, added up."),
    }
)
_FIELDS: Mapping[str, tuple[FieldNode, ...]] = MappingProxyType(
    {
        "count": _without_value(),
        "unique": _without_value(*_MEMBERS),
        "duration": _with_value(_STATES, is_signed=False),
        "percentile": _with_value(*_PERCENTILE),
        "bucketed_max": _with_value(*_BUCKETED),
    }
)
_CARRYING = frozenset({"count", "sum", "latest", "time_weighted_sum"})


def terms_fields(aggregation: str) -> tuple[FieldNode, ...]:
    """The fields of a version of a meter with this aggregation."""
    return (_EVENT_TYPE, *_FIELDS.get(aggregation, _with_value()))


def _of_a_new_meter(aggregation: str) -> tuple[FieldNode, ...]:
    carries = (_CARRIES_OVER,) if aggregation in _CARRYING else ()
    return (*carries, *_FIELDS.get(aggregation, _with_value()))


NEW_METER: tuple[FieldNode, ...] = (
    _EVENT_TYPE,
    FieldChoice(
        "aggregation",
        "How many events become one quantity",
        MappingProxyType(
            {
                code: Variant(*_LABELS[code], _of_a_new_meter(code))
                for code in sorted(AGGREGATIONS, key=list(_LABELS).index)
            }
        ),
    ),
)
