"""What is deployed names what there is: queues, programs, variables, and nothing of a checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.celery import app
from config.queues import DEFAULT, QUEUES, queue_of, queues, route

PROJECT = Path(__file__).resolve().parents[2]
CHART = PROJECT / "deploy/helm/counterfoil"
PROCESSES = {"web", "beat", *(f"worker-{queue}" for queue in QUEUES)}


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    return read


def served(command: str) -> set[str]:
    """The queues that a worker's command line names."""
    found = re.search(r"--queues[,\s]+([a-z,]+)", command)
    return set(found[1].strip(",").split(",")) if found else set()


def test_every_task_has_a_queue_and_every_queue_a_task() -> None:
    app.loader.import_default_modules()
    ours = (
        "accounts.", "approvals.", "audit.", "billing.", "core.", "duty.", "eventing.", "usage.",
    )  # fmt: skip
    used = {queue_of(name) for name in app.tasks if name.startswith(ours)}
    assert used == set(QUEUES)


def test_a_ring_of_papers_waits_behind_no_bill() -> None:
    assert route("billing.papers.tasks.make_papers") == {"queue": "papers"}
    assert route("billing.invoicing.tasks.work_bill_runs") == {"queue": "billing"}
    assert route("something.unheard.of") == {"queue": DEFAULT}


def test_a_worker_that_is_told_no_queue_serves_all() -> None:
    assert {queue.name for queue in app.conf.task_queues} == {queue.name for queue in queues()}


def test_compose_has_a_worker_for_each_queue() -> None:
    services = compose()["services"]
    workers = [each["command"] for name, each in services.items() if name.startswith("worker-")]
    assert sorted(queue for each in workers for queue in served(" ".join(each))) == sorted(QUEUES)
    assert set(services) >= PROCESSES


def test_compose_runs_nothing_of_ours_that_may_write_to_itself() -> None:
    for name, service in compose()["services"].items():
        if str(service["image"]).startswith("counterfoil:"):
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name


def test_compose_waits_for_what_must_be_over_first() -> None:
    services = compose()["services"]
    assert services["migrate"]["depends_on"]["roles"]["condition"].endswith("successfully")
    for name in PROCESSES:
        assert services[name]["depends_on"]["migrate"]["condition"].endswith("successfully"), name


def test_the_variables_of_compose_are_written_for_it() -> None:
    written = subprocess.run(
        [PROJECT / "deploy/docker/environment"], capture_output=True, text=True, check=True
    ).stdout
    names = set(re.findall(r"^([A-Z_]+)=", written, re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", (PROJECT / "compose.yaml").read_text()))
    assert asked <= names
    secrets = re.findall(r"^[A-Z_]+=([0-9a-f]{48,})$", written, re.MULTILINE)
    assert len(secrets) == len(set(secrets)) == 8


def test_a_procfile_serves_every_queue_once() -> None:
    lines = dict(line.split(": ", 1) for line in (PROJECT / "Procfile").read_text().splitlines())
    found = [queue for command in lines.values() for queue in served(command)]
    assert sorted(found) == sorted(QUEUES)
    for command in lines.values():
        program = command.split()[0]
        assert program == "celery" or os.access(PROJECT / program, os.X_OK), command


def test_app_json_names_the_processes_of_the_procfile() -> None:
    said = json.loads((PROJECT / "app.json").read_text())
    lines = (PROJECT / "Procfile").read_text().splitlines()
    assert {*said["formation"], "release"} == {line.split(":")[0] for line in lines}


def test_the_chart_has_a_deployment_for_each_queue() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert list(values["workers"]) == list(QUEUES)
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert schema["properties"]["workers"]["required"] == list(QUEUES)
    assert set(schema["properties"]) == {*values, "global"}


def test_the_stack_has_a_service_for_each_queue() -> None:
    text = (PROJECT / "deploy/aws/counterfoil.yaml").read_text()
    commands = re.findall(r"Command: \[(celery.*worker.*)\]", text)
    assert sorted(queue for each in commands for queue in served(each)) == sorted(QUEUES)


@pytest.mark.parametrize("place", ["compose.yaml", "app.json", "deploy/aws/counterfoil.yaml"])
def test_a_deployment_names_variables_that_are_documented(place: str) -> None:
    known = set(re.findall(r"`([A-Z_]{4,})`", (PROJECT / "docs/operations.md").read_text()))
    text = (PROJECT / place).read_text()
    used = set(re.findall(r"(?:^ +\"?|Name: )([A-Z][A-Z0-9_]{4,})(?:\"?:|, )", text, re.MULTILINE))
    services = {"POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_INITDB_ARGS", "SITE_HOST"}
    platform = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"}
    assert used - known - services - platform == set()


def test_an_image_takes_what_is_named_and_no_key_or_dump() -> None:
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    named = {rule[1:] for rule in rules if rule.startswith("!")}
    assert all(list(PROJECT.glob(name)) for name in named)
    installed = yaml.safe_load(
        subprocess.run(
            [sys.executable, "-c", "from config.settings.production import INSTALLED_APPS as a;"
             "print([n.split('.')[0] for n in a])"],
            cwd=PROJECT, env={**os.environ, **PRODUCTION}, capture_output=True, text=True,
            check=True,
        ).stdout
    )  # fmt: skip
    assert {name for name in installed if (PROJECT / name).is_dir()} <= named


PRODUCTION = {
    "SECRET_KEY": "k" * 64,
    "PROOF_SIGNING_KEY": "ab" * 32,
    "ALLOWED_HOSTS": "billing.example.com",
    "DATABASE_URL": "postgres://user:password@db.example.com/counterfoil",
    "REDIS_URL": "rediss://cache.example.com/0",
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
}


def look(kind: str, **variables: str) -> tuple[int, str]:
    """What `deploy.healthy` answers."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.healthy", kind],
        cwd=PROJECT, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_worker_lives_while_its_heartbeat_is_young(tmp_path: Path) -> None:
    beat = tmp_path / "lives"
    assert look("worker", HEARTBEAT_FILE=str(beat)) == (
        1,
        "no heartbeat yet: HEARTBEAT_FILE names no file\n",
    )
    beat.touch()
    assert look("worker", HEARTBEAT_FILE=str(beat))[0] == 0
    long_ago = time.time() - 600
    os.utime(beat, (long_ago, long_ago))
    status, said = look("beat", HEARTBEAT_FILE=str(beat))
    assert status == 1
    assert re.fullmatch(r"the last heartbeat is 60\d seconds old\n", said)


def test_a_web_that_does_not_answer_is_not_alive() -> None:
    status, said = look("web", PORT="9")
    assert status == 1
    assert "http://127.0.0.1:9/livez" in said


def test_whoever_looks_is_told_how_to_ask() -> None:
    assert look("database")[0] == 2
