"""When a charge is earned, as data: a method by kind of line, by product and by price.

The price decides before the product, the product before the kind. A newer version holds for what
is issued and not yet scheduled; schedules that exist keep the one they were made with.
"""

from datetime import datetime
from importlib import resources
from typing import Any, Final

from billing.closing.models import RecognitionPolicy, RevenueSchedule
from billing.rating.charges import LineKind
from core.actor import Actor, require_said
from core.canonical_json import digest_of_plain
from core.errors import Conflict, FieldError, Invalid, pointer_to
from core.json_reader import read_json

_MAX_BYTES: Final = 1_000_000
_PARTS: Final = ("kinds", "products", "prices")
_METHODS: Final = frozenset(RevenueSchedule.Method.values)


class PolicyInvalid(Invalid):
    """The document is no policy of revenue; `errors` names every place."""

    code = "recognition_policy_invalid"
    title = "The policy of revenue has problems"


class PolicyOutdated(Conflict):
    """This version, or a later one, is in force."""

    code = "recognition_policy_outdated"
    title = "Another policy of revenue is in force"


def read_policy(document: Any) -> dict[str, Any]:
    """Read {"version", "kinds", "products", "prices"}; each maps codes to methods.

    Raises: PolicyInvalid, with every problem at its place.
    """
    if not isinstance(document, dict) or document.keys() != {"version", *_PARTS}:
        raise PolicyInvalid(
            "A policy has a version, kinds, products and prices, and nothing else.", field="version"
        )
    version = document["version"]
    errors: list[FieldError] = []
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        errors.append(FieldError("/version", "policy_version", "A version counts from 1."))
    for part in _PARTS:
        methods = document[part]
        if not isinstance(methods, dict):
            errors.append(FieldError(f"/{part}", "policy_methods", f"{part} are an object."))
            continue
        errors += [
            FieldError(
                pointer_to(part, code),
                "policy_method",
                f"{method!r} is none of {', '.join(sorted(_METHODS))}.",
            )
            for code, method in methods.items()
            if not (isinstance(method, str) and method in _METHODS)
        ]
    if isinstance(document["kinds"], dict):
        known = {kind.value for kind in LineKind}
        errors += [
            FieldError(pointer_to("kinds", kind), "policy_kind", f"{kind!r} is settled by nobody.")
            for kind in sorted(known ^ document["kinds"].keys())
        ]
    if errors:
        raise PolicyInvalid("; ".join(each.detail for each in errors), errors=errors)
    return document


def packaged_policy() -> dict[str, Any]:
    """The policy that comes with this release. Raises: PolicyInvalid."""
    text = resources.files("billing.closing").joinpath("recognition_policy.json").read_bytes()
    return read_policy(read_json(text, max_bytes=_MAX_BYTES))


def adopt(document: Any, *, at: datetime, by: Actor, reason: str) -> RecognitionPolicy:
    """Put a newer policy in force. Raises: PolicyInvalid, PolicyOutdated, ReasonMissing."""
    require_said(reason, "Say why revenue is recognised differently.")
    policy = read_policy(document)
    held = policy_in_force()
    if policy["version"] <= held.version:
        raise PolicyOutdated(
            f"Version {held.version} is in force. A new policy takes the next version.",
            field="version",
        )
    return _kept(policy, at=at, by=by.name, reason=reason, using="default")


def policy_in_force() -> RecognitionPolicy:
    """The policy that holds for what is scheduled now."""
    return RecognitionPolicy.objects.latest("version")


def adopt_first(*, at: datetime, using: str) -> None:
    """Put the packaged policy in force where there is none; safe to call at any time."""
    if not RecognitionPolicy.objects.using(using).exists():
        _kept(packaged_policy(), at=at, by="release", reason="Comes with the release", using=using)


def _kept(
    policy: dict[str, Any], *, at: datetime, by: str, reason: str, using: str
) -> RecognitionPolicy:
    return RecognitionPolicy.objects.using(using).create(
        version=policy["version"],
        document=policy,
        sha256=digest_of_plain(policy),
        adopted_at=at,
        adopted_by=by,
        reason=reason,
    )
