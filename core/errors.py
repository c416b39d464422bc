"""The base classes of every broken rule the product can name.

A rule's own exception lives beside the operation that raises it and derives from one of these.
The doors (problem+json, GraphQL, a page) translate them once; nothing here knows a web framework.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


def sayable(text: str) -> str:
    """The text with half characters written out, so that every answer can be encoded.

    An input may hold a lone surrogate, and a refusal names what it refuses.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of an input; `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    code: str
    detail: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "pointer", sayable(self.pointer))
        object.__setattr__(self, "detail", sayable(self.detail))


class DomainError(Exception):
    """A rule was broken. `code` is stable and for machines, the message is for a person.

    `status` is the HTTP status a door answers with; `retryable` says whether the same request may
    succeed later unchanged. `context` holds the ids and numbers the message speaks of.
    """

    code: ClassVar[str] = "domain_error"
    title: ClassVar[str] = "The request cannot be done"
    status: ClassVar[int] = 422
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        errors: Sequence[FieldError] = (),
        **context: object,
    ) -> None:
        self.message = sayable(message) or f"{self.title}."
        super().__init__(self.message)
        self.field = field
        self.context = context
        self._errors = tuple(errors)

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """Every place that is wrong: those given, or the one field, or none."""
        if self._errors or self.field is None:
            return self._errors
        return (FieldError(pointer_to_field(self.field), self.code, self.message),)


class Malformed(DomainError):
    """The input cannot be read at all."""

    code = "malformed"
    title = "The input cannot be read"
    status = 400


class Forbidden(DomainError):
    """The actor may not do this."""

    code = "forbidden"
    title = "Not permitted"
    status = 403


class NotFound(DomainError):
    """There is no such thing, or the actor may not know of it."""

    code = "not_found"
    title = "Not found"
    status = 404


class Conflict(DomainError):
    """The input is right, the state of what it names does not allow it."""

    code = "conflict"
    title = "In conflict with the present state"
    status = 409


class TooLarge(DomainError):
    """The input is larger than its limit."""

    code = "too_large"
    title = "Too large"
    status = 413


class Invalid(DomainError):
    """The input can be read but breaks a rule."""

    code = "invalid"
    title = "The input breaks a rule"
    status = 422


def pointer_to(*path: str | int) -> str:
    """The JSON pointer of a path of keys and positions, whatever characters the keys hold."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def pointer_to_field(name: str) -> str:
    """The JSON pointer of a field of ours; a dot in its name is a step down."""
    return pointer_to(*name.split("."))
