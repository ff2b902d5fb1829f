"""Reading the trials of a search: rows of members, with their runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from classifier.engine.measure.search import TrialFigures
from classifier.models import Experiment, ExperimentMember
from classifier.training.selectors.learned import Span, seconds_in, spans_by_member
from jobs.models import Status

_UNDONE = "The search ended before it was done."
_OPEN = (Status.PENDING, Status.QUEUED, Status.RETRY_WAIT)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial as it stands; `status` is its run's, or `pruned`; `reason` says why, if anything.

    `value` is the figure that the search is about (None: none yet, or it failed); `params` are the
    settings that varied, `config` all of them; `spans` are when it learned.
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
    spans: tuple[Span, ...]
    reason: str
    same_as: int | None

    @property
    def seconds(self) -> float | None:
        """For how long it has learned, all attempts together; None where it has not begun."""
        return seconds_in(self.spans) if self.spans else None

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
            "experiment_id", "number", "spec", "result", "run__job__status", "run__job__error",
        )
        .order_by("number")
    )  # fmt: skip
    spans = spans_by_member(experiment.pk)
    is_over = experiment.job.is_terminal
    return [
        _trial(member, objective, images, spans.get(member.number, []), is_over)
        for member in members
    ]


def validation_images(experiment: Experiment) -> int:
    """Return on how many images the trials are compared."""
    return sum(experiment.dataset_version.sample_counts.get("validation", {}).values())


def seconds_spent(trials: Sequence[Trial]) -> float:
    """Return for how long at least one of the trials has learned."""
    return seconds_in(span for each in trials for span in each.spans)


def figures_of(member: ExperimentMember) -> TrialFigures | None:
    """Return what came of a trial, also of one whose run has stored its metrics."""
    return None if member.result is None else _read(member.result)


def _read(result: dict[str, Any]) -> TrialFigures:
    # The metrics of a run have no schema of ours: the names are the same.
    return TrialFigures.from_json({"schema": TrialFigures.SCHEMA, **result})


def _trial(
    member: ExperimentMember, objective: Any, images: int, spans: list[Span], is_over: bool
) -> Trial:
    spec, figures = member.spec, figures_of(member)
    return Trial(
        number=member.number,
        status=_status(member, figures, is_over),
        value=figures.value(objective) if figures else None,
        score=figures.score(objective, images) if figures else None,
        accuracy=figures.val_accuracy if figures else None,
        loss=figures.val_loss if figures else None,
        params=spec["params"],
        config=spec["config"],
        generation=spec.get("generation"),
        run=member.run_id,
        epochs=figures.epochs if figures else 0,
        spans=tuple(spans),
        reason=_reason(member, figures, is_over),
        same_as=figures.same_as if figures else None,
    )


def _status(member: ExperimentMember, figures: TrialFigures | None, is_over: bool) -> str:
    if figures is not None:
        if figures.pruned:
            return "pruned"
        return "failed" if figures.failed else "succeeded"
    if member.run is None:
        return "cancelled" if is_over else "running"
    return "queued" if member.run.job.status in _OPEN else member.run.job.status


def _reason(member: ExperimentMember, figures: TrialFigures | None, is_over: bool) -> str:
    if figures is None:
        if member.run is None:
            return _UNDONE if is_over else ""
        return (member.run.job.error or {}).get("detail", "")
    if figures.same_as is not None:
        return f"The same settings as trial {figures.same_as + 1}: its figures."
    return figures.failed or (figures.stopped or {}).get("detail", "")
