"""Reading the trials of a search: rows of members, with their runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Coalesce, Now

from classifier.engine.measure.search import TrialFigures
from classifier.models import Experiment, ExperimentMember
from jobs.models import Status

_OPEN = (Status.PENDING, Status.QUEUED, Status.RETRY_WAIT)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial as it stands; `status` is its run's, or `pruned`; `reason` says why, if anything.

    `value` is the figure that the search is about (None: none yet, or it failed); `params` are the
    settings that varied, `config` all of them.
    """

    number: int
    status: str
    value: float | None
    score: float | None
    accuracy: float | None
    loss: float | None
    params: dict[str, Any]
    config: dict[str, Any]
    generation: int | None
    run: UUID | None
    epochs: int
    seconds: float | None
    began: float | None
    reason: str
    same_as: int | None

    @property
    def is_open(self) -> bool:
        """Whether it has no figures yet."""
        return self.status in ("queued", "running")


def trials_of(experiment: Experiment) -> list[Trial]:
    """Return the trials of a search, first trial first."""
    objective = experiment.settings["objective"]
    images = validation_images(experiment)
    members = (
        experiment.members.select_related("run__job")
        .only(
            "experiment_id", "number", "spec", "result", "run__job__status",
            "run__job__claimed_at", "run__job__ended_at", "run__job__error",
        )
        .annotate(ended=Coalesce("run__job__ended_at", Now()))
        .order_by("number")
    )  # fmt: skip
    return [_trial(member, objective, images) for member in members]


def validation_images(experiment: Experiment) -> int:
    """Return on how many images the trials are compared."""
    return sum(experiment.dataset_version.sample_counts.get("validation", {}).values())


def seconds_spent(trials: Sequence[Trial]) -> float:
    """Return for how long at least one of the trials has learned."""
    spans = sorted(
        (each.began, each.began + each.seconds)
        for each in trials
        if each.began is not None and each.seconds is not None
    )
    total, until = 0.0, -math.inf
    for begin, end in spans:
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def figures_of(member: ExperimentMember) -> TrialFigures | None:
    """Return what came of a trial, also of one whose run has stored its metrics."""
    return None if member.result is None else _read(member.result)


def _read(result: dict[str, Any]) -> TrialFigures:
    # The metrics of a run have no schema of ours: the names are the same.
    return TrialFigures.from_json({"schema": TrialFigures.SCHEMA, **result})


def _trial(member: ExperimentMember, objective: Any, images: int) -> Trial:
    spec, figures = member.spec, figures_of(member)
    began, seconds = _time(member, figures)
    return Trial(
        number=member.number,
        status=_status(member, figures),
        value=figures.value(objective) if figures else None,
        score=figures.score(objective, images) if figures else None,
        accuracy=figures.val_accuracy if figures else None,
        loss=figures.val_loss if figures else None,
        params=spec["params"],
        config=spec["config"],
        generation=spec.get("generation"),
        run=member.run_id,
        epochs=figures.epochs if figures else 0,
        seconds=seconds,
        began=began,
        reason=_reason(figures),
        same_as=figures.same_as if figures else None,
    )


def _status(member: ExperimentMember, figures: TrialFigures | None) -> str:
    if figures is not None:
        if figures.pruned:
            return "pruned"
        return "failed" if figures.failed else "succeeded"
    if member.run is None:
        return "running"
    return "queued" if member.run.job.status in _OPEN else member.run.job.status


def _time(
    member: ExperimentMember, figures: TrialFigures | None
) -> tuple[float | None, float | None]:
    """Return when it began (seconds since 1970) and how long it has taken."""
    if member.run is None:
        return (figures.began, figures.seconds) if figures else (None, None)
    claimed: datetime | None = member.run.job.claimed_at
    if claimed is None:
        return None, None
    ended: datetime = member.ended  # type: ignore[attr-defined]
    return claimed.timestamp(), max(0.0, (ended - claimed).total_seconds())


def _reason(figures: TrialFigures | None) -> str:
    if figures is None:
        return ""
    if figures.same_as is not None:
        return f"The same settings as trial {figures.same_as + 1}: its figures."
    return figures.failed or (figures.stopped or {}).get("detail", "")
