"""How many predictions of a person and of an organization are under way at a time."""

import time
import uuid
from dataclasses import replace

import pytest

from classifier.serving import mailbox


@pytest.fixture
def take(settings):
    """Take a turn for a person and an organization, named anew in each test; wait for `seconds`."""
    settings.PREDICT_IN_FLIGHT = 2
    salt = uuid.uuid4().hex

    def _take(person, organization, seconds=0.05):
        payers = (f"person:{salt}{person}", f"organization:{salt}{organization}")
        request = mailbox.Request.new(uuid.uuid4(), None, 1, payers)
        request = replace(request, deadline=time.time() + seconds)
        return request if mailbox.take_turn(request, meanwhile=lambda: None) else None

    return _take


def test_neither_a_person_nor_an_organization_has_more_than_so_many(take):
    first, second = take("eve", 1), take("eve", 2)
    assert None not in (first, second)
    assert take("eve", 3) is None
    assert take("ann", 4)
    assert take("bob", 1)
    assert take("joe", 1) is None
    mailbox.end_turn(first)
    assert take("eve", 3)
    assert take("eve", 3) is None


def test_who_waits_comes_next_and_what_waits_holds_no_connection(take):
    first = take("eve", 1)
    take("eve", 1)
    given_back = []
    waiting = replace(first, id=uuid.uuid4().hex, deadline=time.time() + 10)

    def meanwhile():
        given_back.append(1)
        mailbox.end_turn(first)

    assert mailbox.take_turn(waiting, meanwhile)
    assert given_back == [1]
