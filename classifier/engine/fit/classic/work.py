"""Work of a library that cannot be asked to stop: in a thread, while someone may still say so."""

import threading
from collections.abc import Callable
from typing import TypeVar

from classifier.engine.watch import Watch

Result = TypeVar("Result")
_ASK_EVERY = 0.25


def watched(watch: Watch, work: Callable[[], Result]) -> Result:
    """Return what ``work`` returns, or raise what it raises.

    Raises Cancelled and TimeIsUp at once: the thread is left behind and ends with its process,
    which has nothing else to do then.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # told to the one who waits
            failures.append(error)

    thread = threading.Thread(target=run, name="fit", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_ASK_EVERY)
        watch.check()
    if failures:
        raise failures[0]
    return results[0]
