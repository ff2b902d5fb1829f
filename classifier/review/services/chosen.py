"""What was chosen for review, before it is in the queue."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chosen:
    """Something to ask about; `source_id` is of an image, a kept prediction or a batch's result.

    The others are as in `ReviewItem`.
    """

    source_id: uuid.UUID | int
    uncertainty: float
    suggested: list[dict[str, Any]]
    decision: str = ""
    given_class_id: uuid.UUID | None = None


class Choice:
    """All that was chosen, the most uncertain first, and how much was `left_out`, by reason.

    `beyond` counts what was doubtful, too, and is more than any queue holds.
    """

    def __init__(
        self,
        chosen: Iterable[Chosen],
        left_out: Mapping[str, int] | None = None,
        beyond: int = 0,
    ) -> None:
        self.chosen = sorted(chosen, key=lambda each: (-each.uncertainty, str(each.source_id)))
        self.left_out = dict(left_out or {})
        self.beyond = beyond
