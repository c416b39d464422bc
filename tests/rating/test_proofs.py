"""A proof can be checked without the rater, and shows every change made to it."""

from __future__ import annotations

import ast
import base64
import copy
import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from iso4217 import Currency

import billing.verifier
from billing.invoicing.proofs.signing import key_set, public_key, sign
from billing.rating import (
    BilledCharge,
    Charge,
    Detail,
    DocumentRefused,
    Terms,
    compile_price,
    document_of,
    parse_price,
    prove,
    quote,
    rate,
)
from billing.verifier.__main__ import main
from billing.verifier.currencies import MINOR_DECIMALS
from billing.verifier.proofs import verify
from core.money import minor_exponent
from core.periods import Period
from tests.rating.documents import Document, pricing_documents
from tests.rating.pricing import flat, graduated, per_unit

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))
MONTH = Period(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
DYNO = per_unit("7", unit="dyno-month", convert={"divide_by": "period_seconds"}, maximum="5")
DOCUMENT = {
    "currency": "USD",
    "period": {"from": "2026-06-01", "until": "2026-07-01"},
    "charges": [
        {"key": "web", "price": DYNO, "quantity": "2592000"},
        {"key": "requests", "price": graduated("100:0.1", "inf:0.05"), "quantity": "1234.5"},
    ],
    "account": {"taxes": [{"percent": "21"}]},
}


@pytest.fixture
def proof() -> dict[str, Any]:
    return prove(DOCUMENT, line="web", evidence={"events": 12})


def test_a_proof_is_identical_when_worked_out_again(proof: dict[str, Any]) -> None:
    verdict = verify(proof)
    assert (verdict.is_identical, verdict.signature, verdict.total) == (True, "none", "86.79")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pricing_documents())
def test_every_document_has_a_proof_that_holds(document: Document) -> None:
    try:
        proof = json.loads(json.dumps(prove(document)))
    except DocumentRefused:
        assume(False)
    assert verify(proof).differences == []


def changed(proof: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    forged = copy.deepcopy(proof)
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("/"))
    holder: Any = forged
    for step in steps:
        holder = holder[step]
    holder[last] = value
    return forged


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("claim/lines/0/amount", "7.01", "web: amount: claimed 7.01, comes out at 7."),
        ("claim/lines/0/exact_amount", "1e0", "plain number"),
        ("claim/lines/0/kind", "fee", "web: kind claimed fee, comes out as usage."),
        ("claim/lines/0/key", "dyno", "dyno: claimed, but no such line comes out."),
        ("claim/total", "86.80", "total: claimed 86.80, comes out at 86.79."),
        ("claim/lines", [], "web: comes out at 7, but is not claimed."),
        ("document/charges/1/quantity", "1234.6", "requests: exact_amount"),
        ("document/charges/0/price/unit_price", "8", "web: amount: claimed 7.00"),
        ("document/charges/0/price/model", "unknown", "cannot be worked out"),
        ("document/period/until", "2026-07-02", "web: exact_amount"),
        ("document/charges/0/quantity", "1e999999999", "cannot be worked out"),
        ("claim/lines/0/amount", None, "plain number"),
        ("document", None, "cannot be worked out"),
        ("format", "other/1", "not a proof of the form"),
    ],
)
def test_a_changed_proof_says_where(
    proof: dict[str, Any], path: str, value: Any, said: str
) -> None:
    verdict = verify(changed(proof, path, value))
    assert not verdict.is_identical
    assert any(said in difference for difference in verdict.differences)


@pytest.mark.parametrize("odd", [None, [], "proof", 3, {}])
def test_what_is_no_proof_is_said_to_be_none(odd: Any) -> None:
    assert not verify(odd).is_identical


def test_a_signed_proof_is_known_to_be_ours(proof: dict[str, Any]) -> None:
    signed = json.loads(json.dumps(sign(proof, SECRET)))
    verdict = verify(signed, trusted_key=public_key(SECRET))
    assert (verdict.is_identical, verdict.signature) == (True, "valid")
    assert verdict.signed_by == public_key(SECRET)


def test_a_proof_changed_after_signing_is_found_even_where_no_amount_differs(
    proof: dict[str, Any],
) -> None:
    forged = changed(sign(proof, SECRET), "evidence/events", 11)
    verdict = verify(forged)
    assert verdict.signature == "invalid"
    assert not verdict.is_identical


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ({}, "cannot be read"),
        ("x", "cannot be read"),
        ({"public_key": "!", "value": "!"}, "cannot be read"),
        ({"public_key": "AAAA", "value": "AAAA"}, "does not fit"),
    ],
)
def test_a_broken_signature_is_named(proof: dict[str, Any], signature: Any, said: str) -> None:
    verdict = verify(proof | {"signature": signature})
    assert any(said in difference for difference in verdict.differences)


def test_a_proof_signed_by_somebody_else_is_not_ours(proof: dict[str, Any]) -> None:
    verdict = verify(sign(proof, OTHER), trusted_key=public_key(SECRET))
    assert verdict.differences == ["The proof is signed with another key than the published one."]
    assert verify(proof, trusted_key=public_key(SECRET)).differences == ["The proof is not signed."]


def test_a_key_set_names_every_key_that_may_have_signed(proof: dict[str, Any]) -> None:
    retired = base64.b64decode(public_key(OTHER))
    published = json.dumps(key_set(SECRET, [retired, retired]))
    for secret in (SECRET, OTHER):
        verdict = verify(sign(proof, secret), trusted_key=published)
        assert (verdict.differences, verdict.signature) == ([], "valid")
    only_now = json.dumps(key_set(SECRET))
    assert not verify(sign(proof, OTHER), trusted_key=only_now).is_identical


def test_a_key_id_is_its_thumbprint(proof: dict[str, Any]) -> None:
    # The key and the thumbprint of RFC 8037, appendix A.
    secret = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    signature = sign(proof, secret)["signature"]
    assert signature["key_id"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    (published,) = key_set(secret)["keys"]
    assert published["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert published["kid"] == signature["key_id"]


@pytest.mark.parametrize(
    "text", ["", "AAAA", "{", "{}", '{"keys": []}', '{"keys": [{"kty": "OKP", "crv": "Ed25519"}]}']
)
def test_what_is_no_key_is_not_taken_for_one(proof: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json's and base64's own, all of this kind
        verify(sign(proof, SECRET), trusted_key=text)


def test_signing_again_replaces_the_signature(proof: dict[str, Any]) -> None:
    assert sign(sign(proof, OTHER), SECRET) == sign(proof, SECRET)


def test_stored_charges_become_a_document_that_gives_their_lines_again() -> None:
    terms = Terms.of("USD", period=MONTH)
    documents = {"dyno": DYNO, "team": flat("20"), "requests": graduated("100:0.1", "inf:0.05")}
    prices = {code: compile_price(parse_price(each), terms) for code, each in documents.items()}
    half = Period(MONTH.start, datetime(2026, 6, 16, tzinfo=UTC))
    charges = {
        "dyno": Charge("dyno", prices["dyno"], Decimal("2592000"), resource="app-1"),
        "team": Charge("team", prices["team"], detail=Detail(active=half)),
        "requests": Charge("requests", prices["requests"], Decimal("1234.5")),
    }
    lines = rate(charges.values())
    stored = [
        BilledCharge(
            key=line.key,
            price_code=line.key,
            price=documents[line.key],
            explanation=json.loads(json.dumps(line.explanation)),
            resource=line.resource,
        )
        for line in lines
        if line.key in charges
    ]
    again = quote(document_of(stored, terms))
    assert [(line["key"], line["exact_amount"]) for line in again["lines"]] == [
        (line.key, line.exact_text) for line in lines
    ]
    assert verify(prove(document_of(stored, terms))).is_identical


def test_a_custom_currency_is_written_with_its_decimals() -> None:
    terms = Terms("dyno-units", 3)
    assert document_of([], terms)["currency"] == {"code": "dyno-units", "decimals": 3}
    assert document_of([], terms, {"minimum": "1"})["account"] == {"minimum": "1"}


def test_the_verifier_knows_every_currency() -> None:
    for currency in Currency:
        if currency.exponent is not None:
            assert MINOR_DECIMALS.get(currency.code, 2) == minor_exponent(currency.code)


def test_the_verifier_needs_only_the_standard_library() -> None:
    (folder,) = billing.verifier.__path__
    allowed = {*sys.stdlib_module_names, "billing.verifier", "cryptography"}
    for source in Path(folder).glob("*.py"):
        for name in imported_by(source):
            root = name if name.startswith("billing") else name.split(".")[0]
            assert any(root == each or root.startswith(f"{each}.") for each in allowed), name


def imported_by(source: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_rater_needs_no_framework() -> None:
    program = "import billing.rating, sys; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_verifier_runs_by_itself(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(sign(proof, SECRET)), "utf-8")
    assert main([str(file)]) == 0
    assert capsys.readouterr().out.startswith("identical: web 7, of 86.79 in all\nsignature")
    file.write_text(json.dumps(changed(proof, "claim/total", "1")), "utf-8")
    assert main([str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"] == [
        "total: claimed 1, comes out at 86.79."
    ]


def test_the_published_keys_are_given_as_a_file(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, keys = tmp_path / "proof.json", tmp_path / "keys.json"
    file.write_text(json.dumps(sign(proof, SECRET)), "utf-8")
    keys.write_text(json.dumps(key_set(SECRET)), "utf-8")
    assert main([str(file), "--key", str(keys)]) == 0
    keys.write_text(json.dumps(key_set(OTHER)), "utf-8")
    assert main([str(file), "--key", str(keys)]) == 1
    assert "another key than the published one" in capsys.readouterr().out
    assert main([str(file), "--key", str(tmp_path / "none.json")]) == 2
    assert "Cannot read the key" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", None])
def test_a_file_that_cannot_be_read_is_status_2(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "proof.json"
    if content is not None:
        file.write_text(content, "utf-8")
    assert main([str(file)]) == 2
    assert "Cannot read the proof" in capsys.readouterr().err
