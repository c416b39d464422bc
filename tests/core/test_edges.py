"""The edges open the actor: requests, tasks and commands."""

from typing import Any

import pytest
from celery import Celery
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.middleware import PersonActsMiddleware
from accounts.models import User
from core.actor import (
    ActorRequired,
    Attribution,
    current_actor,
    current_attribution,
    current_request_id,
)
from core.commands import ActingCommand
from core.middleware import RequestIdMiddleware, request_id_of
from core.tasks import ActingTask

seen: list[Attribution] = []


def test_a_task_acts_as_the_job_it_is() -> None:
    app = Celery("tests", task_cls=ActingTask, set_as_current=False)

    @app.task(name="billing.ring")
    def ring() -> Attribution:
        return current_attribution()

    attribution = ring()
    assert (attribution.actor.kind, attribution.actor.id) == ("system", "billing.ring")
    assert attribution.reason == "Scheduled task billing.ring"
    with pytest.raises(ActorRequired):
        current_actor()


class Command(ActingCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        seen.append(current_attribution())


@pytest.mark.parametrize(
    ("options", "reason"),
    [({}, "Ran manage.py test_edges"), ({"reason": "Month end"}, "Month end")],
)
def test_a_command_acts_and_may_be_given_a_reason(options: dict[str, str], reason: str) -> None:
    call_command(Command(), **options)
    attribution = seen.pop()
    assert (attribution.actor.id, attribution.reason) == ("test_edges", reason)
    assert attribution.request_id.startswith("req_")


class TestRequests:
    def test_a_sound_id_is_kept_and_answered(self) -> None:
        inside: list[str] = []

        def view(request: HttpRequest) -> HttpResponse:
            inside.append(current_request_id())
            return HttpResponse()

        request = RequestFactory().get("/", headers={"X-Request-Id": "heroku-0b3c.1_2"})
        response = RequestIdMiddleware(view)(request)
        assert inside == ["heroku-0b3c.1_2"] == [response.headers["Request-Id"]]
        assert current_request_id() == ""

    @pytest.mark.parametrize("offered", ["", "a b c d e f", "x" * 101, "<script>alert</script>"])
    def test_an_unsound_id_is_replaced(self, offered: str) -> None:
        assert request_id_of(offered).startswith("req_")

    def test_a_signed_in_person_acts_in_the_request(self, ada: User) -> None:
        names: list[str] = []

        def view(request: HttpRequest) -> HttpResponse:
            names.append(current_actor().name)
            return HttpResponse()

        request = RequestFactory().get("/accounts/")
        request.user = ada
        PersonActsMiddleware(view)(request)
        assert names == ["Ada"]

    @pytest.mark.parametrize("path", ["/api/v1/accounts", "/oauth/token"])
    def test_under_the_machines_paths_a_session_is_nobody(self, ada: User, path: str) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            with pytest.raises(ActorRequired):
                current_actor()
            return HttpResponse()

        request = RequestFactory().get(path)
        request.user = ada
        assert PersonActsMiddleware(view)(request).status_code == 200

    def test_every_answer_names_its_request(self, db: None) -> None:
        assert Client().get("/nothing").headers["Request-Id"].startswith("req_")
