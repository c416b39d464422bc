"""The two commands a person runs: quote a price, check a proof. Neither opens the database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from billing.invoicing.proofs.signing import public_key, sign
from billing.rating import prove
from tests.rating.pricing import flat, per_unit

ROOT = Path(__file__).resolve().parents[2]
SECRET = bytes(range(32))
DOCUMENT = {"currency": "USD", "price": per_unit("0.05"), "quantity": "1000"}


def written(folder: Path, content: Any) -> str:
    file = folder / "document.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(file)


def test_quote_prints_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("quote", written(tmp_path, DOCUMENT))
    answer = json.loads(capsys.readouterr().out)
    assert answer["total"] == "50.00"
    assert {"quantity", "unit_price", "amount", "exact_amount", "kind"} <= set(answer["lines"][0])
    assert answer["explanation"]["order"][0] == "conversion"


def test_quote_keeps_json_numbers_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = '{"currency": "USD", "price": {"model": "flat", "amount": 0.1234567890}}'
    call_command("quote", written(tmp_path, document))
    assert json.loads(capsys.readouterr().out)["lines"][0]["exact_amount"] == "0.123456789"


@pytest.mark.parametrize(
    ("content", "code", "pointers"),
    [
        ({"currency": "USD"}, "pricing_document_invalid", ["/price"]),
        (
            {"currency": "US", "price": flat("x")},
            "pricing_document_invalid",
            ["/currency", "/price/amount"],
        ),
        ('{"currency": "USD", "currency": "EUR"}', "duplicate_key", []),
        ("[]", "root_type", []),
        ("", "body_empty", []),
        ('{"currency": NaN}', "json_invalid", []),
    ],
)
def test_quote_prints_every_problem_and_fails(
    content: Any,
    code: str,
    pointers: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("quote", written(tmp_path, content))
    problem = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert problem["code"] == code
    assert [error["pointer"] for error in problem["errors"]] == pointers


def test_quote_needs_no_database_and_reads_standard_input() -> None:
    nowhere = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "quote", "-"],
        input=json.dumps(DOCUMENT).encode(),
        capture_output=True,
        cwd=ROOT,
        env=os.environ | nowhere,
        check=True,
    )
    assert json.loads(done.stdout)["total"] == "50.00"


@pytest.mark.parametrize("arguments", [["-"], []])
def test_quote_needs_no_setting_at_all_and_no_file_is_standard_input(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "quote", *arguments],
        input=json.dumps(DOCUMENT).encode(),
        capture_output=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=True,
    )
    assert (json.loads(done.stdout)["total"], done.stderr) == ("50.00", b"")


def test_a_proof_is_checked_from_standard_input_too() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_charge"],
        input=json.dumps(prove(DOCUMENT)).encode(),
        capture_output=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=True,
    )
    assert done.stdout.startswith(b"identical: 50")


def test_quote_of_a_missing_file_is_status_2() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "quote", "no-such-file.json"],
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert b"Cannot read no-such-file.json" in done.stderr


def test_verify_charge_says_identical_or_where_it_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = sign(prove(DOCUMENT), SECRET)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_charge", written(tmp_path, proof), key=public_key(SECRET))
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("identical: 50\nsignature: valid")
    proof["claim"]["total"] = "49.99"
    with pytest.raises(SystemExit) as ended:
        call_command("verify_charge", written(tmp_path, proof), json=True)
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["signature"] == "invalid"


def test_the_verifier_can_be_taken_away_as_one_file(tmp_path: Path) -> None:
    packed = tmp_path / "verify.pyz"
    call_command("verify_charge", pack=str(packed))
    proof = written(tmp_path, prove(DOCUMENT))
    done = subprocess.run(
        [sys.executable, "-I", str(packed), proof], capture_output=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"identical: 50")


def test_a_signature_is_left_unchecked_where_nothing_can_check_it(tmp_path: Path) -> None:
    packed = tmp_path / "verify.pyz"
    call_command("verify_charge", pack=str(packed))
    proof = written(tmp_path, sign(prove(DOCUMENT), SECRET))
    # Without site-packages there is no cryptography package.
    bare = [sys.executable, "-I", "-S", str(packed), proof]
    done = subprocess.run(bare, capture_output=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"signature: unchecked" in done.stdout
