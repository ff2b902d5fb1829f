"""Try settings until the budget is used up; each trial is a row before anything is fitted.

Trials on numbers that are computed once are fitted here, one after the other; others are runs of
their own, some at a time, for which the job is parked.
"""

from math import ceil

from django.db.models import Q

from classifier.engine.measure.search import TrialFigures
from classifier.experiments import kinds
from classifier.experiments.selectors.trials import Trial, trials_of
from classifier.experiments.services.members import (
    members_under_way,
    open_members,
    queue_member_run,
)
from classifier.experiments.services.search_result import search_result
from classifier.experiments.work.experiment import begun, finish, wait_for_members
from classifier.experiments.work.search_plan import Proposal, SearchPlan
from classifier.experiments.work.trial_fits import TrialFits
from classifier.failures import engine_failures
from classifier.models import Experiment, ExperimentMember
from classifier.training.services.start_training import LEAST_SECONDS
from datasets.decoding.pixels.store import open_pixels
from jobs.handlers import JobContext, JobFailed, handles
from jobs.models import TERMINAL, WAITING, Status
from jobs.services.stop import stop

# So many failed trials, and none that did not, and the search gives up.
_HOPELESS = 3
_NOT_BEGUN = "The search's time was up before it began."
# These say nothing of a trial's settings: it can be tried again once they are mended.
_OF_THE_MACHINE = (
    "disk_full",
    "weights_unavailable",
    "quota_exceeded",
    "storage_unavailable",
    "storage_refused",
    "storage_full",
)


@handles(kinds.SEARCH)
def search(context: JobContext) -> None:
    """Do what is left of a search; end it when its budget is used up."""
    experiment = begun(context)
    plan = SearchPlan(experiment)
    with engine_failures(context), open_pixels(context.log) as pixels:
        trials = _go_on(context, plan, TrialFits(context, experiment, pixels))
    if trials is None:
        return
    result = search_result(experiment, trials, over=plan.is_over(trials))
    context.log(result.advice)
    with finish(context, experiment, result.to_json()):
        pass


def _go_on(context: JobContext, plan: SearchPlan, fits: TrialFits) -> list[Trial] | None:
    """Return the trials where there is nothing left to do; None where it waits for runs."""
    experiment = plan.experiment
    while True:
        context.check()
        _settle(context, experiment)
        # In this order: a run that ends in between is counted, and wakes the job once more.
        under_way = members_under_way(experiment).count()
        trials = trials_of(experiment)
        _require_hope(trials)
        unfinished = open_members(experiment).filter(run=None).first()
        over = plan.is_over(trials)
        if unfinished is not None:
            _fit(context, plan, fits, unfinished)
        elif over or under_way >= plan.parallel:
            if not under_way:
                return trials
            if over == "time":
                _stop_waiting(context, experiment)
            message = "Training the last trials" if over else "Training with the next settings"
            wait_for_members(
                context, experiment, message, any_end=not over, planned=plan.most_trials
            )
            return None
        else:
            _begin(context, plan, plan.next(trials), trials)


def _begin(context: JobContext, plan: SearchPlan, proposal: Proposal, trials: list[Trial]) -> None:
    """Keep the next trial as a row, with the run that does it where it needs one."""
    experiment, number = plan.experiment, len(trials)
    spec = {
        "params": proposal.params,
        "config": proposal.config,
        "generation": proposal.generation,
        # The first is what the others are compared with.
        **({"prune": plan.objective} if plan.pruning and number else {}),
        **({} if plan.timeout is None else {"budget": plan.timeout}),
    }
    with context.guard():
        if proposal.refused:
            refused = TrialFigures(failed=proposal.refused).to_json()
            ExperimentMember.objects.create(
                experiment=experiment, number=number, spec=spec, result=refused
            )
        elif proposal.same_as is not None:
            known = experiment.members.get(number=proposal.same_as.number)
            result = {**(known.result or {}), "same_as": known.number, "seconds": 0, "began": None}
            ExperimentMember.objects.create(
                experiment=experiment, number=number, spec=spec, result=result
            )
        elif proposal.needs_run:
            left = plan.seconds_left(trials)
            queue_member_run(
                experiment=experiment,
                number=number,
                preset=plan.preset.name,
                config=plan.preset.stored_config(proposal.config),
                title=f"trial {number + 1}",
                spec=spec,
                time_limit_seconds=None if left is None else max(LEAST_SECONDS, ceil(left)),
            )
        else:
            ExperimentMember.objects.create(experiment=experiment, number=number, spec=spec)


def _fit(context: JobContext, plan: SearchPlan, fits: TrialFits, member: ExperimentMember) -> None:
    """Fit a trial in this process, and keep its figures."""
    total = plan.most_trials
    trials = trials_of(plan.experiment)
    label = f"Trial {member.number + 1} of {total}" if total else f"Trial {member.number + 1}"
    figures = fits.figures(plan, member, label, plan.seconds_left(trials))
    with context.guard():
        ExperimentMember.objects.filter(pk=member.pk).update(result=figures.to_json())
    context.progress(member.number + 1, total, "trials", label)
    context.event("member", {"number": member.number, "accuracy": figures.val_accuracy})
    said = figures.failed or f"accuracy {figures.val_accuracy:.4f}, loss {figures.val_loss:.4f}"
    context.log(f"{label}: {said}")


def _settle(context: JobContext, experiment: Experiment) -> None:
    """Give the trials a result whose runs have ended without one.

    Raises `JobFailed` for what would befall the next run too: the trial stays open, to be resumed.
    """
    ended = Q(run__job__status__in=TERMINAL) & ~Q(run__job__status=Status.SUCCEEDED)
    for member in open_members(experiment).filter(ended).select_related("run__job"):
        job = member.run.job  # type: ignore[union-attr]
        detail = _NOT_BEGUN if member.spec.get("late") else "Its run was cancelled."
        if job.error:
            if job.error["code"] in _OF_THE_MACHINE:
                sentence = f"Trial {member.number + 1} failed: {job.error['detail']}"
                raise JobFailed(job.error["code"], sentence, job.error["hint"], retry=False)
            detail = f"{job.error['detail']} {job.error.get('hint', '')}".strip()
        with context.guard():
            ExperimentMember.objects.filter(pk=member.pk, result__isnull=True).update(
                result=TrialFigures(failed=detail).to_json()
            )


def _stop_waiting(context: JobContext, experiment: Experiment) -> None:
    """Stop the runs that no worker has begun when the search's time is up."""
    waiting = members_under_way(experiment).filter(
        run__job__status__in=WAITING, run__job__claimed_at=None
    )
    late = "The time of the search was over before this trial had begun."
    with context.guard():
        for member in waiting.select_related("run__job"):
            member.spec["late"] = True
            member.save(update_fields=["spec"])
            stop(job=member.run.job, reason=late)  # type: ignore[union-attr]


def _require_hope(trials: list[Trial]) -> None:
    """Raise `JobFailed` where the first trials have all failed."""
    ended = [each for each in trials if not each.is_open]
    # One that was refused took no time, and the next may be taken.
    failed = [each for each in ended if each.status == "failed" and (each.spans or each.run)]
    ended = [each for each in ended if each in failed or each.status != "failed"]
    if len(failed) >= _HOPELESS and len(failed) == len(ended):
        raise JobFailed(
            "bad_data",
            f"The first {len(failed)} trials have all failed. The last one: {failed[-1].reason}",
            "Narrow the space, or begin with other settings.",
            retry=False,
        )
