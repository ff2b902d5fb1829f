"""The kinds of work there are: apps declare theirs in `<app>/kinds.py`, workers hold handlers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Queue(StrEnum):
    """The Celery queues that carry jobs."""

    IO = "io"
    TRAIN = "train"
    INSTANT = "instant"
    NOTIFY = "notify"


class Page(NamedTuple):
    """Where people see what a job works on: `route` takes the id under `key` of the payload."""

    title: str
    route: str
    key: str


class Needs(NamedTuple):
    """What a job's process begins with.

    `preload` names modules that are imported, and nothing of them run, in the warm process that it
    is forked from (`preload_of`); `title` is what people call them while they wait, where loading
    them takes so long; `gpu` says that it gets one GPU of the machine to itself, where there are
    any.
    """

    preload: tuple[str, ...] = ()
    title: str = ""
    gpu: bool = False


NOTHING = Needs()


class Limit(NamedTuple):
    """How many jobs a person may have waiting or running; kinds with an equal limit share it.

    `what` names them, in the plural.
    """

    what: str
    most: int


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    `name` is stored and shown by the API; `title` is for people; `memory_limit_bytes` bounds the
    address space of the child process that runs it (None: unbounded, as TensorFlow needs);
    `needs` is what the child begins with;
    `resumable` that its checkpoints outlive a cancel, so that a person can resume it;
    `is_part` that it is a part of another job, or of what a page shows, which people see in its
    stead;
    `in_background` that its process lets all others of its machine pass, whatever its priority;
    `has_turns` that a person started it though it lets others pass, so that it must not wait for
    ever (`jobs.selectors.turns`);
    `announced` that people hear of its good end on any page (not of what runs by itself);
    `page` where what it works on is shown (None: nowhere but on the job's own page);
    `limit` bounds how many a person has open (None: as many as the organization's quota lets);
    `stall_seconds` and `time_limit_seconds` replace the settings' bounds (None: the settings').
    """

    name: str
    title: str
    queue: Queue
    max_attempts: int = 3
    memory_limit_bytes: int | None = None
    needs: Needs = NOTHING
    resumable: bool = False
    is_part: bool = False
    in_background: bool = False
    has_turns: bool = False
    announced: bool = True
    page: Page | None = None
    limit: Limit | None = None
    stall_seconds: float | None = None
    time_limit_seconds: float | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it counts among an organization's jobs: people start it, for its own sake."""
        return self.announced and not self.is_part


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known; called from each app's `AppConfig.ready()`.

    Raises `ValueError` when two different kinds claim one name.
    """
    for kind in kinds:
        if _kinds.setdefault(kind.name, kind) != kind:
            raise ValueError(f"two kinds of job are named {kind.name!r}")


def get(name: str) -> Kind:
    """Return the kind of that name; `KeyError` when no app registered it."""
    return _kinds[name]


def all_kinds() -> list[Kind]:
    """Return every registered kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def preload_of(kind: Kind) -> tuple[str, ...]:
    """Return the modules of the warm process that jobs of `kind` are forked from.

    What has a title is large: its kinds have a process of their own. All others of a queue share
    one, with the modules of all of them.
    """
    if kind.needs.title:
        return kind.needs.preload
    sharing = [each for each in all_kinds() if each.queue == kind.queue and not each.needs.title]
    return tuple(sorted({module for each in sharing for module in each.needs.preload}))


def find(name: str) -> Kind | None:
    """Return the kind of that name, None for one that no app has."""
    return _kinds.get(name)
