"""How the list of disputes is narrowed: by age, by what is at stake, by reason and end."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from django import forms

from billing.catalogue.queries.currencies import currencies_sold
from billing.disputes.queries.cases import CaseNarrowing
from billing.disputes.reason_codes import CODES
from core.money import minor_exponent, to_minor


class NarrowsCases(forms.Form):
    """Older than so many days; at least so much at stake; a reason and how it ended.

    What cannot be read narrows nothing.
    """

    older = forms.IntegerField(label="Older than, days", required=False, min_value=1, max_value=999)
    stake = forms.DecimalField(
        label="At stake from", required=False, min_value=0, max_digits=15, decimal_places=4
    )
    currency = forms.ChoiceField(label="In", required=False)
    reason = forms.ChoiceField(
        label="Reason", required=False, choices=[("", "any"), *CODES], initial=""
    )
    ended = forms.ChoiceField(
        label="Ended",
        required=False,
        choices=[("", "any"), ("granted", "granted, or in part"), ("denied", "denied")],
    )

    def __init__(self, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # what a request was asked with
        codes = currencies_sold()
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]  # a ChoiceField

    def narrowing(self, *, at: datetime) -> CaseNarrowing:
        """What was asked for, as far as it can be read."""
        self.is_valid()
        said = self.cleaned_data
        older, stake, currency = said.get("older"), said.get("stake"), said.get("currency")
        minor = None
        if stake and currency:
            scale = Fraction(10) ** minor_exponent(currency)
            minor = to_minor(Fraction(int(Fraction(stake) * scale), int(scale)), currency)
        return CaseNarrowing(
            opened_before=at - timedelta(days=older) if older else None,
            stake_from=minor,
            currency=currency or "",
            reason_code=said.get("reason") or "",
            ended=said.get("ended") or "",
        )
