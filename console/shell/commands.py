"""What the palette can do besides finding: go somewhere, begin something.

Nobody is offered a closed door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from accounts.models import User
from console.shell.access import opens
from console.shell.navigation import DESTINATIONS

MOST: Final = 5
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class PaletteCommand:
    """A command in words; `also` are other words people type for it."""

    title: str
    url_name: str
    note: str = ""
    query: str = ""
    also: str = ""

    @property
    def url(self) -> str:
        """Where it leads."""
        return reverse(self.url_name) + self.query


_OWN: Final = (
    PaletteCommand(
        "New bill run", "console:run-start", "shows first what it would bill", also="start"
    ),
    PaletteCommand(
        "New dispute",
        "console:invoices",
        "open the invoice, then Why? beside the line that is contested",
        also="contest open case",
    ),
    PaletteCommand("Record a payment", "console:payment-record", also="new"),
    PaletteCommand("Import a bank file", "console:bank-file-new", also="new upload statement"),
    PaletteCommand("Disputes that wait for us", "console:disputes", also="cases queue"),
    PaletteCommand(
        "Disputes of mine", "console:disputes", query="?owner=me&state=all", also="my cases"
    ),
    PaletteCommand("Proposals to decide", "console:proposals", also="approve approvals queue"),
    PaletteCommand("Draft invoices", "console:invoices", query="?state=draft"),
    PaletteCommand("Events in quarantine", "console:quarantine", also="held"),
    PaletteCommand("Late usage", "console:late"),
    PaletteCommand("Send usage again for a range", "console:backfill-new", also="backfill new"),
    PaletteCommand("New meter", "console:meter-new"),
    PaletteCommand(
        "What would other prices have billed",
        "console:simulation-back-test",
        also="simulate back-test new",
    ),
    PaletteCommand(
        "Who is affected by a mistake", "console:simulation-blast", also="simulate impact new"
    ),
    PaletteCommand("Close a month", "console:closes", also="period lock"),
    PaletteCommand("Receivables by age", "console:receivables", also="ageing overdue"),
    PaletteCommand("Reminders and suspensions", "console:dunning", also="dunning late payers"),
    PaletteCommand("Revenue", "console:revenue"),
    PaletteCommand("Books", "console:books", also="ledger trial balance"),
    PaletteCommand("Rules", "console:rules", also="policies settings"),
    PaletteCommand("Personal data shown", "console:disclosures", also="unmask log"),
    PaletteCommand("Saved views", "console:views", also="filters"),
    PaletteCommand("Keyboard", "console:shortcuts", also="shortcuts keys"),
    PaletteCommand("Your tokens", "console:tokens"),
)
_GO: Final = tuple(
    PaletteCommand(f"Go to {each.name}", name, f"g {each.key}")
    for each in DESTINATIONS
    for name in each.url_names[:1]
)


def commands_for(text: str, user: User) -> Sequence[PaletteCommand]:
    """The commands whose words begin as the typed ones do, of those that are open to the person."""
    typed = text.lower().split()
    if not typed or len(text.strip()) < _SHORTEST:
        return ()
    found = (each for each in (*_GO, *_OWN) if _matches(each, typed))
    return [each for each in found if opens(user, each.url_name)][:MOST]


def _matches(command: PaletteCommand, typed: Sequence[str]) -> bool:
    words = f"{command.title} {command.also}".lower().split()
    return all(any(word.startswith(each) for word in words) for each in typed)
