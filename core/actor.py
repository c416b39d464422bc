"""Who acts, why, and in which request: carried beside the call, read by history.

A door (web middleware, Celery task base, command base) or an operation opens `acting_as`; a
tracked row that is saved inside it is attributed to that actor. Outside, saving one is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

from core.errors import Invalid

ActorKind = Literal["person", "partner", "system"]

_INVISIBLE = dict.fromkeys([0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF])


class ActorRequired(RuntimeError):
    """A tracked row was about to be written and nobody was named; a defect of the caller."""


class ReasonMissing(Invalid):
    """Somebody decides without saying why."""

    code = "reason_missing"
    title = "Say why"


class ReasonRequired(RuntimeError):
    """A tracked row was about to be written without saying why; a defect of the caller."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts; `id` is a public id, or the job's name for a system."""

    kind: ActorKind
    id: str
    name: str

    @classmethod
    def person(cls, public_id: str, name: str) -> Actor:
        return cls("person", public_id, name)

    @classmethod
    def partner(cls, public_id: str, name: str) -> Actor:
        return cls("partner", public_id, name)

    @classmethod
    def system(cls, job: str) -> Actor:
        """A named job, such as Actor.system("billrun")."""
        return cls("system", job, job)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a history row says about its origin."""

    actor: Actor
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True)
class _Context:
    actor: Actor | None = None
    reason: str = ""
    request_id: str = ""


_NOBODY = _Context()
_context: ContextVar[_Context] = ContextVar("acting", default=_NOBODY)


def is_said(reason: str) -> bool:
    """Whether a reason says anything: spaces and zero-width characters do not count."""
    return bool(reason.translate(_INVISIBLE).strip())


def require_said(reason: str, ask: str) -> str:
    """The reason; `ask` is the sentence that asks for it. Raises: ReasonMissing."""
    if not is_said(reason):
        raise ReasonMissing(ask, field="reason")
    return reason


@contextmanager
def acting_as(
    actor: Actor, *, reason: str | None = None, request_id: str | None = None
) -> Iterator[None]:
    """Attribute what is written inside to an actor, for a reason.

    A reason or request id that is not given is kept from the enclosing context.
    """
    outer = _context.get()
    inner = replace(
        outer,
        actor=actor,
        reason=outer.reason if reason is None else reason,
        request_id=outer.request_id if request_id is None else request_id,
    )
    token = _context.set(inner)
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def in_request(request_id: str) -> Iterator[None]:
    """Open a request in which nobody acts yet and nothing has a reason."""
    token = _context.set(_Context(request_id=request_id))
    try:
        yield
    finally:
        _context.reset(token)


def current_actor() -> Actor:
    """Who acts. Raises: ActorRequired."""
    actor = _context.get().actor
    if actor is None:
        raise ActorRequired("Nobody is acting here; open core.actor.acting_as first.")
    return actor


def current_reason() -> str:
    """Why. Raises: ReasonRequired."""
    reason = _context.get().reason
    if not is_said(reason):
        raise ReasonRequired("A change of a tracked row needs a reason.")
    return reason


def current_request_id() -> str:
    """The id of the request or job, empty outside one."""
    return _context.get().request_id


def current_attribution() -> Attribution:
    """All three, as history stores them. Raises: ActorRequired, ReasonRequired."""
    return Attribution(current_actor(), current_reason(), current_request_id())
