"""Worked cases of the plans: example bills their versions must come to, or are not published."""

from collections.abc import Mapping, Sequence
from typing import Any

from billing.catalogue.operations.plans import CaseTerms

_JUNE = {"from": "2026-06-01", "until": "2026-07-01"}
_JUNE_SECONDS = 30 * 24 * 3600


def _case(name: str, total: str, *usage: Mapping[str, Any], **given: Any) -> CaseTerms:
    return CaseTerms(name, {"period": _JUNE, "usage": list(usage)} | given, {"total": total})


def _dyno(size: str, seconds: int, resource: str = "web") -> Mapping[str, Any]:
    return {
        "meter": "dyno_seconds",
        "quantity": str(seconds),
        "dimensions": {"size": size},
        "resource": resource,
    }


def _used(meter: str, quantity: str, **more: str) -> Mapping[str, Any]:
    return {"meter": meter, "quantity": quantity} | more


CASES: Mapping[str, Sequence[CaseTerms]] = {
    "pay-as-you-go": (
        _case("A dyno all month", "25.00", _dyno("standard-1x", _JUNE_SECONDS)),
        _case("A basic dyno for two hours", "0.02", _dyno("basic", 2 * 3600)),
        _case(
            "Two dynos, half the month each",
            "37.50",
            _dyno("standard-1x", _JUNE_SECONDS // 2),
            _dyno("standard-2x", _JUNE_SECONDS // 2, "worker"),
        ),
        _case("60 million requests", "20.50", _used("router_requests", "60000000")),
        _case("120 GB sent, 100 of them included", "1.80", _used("egress_gb", "120")),
        _case("2,000 builds, capped", "25.00", _used("builds", "2000")),
        _case("5 people, 2 of them included", "7.50", _used("active_users", "5", resource="pipe")),
    ),
    "enterprise": (
        _case("A dyno all month, 12 % off", "22.00", _dyno("standard-1x", _JUNE_SECONDS)),
    ),
    "eco": (
        _case("The pool, however much of it is used", "5.00", _dyno("eco", 36 * 3600)),
        _case(
            "From the 20th on: the whole fee",
            "5.00",
            subscribed={"from": "2026-06-20", "until": "2026-07-01"},
        ),
    ),
    "enterprise-support": (
        _case("A whole month", "2500.00"),
        _case(
            "From the 16th on, to the second",
            "1250.00",
            subscribed={"from": "2026-06-16", "until": "2026-07-01"},
        ),
    ),
}
