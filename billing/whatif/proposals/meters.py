"""A new meter, the next version of one, or its end, as a proposal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from accounts.models import Account
from approvals.kinds import (
    Acting,
    EffectChange,
    NothingLeft,
    PreparedEffect,
    ProposedEffect,
    canonical_digest,
)
from approvals.payloads import PayloadInvalid, PayloadReader
from billing.catalogue.meter_documents import (
    DefinitionRefused,
    MeterDefinition,
    document_of_terms,
    read_definition,
)
from billing.catalogue.queries.meters import find
from billing.whatif.queries.meter_trials import accounts_of, trial
from core.errors import FieldError
from core.instants import read_instant
from usage.aggregate.rules import Aggregation
from usage.meter_terms import terms_of
from usage.models import Meter
from usage.operations import meters
from usage.operations.event_corrections import only_supposed
from usage.operations.meters import MeterRetired, NewMeter
from usage.operations.settling import bring_up_to_date
from usage.queries.sampling import sample

VERBS: Final = ("define", "revise", "retire")
_DOCUMENT_BYTES_MAX: Final = 32_000
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class MeterChangeProposal:
    """Define a meter, make its next version, or end it.

    Payload: `verb`, `meter` (its code), `from` (the instant), `made_from` (the number of the
    version it was made from; 0 is the last); to define and to revise `definition` (the document);
    to define `name` and `unit`.
    """

    name: ClassVar[str] = "meter_change"
    title: ClassVar[str] = "Change of a meter"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "new_product": "A new product",
        "counted_wrong": "It counted wrong",
        "platform_changed": "The platform reports otherwise",
        "not_sold": "It is not sold any more",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        verb = reader.one_of("verb", VERBS)
        said: dict[str, Any] = {"verb": verb}
        aggregation = None
        if verb != "define":
            meter = reader.named("meter", find, "meter")
            aggregation = Aggregation(meter.aggregation)
            said["meter"] = meter.code
            said["made_from"] = reader.whole("made_from", least=0, most=2**31, default=0)
        else:
            said |= {name: reader.text(name) for name in ("meter", "name", "unit")}
            for name in ("meter", "name", "unit"):
                if not said[name]:
                    raise reader.wrong(name, "Say it.")
            if not _CODE.fullmatch(said["meter"]):
                raise reader.wrong("meter", "Letters, digits, hyphens and underscores, up to 64.")
            if len(said["name"]) > 200 or len(said["unit"]) > 40:
                raise reader.wrong("unit", "The name has up to 200 characters, the unit 40.")
        said["from"] = read_instant(reader.text("from"), field="from").isoformat()
        if verb != "retire":
            said["definition"] = reader.json_object("definition", max_bytes=_DOCUMENT_BYTES_MAX)
            _read(said["definition"], aggregation)
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Have the usage added up of the accounts whose bills are compared."""
        if payload["verb"] == "revise":
            meter = find(payload["meter"])
            terms = _read(payload["definition"], Aggregation(meter.aggregation)).terms
            bring_up_to_date(accounts_of(sample(meter, terms, at=at)), at=at)

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The change it would make."""
        return _MeterChange(payload, acting)


@dataclass(frozen=True, slots=True)
class _MeterChange:
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """It is about all who use what it counts."""
        return None

    def preview(self) -> ProposedEffect:
        """What would be counted otherwise. Raises: what the operation raises."""
        meter = None if self.payload["verb"] == "define" else find(self.payload["meter"])
        before = _terms_said(meter)
        with only_supposed():
            made = self._change(meter)
        return ProposedEffect(
            amount=None,
            # Bills of running months move with every event, the definition does not.
            digest=canonical_digest([dict(self.payload), before]),
            changes=self._bills(meter),
            notes=self._notes(before),
            subjects=[made],
        )

    def carry_out(self, *, seen: str) -> str:
        """Make it. Raises: ChangedSince where the meter is another by now, NothingLeft."""
        try:
            meter = None if self.payload["verb"] == "define" else find(self.payload["meter"])
            self.preview().require_seen(seen)
            return self._change(meter)
        except MeterRetired as nothing:
            if self.payload["verb"] != "retire":
                raise
            raise NothingLeft(nothing.message) from nothing

    def _change(self, meter: Meter | None) -> str:
        acting, said = self.acting, self.payload
        told: dict[str, Any] = {"at": acting.at, "by": acting.by, "reason": acting.reason}
        since = datetime.fromisoformat(said["from"])
        if meter is None:
            how = _read(said["definition"], None)
            new = NewMeter(
                said["meter"], said["name"], said["unit"], how.aggregation, how.carries_over
            )
            return meters.define(new, how.terms, effective_from=since, **told).code
        seen = str(said["made_from"]) if said["made_from"] else None
        if said["verb"] == "retire":
            meters.retire(meter=meter, effective_until=since, made_from=seen, **told)
        else:
            how = _read(said["definition"], Aggregation(meter.aggregation))
            meters.revise(
                meter=meter, terms=how.terms, effective_from=since, made_from=seen, **told
            )
        return meter.code

    def _bills(self, meter: Meter | None) -> Sequence[EffectChange]:
        """The bills so far of those whose events came last, both ways; they are no promise."""
        if meter is None or self.payload["verb"] != "revise":
            return ()
        at = self.acting.at
        terms = _read(self.payload["definition"], Aggregation(meter.aggregation)).terms
        tried = trial(meter, terms, accounts_of(sample(meter, terms, at=at)), at=at)
        return [
            EffectChange(each.account.name, "Bill so far", each.before, each.after)
            for each in tried.bills
            if each.delta.minor and not each.problem
        ]

    def _notes(self, before: Mapping[str, Any]) -> list[str]:
        said, code = self.payload, self.payload["meter"]
        since = f"{datetime.fromisoformat(said['from']):%Y-%m-%d %H:%M} UTC"
        if said["verb"] == "retire":
            return [f"Meter {code} reads no event from {since} on. It is not taken back."]
        after = {name: _text(value) for name, value in said["definition"].items()}
        if said["verb"] == "define":
            of_it = [f"{name.replace('_', ' ')}: {value}" for name, value in sorted(after.items())]
            return [f"Meter {code}, {said['name']} in {said['unit']}, reads from {since}.", *of_it]
        shown = {name: _text(value) for name, value in before.items()}
        return [
            f"The next version of {code} reads events from {since} on.",
            *(
                f"{name.replace('_', ' ')}: {shown.get(name, 'as usual')} → "
                f"{after.get(name, 'as usual')}"
                for name in sorted(shown | after)
                if shown.get(name) != after.get(name)
            ),
        ]


def _terms_said(meter: Meter | None) -> Mapping[str, Any]:
    if meter is None:
        return {}
    last = meter.versions.order_by("-number")[:1].get()
    return document_of_terms(terms_of(last))


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(document: Mapping[str, Any], aggregation: Aggregation | None) -> MeterDefinition:
    """Raises: PayloadInvalid, at the fields of the definition."""
    try:
        return read_definition(document, aggregation=aggregation)
    except DefinitionRefused as refused:
        raise PayloadInvalid(
            " ".join(each.detail for each in refused.errors),
            errors=[
                FieldError(f"/definition{each.pointer}", each.code, each.detail)
                for each in refused.errors
            ],
        ) from refused
