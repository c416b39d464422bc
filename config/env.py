"""Typed readers of environment variables.

Owns: turning text from the environment into a checked value, and the sentence that stops the
process when a variable is missing or makes no sense. Does not own which variables exist: that is
the settings' business, with the table in docs/operations.md.
"""

import base64
import binascii
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from string import hexdigits
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class EnvironmentProblem(SystemExit):
    """A variable is missing or unreadable. A SystemExit, so it ends the process as one line."""

    def __init__(self, name: str, problem: str, example: str) -> None:
        self.name = name
        super().__init__(
            f"{name} {problem}. Example: {name}={example}\n"
            "docs/operations.md lists every variable; on your own machine `make demo` sets them."
        )


class Environment:
    """Reads variables from one mapping, the process's own unless a test gives another."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str, *, example: str, default: str | None = None) -> str:
        """The variable as it is; an empty one counts as missing."""
        value = self._variables.get(name, "").strip() or default
        if value is None:
            raise EnvironmentProblem(name, "is not set", example)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, example="1", default=str(default)).lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise EnvironmentProblem(name, f"is {value!r}, neither yes nor no", "1")

    def number(
        self,
        name: str,
        *,
        default: int,
        at_least: int = 0,
        at_most: int = 2**31,
    ) -> int:
        value = self.text(name, example=str(default), default=str(default))
        if not (value.isascii() and value.isdigit()):
            raise EnvironmentProblem(name, f"is {value!r}, not a whole number", str(default))
        if not at_least <= int(value) <= at_most:
            problem = f"is {value}, outside {at_least} to {at_most}"
            raise EnvironmentProblem(name, problem, str(default))
        return int(value)

    def words(self, name: str, *, example: str, default: str | None = None) -> list[str]:
        """A comma-separated list without blanks."""
        value = self.text(name, example=example, default=default)
        return [word.strip() for word in value.split(",") if word.strip()]

    def secret_bytes(
        self, name: str, *, length: int, example: str, default: str | None = None
    ) -> bytes:
        """A key of exactly so many bytes, written in base64 or, by makers of text, in hex."""
        value = self.text(name, example=example, default=default)
        return _decoded(name, value, length=length, example=example)

    def keys(self, name: str, *, length: int, example: str) -> list[bytes]:
        """Any number of keys of exactly so many bytes, in base64, comma-separated."""
        words = self.words(name, example=example, default=",")
        return [_decoded(name, word, length=length, example=example) for word in words]

    def database(self, name: str, *, default: str | None = None) -> dict[str, Any]:
        """One entry of Django's DATABASES from a `postgres://` URL.

        A Unix socket is given as `?host=/directory` or as a percent-encoded host; every other
        query parameter (sslmode, connect_timeout, …) is handed to libpq.
        """
        example = "postgres://user:password@db.example.com:5432/counterfoil"
        value = self.text(name, example=example, default=default)
        url = urlsplit(value)
        if url.scheme not in {"postgres", "postgresql"}:
            raise EnvironmentProblem(name, "is not a postgres:// URL", example)
        database = unquote(url.path.removeprefix("/"))
        if not database or "/" in database:
            raise EnvironmentProblem(name, "does not end in one database name", example)
        options: dict[str, Any] = dict(parse_qsl(url.query))
        host = options.pop("host", "") or unquote(url.hostname or "")
        try:
            port = options.pop("port", "") or url.port
        except ValueError:
            raise EnvironmentProblem(name, "has a port that is no number", example) from None
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": options.pop("user", "") or unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": host,
            "PORT": str(port or ""),
            "OPTIONS": options,
        }

    def mail_server(self, name: str, *, default: str | None = None) -> dict[str, Any]:
        """Django's EMAIL_ settings from smtp://, smtp+tls:// (STARTTLS) or smtps://; log: prints
        letters in the web's log instead, for whoever has no mail server yet.
        """
        example = "smtp+tls://user:password@mail.example.com:587"
        value = self.text(name, example=example, default=default)
        if value == "log:":
            return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
        url = urlsplit(value)
        if url.scheme not in {"smtp", "smtp+tls", "smtps"} or not url.hostname:
            raise EnvironmentProblem(
                name, "is not an smtp://, smtp+tls:// or smtps:// URL", example
            )
        try:
            port = url.port
        except ValueError:
            raise EnvironmentProblem(name, "has a port that is no number", example) from None
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": url.hostname,
            "EMAIL_PORT": port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[url.scheme],
            "EMAIL_HOST_USER": unquote(url.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
            "EMAIL_USE_TLS": url.scheme == "smtp+tls",
            "EMAIL_USE_SSL": url.scheme == "smtps",
        }

    def store(self, name: str, *, default: Path) -> dict[str, Any]:
        """One entry of Django's STORAGES: a directory, or s3://bucket/folder?region=…&endpoint=….

        Who may reach the bucket is said by the platform, as its own programs are told.
        """
        example = "s3://papers.example.com/counterfoil?region=eu-central-1"
        value = self.text(name, example=example, default=str(default))
        if "://" not in value:
            return {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": value},
            }
        url = urlsplit(value)
        parameters = dict(parse_qsl(url.query))
        unknown = set(parameters) - {"region", "endpoint"}
        if url.scheme != "s3" or not url.hostname or unknown:
            raise EnvironmentProblem(name, "is neither a directory nor an s3:// URL", example)
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": url.netloc,
                "location": unquote(url.path).strip("/"),
                "region_name": parameters.get("region"),
                "endpoint_url": parameters.get("endpoint"),
                # A name is a digest: what is put there twice is the same.
                "file_overwrite": True,
                "default_acl": None,
                "querystring_auth": True,
            },
        }

    def redis(self, name: str, *, default: str | None = None) -> str:
        """A broker or cache URL: redis://, rediss:// or unix:///socket?db=0."""
        example = "redis://cache.example.com:6379/0"
        value = self.text(name, example=example, default=default)
        if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise EnvironmentProblem(name, "is not a redis://, rediss:// or unix:// URL", example)
        return value


def _decoded(name: str, text: str, *, length: int, example: str) -> bytes:
    # No base64 of a key has as many characters as its hex.
    if len(text) == 2 * length and set(text) <= set(hexdigits):
        return bytes.fromhex(text)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EnvironmentProblem(name, "is not base64", example) from None
    if len(key) != length:
        raise EnvironmentProblem(name, f"has {len(key)} bytes, not {length}", example)
    return key


def tls_of(redis_url: str, *, is_verified: bool) -> dict[str, Any] | None:
    """What Celery is told of TLS to its broker; None without. Untold, it would trust anybody."""
    if urlsplit(redis_url).scheme != "rediss":
        return None
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED if is_verified else ssl.CERT_NONE}


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: kombu calls a Unix socket redis+socket and a db a vhost."""
    url = urlsplit(redis_url)
    if url.scheme != "unix":
        return redis_url
    database = dict(parse_qsl(url.query)).get("db", "0")
    return f"redis+socket://{url.path}?virtual_host={database}"
