"""Wait in the event loop for the answers to what is asked without the layers of Django."""

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial

from classifier.prediction.services.admit import Admitted, Ask, NotAdmitted, admit, give_up
from classifier.prediction.services.answers import Answers
from classifier.prediction.services.predict import no_answer_in_time, no_turn_in_time
from classifier.prediction.serving.mailbox import WAIT_SECONDS
from common.batches import Batches

_MOST_AT_ONCE = 32
_TURN_PAUSE_SECONDS = 0.05
Outcome = Answers | NotAdmitted | None


async def answers_to(ask: Ask) -> Answers | None:
    """Return the answers; None where `Predict` is to be asked. Raises a `DomainError`."""
    while (outcome := await _outcome(ask)) is NotAdmitted.NO_TURN:
        # The person's or the organization's other predictions, of another web server.
        await asyncio.sleep(_TURN_PAUSE_SECONDS)
        if time.time() > ask.arrived + WAIT_SECONDS:
            raise no_turn_in_time()
    return outcome if isinstance(outcome, Answers) else None


async def _outcome(ask: Ask) -> Outcome:
    """Return the answers, or why there are none; None for an error of a worker.

    Raises a `DomainError` where none comes in time.
    """
    admission = _desk().ask(ask)
    # The event loop is woken once for a request, not for its admission too.
    outcome: Future[Outcome] = Future()
    admission.add_done_callback(partial(_go_on, outcome))
    try:
        async with asyncio.timeout(ask.arrived + WAIT_SECONDS - time.time()):
            found = await asyncio.wrap_future(outcome)
    except TimeoutError:
        await _given_up(ask, admission)
        raise no_answer_in_time() from None
    if found is None:
        # Asked once more, where every error has its sentence and is counted and audited.
        await _given_up(ask, admission)
    return found


def _go_on(outcome: "Future[Outcome]", admission: "Future[Admitted | NotAdmitted]") -> None:
    """Let the outcome be what the admission leads to; called in the thread that admits."""
    if admission.cancelled():
        return
    if error := admission.exception():
        _settle(outcome, error)
        return
    admitted = admission.result()
    if isinstance(admitted, Admitted):
        admitted.answers.add_done_callback(partial(_pass_on, outcome))
    else:
        _settle(outcome, admitted)


def _pass_on(outcome: "Future[Outcome]", answers: "Future[Answers | None]") -> None:
    if not answers.cancelled():
        _settle(outcome, answers.exception() or answers.result())


def _settle(outcome: "Future[Outcome]", found: Outcome | BaseException) -> None:
    # Who asked may have given up, or gone, in this moment.
    if not outcome.set_running_or_notify_cancel():
        return
    if isinstance(found, BaseException):
        outcome.set_exception(found)
    else:
        outcome.set_result(found)


async def _given_up(ask: Ask, admission: "Future[Admitted | NotAdmitted]") -> None:
    """Take back what was sent; what waits for its admission is not sent any more."""
    if admission.cancel():
        return
    admitted = await asyncio.wrap_future(admission)
    if isinstance(admitted, Admitted):
        admitted.answers.cancel()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(_rare(), give_up, admitted, len(ask.images))


@cache
def _desk() -> Batches[Ask, Admitted | NotAdmitted]:
    return Batches("admit-predictions", admit, _MOST_AT_ONCE)


@cache
def _rare() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "given-up")
