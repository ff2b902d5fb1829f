"""What a kind of experiment is: its words, its job, and how its settings are checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from datasets.models import DatasetVersion
from jobs.kinds import Kind

Settings = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One kind of experiment; a module beside this one states it as ``PLAN``.

    ``question`` is what it answers, for who chooses; ``icon`` one of the page's icons.
    ``check(version, values)`` returns the settings to keep (JSON) of the values that the kind's
    input has read, and raises `Invalid` or `Unprocessable` with a sentence. ``about`` names an
    experiment after its settings.
    """

    job: Kind
    title: str
    question: str
    icon: str
    check: Callable[[DatasetVersion, Mapping[str, Any]], Settings]
    about: Callable[[Settings], str]

    @property
    def name(self) -> str:
        """The kind's name in the API."""
        return self.job.name
