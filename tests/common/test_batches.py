"""Work of many requests in one thread: together while it is busy, each with its own outcome."""

import threading

import pytest

from common.batches import Batches


@pytest.fixture
def gate():
    """Batches of words whose work waits for `open`; `seen` has each batch."""

    class Gate:
        def __init__(self):
            self.open, self.seen = threading.Event(), []
            self.batches = Batches("test", self._work, most=3)

        def _work(self, words):
            self.seen.append(list(words))
            assert self.open.wait(10)
            if "broken" in words:
                raise OSError("all of this batch")
            return [ValueError(word) if word == "odd" else word.upper() for word in words]

        def begun(self, word):
            """Ask, and wait until its batch is at work, so that what follows comes meanwhile."""
            asked = self.batches.ask(word)
            while not self.seen:
                threading.Event().wait(0.001)
            return asked

    return Gate()


def test_what_comes_while_it_is_busy_is_done_together(gate):
    asked = [gate.begun("a"), *(gate.batches.ask(word) for word in "bcdefg")]
    gate.open.set()
    assert [each.result(10) for each in asked] == list("ABCDEFG")
    assert gate.seen == [["a"], ["b", "c", "d"], ["e", "f", "g"]]


def test_each_has_its_own_outcome(gate):
    first = gate.begun("a")
    odd, gone, right = (gate.batches.ask(word) for word in ("odd", "gone", "right"))
    assert gone.cancel()
    gate.open.set()
    assert (first.result(10), right.result(10)) == ("A", "RIGHT")
    with pytest.raises(ValueError, match="odd"):
        odd.result(10)
    assert gate.seen == [["a"], ["odd", "right"]]


def test_what_breaks_a_batch_is_told_to_all_of_it_and_the_next_is_served(gate):
    gate.open.set()
    with pytest.raises(OSError, match="all of this batch"):
        gate.batches.ask("broken").result(10)
    assert gate.batches.ask("a").result(10) == "A"
