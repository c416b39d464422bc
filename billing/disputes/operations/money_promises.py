"""Keep what was said to a customer about money, and let a bill pass that does not keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.disputes.models import DisputeCase, MoneyPromise, PromiseLetPass
from billing.disputes.operations.messages import lock_case
from core.actor import Actor, require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, FieldError, Invalid, pointer_to_field
from core.money import Money
from core.text_in import is_odd
from eventing.publish import publish


class PromiseInvalid(Invalid):
    """What was said is not of money, or says nothing; `errors` names the fields."""

    code = "money_promise_invalid"
    title = "What was said cannot be kept"


class LetPassAlready(Conflict):
    """Somebody let it pass before."""

    code = "money_promise_let_pass"
    title = "It was let pass already"


@dataclass(frozen=True, slots=True)
class SaidOfMoney:
    """A sentence about money: a credit with tax, or at most so much on the next invoice."""

    kind: MoneyPromise.Kind
    amount: Money
    words: str
    said_to: str

    def check(self) -> None:
        """Raises: PromiseInvalid, naming everything that is wrong."""
        wrong = []
        if self.amount.minor <= 0:
            wrong.append(_wrong("amount", "Say more than 0."))
        for name, text, most in (("words", self.words, 1000), ("said_to", self.said_to, 200)):
            if not text.strip() or len(text) > most or is_odd(text):
                wrong.append(_wrong(name, f"Say it, in up to {most} plain characters."))
        if wrong:
            raise PromiseInvalid(" ".join(each.detail for each in wrong), errors=wrong)


def promise(*, case: DisputeCase, said: SaidOfMoney, at: datetime, by: Actor) -> MoneyPromise:
    """Keep what was said; the next bill of the account is checked against it.

    Raises: PromiseInvalid.
    """
    said.check()
    with transaction():
        lock_case(case)
        made = MoneyPromise.objects.create(
            case=case,
            account=case.account,
            kind=said.kind,
            currency=said.amount.currency,
            amount_minor=said.amount.minor,
            words=said.words.strip(),
            said_to=said.said_to.strip(),
            said_by=by.name,
            said_at=at,
        )
        publish(
            "dispute.money_promised",
            subject=case.public_id,
            payload={"promise": made.public_id, "kind": made.kind, "amount": made.amount.as_fact},
            at=at,
        )
    return made


def let_pass(*, said: MoneyPromise, at: datetime, by: Actor, reason: str) -> PromiseLetPass:
    """Let a bill pass that does not keep it. Raises: ReasonMissing, LetPassAlready."""
    require_said(reason, "Say why it is not kept.")
    with (
        transaction(),
        constraint_errors({"disputes_promiseletpass_promise_id_key": LetPassAlready}),
    ):
        lock_case(said.case)
        made = PromiseLetPass.objects.create(
            promise=said, reason=reason, let_pass_at=at, let_pass_by=by.name
        )
        publish(
            "dispute.promise_let_pass",
            subject=said.case.public_id,
            payload={"promise": said.public_id, "by": by.name, "reason": reason},
            at=at,
        )
    return made


def _wrong(name: str, detail: str) -> FieldError:
    return FieldError(pointer_to_field(name), PromiseInvalid.code, detail)
