"""Try several methods within a budget, register the best, and say how sure the choice is.

What is fitted on numbers is fitted here, one after the other; the network from nothing is a run of
its own that holds its model until it is known which is the best. Every candidate is a member, so
each is fitted once, whatever is killed.
"""

from typing import Any

from django.conf import settings
from django.db.models import Q

from classifier.engine.measure.auto import Tried, best_of
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.experiments import kinds
from classifier.experiments.selectors.auto import figures_of, outcome_of, skipped_of, tried_of
from classifier.experiments.services.auto import keep_candidate, register_winner
from classifier.experiments.services.members import give_time_again, queue_member_run
from classifier.experiments.work.auto_search import next_trial
from classifier.experiments.work.budget import Budget, in_words
from classifier.experiments.work.candidate_fits import CandidateFits
from classifier.experiments.work.experiment import begun, finish, wait_for_members
from classifier.failures import engine_failures
from classifier.models import EpochMetrics, Experiment, ExperimentMember, ModelVersion, TrainingRun
from classifier.training.services.held_model import drop_held
from classifier.training.services.start_training import LEAST_SECONDS
from common.clock import database_now
from datasets.decoding.pixels.store import open_pixels
from jobs.handlers import JobContext, JobFailed, cleans_up, handles
from jobs.models import Job, Status

# A fit that has fewer seconds than that is not begun.
_LEAST = 5.0
# Starting a run and writing its model take so long, whatever the network.
_RUN_SECONDS = 20.0
# A network that was shown every image three times is worth a look.
_EPOCHS = 3
# What the network from nothing leaves for the search on what is best before it.
_FOR_SEARCH = 0.25
# What a run ends with that its time limit ended before there was anything to keep.
_TIME = "timed_out"


@handles(kinds.AUTO)
def find_good_model(context: JobContext) -> None:
    """Do what is left of an experiment; it returns early while a run of it trains."""
    experiment, budget = _begun(context)
    with engine_failures(context), open_pixels(context.log) as pixels:
        work = _Work(context, experiment, budget, CandidateFits(context, experiment, pixels))
        if not work.candidates() or not work.search():
            return
    tried = tried_of(experiment)
    if not tried:
        reasons = " ".join(each.reason for each in skipped_of(experiment))
        raise JobFailed("bad_data", f"Nothing could be fitted. {reasons}", retry=False)
    winner = best_of(tried)
    version = work.registered(winner)
    if version is None:
        return
    result = outcome_of(experiment, version, seconds=budget.spent)
    with finish(context, experiment, result.to_json()):
        Experiment.objects.filter(pk=experiment.pk).update(model_version=version)


@cleans_up(kinds.AUTO)
def drop_models(job: Job) -> None:
    """Delete the files of models that waited for a choice: it is made, or will not be."""
    for run in TrainingRun.objects.filter(member__experiment__job=job):
        drop_held(run=run)


def _begun(context: JobContext) -> tuple[Experiment, Budget]:
    """Return the job's experiment and its budget, which a person who resumes gives once more."""
    experiment = Experiment.objects.select_related("job").get(pk=context.payload["experiment"])
    budget = Budget(context, experiment.settings["budget_seconds"])
    if context.job.retry_of_id is not None:
        with context.guard():
            give_time_again(experiment=experiment, deadline=budget.deadline(budget.left))
    return begun(context), budget


class _Work:
    def __init__(
        self, context: JobContext, experiment: Experiment, budget: Budget, fits: CandidateFits
    ) -> None:
        self.context = context
        self.experiment = experiment
        self.budget = budget
        self.fits = fits

    def candidates(self) -> bool:
        """Try what there was to try from the start; False while a run is waited for."""
        for number, asked in enumerate(self.experiment.settings["candidates"]):
            if not self._tried(number, asked):
                return False
        return True

    def search(self) -> bool:
        """Try variants of the best, as long as there is time; False while a run is waited for."""
        while (asked := next_trial(self.experiment)) is not None:
            if not self._tried(*asked):
                return False
        return True

    def registered(self, winner: Tried) -> ModelVersion | None:
        """Return the winner's version, measured; None while its run is waited for."""
        keeps = self.experiment.members.filter(keeps_model=True).select_related("run__job").first()
        if keeps is not None and keeps.result is not None:
            return ModelVersion.objects.get(pk=keeps.result["model_version"])
        if keeps is None:
            with self.context.guard():
                register_winner(experiment=self.experiment, number=winner.number)
        elif keeps.run is not None and keeps.run.job.is_terminal:
            error = keeps.run.job.error or {"detail": "It was cancelled.", "hint": ""}
            sentence = f"Registering {winner.title}: {error['detail']}"
            raise JobFailed("internal", sentence, error["hint"], retry=False)
        wait_for_members(self.context, self.experiment, f"Registering {winner.title}")
        return None

    def _tried(self, number: int, asked: dict[str, Any]) -> bool:
        """Fit a candidate, or leave it out; False while its run is waited for."""
        member = self.experiment.members.filter(number=number).select_related("run__job").first()
        if member is not None and figures_of(member) is not None:
            return True
        self.context.check()
        preset = PRESETS[asked["preset"]]
        config = checked_config(preset.name, preset.stored_config(asked["config"]))
        if preset.needs_keras(config):
            return self._run(number, asked, member)
        seconds = None if asked["stage"] == "instant" else self.budget.left
        predicted = max(_LEAST, asked.get("predicted", 0.0))
        if seconds is not None and seconds < predicted:
            figures = _too_little(predicted, seconds)
        else:
            figures = self.fits.fit(preset, config, asked["title"], seconds)
        self._keep(number, asked, figures)
        return True

    def _run(self, number: int, asked: dict[str, Any], member: ExperimentMember | None) -> bool:
        """Queue the run of a network, and wait; at its end keep why it gave nothing, if so."""
        job = member.run.job if member is not None and member.run is not None else None
        if member is not None and job is not None and job.is_terminal:
            if job.status != Status.SUCCEEDED:
                self._keep(number, asked, _ended(job, member.spec["deadline"]))
            return True
        share = 1.0 if asked["stage"] == "search" else 1 - _FOR_SEARCH
        limit = min(share * self.budget.left, settings.JOB_TIME_LIMIT_SECONDS)
        if job is None:
            predicted = max(asked.get("predicted", 0.0), self._least_seconds(asked))
            if limit < predicted:
                self._keep(number, asked, _too_little(predicted, limit))
                return True
            with self.context.guard():
                queue_member_run(
                    experiment=self.experiment,
                    number=number,
                    preset=asked["preset"],
                    config=asked["config"],
                    title=asked["title"],
                    spec={**asked, "holds": True, "deadline": self.budget.deadline(limit)},
                    time_limit_seconds=int(limit),
                )
        wait_for_members(self.context, self.experiment, f"Training {asked['title']}")
        return False

    def _least_seconds(self, asked: dict[str, Any]) -> float:
        """Return how long a few epochs take, by the newest epoch of such a network here."""
        epochs = EpochMetrics.objects.filter(
            run__organization=self.experiment.organization_id,
            run__preset=asked["preset"],
            run__config__image_size=asked["config"].get("image_size"),
        ).order_by("-run__created_at")
        rate = epochs.values_list("images_per_second", flat=True).first()
        seconds = _EPOCHS * len(self.fits.train) / rate if rate else 0.0
        return max(LEAST_SECONDS, _RUN_SECONDS + seconds)

    def _keep(self, number: int, asked: dict[str, Any], figures: dict[str, Any]) -> None:
        with self.context.guard():
            keep_candidate(experiment=self.experiment, number=number, asked=asked, figures=figures)
        told = figures.get("skipped") or f"{100 * figures['val_accuracy']:.1f} % on validation"
        self.context.event("member", {"number": number})
        self.context.log(f"{asked['title']}: {told}")
        done = self.experiment.members.filter(~Q(result=None)).count()
        total = max(done, len(self.experiment.settings["candidates"]))
        self.context.progress(done, total, "candidates", f"{asked['title']}: {told}")


def _ended(job: Job, deadline: float) -> dict[str, Any]:
    """Return why a run gave nothing: no worker was free for it, no time, or another fault."""
    error = job.error or {"detail": "It was cancelled."}
    late = job.status == Status.CANCELLED and deadline < database_now().timestamp()
    return {
        "skipped": "No worker was free to train it within the budget." if late else error["detail"],
        "out_of_time": late or error.get("code") == _TIME,
        "seconds": 0.0,
    }


def _too_little(predicted: float, left: float) -> dict[str, Any]:
    reason = f"It would take {in_words(predicted)} at least, and {in_words(left)} were left."
    return {"skipped": reason, "out_of_time": True, "seconds": 0.0}
