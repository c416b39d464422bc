"""Environment variables are read strictly, and a problem names the variable and an example."""

import pytest

from config.env import Environment, EnvironmentProblem, broker_url


def test_a_missing_variable_is_named_with_an_example() -> None:
    with pytest.raises(EnvironmentProblem) as problem:
        Environment({}).text("SECRET_KEY", example="a-long-random-text")
    assert "SECRET_KEY is not set. Example: SECRET_KEY=a-long-random-text" in str(problem.value)


def test_an_empty_variable_counts_as_missing() -> None:
    with pytest.raises(EnvironmentProblem, match="is not set"):
        Environment({"SECRET_KEY": "  "}).text("SECRET_KEY", example="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("no", False), ("Off", False)],
)
def test_a_flag_is_a_plain_yes_or_no(text: str, expected: bool) -> None:
    assert Environment({"DEBUG": text}).flag("DEBUG", default=not expected) is expected


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(EnvironmentProblem, match="DEBUG is 'maybe', neither yes nor no"):
        Environment({"DEBUG": "maybe"}).flag("DEBUG", default=False)


@pytest.mark.parametrize("text", ["-1", "1.5", "1_000", "٣", "0x10", "many"])
def test_a_number_has_ascii_digits_only(text: str) -> None:
    with pytest.raises(EnvironmentProblem, match="not a whole number"):
        Environment({"WORKERS": text}).number("WORKERS", default=2)


@pytest.mark.parametrize(
    ("text", "is_allowed"), [("0", False), ("1", True), ("9", True), ("10", False)]
)
def test_a_number_stays_within_its_bounds(text: str, is_allowed: bool) -> None:
    environment = Environment({"WORKERS": text})
    if is_allowed:
        assert environment.number("WORKERS", default=2, at_least=1, at_most=9) == int(text)
    else:
        with pytest.raises(EnvironmentProblem, match="outside 1 to 9"):
            environment.number("WORKERS", default=2, at_least=1, at_most=9)


def test_words_are_split_at_commas_and_trimmed() -> None:
    hosts = Environment({"HOSTS": "a.example, b.example,,"}).words("HOSTS", example="a.example")
    assert hosts == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password"),
    [
        ("postgres://ada:s%40cret@db.example:5433/books", "db.example", "5433", "ada", "s@cret"),
        ("postgresql://ada@/books?host=/run/pg&port=5434", "/run/pg", "5434", "ada", ""),
        ("postgres://ada@%2Frun%2Fpg/books", "/run/pg", "", "ada", ""),
        ("postgres:///books", "", "", "", ""),
    ],
)
def test_a_database_url_gives_an_address(
    url: str, host: str, port: str, user: str, password: str
) -> None:
    database = Environment({"DATABASE_URL": url}).database("DATABASE_URL")
    assert database["NAME"] == "books"
    assert (database["HOST"], database["PORT"]) == (host, port)
    assert (database["USER"], database["PASSWORD"]) == (user, password)


def test_other_parameters_of_a_database_url_reach_the_driver() -> None:
    url = "postgres://db.example/books?sslmode=require"
    database = Environment({"DATABASE_URL": url}).database("DATABASE_URL")
    assert database["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize(
    "url", ["mysql://db/books", "postgres://db", "postgres://db/a/b", "postgres://db:x/books"]
)
def test_what_is_no_database_url_is_refused(url: str) -> None:
    with pytest.raises(EnvironmentProblem, match=r"^DATABASE_URL "):
        Environment({"DATABASE_URL": url}).database("DATABASE_URL")


def test_a_password_is_never_printed() -> None:
    with pytest.raises(EnvironmentProblem) as problem:
        Environment({"DATABASE_URL": "mysql://ada:hunter2@db/books"}).database("DATABASE_URL")
    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("redis://cache.example:6379/0", "redis://cache.example:6379/0"),
        ("rediss://cache.example/0", "rediss://cache.example/0"),
    ],
)
def test_the_broker_url_speaks_celerys_dialect(redis_url: str, expected: str) -> None:
    assert broker_url(redis_url) == expected


def test_what_is_no_redis_url_is_refused() -> None:
    with pytest.raises(EnvironmentProblem, match="REDIS_URL is not a redis://"):
        Environment({"REDIS_URL": "http://cache.example"}).redis("REDIS_URL")


KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def test_a_secret_of_bytes_is_read_from_base64() -> None:
    key = Environment({"KEY": KEY}).secret_bytes("KEY", length=32, example="x")
    assert key == bytes(range(32))


@pytest.mark.parametrize(
    ("value", "problem"),
    [("not base64!", "is not base64"), ("AAECAw==", "has 4 bytes, not 32")],
)
def test_a_secret_of_other_bytes_is_refused_and_not_printed(value: str, problem: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"^KEY {problem}") as raised:
        Environment({"KEY": value}).secret_bytes("KEY", length=32, example="x")
    assert value not in str(raised.value)


def test_keys_are_each_read_whole() -> None:
    two = f"{'A' * 43}=, {'B' * 42}A="
    assert [
        len(key) for key in Environment({"KEYS": two}).keys("KEYS", length=32, example="x")
    ] == [
        32,
        32,
    ]
    assert Environment({}).keys("KEYS", length=32, example="x") == []
    with pytest.raises(EnvironmentProblem, match="KEYS has 3 bytes, not 32"):
        Environment({"KEYS": f"{'A' * 43}=,AAAA"}).keys("KEYS", length=32, example="x")
