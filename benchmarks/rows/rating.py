"""Row 9: rating with a stored explanation against CloudKitty's rater, by the same rule.

The peer is installed from the package index into an environment of its own, and only when asked.
Both rate the same points: a base price × a factor by size × a factor by quantity. What the points
come to must agree, or the two did not do the same work.
"""

import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from benchmarks.bench import Bench
from benchmarks.measure import Rate, RateComparison, timed
from benchmarks.peer_programs import PeerProgram
from benchmarks.results import BenchmarkRow, Target
from billing.rating import Charge, CompiledPrice, Terms, compile_price, parse_price, rate

_PEER = PeerProgram("cloudkitty", ["cloudkitty==25.0.0"], "cloudkitty_rater.py")
_FRAME_POINTS = 1_000
_BASE_PRICE = Decimal("0.034722")
# The peer works in decimals of 28 digits and rounds on the way; we do not.
_AGREE_WITHIN = Fraction(1, 10**6)


class RulesDiffer(Exception):
    """The same points cost something else, so the rates do not compare."""


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    if not bench.with_peers:
        return
    peer, peer_total = _peer(bench)
    ours = []
    for _ in peer:
        run, our_total = _ours(bench.scale.rated_points)
        if abs(our_total - peer_total) > _AGREE_WITHIN:
            raise RulesDiffer(f"ours {float(our_total)}, peer {float(peer_total)}")
        ours.append(run)
    yield BenchmarkRow(
        "9",
        "rating with stored explanation",
        "CloudKitty 25 hashmap rater, by the same rule",
        RateComparison(ours, peer),
        Target(must=2.0, stretch=4.0),
        unit="points/s",
        is_share=False,
    )


def _ours(point_count: int) -> tuple[Rate, Fraction]:
    frames = _frames(point_count)
    total = Fraction(0)

    def run() -> int:
        stored = 0
        for frame in frames:
            stored += sum(len(line.explanation_json) > 0 for line in rate(frame))
        return stored

    measured = timed(run)
    for frame in frames:
        total += sum((line.exact for line in rate(frame)), Fraction(0))
    return measured, total


def _frames(point_count: int) -> list[list[Charge]]:
    """The peer's points, from the same random numbers in the same order."""
    prices = _prices()
    rng = random.Random(3)
    frames = []
    for _ in range(point_count // _FRAME_POINTS):
        frame = []
        for number in range(_FRAME_POINTS):
            service, quantity = rng.randrange(5), Decimal(rng.randrange(1, 20_000))
            frame.append(Charge(str(number), prices[service, rng.randrange(20)], quantity))
        frames.append(frame)
    return frames


def _prices() -> dict[tuple[int, int], CompiledPrice]:
    terms = Terms.of("EUR")
    return {
        (service, size): compile_price(parse_price(_document(size)), terms)
        for service in range(5)
        for size in range(20)
    }


def _document(size: int) -> object:
    """A threshold's factor holds for the whole quantity: a volume price."""
    unit_price = _BASE_PRICE * (10 + size) / 10
    tiers = [("999", "1"), ("9999", "0.9"), (None, "0.8")]
    return {
        "model": "volume",
        "tiers": [
            {"unit_price": str(unit_price * Decimal(factor))} | ({"up_to": up_to} if up_to else {})
            for up_to, factor in tiers
        ],
    }


def _peer(bench: Bench) -> tuple[list[Rate], Fraction]:
    said = _PEER.says(bench.scale.rated_points, _FRAME_POINTS, bench.scale.runs)
    runs = [Rate(said["points"], seconds) for seconds in said["seconds"]]
    return runs, Fraction(Decimal(said["total"]))
