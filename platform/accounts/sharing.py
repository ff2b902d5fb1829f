"""What is shared, in the words of every app, and what hears when sharing ends."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

from accounts.models import Organization, Share

# Of one object, and of all that wait for an answer; who is offered a thing has fourteen days.
MOST_RECEIVERS = 20
MOST_OFFERS_WAITING = 20
OFFER_DAYS = 14
# What was declined is not offered again for as many days; after so many declined offers nothing is.
DECLINED_DAYS = 14
MOST_DECLINED = 3


class Subject(NamedTuple):
    """An object that can be shared; `organization` is None for a built-in one."""

    kind: str
    pk: uuid.UUID
    name: str
    organization: Organization | None


Listener = Callable[[Share], None]
_listeners: list[Listener] = []


def when_ended(listener: Listener) -> None:
    """Have `listener` called in the transaction that ends a sharing, before its row goes."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce_end(share: Share) -> None:
    """Tell every listener."""
    for listener in _listeners:
        listener(share)
