"""Reading ahead: the order, the errors and the end of the thread."""

import threading
from contextlib import closing

import pytest

from classifier.engine.fit.ahead import Ahead


def test_items_come_in_order_and_no_more_than_a_few_are_made_ahead() -> None:
    made = []

    def items():
        for number in range(50):
            made.append(number)
            yield number

    with closing(Ahead(items())) as ahead:
        for expected, found in enumerate(ahead):
            assert found == expected
            assert len(made) <= expected + 5
    assert made == list(range(50))


def test_an_error_comes_in_its_turn() -> None:
    def items():
        yield 1
        raise OSError("the disk is gone")

    with closing(Ahead(items())) as ahead:
        reader = iter(ahead)
        assert next(reader) == 1
        with pytest.raises(OSError, match="the disk is gone"):
            next(reader)


def test_a_reader_that_leaves_early_ends_the_thread() -> None:
    before = threading.active_count()
    with closing(Ahead(iter(range(1_000_000)))) as ahead:
        assert next(iter(ahead)) == 0
    assert threading.active_count() == before
