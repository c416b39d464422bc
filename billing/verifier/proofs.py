"""Checking a proof: work it out again, compare line by line, check who signed it.

A proof is one JSON object: `document` (the pricing document of the charge, with its quantities),
`claim` (the lines and totals that were billed), and optionally `signature`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from billing.verifier import prices
from billing.verifier.arithmetic import recompute
from billing.verifier.keys import trusted_keys
from billing.verifier.papers import PAPER_FORMAT, paper_differences
from billing.verifier.rounding import shown

FORMAT = "counterfoil-proof/1"
PRICE_DECIMALS = 12
"""How fine a unit price a line can show."""


@dataclass
class ProofVerdict:
    """What the check found; the proof holds when there are no differences and nothing is forged.

    `line` is the key of the line the proof is about, with its `amount`; without one it is about all
    of the document, which comes to `total`. `signature` is "valid", "invalid", "none", or
    "unchecked" where the cryptography package is missing. `signed_by` is the public key the proof
    names, in base64; whether that key is the publisher's is for the reader to compare with the
    published one.
    """

    differences: list[str] = field(default_factory=list)
    signature: str = "none"
    signed_by: str | None = None
    total: str = ""
    line: str | None = None
    amount: str = ""

    @property
    def is_identical(self) -> bool:
        """Whether every amount came out the same and the signature is not broken."""
        return not self.differences and self.signature != "invalid"


def verify(proof: Any, *, trusted_key: str | None = None) -> ProofVerdict:
    """Check a proof. `trusted_key` is what it must be signed with, if given: a key in base64, or
    the text of the published key set.

    Raises: ValueError where `trusted_key` is neither.
    """
    trusted = None if trusted_key is None else trusted_keys(trusted_key)
    verdict = ProofVerdict()
    if isinstance(proof, dict) and proof.get("format") == PAPER_FORMAT:
        return _verify_paper(proof, trusted)
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        verdict.differences.append(f"This is not a proof of the form {FORMAT}.")
        return verdict
    try:
        found = recompute(proof["document"])
        compare(proof["claim"], found, verdict)
        note_line(proof.get("line"), found, verdict)
        compare_text("currency", proof["claim"]["currency"], code_of(proof["document"]), verdict)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        verdict.differences.append(f"The document cannot be worked out: {error!r}.")
    check_digest(proof, verdict)
    check_signature(proof, trusted, verdict)
    return verdict


def _verify_paper(proof: Mapping[str, Any], trusted: Collection[str] | None) -> ProofVerdict:
    """Check the proof of an invoice, credit note or void as it was printed."""
    verdict = ProofVerdict()
    try:
        verdict.differences += paper_differences(proof)
        verdict.total = str(proof["total"])
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        verdict.differences.append(f"The paper cannot be added up: {error!r}.")
    check_digest(proof, verdict)
    check_signature(proof, trusted, verdict)
    return verdict


def compare(claim: Mapping[str, Any], found: Mapping[str, Any], verdict: ProofVerdict) -> None:
    """Note every difference between what was claimed and what was found."""
    ours = {line["key"]: line for line in found["lines"]}
    theirs = {line["key"]: line for line in claim["lines"]}
    if len(theirs) != len(claim["lines"]):
        verdict.differences.append("A line is claimed twice.")
    for key in [*theirs, *(key for key in ours if key not in theirs)]:
        if key not in ours:
            verdict.differences.append(f"{key}: claimed, but no such line comes out.")
        elif key not in theirs:
            amount = ours[key]["amount"]
            verdict.differences.append(f"{key}: comes out at {text(amount)}, but is not claimed.")
        else:
            compare_line(key, theirs[key], ours[key], verdict)
    for name in ("subtotal", "tax", "credits", "total"):
        compare_number(name, claim[name], found[name], verdict)
    verdict.total = text(found["total"])


def note_line(asked: Any, found: Mapping[str, Any], verdict: ProofVerdict) -> None:
    """Note what the line comes to that the proof is about."""
    if asked is None:
        return
    amounts = {line["key"]: line["amount"] for line in found["lines"]}
    if asked not in amounts:
        verdict.differences.append(f"{asked}: the proof is about this line, and none comes out.")
        return
    verdict.line, verdict.amount = asked, text(amounts[asked])


def compare_line(key: str, theirs: Any, ours: Any, verdict: ProofVerdict) -> None:
    """Note the differences of one line."""
    if theirs["kind"] != ours["kind"]:
        kinds = f"claimed {theirs['kind']}, comes out as {ours['kind']}"
        verdict.differences.append(f"{key}: kind {kinds}.")
    compare_text(f"{key}: charge", theirs["charge"], ours["charge"] or None, verdict)
    compare_text(f"{key}: unit", theirs["unit"], ours["unit"], verdict)
    for name in ("exact_amount", "amount"):
        compare_number(f"{key}: {name}", theirs[name], ours[name], verdict)
    compare_number(f"{key}: quantity", theirs["quantity"], shown(ours["quantity"]), verdict)
    if not fits(theirs["unit_price"], ours):
        claimed = theirs["unit_price"]
        verdict.differences.append(f"{key}: unit_price: {claimed} does not make the amount.")


def fits(claimed: Any, ours: Mapping[str, Any]) -> bool:
    """Say whether a line may show a unit price, or none.

    Where every unit of a model costs the same it must be shown, unless it is too fine. Otherwise
    one that is shown must make the whole amount.
    """
    known = ours["unit_price"]
    if claimed is None:
        return known is None or (10**PRICE_DECIMALS * known).denominator != 1
    if known is not None:
        return bool(prices.exact(claimed) == known)
    made = prices.exact(claimed) * ours["quantity"] * ours["share"]
    return bool(ours["is_priced"] and made == ours["exact_amount"])


def code_of(document: Mapping[str, Any]) -> Any:
    """Return the currency a document names, or the unit of its own."""
    currency = document["currency"]
    return currency["code"] if isinstance(currency, Mapping) else currency


def compare_text(where: str, claimed: Any, found: Any, verdict: ProofVerdict) -> None:
    """Note a name that differs."""
    if claimed != found:
        verdict.differences.append(f"{where}: claimed {claimed}, comes out as {found}.")


def compare_number(where: str, claimed: Any, found: Fraction, verdict: ProofVerdict) -> None:
    """Note a number that differs, however it is written."""
    if prices.exact(claimed) != found:
        verdict.differences.append(f"{where}: claimed {claimed}, comes out at {text(found)}.")


def text(number: Fraction) -> str:
    """Write a number plainly where it terminates, otherwise as a fraction."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return str(number)
    places = next(n for n in range(400) if 10**n % number.denominator == 0)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :]
    return ("-" if number < 0 else "") + whole + ("." + decimals if decimals else "")


def digest_of(proof: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything in a proof but the digest and the signature, in hex."""
    told = {name: value for name, value in proof.items() if name != "digest"}
    return hashlib.sha256(canonical(told)).hexdigest()


def check_digest(proof: Mapping[str, Any], verdict: ProofVerdict) -> None:
    """Note a change to what is told and not worked out again: names, sentences, evidence.

    Only a signature says whose words they are; the digest says that they are the words written.
    Where an amount differs already, that says more.
    """
    if not verdict.differences and proof.get("digest") != digest_of(proof):
        verdict.differences.append("digest: the proof is not as it was written.")


def canonical(proof: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: everything but the signature, as sorted compact JSON."""
    signed = {name: value for name, value in proof.items() if name != "signature"}
    return json.dumps(
        signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    ).encode()


def check_signature(
    proof: Mapping[str, Any], trusted: Collection[str] | None, verdict: ProofVerdict
) -> None:
    """Check the Ed25519 signature, where there is one and the means to."""
    signature = proof.get("signature")
    if signature is None:
        if trusted is not None:
            verdict.differences.append("The proof is not signed.")
        return
    try:
        verdict.signed_by = str(signature["public_key"])
        key = base64.b64decode(verdict.signed_by, validate=True)
        value = base64.b64decode(signature["value"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        verdict.signature = "invalid"
        verdict.differences.append("The signature cannot be read.")
        return
    if trusted is not None and verdict.signed_by not in trusted:
        verdict.differences.append("The proof is signed with another key than the published one.")
    verdict.signature = signature_state(key, value, canonical(proof))
    if verdict.signature == "invalid":
        verdict.differences.append("The signature does not fit the proof: it was changed.")


def signature_state(key: bytes, value: bytes, signed: bytes) -> str:
    """Return "valid", "invalid", or "unchecked" where the cryptography package is missing."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return "unchecked"
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(value, signed)
    except (InvalidSignature, ValueError):
        return "invalid"
    return "valid"
