"""What a student's run shows: its teacher, what it learned from, and which networks might be it."""

from dataclasses import dataclass
from typing import Any

from classifier.engine.presets.distilled import MEGABYTE
from classifier.models import ModelVersion, TrainingRun
from classifier.models.model_version import SERVED_FILE
from classifier.training.selectors.teachers import version_of_teacher


@dataclass(frozen=True)
class Network:
    """A network that was measured before the training, at most so large; `is_student`: it is it."""

    blocks: int
    megabytes: float
    milliseconds: float
    is_student: bool


@dataclass(frozen=True)
class StudentFacts:
    """A student's run as its page shows it; `teacher` is None once that was deleted.

    `told` is the run's `metrics.distillation`, empty until it has succeeded; `megabytes` the size
    of the file that came of it, `milliseconds` what it was measured to take for an image, and
    `most_milliseconds` what it may take (0: any).
    """

    teacher: ModelVersion | None
    told: dict[str, Any]
    networks: list[Network]
    megabytes: float | None
    milliseconds: float | None
    most_milliseconds: float

    @property
    def is_too_slow(self) -> bool:
        """Whether the file takes longer than it may; which is known only once it is made."""
        return bool(self.most_milliseconds) and (self.milliseconds or 0) > self.most_milliseconds

    @property
    def student(self) -> Network | None:
        """The network that was trained."""
        return next((each for each in self.networks if each.is_student), None)


def student_of(run: TrainingRun) -> StudentFacts | None:
    """Return what a run shows of its teacher; None of a run that has none."""
    if not run.config.get("teacher"):
        return None
    told = run.metrics.get("distillation", {})
    chosen = told.get("student", {}).get("blocks")
    version = run.registered_version
    made = version.files.get(SERVED_FILE) if version is not None else None
    return StudentFacts(
        teacher=version_of_teacher(run),
        told=told,
        networks=[
            Network(
                each["blocks"],
                each["bytes"] / MEGABYTE,
                each["milliseconds"],
                each["blocks"] == chosen,
            )
            for each in told.get("candidates", [])
        ],
        megabytes=made["bytes"] / MEGABYTE if made else None,
        milliseconds=run.metrics.get("milliseconds_per_image"),
        most_milliseconds=run.config.get("max_milliseconds", 0),
    )
