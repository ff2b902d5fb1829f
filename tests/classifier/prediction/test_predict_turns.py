"""How many predictions of a person and of an organization are under way at a time."""

import time
import uuid
from dataclasses import replace

import pytest

from classifier.prediction.serving import mailbox


@pytest.fixture
def take(settings):
    """Take a turn for a person and an organization, new names in each test; wait for `seconds`."""
    settings.PREDICT_IN_FLIGHT = 2
    salt = uuid.uuid4().hex

    def _take(person, organization, size=0, seconds=0.05):
        payers = (f"person:{salt}{person}", f"organization:{salt}{organization}")
        request = mailbox.Request.new(uuid.uuid4(), None, 1, payers, size=size)
        request = replace(request, deadline=time.time() + seconds)
        return request if mailbox.take_turn(request) else None

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


def test_large_requests_take_several_turns_and_always_fit_alone(take):
    large = take("eve", 1, size=64 << 20)
    assert large
    assert take("eve", 2) is None
    mailbox.end_turn(large)
    assert take("eve", 2, size=7 << 20)
    assert take("eve", 2, size=9 << 20) is None
    assert take("eve", 2, size=1)
