"""Papers in a directory or a bucket, TLS to the broker, and letters that nobody takes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from moto import mock_aws

from billing.papers import storage
from config.env import Environment, EnvironmentProblem, tls_of
from tests.cast import person

BUCKET = "s3://papers.example.com/books?region=eu-central-1"


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of nobody's, which the setting names."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    store = Environment({"PAPERS_STORE": BUCKET}).store("PAPERS_STORE", default=Path("/none"))
    settings.STORAGES = {**settings.STORAGES, "papers": store}
    with mock_aws():
        client = boto3.client("s3", region_name="eu-central-1")
        client.create_bucket(
            Bucket="papers.example.com",
            CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        )
        yield client


def test_papers_are_kept_in_a_bucket_by_setting(bucket: Any) -> None:
    path, digest = storage.keep(b"%PDF the bill", ending="pdf")
    assert storage.keep(b"%PDF the bill", ending="pdf") == (path, digest)
    assert storage.read(path, sha256=digest) == b"%PDF the bill"
    assert storage.is_kept(path, sha256=digest)
    kept = bucket.list_objects_v2(Bucket="papers.example.com")["Contents"]
    assert [each["Key"] for each in kept] == [f"books/{path}"]


def test_a_paper_that_somebody_changed_in_the_bucket_is_found(bucket: Any) -> None:
    path, digest = storage.keep(b"%PDF the bill", ending="pdf")
    bucket.put_object(Bucket="papers.example.com", Key=f"books/{path}", Body=b"another bill")
    assert not storage.is_kept(path, sha256=digest)
    with pytest.raises(storage.PaperLost):
        storage.read(path, sha256=digest)


def test_without_a_bucket_papers_are_in_a_directory() -> None:
    store = Environment({}).store("PAPERS_STORE", default=Path("/var/lib/papers"))
    assert store["OPTIONS"] == {"location": "/var/lib/papers"}


@pytest.mark.parametrize("url", ["gs://bucket", "s3:///folder", "s3://bucket?colour=red"])
def test_what_is_no_store_is_refused_by_name(url: str) -> None:
    with pytest.raises(EnvironmentProblem, match="PAPERS_STORE is neither"):
        Environment({"PAPERS_STORE": url}).store("PAPERS_STORE", default=Path("/none"))


def test_a_key_may_be_written_in_hex_as_makers_of_text_do() -> None:
    key = Environment({"KEY": "0F" * 32}).secret_bytes("KEY", length=32, example="")
    assert key == bytes([15] * 32)


@pytest.mark.parametrize(
    ("url", "is_verified", "told"),
    [
        ("redis://cache/0", True, None),
        ("rediss://cache/0", True, {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        ("rediss://cache/0", False, {"ssl_cert_reqs": ssl.CERT_NONE}),
    ],
)
def test_a_broker_over_tls_is_verified_unless_told_otherwise(
    url: str, is_verified: bool, told: object
) -> None:
    assert tls_of(url, is_verified=is_verified) == told


class DownBackend(BaseEmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError


@pytest.mark.django_db
def test_a_mail_server_that_is_down_is_no_error_page_and_tells_nobody_who_is_here(
    client: Client, settings: Any
) -> None:
    person("sam")
    settings.EMAIL_BACKEND = f"{__name__}.DownBackend"
    down = client.post("/staff/password/reset/", {"email": "sam@example.com"})
    unknown = client.post("/staff/password/reset/", {"email": "nobody@example.com"})
    assert (down.status_code, down["Location"]) == (unknown.status_code, unknown["Location"])
    assert mail.outbox == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_a_probe_asks_by_the_address_of_a_pod(client: Client, address: str) -> None:
    assert client.get(address, headers={"Host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/staff/login/", headers={"Host": "10.1.2.3:8000"}).status_code == 400
