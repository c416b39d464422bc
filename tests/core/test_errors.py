"""A broken rule says what is wrong, where, and whether trying again helps."""

import pytest

from core.errors import Conflict, DomainError, FieldError, Invalid, NotFound, pointer_to


class TooManyDynos(Invalid):
    code = "too_many_dynos"
    title = "Too many dynos"


def test_a_field_becomes_a_json_pointer() -> None:
    error = TooManyDynos("At most 100.", field="formation.web", asked=101)
    assert error.errors == (FieldError("/formation/web", "too_many_dynos", "At most 100."),)
    assert error.context == {"asked": 101}


def test_many_problems_are_told_at_once() -> None:
    problems = (FieldError("/a", "required", "a"), FieldError("/b", "required", "b"))
    assert TooManyDynos("Two things.", errors=problems).errors == problems


def test_without_a_message_the_title_is_the_sentence() -> None:
    assert str(TooManyDynos()) == "Too many dynos."


@pytest.mark.parametrize(
    ("kind", "status"), [(DomainError, 422), (Invalid, 422), (NotFound, 404), (Conflict, 409)]
)
def test_the_kind_of_error_decides_the_status(kind: type[DomainError], status: int) -> None:
    assert kind("…").status == status


def test_a_pointer_escapes_slash_and_tilde() -> None:
    assert pointer_to("a/b", 0, "c~d") == "/a~1b/0/c~0d"


def test_a_key_with_a_dot_is_one_step_of_a_pointer() -> None:
    assert pointer_to("data", "a.b") == "/data/a.b"


def test_a_refusal_that_quotes_half_a_character_can_be_encoded() -> None:
    error = TooManyDynos("No \ud800.", errors=[FieldError("/\ud800", "odd", "It holds \ud800.")])
    assert f"{error.message} {error.errors[0].pointer}".encode() == b"No \\ud800. /\\ud800"
