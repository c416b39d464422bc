"""An engine of somebody else, asked over HTTP: one POST for up to 500 questions.

The request is `{"questions": [...]}`, the answer `{"answers": [...]}` in the same order. A call has
a limit for all of it, from the name to the last byte; what cannot be read to the last field is no
answer. docs/billing.md has an example of both.
"""

import json
import re
import socket
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from billing.invoicing.tax import TaxGroup, TaxPart, TaxParty, TaxQuestion, Treatment
from billing.invoicing.tax_engines import breaker
from billing.invoicing.tax_engines.engine import TaxUnavailable
from core.decimals import read_decimal
from core.errors import DomainError
from core.json_reader import read_json

QUESTIONS_MAX: Final = 500
_ANSWER_MAX: Final = 4_000_000
_TEXT_MAX: Final = {"jurisdiction": 16, "name": 100, "evidence": 300, "product_class": 64}

_CODE = re.compile(r"[A-Z]{2}[A-Z0-9-]{0,14}", re.ASCII)
_CLASS = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)


class _Unusable(Exception):
    """What is wrong with an answer."""


class HttpTaxEngine:
    """Asks `url`; `seconds` is the limit of a whole call, `token` goes along as a bearer's."""

    def __init__(self, url: str, *, seconds: int, token: str = "") -> None:
        self._url = urlsplit(url)
        self._seconds = seconds
        self._token = token

    def decide(self, asked: Collection[TaxQuestion]) -> Mapping[TaxQuestion, Sequence[TaxPart]]:
        """An answer to every question. Raises: TaxUnavailable."""
        alike: dict[str, list[TaxQuestion]] = defaultdict(list)
        for each in asked:
            alike[_said(each)].append(each)
        said = sorted(alike)
        found: dict[TaxQuestion, Sequence[TaxPart]] = {}
        for first in range(0, len(said), QUESTIONS_MAX):
            some = said[first : first + QUESTIONS_MAX]
            found |= self._answers({each: alike[each] for each in some})
        return found

    def _answers(
        self, questions: Mapping[str, Sequence[TaxQuestion]]
    ) -> dict[TaxQuestion, Sequence[TaxPart]]:
        """The answers to questions that are said alike for some."""
        if breaker.is_open():
            raise TaxUnavailable(
                "The tax engine failed several times and is left alone for a minute. "
                "Nothing was billed; it is tried again by itself."
            )
        try:
            body = self._post(f'{{"questions": [{", ".join(questions)}]}}')
            answers = _read(body, list(questions.values()))
        except (_Unusable, DomainError, OSError, HTTPException) as problem:
            breaker.failed()
            raise TaxUnavailable(
                f"The tax engine gave no answer that can be used: {_reason(problem)} "
                "Nothing was billed; it is tried again by itself."
            ) from problem
        breaker.answered()
        return answers

    def _post(self, body: str) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        path = self._url.path or "/"
        target = f"{path}?{self._url.query}" if self._url.query else path
        with _connected(self._url, self._seconds) as connection:
            connection.request("POST", target, body=body.encode(), headers=headers)
            with connection.getresponse() as response:
                if response.status != 200:
                    raise _Unusable(f"it answered {response.status}.")
                answer = response.read(_ANSWER_MAX + 1)
        if len(answer) > _ANSWER_MAX:
            raise _Unusable("its answer is too long.")
        return answer


@contextmanager
def _connected(url: SplitResult, seconds: int) -> Iterator[HTTPConnection]:
    """A connection that is cut when the time is up, however slowly something trickles in."""
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=seconds)
    connection.connect()
    # The connection forgets its socket once the answer begins.
    cut = Timer(seconds, _cut, [connection.sock])
    cut.daemon = True
    cut.start()
    try:
        yield connection
    finally:
        cut.cancel()
        connection.close()


def _cut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _reason(problem: Exception) -> str:
    if isinstance(problem, _Unusable):
        return str(problem)
    if isinstance(problem, DomainError):
        return problem.message
    return "it did not answer in time, or not to the end."


def _said(asked: TaxQuestion) -> str:
    """The question as it is sent; accounts that are taxed alike ask the same."""
    said = {
        "country": asked.party.country,
        "region": asked.party.region,
        "tax_id": asked.party.tax_id,
        "tax_id_confirmed": asked.party.is_verified,
        "product_class": asked.product_class,
        "first_on": asked.first_on.isoformat(),
        "last_on": asked.last_on.isoformat(),
        "issued_on": asked.issued_on.isoformat(),
    }
    return json.dumps(said)


def _read(
    body: bytes, questions: Sequence[Sequence[TaxQuestion]]
) -> dict[TaxQuestion, Sequence[TaxPart]]:
    said = read_json(body, max_bytes=_ANSWER_MAX, root=(dict,))
    answers = said.get("answers")
    if not isinstance(answers, list) or len(answers) != len(questions):
        raise _Unusable("it did not answer every question.")
    return {
        each: _parts(answer, each)
        for answer, alike in zip(answers, questions, strict=True)
        for each in alike
    }


def _parts(answer: Any, asked: TaxQuestion) -> list[TaxPart]:
    parts = answer.get("parts") if isinstance(answer, dict) else None
    if not isinstance(parts, list) or not parts:
        raise _Unusable("an answer has no parts.")
    found = [_part(part, asked.party) for part in parts]
    whole = (asked.last_on - asked.first_on).days + 1
    if sum(part.days for part in found) != whole:
        raise _Unusable(f"its parts are not the {whole} days of the service.")
    return found


def _part(part: Any, party: TaxParty) -> TaxPart:
    if not isinstance(part, dict):
        raise _Unusable("a part is no object.")
    days = part.get("days")
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise _Unusable("the days of a part are no number above 0.")
    texts = {name: part.get(name, "") for name in _TEXT_MAX}
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > _TEXT_MAX[name]:
            raise _Unusable(f"{name} is no text, or too long.")
    if not _CODE.fullmatch(texts["jurisdiction"]):
        raise _Unusable("a part names no jurisdiction such as DE or US-CA.")
    if not _CLASS.fullmatch(texts["product_class"]):
        raise _Unusable("a product class is a plain code.")
    treatment, rate = _treatment(part.get("treatment")), _rate(part.get("rate"))
    proven = treatment in (Treatment.STANDARD, Treatment.OUTSIDE) or bool(texts["evidence"])
    if not proven or (rate and treatment is not Treatment.STANDARD):
        raise _Unusable("what is not taxed has no rate, and says what it rests on.")
    return TaxPart(
        TaxGroup(
            jurisdiction=texts["jurisdiction"],
            treatment=treatment,
            name=texts["name"],
            rate=rate,
            evidence=texts["evidence"],
            product_class=texts["product_class"],
            is_included=party.prices_include_tax and treatment is Treatment.STANDARD,
        ),
        days,
    )


def _treatment(said: object) -> Treatment:
    try:
        return Treatment(str(said))
    except ValueError:
        raise _Unusable(f"it knows a treatment {str(said)[:40]!r}.") from None


def _rate(said: object) -> Decimal:
    rate = read_decimal(said, max_digits=12, scale=10, field="rate")
    if not 0 <= rate < 1:
        raise _Unusable("a rate is from 0 to less than 1: 0.19 is 19 %.")
    return rate
