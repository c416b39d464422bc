"""Production starts with everything it needs or not at all, and every page carries its shield."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from accounts.permissions import Role
from tests.cast import person

_PROJECT = Path(__file__).resolve().parents[2]
_COMPLETE = {
    "SECRET_KEY": "k" * 64,
    "PROOF_SIGNING_KEY": "Zm9yLXRlc3RzLW9ubHktMDAwMDAwMDAwMDAwMDAwMDA=",
    "ALLOWED_HOSTS": "billing.example.com",
    "DATABASE_URL": "postgres://user:password@db.example.com/counterfoil",
    "REDIS_URL": "redis://cache.example.com/0",
}


def start_production(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Imports the production settings in a process with only these variables."""
    return subprocess.run(
        [sys.executable, "-c", "import config.settings.production"],
        cwd=_PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_a_complete_environment() -> None:
    started = start_production(_COMPLETE)
    assert (started.returncode, started.stderr) == (0, "")


@pytest.mark.parametrize("name", sorted(_COMPLETE))
def test_production_names_the_variable_it_misses(name: str) -> None:
    incomplete = {key: value for key, value in _COMPLETE.items() if key != name}
    started = start_production(incomplete)
    assert started.returncode == 1
    assert started.stderr.startswith(f"{name} is not set. Example: {name}=")
    assert "Traceback" not in started.stderr


@pytest.mark.django_db
def test_every_page_carries_the_security_headers(client: Client) -> None:
    headers = client.get("/staff/login/").headers
    assert set(headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    }
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_the_admin_has_no_looser_policy(client: Client) -> None:
    client.force_login(person("otis", Role.OPERATOR))
    assert "unsafe" not in client.get("/admin/").headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_admin_has_no_login_of_its_own(client: Client) -> None:
    assert client.get("/admin/login/").headers["Location"].startswith("/staff/login/")


@pytest.mark.django_db
def test_a_stranger_cannot_sign_up(client: Client) -> None:
    form = {"username": "eve", "email": "eve@example.com", "password1": "correct horse battery"}
    client.post("/staff/signup/", form)
    assert not get_user_model().objects.filter(username="eve").exists()
