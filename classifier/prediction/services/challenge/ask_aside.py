"""Ask a challenger about images while no client waits for what it says."""

import time
from collections.abc import Sequence

from accounts.models import User
from classifier.engine.runtime.answer import Answer
from classifier.models import Challenge
from classifier.prediction.services.ask import request_to
from classifier.prediction.serving import mailbox
from classifier.registry.selectors.models import version_to_serve
from common.connections import give_connection_back


def ask_aside(challenge: Challenge, user: User, contents: Sequence[bytes]) -> Answer | None:
    """Return a worker's answer to `user`'s images, None where none comes within ten seconds.

    The challenger takes no turn of the people who asked: its work is paid for by the model. Raises
    `NothingServed`, `NotFound`, `redis.RedisError`, `OSError`, `Unreadable`.
    """
    number = challenge.challenger.number
    version = version_to_serve(user, challenge.model_id, number=number)
    request = request_to(
        version, 5, payers=(f"shadow:{version.model_id}",), size=sum(map(len, contents))
    )
    give_connection_back()
    # Without `take_turn`: the turns that its answer ends were never taken.
    mailbox.send(request, contents)
    return mailbox.wait(request, request.deadline - time.time())
