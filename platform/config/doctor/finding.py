"""What a look at a part of the installation has found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: a fault stops something, a warning may, a note says what is not there."""

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"
    OK = "ok"


class Role(StrEnum):
    """What a machine does: serve pages and the API, or run jobs and predictions."""

    WEB = "web"
    WORKER = "worker"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what is so, why it matters, and what mends it.

    `why` and `mend` are empty where nothing has to be mended.
    """

    part: str
    level: Level
    what: str
    why: str = ""
    mend: str = ""


Look = Callable[[], Iterator[Finding]]
