"""How much of everything the measurements take: minutes on a laptop, or ten million events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of one size of the benchmark. Rates are per second, so the sizes compare."""

    name: str
    runs: int
    copied_rows: int
    sent_events: int
    kept_events: int
    """Events in the tables where growth is measured; about six a roll-up row, as in real months."""
    billed_accounts: int
    """How many customers there are in all."""
    shared_accounts: int
    """How many customers a run has that several workers share."""
    peer_customers: int
    rated_points: int
    stream_requests: int
    """Requests of a batch each, over which a web worker's memory is watched."""

    @property
    def busy_accounts(self) -> int:
        """How many accounts share `kept_events`, at the density of a real month."""
        return max(50, self.kept_events // 2_000)


SCALES = {
    "small": Scale("small", 3, 200_000, 20_000, 500_000, 1_000, 4_000, 100, 50_000, 120),
    "full": Scale("full", 5, 500_000, 100_000, 10_000_000, 10_000, 40_000, 200, 200_000, 2_000),
}
