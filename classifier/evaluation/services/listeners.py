"""Rooms above hear of a report that an evaluation has filled; this one imports none of them.

A listener is registered in `AppConfig.ready()` and called in the transaction that stores the
figures and ends the job. What it raises undoes both.
"""

from collections.abc import Callable

from classifier.models import EvaluationReport

Listener = Callable[[EvaluationReport], None]

_listeners: list[Listener] = []


def register(*listeners: Listener) -> None:
    """Have these called with each report from now on; once, however often they are registered."""
    _listeners.extend(one for one in listeners if one not in _listeners)


def tell(report: EvaluationReport) -> None:
    """Call every listener, in the order of their registration."""
    for listener in _listeners:
        listener(report)
