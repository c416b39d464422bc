"""Whoever acts is carried beside the call and gone when it ends."""

import threading

import pytest

from core.actor import (
    Actor,
    ActorRequired,
    ReasonRequired,
    acting_as,
    current_actor,
    current_attribution,
    current_reason,
    current_request_id,
    in_request,
    is_said,
)

ADA = Actor.person("usr_ada", "Ada")
BILLRUN = Actor.system("billrun")


def test_nobody_acts_unless_somebody_says_so() -> None:
    with pytest.raises(ActorRequired):
        current_actor()


def test_the_actor_is_gone_afterwards_even_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), acting_as(ADA, reason="trying"):
        _ = 1 / 0
    with pytest.raises(ActorRequired):
        current_actor()


def test_an_inner_actor_keeps_the_reason_and_request_it_does_not_replace() -> None:
    with (
        acting_as(ADA, reason="month end", request_id="req-12345678"),
        acting_as(BILLRUN),
    ):
        assert current_attribution().actor == BILLRUN
        assert current_reason() == "month end"
        assert current_request_id() == "req-12345678"


def test_a_new_request_forgets_who_acted() -> None:
    with acting_as(ADA, reason="month end"), in_request("req-12345678"):
        with pytest.raises(ActorRequired):
            current_actor()
        assert current_request_id() == "req-12345678"


@pytest.mark.parametrize("reason", ["", "  ", " \u200b\u00a0 ", "\ufeff", "\n\t\u2060"])
def test_invisible_reasons_are_none(reason: str) -> None:
    assert not is_said(reason)
    with acting_as(ADA, reason=reason), pytest.raises(ReasonRequired):
        current_reason()


def test_another_thread_does_not_act_in_our_name() -> None:
    seen: list[str] = []

    def look() -> None:
        try:
            seen.append(current_actor().name)
        except ActorRequired:
            seen.append("nobody")

    with acting_as(ADA, reason="month end"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == ["nobody"]
