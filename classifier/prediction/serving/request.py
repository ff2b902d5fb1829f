"""What a predict worker is asked, besides the images."""

import time
import uuid
from dataclasses import dataclass
from typing import Any, Self

from classifier.engine.explain.methods import Wish

WAIT_SECONDS = 10
# A request takes a turn for each of these, so that no person fills the memory where images wait.
BYTES_PER_TURN = 8 << 20


@dataclass(frozen=True)
class Request:
    """What a worker needs to answer, besides the images.

    Times are seconds since the epoch, on the clock of the machine that has it at hand.

    `answers` is the list to which the answer goes, by default one of its own. `fast_sha256` is the
    hash of the version's int8 file, where that one is to answer; `rule_name` the rule that decides,
    empty where none does. `set_least` is the least probability of a class in the answer set, None
    where none was asked for; `evidence` how many of the nearest training images are wanted;
    `each_class` whether the probabilities of all classes are, beside the best; `explain` which
    heat-map; `keep` under which names of durable files the images are kept, in their order, empty
    where they are not.
    """

    id: str
    model_version: str
    sha256: str | None
    top_k: int
    sent_at: float
    deadline: float
    payers: tuple[str, ...] = ()
    turns: int = 1
    answers: str = ""
    fast_sha256: str = ""
    rule_name: str = ""
    set_least: float | None = None
    evidence: int = 0
    each_class: bool = False
    explain: Wish | None = None
    keep: tuple[str, ...] = ()

    @classmethod
    def new(
        cls,
        model_version: uuid.UUID,
        sha256: str | None,
        top_k: int,
        payers: tuple[str, ...] = (),
        *,
        size: int = 0,
        answers: str = "",
        arrived: float | None = None,
        **further: Any,
    ) -> Self:
        """Return a request that is answered within `WAIT_SECONDS` or not at all: from now on, or
        from when it `arrived`.

        `payers` are the person and the organization whose share of the time it takes. It takes a
        turn for each 8 MiB that its images, of `size` bytes in all, have begun. `further` are
        the fields after `answers`.
        """
        now = time.time() if arrived is None else arrived
        number = uuid.uuid4().hex
        return cls(
            number,
            str(model_version),
            sha256,
            top_k,
            now,
            now + WAIT_SECONDS,
            payers,
            size // BYTES_PER_TURN + 1,
            answers or f"loupe:predict:{number}:answer",
            **further,
        )
