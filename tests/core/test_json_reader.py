"""JSON from outside is read strictly, or refused by name."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from core.json_reader import parse, problem_in, read_json
from core.json_values import _first_problem, _is_sound

LIMIT = 100_000


def read(body: bytes | str, **options: Any) -> Any:
    return read_json(body if isinstance(body, bytes) else body.encode(), max_bytes=LIMIT, **options)


def refusal(body: bytes | str, **options: Any) -> tuple[int, str]:
    with pytest.raises(DomainError) as refused:
        read(body, **options)
    return refused.value.status, refused.value.code


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "body_empty")),
        (b" \n\t ", (400, "body_empty")),
        (b"hello", (400, "json_invalid")),
        (b'{"a": 1} x', (400, "json_invalid")),
        (b'{"a": 1}\n{"b": 2}', (400, "json_invalid")),
        (b"{'a': 1}", (400, "json_invalid")),
        (b'{"a": 1,}', (400, "json_invalid")),
        (b'{"a": 01}', (400, "json_invalid")),
        (b'{"a": +1}', (400, "json_invalid")),
        (b'{"a": 1.}', (400, "json_invalid")),
        (b'{"a": NaN}', (400, "json_invalid")),
        (b'{"a": -Infinity}', (400, "json_invalid")),
        (b'{"a": "\x00"}', (400, "json_invalid")),
        (b'"x"', (400, "root_type")),
        (b"12", (400, "root_type")),
        (b"null", (400, "root_type")),
        (b'{"a": 1, "a": 1}', (400, "duplicate_key")),
        (b'{"a": 1, "\\u0061": 2}', (400, "duplicate_key")),
        (b'[{"b": {"a": 1, "a": 2}}]', (400, "duplicate_key")),
        (b"\xef\xbb\xbf{}", (400, "encoding")),
        (b'{"id":"\xff\xfe","s":1}', (400, "encoding")),
        (b'{"id":"\xc0\xaf"}', (400, "encoding")),
        ('{"a": 1}'.encode("utf-16"), (400, "encoding")),
        (b'{"a": "\\u0000"}', (422, "control_char")),
        (b'{"\\u0001": 1}', (422, "control_char")),
        (b'{"a": "\\b"}', (422, "control_char")),
        (b'{"a": "\\ud800"}', (422, "surrogate")),
        (b'{"a": "\\udc00\\ud800"}', (422, "surrogate")),
        (b'{"a": 1e400}', (422, "number_too_large")),
        (b'{"a": 1e100000}', (422, "number_too_large")),
        (b'{"a": 1e-100000}', (422, "number_too_large")),
        (b'{"a": 1e99999999999999999999}', (422, "number_too_large")),
        (b'{"a": ' + b"9" * 5_000 + b"}", (422, "number_too_large")),
        (b'{"a": -' + b"9" * 41 + b"}", (422, "number_too_large")),
        (b"[" * 90_000, (422, "json_depth")),
        (b'{"a":' * 15_000 + b"1" + b"}" * 15_000, (422, "json_depth")),
        (b" " * (LIMIT + 1), (413, "body_too_large")),
    ],
)
def test_what_is_no_good_json_is_refused_by_name(body: bytes, expected: tuple[int, str]) -> None:
    assert refusal(body) == expected


@pytest.mark.parametrize(
    ("levels", "is_read"), [(31, True), (32, True), (33, False), (64, False), (65, False)]
)
@pytest.mark.parametrize("shape", ["[]", "{}", "mixed"])
@pytest.mark.parametrize("noise", ["", '"]]]{{{"', '"\\"[["', '"]"'])
def test_32_levels_are_read_and_33_are_not(
    shape: str, levels: int, is_read: bool, noise: str
) -> None:
    document: Any = json.loads(noise) if noise else None
    for level in range(levels):
        nested = shape == "{}" or (shape == "mixed" and level % 2)
        document = {"k": document} if nested else [document]
    body = json.dumps(document)
    if is_read:
        assert read(body) == document
    else:
        assert refusal(body) == (422, "json_depth")


def test_brackets_in_texts_are_no_depth() -> None:
    assert read('["' + "[" * 100 + '", "}{"]') == ["[" * 100, "}{"]


def test_numbers_are_kept_exactly() -> None:
    assert read('{"a": 0.1, "b": 1.10, "c": 12345678901234567890, "d": 1E2}') == {
        "a": Decimal("0.1"),
        "b": Decimal("1.10"),
        "c": 12345678901234567890,
        "d": Decimal("1E2"),
    }
    assert str(read("[1.10]")[0]) == "1.10"


@pytest.mark.parametrize(
    ("number", "is_read"),
    [
        ("9" * 40, True),
        ("9" * 41, False),
        ("9" * 25 + "." + "9" * 15, True),
        ("9" * 25 + "." + "9" * 16, False),
        ("0." + "0" * 38 + "1", True),
        ("0." + "0" * 39 + "1", False),
        ("1e39", True),
        ("1e40", False),
        ("1e-39", True),
        ("1e-40", False),
        ("-1e39", True),
    ],
)
def test_40_digits_are_read_and_41_are_not(number: str, is_read: bool) -> None:
    if is_read:
        assert read(f"[{number}]") == [Decimal(number)]
    else:
        assert refusal(f"[{number}]") == (422, "number_too_large")


def test_newlines_and_paired_surrogates_are_text() -> None:
    assert read('["a\\nb\\tc\\r", "\\ud83d\\ude00", "\\\\u0000"]') == ["a\nb\tc\r", "😀", "\\u0000"]


def test_the_pointer_leads_to_the_odd_value() -> None:
    with pytest.raises(DomainError) as refused:
        read('{"data": {"k": ["x", "a\\u0000"]}}')
    assert [each.pointer for each in refused.value.errors] == ["/data/k/1"]


def test_a_door_may_read_one_kind_of_root_only() -> None:
    assert refusal("[]", root=(dict,)) == (400, "root_type")


def test_a_batch_is_scanned_once_and_its_odd_item_found_alone() -> None:
    document = parse(b'[{"id": "good"}, {"id": "b\\u0000d"}, 1e99]', max_bytes=LIMIT)
    assert not document.is_plain
    problems = [problem_in(item) for item in document.value]
    assert [problem and problem.code for problem in problems] == [
        None,
        "control_char",
        "number_too_large",
    ]


def documents(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=20,
    )


written = st.none() | st.booleans() | st.integers(-(10**45), 10**45) | st.text(max_size=20)
json_values = documents(written)
parsed_values = documents(written | st.decimals(allow_nan=False, allow_infinity=False))


def _is_storable(value: Any) -> bool:
    return problem_in(value) is None


@given(value=st.lists(json_values, max_size=4).filter(_is_storable), escape=st.booleans())
def test_whatever_is_sound_is_read_as_it_was_written(value: list[Any], escape: bool) -> None:
    assert read(json.dumps(value, ensure_ascii=escape)) == value


@given(value=parsed_values, max_depth=st.integers(1, 6))
def test_whether_and_where_agree(value: Any, max_depth: int) -> None:
    assert _is_sound(value, max_depth) == (_first_problem(value, max_depth) is None)


@given(value=st.lists(json_values, max_size=4))
def test_a_document_called_plain_holds_nothing_odd(value: list[Any]) -> None:
    document = parse(json.dumps(value).encode(), max_bytes=LIMIT)
    assert problem_in(document.value) is None or not document.is_plain
