"""What can go wrong while starting, as one sentence for a person."""


class LocalProblem(Exception):
    """The command cannot go on; the message says why and what to do."""


class Interrupted(Exception):
    """A signal asked the supervisor to stop."""

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        super().__init__(f"signal {signal_number}")
