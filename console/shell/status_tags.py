"""How each state is said and coloured, once for every screen.

A state that is not in the table is a defect, so looking it up raises instead of showing a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "positive", "negative", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Tag:
    """A word in a tone; the icon repeats the tone for those who do not see colours."""

    text: str
    tone: Tone
    icon: str = ""


STATES: dict[str, dict[str, Tag]] = {
    "trouble": {
        "stuck": Tag("Stuck", "negative", "circle-alert"),
        "late": Tag("Late", "warning", "clock"),
        "growing": Tag("Growing", "warning", "activity"),
        "paused": Tag("Paused", "neutral", "circle-pause"),
    },
    "account": {
        "open": Tag("Open", "positive"),
        "closed": Tag("Closed", "neutral", "ban"),
    },
    "invoice": {
        "draft": Tag("Draft", "warning", "clock"),
        "issued": Tag("Issued", "positive", "check"),
    },
    "licence": {
        "coming": Tag("Not begun", "info", "clock"),
        "in_force": Tag("In force", "positive", "check"),
        "ended": Tag("Ended", "neutral", "ban"),
    },
    "pool": {
        "runs_out": Tag("Runs out before its window ends", "warning", "triangle-alert"),
    },
    "payment": {
        "open": Tag("Open", "info", "clock"),
        "part_paid": Tag("Part-paid", "info", "clock"),
        "overdue": Tag("Overdue", "negative", "triangle-alert"),
        "paid": Tag("Paid", "positive", "check"),
        "credited": Tag("Credited", "neutral", "check"),
        "uncollectible": Tag("Written off", "neutral", "ban"),
        "void": Tag("Void", "neutral", "ban"),
    },
    "webhook": {
        "enabled": Tag("Enabled", "positive", "check"),
        "failing": Tag("Failing", "warning", "triangle-alert"),
        "disabled": Tag("Disabled", "negative", "ban"),
        "deleted": Tag("Deleted", "neutral", "ban"),
    },
    "delivery": {
        "ready": Tag("Waiting", "info", "clock"),
        "leased": Tag("Being sent", "info", "clock"),
        "delivered": Tag("Delivered", "positive", "check"),
        "given_up": Tag("Given up", "negative", "triangle-alert"),
        "held": Tag("Held", "warning", "clock"),
        "ended": Tag("Ended", "neutral", "ban"),
    },
    "bank_row": {
        "matched": Tag("Matched", "positive", "check"),
        "suggested": Tag("Suggested", "warning", "clock"),
        "unmatched": Tag("Not matched", "warning", "triangle-alert"),
        "ignored": Tag("Ignored", "neutral", "ban"),
    },
    "delinquency": {
        "current": Tag("Nothing is late", "positive", "check"),
        "late": Tag("Late", "warning", "clock"),
        "suspended": Tag("Suspended", "negative", "ban"),
        "deleted": Tag("Given up for deletion", "negative", "circle-x"),
    },
    "dunning": {
        "remind": Tag("Reminder", "info", "clock"),
        "warn": Tag("Warning", "warning", "triangle-alert"),
        "suspend": Tag("Suspension", "negative", "ban"),
        "delete": Tag("Given up for deletion", "negative", "circle-x"),
        "resume": Tag("Resumption", "positive", "circle-play"),
    },
    "incident": {
        "lasts": Tag("Lasts", "negative", "triangle-alert"),
        "open": Tag("Open", "warning", "clock"),
        "closed": Tag("Closed", "neutral", "check"),
    },
    "promise": {
        "running": Tag("Running", "info", "clock"),
        "kept": Tag("Kept", "positive", "check"),
        "broken": Tag("Broken", "negative", "circle-x"),
        "let_go": Tag("Let pass", "neutral", "ban"),
    },
    "proposal": {
        "open": Tag("Open", "info", "clock"),
        "approved": Tag("Approved", "positive", "check"),
        "returned": Tag("Returned", "warning", "corner-down-left"),
        "rejected": Tag("Rejected", "neutral", "circle-x"),
        "withdrawn": Tag("Withdrawn", "neutral", "ban"),
        "expired": Tag("Expired", "neutral", "clock"),
        "superseded": Tag("Superseded", "neutral", "history"),
    },
    "execution": {
        "executed": Tag("Carried out", "positive", "check"),
        "changed": Tag("Changed since it was seen", "warning", "triangle-alert"),
        "nothing_left": Tag("Nothing left to do", "neutral", "equal"),
        "refused": Tag("Not done", "negative", "circle-x"),
        "unknown": Tag("Not known", "warning", "clock"),
    },
    "dispute": {
        "our_turn": Tag("Our turn", "warning", "clock"),
        "waiting_for_customer": Tag("Waiting for the customer", "neutral", "circle-pause"),
        "waiting_for_finance": Tag("Waiting for finance", "info", "clock"),
        "decided": Tag("Decided", "positive", "check"),
        "closed": Tag("Closed", "neutral", "ban"),
    },
    "dispute_line": {
        "new": Tag("New", "warning", "clock"),
        "investigating": Tag("Investigating", "warning", "search"),
        "waiting_for_customer": Tag("Waiting for the customer", "neutral", "circle-pause"),
        "proposed": Tag("Proposed", "info", "clock"),
        "granted": Tag("Granted", "positive", "check"),
        "partly_granted": Tag("Granted in part", "positive", "check"),
        "denied": Tag("Denied", "negative", "circle-x"),
        "withdrawn": Tag("Withdrawn", "neutral", "ban"),
    },
    "backfill": {
        "open": Tag("Open", "info", "circle-play"),
        "closed": Tag("Closed", "positive", "check"),
        "taken_back": Tag("Taken back", "neutral", "ban"),
    },
    "plan": {
        "draft": Tag("Draft", "warning", "clock"),
        "published": Tag("Published", "positive", "lock"),
    },
    "difference": {
        "added": Tag("Added", "positive"),
        "removed": Tag("Removed", "negative"),
        "changed": Tag("Changed", "info"),
    },
    "simulation": {
        "waiting": Tag("Waiting", "neutral", "clock"),
        "running": Tag("Running", "info", "circle-play"),
        "stopped": Tag("Stopped", "negative", "circle-x"),
        "finished": Tag("Finished", "positive", "check"),
    },
    "coupon": {
        "redeemed": Tag("Redeemed", "positive", "check"),
        "released": Tag("Free again", "neutral", "ban"),
    },
    "change_quote": {
        "open": Tag("Open", "info", "clock"),
        "carried_out": Tag("Carried out", "positive", "check"),
        "expired": Tag("Expired", "neutral", "ban"),
    },
    "change": {
        "waiting": Tag("Waits for its day", "info", "clock"),
        "done": Tag("Done", "positive", "check"),
        "withdrawn": Tag("Withdrawn", "neutral", "ban"),
        "refused": Tag("Refused", "negative", "circle-x"),
    },
    "grant": {
        "upcoming": Tag("To come", "info", "clock"),
        "in_force": Tag("In force", "positive", "check"),
        "spent": Tag("Nothing left", "neutral"),
        "expired": Tag("Over", "neutral", "ban"),
    },
    "limit": {
        "watched": Tag("Watched", "positive", "check"),
        "warned": Tag("Warned", "warning", "triangle-alert"),
        "stopped": Tag("Stopped", "negative", "circle-pause"),
        "ended": Tag("Ended", "neutral", "ban"),
    },
    "agreement": {
        "upcoming": Tag("To come", "info", "clock"),
        "in_force": Tag("In force", "positive", "check"),
        "ended": Tag("Ended", "neutral", "ban"),
    },
    "run": {
        "running": Tag("Running", "info", "circle-play"),
        "finished": Tag("Finished", "positive", "check"),
        "parked": Tag("Finished, some parked", "warning", "circle-pause"),
    },
    "bill": {
        "pending": Tag("Pending", "neutral", "clock"),
        "billed": Tag("Billed", "positive", "check"),
        "unchanged": Tag("Unchanged", "neutral", "equal"),
        "empty": Tag("Nothing to bill", "neutral"),
        "parked": Tag("Parked", "negative", "circle-pause"),
    },
    "event": {
        "counted": Tag("Counted", "positive", "check"),
        "not_counted": Tag("Accepted, counts nothing", "neutral", "equal"),
        "held": Tag("In quarantine", "warning", "circle-pause"),
        "dropped": Tag("Dropped", "neutral", "ban"),
        "voided": Tag("Voided", "neutral", "ban"),
    },
    "reading": {
        "counted": Tag("Counted", "positive", "check"),
        "filtered": Tag("Left out by the filter", "neutral"),
        "unreadable": Tag("Could not be read", "negative", "triangle-alert"),
        "refused": Tag("Refused when it is sent", "negative", "circle-x"),
        "other_type": Tag("Of another type", "neutral"),
        "before_meter": Tag("Before the meter existed", "neutral", "clock"),
        "retired_meter": Tag("After the meter ended", "neutral", "ban"),
        "no_change": Tag("Changed nothing", "neutral", "equal"),
        "replaced": Tag("Replaced", "neutral", "history"),
    },
    "disclosure": {
        "asked": Tag("Waits for a colleague", "warning", "clock"),
        "shown": Tag("Shown", "info", "check"),
        "refused": Tag("Refused", "neutral", "ban"),
    },
    "adjustment": {
        "waits": Tag("Waits for the next invoice", "info", "clock"),
        "billed": Tag("Billed", "positive", "check"),
        "undone": Tag("Undone", "neutral", "ban"),
        "undoes": Tag("Undoes another", "neutral", "history"),
    },
    "paper": {
        "made": Tag("Made", "positive", "check"),
        "waiting": Tag("Being made", "info", "clock"),
        "withheld": Tag("Withheld", "warning", "ban"),
        "parked": Tag("Set aside", "negative", "circle-pause"),
    },
    "late": {
        "open": Tag("Open", "warning", "clock"),
        "billed": Tag("Billed on a later invoice", "positive", "check"),
        "waived": Tag("Waived", "neutral", "ban"),
    },
}


def state_tag(kind: str, state: str) -> Tag:
    """The tag of a state. Raises: KeyError when nobody has said how to call it."""
    return STATES[kind][state]
