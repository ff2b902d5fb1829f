"""The machine's budget of decoding processes for images that come in by requests."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings

from accounts.models import User
from common.connections import give_connection_back
from common.fair_gate import FairGate
from datasets.decoding.slots import decoder_slot
from datasets.errors import DecodersBusy
from storage import scratch


@contextmanager
def decoder_for(user: User) -> Iterator[None]:
    """Wait in fair turns until a decoding process may be started for `user`, and hold its place.

    Raises `DecodersBusy` where none may for `UPLOAD_WAIT_SECONDS`. It holds no connection to
    Postgres meanwhile.
    """
    give_connection_back()
    deadline = time.monotonic() + settings.UPLOAD_WAIT_SECONDS
    count = slots()
    try:
        with (
            _gate(count).entered(str(user.pk), settings.UPLOAD_WAIT_SECONDS),
            decoder_slot(scratch.decoders_dir(), count, deadline),
        ):
            yield
    except TimeoutError:
        raise DecodersBusy(
            f"This machine decodes {count} uploads at a time, and for "
            f"{settings.UPLOAD_WAIT_SECONDS:g} seconds none of the places was free. Try again soon."
        ) from None


def slots() -> int:
    """Return how many decoding processes requests may have on this machine."""
    return settings.UPLOAD_DECODERS or max(2, len(os.sched_getaffinity(0)))


@cache
def _gate(count: int) -> FairGate:
    return FairGate(count)
