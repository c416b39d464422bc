"""Of two who issue a void consolidated invoice anew at the same moment, one does."""

from __future__ import annotations

from functools import partial

import pytest

from billing.invoicing.models import Invoice
from billing.receivables.operations import corrections
from billing.receivables.operations.corrections import NothingToReissue
from core.errors import DomainError
from tests.at_once import at_once
from tests.billing.kinds.test_consolidated import books_hold
from tests.billing.kinds.test_consolidated_anew import sold_in_march
from tests.billing.receivables.books import Books
from tests.story import Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A story whose transactions are real."""
    return Story()


def test_of_two_who_issue_it_anew_at_once_one_does(story: Story) -> None:
    whole, _, old = sold_in_march(story)
    recorded = Books(story, whole).recorded()
    void = corrections.void(invoice=old, recorded=recorded)

    answers = at_once(*[partial(corrections.reissue, void=void, recorded=recorded)] * 2)

    refused = [each for each in answers if isinstance(each, DomainError)]
    assert [type(each) for each in refused] == [NothingToReissue]
    assert Invoice.objects.filter(reissues=void).count() == 1
    assert books_hold()


def test_of_two_who_void_and_issue_it_anew_at_once_one_does(story: Story) -> None:
    whole, _, old = sold_in_march(story)
    recorded = Books(story, whole).recorded()

    answers = at_once(*[partial(corrections.void_and_reissue, invoice=old, recorded=recorded)] * 2)

    assert sum(isinstance(each, DomainError) for each in answers) == 1
    assert Invoice.objects.filter(reissues__invoice=old).count() == 1
    assert books_hold()
