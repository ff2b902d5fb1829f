"""A trial of a search that ends early where others were better by then."""

from collections import defaultdict

from classifier.engine.curves import EpochMetrics as EngineEpoch
from classifier.engine.observer import Finish
from classifier.engine.outcome import TrainingOutcome
from classifier.engine.search.study import is_behind
from classifier.engine.validation import ValidationAnswers
from classifier.models import EpochMetrics, ExperimentMember, TrainingRun
from classifier.training.work.observer import RunObserver
from jobs.handlers import JobContext
from jobs.models import Status

Curve = dict[int, float]
# The column of an epoch that a search is about, and its sign: greater is better.
_COLUMNS = {"accuracy": ("val_accuracy", 1), "loss": ("val_loss", -1)}


class PruningObserver(RunObserver):
    """Writes a trial's curves, and asks to finish after an epoch by which it is behind."""

    def __init__(self, context: JobContext, run: TrainingRun, member: ExperimentMember) -> None:
        super().__init__(context, run)
        self._member = member
        self._column, self._sign = _COLUMNS[member.spec["prune"]]
        self.pruned_after = 0

    def epoch(self, metrics: EngineEpoch, answers: ValidationAnswers | None) -> None:
        """Store the epoch, then compare what there is so far with the other trials."""
        super().epoch(metrics, answers)
        if self.pruned_after:
            return
        curves = self._curves()
        own = curves.pop(self._run.pk, {})
        if own and is_behind(own, list(curves.values())):
            self.pruned_after = metrics.epoch
            self._context.log(self._sentence())

    def asked_to_finish(self) -> Finish:
        """Return that it ends after the epoch by which it was behind, else what a person asked."""
        return "epoch" if self.pruned_after else super().asked_to_finish()

    def tell(self, outcome: TrainingOutcome) -> None:
        """Write into the figures why the trial ended early."""
        stopped = outcome.metrics["stopped"]
        if self.pruned_after and stopped["reason"] == "finished":
            stopped |= {"reason": "pruned", "detail": self._sentence()}

    def _sentence(self) -> str:
        of = self._member.spec["prune"]
        return (
            f"Ended after epoch {self.pruned_after}: its best validation {of} so far is worse than "
            "the median of the other trials after as many epochs."
        )

    def _curves(self) -> dict[object, Curve]:
        """Return what the trials that ran their course, and this one, had after each epoch."""
        siblings = TrainingRun.objects.filter(
            member__experiment=self._member.experiment_id, job__status=Status.SUCCEEDED
        ).exclude(metrics__stopped__reason="pruned")
        runs = [*siblings.values_list("pk", flat=True), self._run.pk]
        rows = EpochMetrics.objects.filter(run__in=runs, **{f"{self._column}__isnull": False})
        curves: dict[object, Curve] = defaultdict(dict)
        for run, epoch, value in rows.values_list("run_id", "epoch", self._column):
            curves[run][epoch] = self._sign * value
        return dict(curves)
